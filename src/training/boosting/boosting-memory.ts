/**
 * Where boosting's arrays lie, planned alike by every rank before the first tree; whoever plans reserves them.
 * `tail` is where per-tree tables begin; they are the only thing whose size a tree decides.
 */
import { Arena } from '../../base/arena.ts';
import { featureEntryBytes } from '../../binning/binned-layout.ts';
import { CpuBackend } from '../../tree/backend/cpu/cpu-backend.ts';
import type { BackendMemory } from '../../tree/backend/cpu/cpu-backend-options.ts';
import { entryHistogramBytes } from '../../tree/backend/cpu/entry-histogram.ts';
import { placeGrowing } from '../../tree/backend/cpu/grow-plan.ts';
import { compactBytes } from '../../tree/backend/cpu/histogram-pool.ts';
import { LevelSearch } from '../../tree/backend/cpu/level-search.ts';
import { OwnHistogram } from '../../tree/backend/cpu/own-histogram.ts';
import { outgoingBytes } from '../../tree/backend/cpu/packed-meeting.ts';
import { inBlocks, markBytes, planEntries } from '../../tree/backend/cpu/row-entries.ts';
import { indexedStride, type RowBuffers, spareRows } from '../../tree/backend/cpu/row-store.ts';
import { SplitSearch } from '../../tree/backend/cpu/split-search.ts';
import type { GpuMemory } from '../../tree/backend/gpu/gpu-backend-options.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { streamBytes } from '../rigs/slot-stream.ts';

/** What a tree that is grown by one kernel may take beside its histograms. */
const mostGrowingBytes = 64 * 1024 * 1024;

/** Addresses, of this rank where the name says own, else of the process. */
export interface BoostingMemory {
  /** float64[outputs][all rows of the process] */
  readonly scores: number;
  readonly outputStride: number;
  /** float64[training rows of the process] */
  readonly grads: number;
  readonly hesses: number;
  readonly probabilities: number;
  readonly probabilityStride: number;
  /** uint32[all rows of the process] */
  readonly leafOf: number;
  readonly ownStats: number;
  /** Where trees are grown, on this machine's cores or by a device; planned anew where a device is given up. */
  place: TreePlace;
  tail: number;
}

/** Arrays that trees are grown in. */
export interface TreePlace {
  readonly rows: RowBuffers;
  readonly backend: BackendMemory | GpuMemory;
}

/** What ranks that grow the trees of a round side by side share. */
export type SharedScores = Pick<
  BoostingMemory,
  'scores' | 'outputStride' | 'probabilities' | 'probabilityStride'
>;

/** What bounds a plan. */
export interface PlanLimits {
  readonly numOutputs: number;
  /** Trees grow on a device. */
  readonly usesDevice: boolean;
  readonly maxPairs: number;
  readonly maxOpen: number;
  readonly maxHistogramBytes: number;
  /** Trees grow level by level. */
  readonly isByLevel: boolean;
  /** All histograms of a level are wanted at once. */
  readonly isOblivious: boolean;
  /** Histograms have entries of 8 bytes throughout (quantise.ts). */
  readonly isPacked: boolean;
  /** Whole trees are grown by one kernel, where there is room. */
  readonly growsWhole: boolean;
  /** Bytes of a rank's rows that are moved between two meetings, where ranks of one process have more. */
  readonly windowBytes: number;
}

/** Plans the scores of all rows of the process. */
export function planScores(arena: Arena, rows: IngestedRows, numOutputs: number): SharedScores {
  const numTrain = rows.train.numProcess;
  const outputStride = Math.ceil((numTrain + rows.validation.numProcess) / 8) * 64;
  const probabilityStride = Math.ceil(numTrain / 8) * 64;
  const scores = arena.allocate(outputStride * numOutputs);
  const probabilities = arena.allocate(numOutputs > 1 ? probabilityStride * numOutputs : 0);
  return { scores, outputStride, probabilities, probabilityStride };
}

/** Plans everything; memory must reach at least to `tail` before it is used. */
export function planBoosting(
  environment: RankEnvironment,
  rows: IngestedRows,
  limits: PlanLimits,
): BoostingMemory {
  const arena = new Arena(rows.free);
  const scores = planScores(arena, rows, limits.numOutputs);
  return planGrowing(environment, rows, limits, { arena, scores });
}

