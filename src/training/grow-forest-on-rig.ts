/**
 * Grows a rank's trees on a device, as long as there is one: it is opened with the rank's first tree. If it fails and
 * the job says `auto`, the tree is grown again on the CPU, and all others after it.
 */
import { emitWarning } from '../base/warn.ts';
import type { SearchCounters } from '../tree/backend/cpu/forest-search.ts';
import { type DeviceFailure, isDeviceFailure } from '../tree/backend/gpu/device-failure.ts';
import type { ForestRigParts, GpuForestRig } from './gpu-forest-rig.ts';
import type { DeviceTold } from './messages.ts';

/** See the header. */
export class GpuForestTrees {
  readonly #parts: ForestRigParts;
  #rig: GpuForestRig | null = null;
  #isGivenUp = false;
  #counters: SearchCounters = { histogramRows: 0, featuresDecided: 0 };
  #told: DeviceTold | null = null;

  constructor(parts: ForestRigParts) {
    this.#parts = parts;
  }

  get counters(): SearchCounters {
    return this.#rig?.counters ?? this.#counters;
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

  async #open(): Promise<GpuForestRig> {
    const { GpuForestRig } = await import('./gpu-forest-rig.ts');
    return await GpuForestRig.create(this.#parts);
  }

  async #giveUp(failure: DeviceFailure): Promise<void> {
    const { job } = this.#parts;
    this.#isGivenUp = true;
    await this.close();
    const { owner } = job.ingest;
    if (job.device?.kind !== 'auto') throw failure.toError(owner);
    emitWarning(`${owner} goes on without the GPU: ${failure.message}`);
  }
}
