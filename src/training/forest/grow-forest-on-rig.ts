/**
 * Grows a rank's trees on a device, as long as there is one: it is opened with the rank's first tree. If it fails and
 * the job says `auto`, the tree is grown again on the CPU, and all others after it. Where ranks grow each tree together,
 * all of them do so: one rank of each process has the rows of the process on its device, and they meet.
 */
import { emitWarning } from '../../base/warn.ts';
import type { SearchCounters } from '../../tree/backend/cpu/forest-search.ts';
import { type DeviceFailure, isDeviceFailure } from '../../tree/backend/gpu/device-failure.ts';
import type { DeviceTold } from '../messages.ts';
import type { ForestRigParts } from '../rigs/gpu-forest-rig.ts';

/** What trees are grown on. */
interface ForestRig {
  readonly counters: SearchCounters;
  readonly told: DeviceTold | null;
  grow(numDrawn: number, key: number): Promise<Uint32Array>;
  close(): Promise<void>;
}

/** Rows [firstRow, firstRow + numRows) of the process, from which a rank draws. */
export interface RowShare {
  readonly firstRow: number;
  readonly numRows: number;
}

/** See the header. */
export class GpuForestTrees {
  readonly #parts: ForestRigParts;
  #rig: ForestRig | null = null;
  #isGivenUp = false;
  #counters: SearchCounters = { histogramRows: 0, featuresDecided: 0 };
  #told: DeviceTold | null = null;

  constructor(parts: ForestRigParts) {
    this.#parts = parts;
  }

  get counters(): SearchCounters {
    return this.#rig?.counters ?? this.#counters;
  }

  /** The rows that this rank draws from: those of the process where it drives the device for all of them. */
  get share(): RowShare {
    const { memory, rows } = this.#parts;
    if (this.#isGivenUp || !memory.isTogether) return memory;
    return { firstRow: 0, numRows: memory.deviceNodes > 0 ? rows.train.numProcess : 0 };
  }

  get told(): DeviceTold | null {
    return this.#rig?.told ?? this.#told;
  }

  /** Grows a tree of the rows in the first buffer; null where the CPU has to. */
  async grow(numDrawn: number, key: number): Promise<Uint32Array | null> {
    if (this.#isGivenUp) return null;
    try {
      this.#rig ??= await this.#open();
      return await this.#rig.grow(numDrawn, key);
    } catch (error) {
      if (!isDeviceFailure(error)) throw error;
      await this.#giveUp(error);
      return null;
    }
  }

  /** Frees what is not memory of the process. */
  async close(): Promise<void> {
    const rig = this.#rig;
    if (rig === null) return;
    this.#counters = rig.counters;
    this.#told = rig.told;
    this.#rig = null;
    await rig.close();
  }

  async #open(): Promise<ForestRig> {
    if (this.#parts.memory.isTogether) {
      const { GpuForestMeetingRig } = await import('../rigs/gpu-forest-meeting-rig.ts');
      return await GpuForestMeetingRig.create(this.#parts);
    }
    const { GpuForestRig } = await import('../rigs/gpu-forest-rig.ts');
    return await GpuForestRig.create(this.#parts);
  }

  async #giveUp(failure: DeviceFailure): Promise<void> {
    const { job } = this.#parts;
    this.#isGivenUp = true;
    await this.close();
    const { owner } = job.ingest;
    if (job.device?.kind !== 'auto') throw failure.toError(owner);
    if (this.#parts.collective.rank === 0) {
      emitWarning(`${owner} goes on without the GPU: ${failure.message}`);
    }
  }
}
