/** Grows a forest's trees on the devices of several processes together; imported only where that is asked for. */
import { MeetingSearch } from '../../tree/backend/cpu/forest-meeting.ts';
import type { SearchCounters } from '../../tree/backend/cpu/forest-search.ts';
import { DeviceForest } from '../../tree/backend/gpu/device-forest.ts';
import { DeviceMeetingRows } from '../../tree/backend/gpu/device-forest-meeting.ts';
import { DeviceForestRows } from '../../tree/backend/gpu/device-forest-rows.ts';
import { DeviceMeeting } from '../../tree/backend/gpu/device-meeting.ts';
import { acquireDevice, closeDevice, type OpenDevice } from '../../tree/backend/gpu/open-device.ts';
import { ForestTreeGrower } from '../../tree/grow-forest-tree.ts';
import { settledLeaves } from '../forest/forest-setting.ts';
import type { DeviceTold } from '../messages.ts';
import { deviceForestOptions, type ForestRigParts } from './gpu-forest-rig.ts';

/** The device of this rank's process, where the rank drives it. */
interface Driven {
  readonly open: OpenDevice;
  readonly device: DeviceForest;
}

/** See the header. */
export class GpuForestMeetingRig {
  readonly #parts: ForestRigParts;
  readonly #driven: Driven | null;
  readonly #rows: DeviceMeetingRows;
  readonly #search: MeetingSearch;
  readonly #grower: ForestTreeGrower;
  #numTrees = 0;

  private constructor(parts: ForestRigParts, meeting: DeviceMeeting, driven: Driven | null) {
    const { environment, job, rows, memory, setting, nodes, moved, findings, views } = parts;
    const { scratch } = memory;
    const { kernels } = environment;
    this.#parts = parts;
    this.#driven = driven;
    const common = { kernels, collective: parts.collective, nodes, views, setting, ...memory };
    this.#rows = new DeviceMeetingRows({
      ...{ ...common, meeting, plan: scratch.plan, firstRows: memory.buffers.rows[0] },
      driven: driven === null ? null : { device: driven.device, rows: this.#deviceRows(driven) },
    });
    this.#search = new MeetingSearch({
      ...{ ...common, ...scratch, findings, rows: moved, adder: this.#rows },
      numDrawn: setting.numDrawn || rows.layout.places.length,
    });
    this.#grower = new ForestTreeGrower({
      ...{ nodes, findings, rows: this.#rows, search: this.#search },
      limits: job.limits,
      needsLeafRows: settledLeaves(job, rows) !== 'counts',
    });
  }

  /** Opens the devices; every rank calls it. @throws DeviceFailure, the same on every rank */
  static async create(parts: ForestRigParts): Promise<GpuForestMeetingRig> {
    const meeting = new DeviceMeeting(parts.collective);
    const opened: Driven[] = [];
    if (parts.memory.deviceNodes > 0) {
      await meeting.attempt(async () => {
        const open = await acquireDevice();
        const device = await DeviceForest.create(open, deviceForestOptions(parts));
        opened.push({ open, device });
      });
    }
    const driven = opened[0] ?? null;
    try {
      await meeting.agree();
    } catch (error) {
      await closeDriven(driven);
      throw error;
    }
    return new GpuForestMeetingRig(parts, meeting, driven);
  }

  get counters(): SearchCounters {
    return this.#search.counters;
  }

  /** What was done, for tests and benchmarks; null on ranks that drive no device. */
  get told(): DeviceTold | null {
    if (this.#driven === null) return null;
    const { open, device } = this.#driven;
    const { facts, traffic } = open;
    return { name: facts.name, numTrees: this.#numTrees, ...traffic, ...device.numStretches };
  }

  /** Grows a tree of the process's rows, which the rank that drives the device has in its first buffer. */
  async grow(numDrawn: number, key: number): Promise<Uint32Array> {
    const { job, rows } = this.#parts;
    await this.#rows.beginTree(numDrawn);
    const order = await this.#grower.grow(numDrawn, key);
    if (settledLeaves(job, rows) !== 'counts') await this.#rows.bringLeaves();
    this.#numTrees += 1;
    return order;
  }

  async close(): Promise<void> {
    await closeDriven(this.#driven);
  }

  #deviceRows({ device }: Driven): DeviceForestRows {
    const { rows, memory, nodes, moved, views } = this.#parts;
    return new DeviceForestRows({
      ...{ device, nodes, views, layout: rows.layout, rows: moved },
      buffers: memory.buffers,
      numRows: rows.train.numProcess,
      chosen: memory.scratch.chosen,
    });
  }
}

async function closeDriven(driven: Driven | null): Promise<void> {
  driven?.device.destroy();
  await closeDevice();
}
