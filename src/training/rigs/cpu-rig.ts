/** Grows trees on this machine's cores. */
import type { Awaitable } from '../../base/awaitable.ts';
import { type BinnedLayout, writeFeatureTable } from '../../binning/binned-layout.ts';
import type { OpenNode } from '../../tree/backend/backend.ts';
import { CpuBackend } from '../../tree/backend/cpu/cpu-backend.ts';
import type {
  BackendMemory,
  CpuBackendOptions,
} from '../../tree/backend/cpu/cpu-backend-options.ts';
import { EntryHistogram } from '../../tree/backend/cpu/entry-histogram.ts';
import { LeafGrower } from '../../tree/backend/cpu/leaf-grower.ts';
import { OwnHistogram } from '../../tree/backend/cpu/own-histogram.ts';
import {
  type EntryMemory,
  inBlocks,
  withoutGaps,
  writeEntries,
} from '../../tree/backend/cpu/row-entries.ts';
import type { Segment } from '../../tree/backend/cpu/row-store.ts';
import { forcedPlaces } from '../../tree/forced-splits.ts';
import type { GrowthLimits, GrowthResult } from '../../tree/grow-tree.ts';
import type { BoostingState } from '../boosting/boosting-state.ts';
import { packsHistograms } from '../quantise.ts';
import type { RoundRows } from '../sampling/round-rows.ts';
import { leftOut, type TreeRig, type TreeStart } from './tree-rig.ts';

/** See the header. */
export class CpuRig implements TreeRig {
  readonly backend: CpuBackend;
  readonly slots: TreeRig['slots'];
  readonly #state: BoostingState;
  readonly #roundRows: RoundRows;
  readonly #layout: BinnedLayout;
  /** Where one kernel grows whole trees. */
  readonly #grower: LeafGrower | null;
  /** Not written yet. */
  #entries: EntryMemory | null;
  /** The rows of the tree that was begun. */
  #root: Segment | null = null;

  constructor(state: BoostingState, roundRows: RoundRows) {
    this.#state = state;
    this.#roundRows = roundRows;
    const { environment, job, memory, rows } = state;
    const { train } = rows;
    const { collective } = environment;
    const table = memory.place.backend.featureTable;
    const addresses = memory.place.backend as BackendMemory;
    const { entries } = addresses;
    const isAlone = collective.localRanks.length === collective.size;
    const layout = entries !== null && isAlone ? inBlocks(rows.layout) : rows.layout;
    const source = entries === null ? layout : withoutGaps(layout);
    writeFeatureTable(source, environment.u32(table, layout.places.length * 8));
    const options: CpuBackendOptions = {
      kernels: environment.kernels,
      memory: environment.memory,
      collective,
      layout,
      rows: memory.place.rows,
      addresses,
      params: job.split,
      shaping: job.shaping,
      isOblivious: job.limits.isOblivious === true,
      featureCosts: state.featureCosts,
      gainFactors: factorsOfPlaces(job.gainFactors, layout),
      forced: forcedPlaces(job.forcedSplits ?? null, layout),
      flushRows: job.flushRows,
      isPacked: packsHistograms(environment, job, rows),
    };
    this.#layout = layout;
    this.backend = new CpuBackend(options);
    this.#grower = leafGrower(options);
    const inRecord = rows.records + train.start * layout.stride + layout.slotOffset;
    this.slots =
      entries === null
        ? { address: inRecord, stride: layout.stride }
        : { address: entries.slots + train.start * layout.slotBytes, stride: layout.slotBytes };
    this.#entries = entries;
  }

  /** Whether one kernel grows whole trees, and the backend is left alone. */
  get growsWhole(): boolean {
    return this.#grower !== null;
  }

  get counters(): CpuBackend['counters'] {
    const { histogramRows, featuresDecided } = this.backend.counters;
    const whole = this.#grower?.counters;
    return {
      histogramRows: histogramRows + (whole?.histogramRows ?? 0),
      featuresDecided: featuresDecided + (whole?.featuresDecided ?? 0),
    };
  }

  beginTree({ quantisation, round, maskOf }: TreeStart): void {
    this.#writeEntries();
    const rootSegment = this.#roundRows.draw(round, !this.backend.rows.isIndexed);
    this.#root = rootSegment;
    if (this.#grower === null) this.backend.beginTree({ quantisation, rootSegment, maskOf });
  }

  /** Begins a tree and grows it by one kernel. */
  growAtOnce(start: TreeStart, limits: GrowthLimits): Awaitable<GrowthResult> {
    this.beginTree(start);
    return this.growWhole(start, limits) as Awaitable<GrowthResult>;
  }

  growWhole(
    { quantisation, treeMask }: TreeStart,
    limits: GrowthLimits,
  ): Awaitable<GrowthResult> | null {
    if (this.#grower === null || this.#root === null) return null;
    this.#clearMarks();
    const tree = { quantisation, rootSegment: this.#root, mask: treeMask, limits };
    return this.#grower.grow(tree, this.#state.memory.leafOf);
  }

  async markLeaves(leaves: readonly OpenNode[]): Promise<void> {
    const { environment, memory } = this.#state;
    this.#clearMarks();
    leaves.forEach((leaf, number) => {
      for (const segment of this.backend.segmentsOf(leaf)) {
        const { ids, firstId } = this.backend.rows.view(segment);
        environment.kernels.markLeaf(ids, firstId, segment.count, number, memory.leafOf);
      }
    });
  }

  #clearMarks(): void {
    if (!this.#roundRows.leavesRowsOut) return;
    const { environment, memory, rows } = this.#state;
    const { start, count } = rows.train;
    environment.u32(memory.leafOf + 4 * start, count).fill(leftOut);
  }

  /** Once, when the records of all ranks here are there. */
  #writeEntries(): void {
    const entries = this.#entries;
    if (entries === null) return;
    this.#entries = null;
    const { environment, memory, rows } = this.#state;
    const { records } = rows;
    const layout = this.#layout;
    const { kernels, memory: shared } = environment;
    const { start, count } = rows.train;
    const featureTable = memory.place.backend.featureTable;
    writeEntries({ kernels, memory: shared, layout, featureTable, records, start, count }, entries);
  }

  async close(): Promise<void> {
    // the process's memory is all there is
  }
}

/** What grows whole trees, where memory was planned for it. */
function leafGrower(options: CpuBackendOptions): LeafGrower | null {
  const { addresses, kernels, layout } = options;
  const { beginLeaves, growLeaves, markLeaves, packBuilds } = kernels;
  const { writeRoutes, countLeaves, settleLeaves, beginLazily, growLazily } = kernels;
  if (addresses.growing === 0) return null;
  if (!beginLeaves || !growLeaves || !markLeaves || !packBuilds) return null;
  if (!beginLazily || !growLazily) return null;
  if (!writeRoutes || !countLeaves || !settleLeaves) return null;
  const places =
    addresses.entries === null
      ? OwnHistogram.places(layout, addresses.ownHistograms)
      : EntryHistogram.places(addresses.ownHistograms);
  const leafKernels = {
    ...{ beginLeaves, growLeaves, markLeaves, beginLazily, growLazily, packBuilds },
    ...{ writeRoutes, countLeaves, settleLeaves },
  };
  return new LeafGrower({ ...options, ...places, leafKernels });
}

/** By the places of features that may split. */
function factorsOfPlaces(
  byFeature: readonly number[] | undefined,
  { places }: BinnedLayout,
): readonly number[] | null {
  return byFeature === undefined
    ? null
    : places.map(({ feature }) => byFeature[feature.index] as number);
}