/** Plans what a tree is grown in. */
export function planGrowing(
  environment: RankEnvironment,
  rows: IngestedRows,
  options: PlanLimits,
  { arena, scores }: { readonly arena: Arena; readonly scores: SharedScores },
): BoostingMemory {
  const { train, validation } = rows;
  const { numLocal, localIndex } = environment;
  const numTrain = train.numProcess;
  const numRows = numTrain + validation.numProcess;
  const grads = arena.allocate(8 * numTrain);
  const hesses = arena.allocate(8 * numTrain);
  const leafOf = arena.allocate(4 * numRows);
  const stats = arena.allocate(64 * numLocal);
  const plan = options.usesDevice ? planDevicePlace : planCpuPlace;
  const place = plan(environment, rows, options, arena);
  return {
    ...scores,
    grads,
    hesses,
    leafOf,
    ownStats: stats + 64 * localIndex,
    place,
    tail: arena.top,
  };
}

/** Plans the arrays of the CPU behind everything else, in place of those of a device. */
export function moveToCpu(
  environment: RankEnvironment,
  rows: IngestedRows,
  sizes: PlanLimits,
  memory: BoostingMemory,
): void {
  const arena = new Arena(memory.tail);
  memory.place = planCpuPlace(environment, rows, sizes, arena);
  memory.tail = arena.top;
}

/** Histograms of open nodes that are kept at once. */
function poolSlotsOf(sizes: PlanLimits, histogramBytes: number): number {
  // a level before the last is wanted whole
  if (sizes.isOblivious) return Math.ceil(sizes.maxOpen / 2) + sizes.maxPairs + 4;
  const bounded = Math.floor(sizes.maxHistogramBytes / histogramBytes);
  return Math.max(4, Math.min(sizes.maxOpen + sizes.maxPairs + 2, bounded));
}

/** Each pair of a batch needs two slots of its own. */
function pairsOf(sizes: PlanLimits, poolSlots: number): number {
  return Math.max(1, Math.min(sizes.maxPairs, Math.floor((poolSlots - 2) / 2)));
}

/** Rows of all ranks that a batch of neighbours may have, 0 where leaves are chosen by their gains alone. */
function windowRowsOf(
  { windowBytes, isByLevel }: PlanLimits,
  { layout, train, fill }: IngestedRows,
  { numRanks, numOthers }: { readonly numRanks: number; readonly numOthers: number },
): number {
  if (isByLevel || numRanks === 1 || numOthers > 0) return 0;
  if (layout.stride > indexedStride || fill !== null) return 0;
  const most = numRanks * Math.floor(windowBytes / (layout.stride + 4));
  return train.numAll > most ? most : 0;
}

