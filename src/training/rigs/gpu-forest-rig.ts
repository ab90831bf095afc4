/** Grows a forest's trees on a GPU; imported only where one is asked for. */
import type { Collective } from '../../cluster/collective.ts';
import type { ForestFindings } from '../../tree/backend/cpu/forest-findings.ts';
import type { ForestNodes } from '../../tree/backend/cpu/forest-nodes.ts';
import type { ForestSetting } from '../../tree/backend/cpu/forest-plan.ts';
import type { ForestRows } from '../../tree/backend/cpu/forest-rows.ts';
import type { SearchCounters } from '../../tree/backend/cpu/forest-search.ts';
import type { MemoryViews } from '../../tree/backend/cpu/memory-views.ts';
import { asFailure } from '../../tree/backend/gpu/device-failure.ts';
import { DeviceForest, type DeviceForestOptions } from '../../tree/backend/gpu/device-forest.ts';
import { DeviceForestSearch } from '../../tree/backend/gpu/device-forest-search.ts';
import { acquireDevice, closeDevice, type OpenDevice } from '../../tree/backend/gpu/open-device.ts';
import { ForestTreeGrower } from '../../tree/grow-forest-tree.ts';
import type { ForestMemory } from '../forest/forest-memory.ts';
import { settledLeaves } from '../forest/forest-setting.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import type { DeviceTold, ForestJob } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';

/** Below so many rows a node is grown on by the CPU: a guess, no device has been measured yet. */
const usualHomeRows = 1024;

/** What the trees of a rank are grown with, on the CPU and on a device alike. */
export interface ForestRigParts {
  readonly environment: RankEnvironment;
  readonly job: ForestJob;
  readonly rows: IngestedRows;
  readonly memory: ForestMemory;
  readonly setting: ForestSetting;
  readonly collective: Collective;
  readonly views: MemoryViews;
  readonly nodes: ForestNodes;
  readonly moved: ForestRows;
  readonly findings: ForestFindings;
}

/** See the header. */
export class GpuForestRig {
  readonly #parts: ForestRigParts;
  readonly #open: OpenDevice;
  readonly #device: DeviceForest;
  readonly #search: DeviceForestSearch;
  readonly #grower: ForestTreeGrower;
  #numTrees = 0;

  private constructor(parts: ForestRigParts, open: OpenDevice, device: DeviceForest) {
    const { environment, job, rows, memory, setting, nodes, moved, findings } = parts;
    const { scratch } = memory;
    this.#parts = parts;
    this.#open = open;
    this.#device = device;
    this.#search = new DeviceForestSearch({
      ...{ device, setting, nodes, findings, views: parts.views, collective: parts.collective },
      kernels: environment.kernels,
      rows: moved,
      plan: scratch.plan,
      histogram: scratch.histogram,
      chosen: scratch.chosen,
      best: memory.best,
      numDrawn: setting.numDrawn || rows.layout.places.length,
      layout: rows.layout,
      buffers: memory.buffers,
      records: rows.records,
      numRows: rows.train.numProcess,
      histograms: memory.deviceHistograms,
      histogramBytes: memory.histogramBytes,
      homeRows: job.device?.homeRows ?? usualHomeRows,
    });
    this.#grower = new ForestTreeGrower({
      ...{ nodes, findings, rows: this.#search, search: this.#search },
      limits: job.limits,
      needsLeafRows: settledLeaves(job, rows) !== 'counts',
    });
  }

  /** Opens this thread's device. @throws DeviceFailure */
  static async create(parts: ForestRigParts): Promise<GpuForestRig> {
    try {
      const open = await acquireDevice();
      const device = await DeviceForest.create(open, deviceForestOptions(parts));
      return new GpuForestRig(parts, open, device);
    } catch (error) {
      await closeDevice();
      throw asFailure(error);
    }
  }

  get counters(): SearchCounters {
    return this.#search.counters;
  }

  /** What was done, for tests and benchmarks. */
  get told(): DeviceTold {
    const { facts, traffic } = this.#open;
    return {
      ...{ name: facts.name, numTrees: this.#numTrees },
      ...traffic,
      ...this.#device.numStretches,
    };
  }

  /** Grows a tree of the rows in the first buffer; its leaves' rows are where the CPU's would be. */
  async grow(numDrawn: number, key: number): Promise<Uint32Array> {
    const { job, rows } = this.#parts;
    this.#search.beginTree(numDrawn);
    const order = await this.#grower.grow(numDrawn, key);
    if (settledLeaves(job, rows) !== 'counts') await this.#search.bringLeaves();
    this.#numTrees += 1;
    return order;
  }

  async close(): Promise<void> {
    this.#device.destroy();
    await closeDevice();
  }
}

/** What a device is told of a fit. */
export function deviceForestOptions(parts: ForestRigParts): DeviceForestOptions {
  const { environment, rows, memory, setting, job } = parts;
  return {
    layout: rows.layout,
    setting,
    memory: environment.memory,
    records: rows.records,
    numRows: rows.train.numProcess,
    histogramBytes: memory.histogramBytes,
    maxNodes: memory.deviceNodes,
    loseAfter: job.device?.loseAfter ?? null,
    recordLimits: job.device?.records ?? {},
  };
}
