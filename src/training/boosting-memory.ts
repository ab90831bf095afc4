/**
 * Where boosting's arrays lie, planned alike by every rank before the first tree; whoever plans reserves them.
 * `tail` is where per-tree tables begin; they are the only thing whose size a tree decides.
 */
import { Arena } from '../base/arena.ts';
import type { BackendMemory } from '../tree/backend/cpu/cpu-backend.ts';
import { CpuBackend, featureTableBytes } from '../tree/backend/cpu/cpu-backend.ts';
import { OwnHistogram } from '../tree/backend/cpu/own-histogram.ts';
import { indexedStride, type RowBuffers } from '../tree/backend/cpu/row-store.ts';
import type { IngestedRows } from './ingest/ingest.ts';
import type { RankEnvironment } from './rank-environment.ts';

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
  readonly rows: RowBuffers;
  readonly backend: BackendMemory;
  readonly tail: number;
}

/** What ranks that grow the trees of a round side by side share. */
export type SharedScores = Pick<
  BoostingMemory,
  'scores' | 'outputStride' | 'probabilities' | 'probabilityStride'
>;

/** What bounds a plan. */
export interface PlanLimits {
  readonly numOutputs: number;
  readonly maxPairs: number;
  readonly maxOpen: number;
  readonly maxHistogramBytes: number;
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
  const { layout, train, validation } = rows;
  const { numLocal, localIndex } = environment;
  const numTrain = train.numProcess;
  const numRows = numTrain + validation.numProcess;
  const grads = arena.allocate(8 * numTrain);
  const hesses = arena.allocate(8 * numTrain);
  const leafOf = arena.allocate(4 * numRows);
  const stats = arena.allocate(64 * numLocal);
  const recordBytes = layout.stride > indexedStride ? 0 : layout.stride;
  const buffers = [0, 1].map(() => ({
    records: arena.allocate(recordBytes * numTrain),
    ids: arena.allocate(4 * numTrain),
  }));
  const featureTable = arena.allocate(featureTableBytes(layout));
  const histogramBytes = Math.max(16, layout.numCompact * 16);
  const bounded = Math.floor(options.maxHistogramBytes / histogramBytes);
  const poolSlots = Math.max(4, Math.min(options.maxOpen + options.maxPairs + 2, bounded));
  // each pair of a batch needs two slots of its own
  const maxPairs = Math.max(1, Math.min(options.maxPairs, Math.floor((poolSlots - 2) / 2)));
  const pool = arena.allocate(histogramBytes * poolSlots);
  const ownBytes = OwnHistogram.bytes(layout, 2 * maxPairs);
  const ownHistograms = arena.allocate(ownBytes);
  for (let r = 1; r < numLocal; r++) arena.allocate(ownBytes);
  const ownSpan = (arena.top - ownHistograms) / numLocal;
  const scratchBytes = CpuBackend.scratchBytes(layout, environment.collective.size, maxPairs);
  const scratchSpan = Math.ceil(scratchBytes / 64) * 64;
  const scratch = arena.allocate(scratchSpan * numLocal);
  const first = train.start;
  return {
    ...scores,
    grads,
    hesses,
    leafOf,
    ownStats: stats + 64 * localIndex,
    rows: {
      master: rows.records,
      firstRow: first,
      numRows: train.count,
      records: [
        (buffers[0]?.records ?? 0) + first * recordBytes,
        (buffers[1]?.records ?? 0) + first * recordBytes,
      ],
      ids: [(buffers[0]?.ids ?? 0) + 4 * first, (buffers[1]?.ids ?? 0) + 4 * first],
    },
    backend: {
      featureTable,
      ownHistograms: ownHistograms + ownSpan * localIndex,
      pool,
      poolSlots,
      scratch: scratch + scratchSpan * localIndex,
      maxPairs,
    },
    tail: arena.top,
  };
}