function planCpuPlace(
  environment: RankEnvironment,
  rows: IngestedRows,
  sizes: PlanLimits,
  arena: Arena,
): TreePlace {
  const { train } = rows;
  const { numLocal, localIndex } = environment;
  const { size: numAll, firstRanks } = environment.collective;
  const numOthers = firstRanks.length - 2;
  const isInBlocks = rows.fill !== null && numOthers === 0;
  const layout = isInBlocks ? inBlocks(rows.layout) : rows.layout;
  const numTrain = train.numProcess;
  const recordBytes = layout.stride > indexedStride ? 0 : layout.stride;
  const records = arena.allocate(recordBytes * numTrain);
  const [idsOfA, idsOfB] = [arena.allocate(4 * numTrain), arena.allocate(4 * numTrain)];
  const spareSpan = spareRows * (recordBytes + 4);
  const spare = arena.allocate(spareSpan * numLocal) + spareSpan * localIndex;
  const featureTable = arena.allocate(featureEntryBytes * layout.places.length);
  const hasMarks = isInBlocks && sizes.isPacked;
  const histogramBytes = compactBytes(layout, sizes.isPacked) + (hasMarks ? markBytes(layout) : 0);
  const poolSlots = poolSlotsOf(sizes, histogramBytes);
  const maxPairs = pairsOf(sizes, poolSlots);
  const pool = arena.allocate(histogramBytes * poolSlots);
  const own = { hasMarks, numLocal, localIndex };
  const entries = rows.fill === null ? null : planEntries(arena, layout, numTrain, rows.fill, own);
  const ownBytes =
    entries === null
      ? OwnHistogram.bytes(layout, 2 * maxPairs, sizes.isPacked)
      : entryHistogramBytes(histogramBytes, 2 * maxPairs);
  const ownHistograms = arena.allocate(ownBytes);
  for (let r = 1; r < numLocal; r++) arena.allocate(ownBytes);
  const ownSpan = (arena.top - ownHistograms) / numLocal;
  const ranks = { numAll: environment.collective.size, numLocal };
  const outgoing = arena.allocate(outgoingBytes(layout, ranks, 2 * maxPairs));
  const scratchBytes =
    CpuBackend.scratchBytes(layout, environment.collective.size, maxPairs) +
    (sizes.isOblivious ? LevelSearch.scratchBytes(layout) : 0);
  const scratchSpan = Math.ceil(scratchBytes / 64) * 64;
  const scratch = arena.allocate(scratchSpan * numLocal);
  const maxLeaves = Math.max(1, Math.min(sizes.maxOpen, train.numAll));
  const { isByLevel } = sizes;
  const together = { numRanks: numLocal, numAll, numOthers };
  const windowRows = windowRowsOf(sizes, rows, together);
  const growSizes = { maxLeaves, poolSlots, maxPairs, isByLevel, windowRows, ...together };
  const growSpan = 64 * Math.ceil(placeGrowing(0, layout, growSizes).end / 64);
  // what rows with entries add up to is laid out otherwise than what travels
  const mayGrow = sizes.growsWhole && (entries === null || numOthers === 0);
  const growsWhole = mayGrow && growSpan <= mostGrowingBytes;
  const growing = growsWhole ? arena.allocate(growSpan * numLocal) + growSpan * localIndex : 0;
  const first = train.start;
  return {
    rows: {
      master: rows.records,
      firstRow: first,
      numRows: train.count,
      records: records + first * recordBytes,
      ids: [idsOfA + 4 * first, idsOfB + 4 * first],
      spare,
    },
    backend: {
      featureTable,
      ownHistograms: ownHistograms + ownSpan * localIndex,
      pool,
      poolSlots,
      outgoing,
      scratch: scratch + scratchSpan * localIndex,
      entries,
      ownSpan,
      growing,
      growSpan,
      maxLeaves,
      isByLevel,
      windowRows,
      maxPairs,
    },
  };
}

/** Records stay where they are; rows move on the device. */
function planDevicePlace(
  environment: RankEnvironment,
  rows: IngestedRows,
  sizes: PlanLimits,
  arena: Arena,
): TreePlace {
  const { layout, train } = rows;
  const { numLocal, localIndex, collective } = environment;
  const histogramBytes = Math.max(16, layout.numCompact * 16);
  const poolSlots = poolSlotsOf(sizes, histogramBytes);
  const maxPairs = pairsOf(sizes, poolSlots);
  const slots = arena.allocate(layout.slotBytes * train.numProcess);
  const ids = arena.allocate(4 * train.numProcess);
  const stream = arena.allocate(streamBytes(numLocal));
  const featureTable = arena.allocate(featureEntryBytes * layout.places.length);
  const batchBytes = Math.ceil((2 * maxPairs * histogramBytes) / 64) * 64;
  const histograms = arena.allocate(batchBytes);
  const hasOthers = collective.size > numLocal;
  const exchanged = hasOthers ? arena.allocate(batchBytes * numLocal) : 0;
  const scratchBytes = SplitSearch.scratchBytes(layout, 2 * maxPairs);
  const scratchSpan = Math.ceil(scratchBytes / 64) * 64;
  const scratch = arena.allocate(scratchSpan * numLocal);
  const first = train.start;
  return {
    rows: {
      master: rows.records,
      firstRow: first,
      numRows: train.count,
      records: 0,
      ids: [ids + 4 * first, 0],
      spare: 0,
    },
    backend: {
      featureTable,
      histograms,
      exchanged: hasOthers ? exchanged + batchBytes * localIndex : 0,
      exchangedBytes: hasOthers ? batchBytes : 0,
      scratch: scratch + scratchSpan * localIndex,
      slots,
      ids,
      stream,
      maxPairs,
      poolSlots,
    },
  };
}
