/**
 * What number stands for a category? The mean of its labels, drawn towards the mean of all labels by smoothing: a
 * category of few rows tells little. With n rows and smoothing m the category's own mean counts n / (n + m). With
 * 'auto' it counts n·v / (n·v + w), v the variance of all labels and w that of the category's (empirical Bayes; D.
 * Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes", 2001).
 */
import { exactRatio } from '../../base/exact-ratio.ts';
import {
  addCells,
  type CategoryCells,
  emptyCell,
  type TargetCell,
} from '../statistics/target-cells.ts';

/** How strongly means are drawn together. */
export type Smoothing = number | 'auto';

/** Encodings of one column. */
export interface ColumnEncodings {
  /** Categories in order; a missing value and one never seen come behind them. */
  readonly categories: readonly string[];
  /** float64[(categories + 2) · targets] */
  readonly values: Float64Array;
}

/** What the sums are sums of. */
export interface TargetKind {
  readonly numTargets: number;
  /** Which of the targets are encoded: the second of two classes, else all. */
  readonly first: number;
  /** Sums are in units of 2^−1074, not counts. */
  readonly isNumber: boolean;
}

/** Which folds are learned from. */
export type FoldFilter = (fold: number) => boolean;

/** The encodings that follow from the rows of some folds; NaN where these have no rows. */
export function encodingsOf(
  cells: CategoryCells,
  categories: readonly string[],
  learn: { readonly kind: TargetKind; readonly smoothing: Smoothing; readonly folds: FoldFilter },
): Float64Array {
  const { kind, smoothing, folds } = learn;
  const { numTargets, first } = kind;
  const empty = emptyCell(numTargets);
  const kept = (all: readonly TargetCell[] = []): TargetCell =>
    all.reduce((sum, cell, i) => (folds(i - 1) ? addCells(sum, cell) : sum), empty);
  const own = [...categories, null].map((category) => kept(cells.get(category)));
  const total = own.reduce(addCells, empty);
  const width = numTargets - first;
  const values = new Float64Array((own.length + 1) * width);
  for (let target = first; target < numTargets; target++) {
    const all = momentsOf(total, target, kind);
    for (const [row, cell] of [...own, empty].entries())
      values[row * width + target - first] = encodingOf(
        momentsOf(cell, target, kind),
        all,
        smoothing,
      );
  }
  return values;
}

interface TargetMoments {
  readonly count: number;
  readonly mean: number;
  /** Of the rows, not corrected. */
  readonly variance: number;
}

/** Each rounded once. */
function momentsOf({ count, sums, squares }: TargetCell, target: number, kind: TargetKind) {
  const n = BigInt(count);
  const one = kind.isNumber ? 1n << 1074n : 1n;
  const sum = sums[target] as bigint;
  const scatter = n * (squares[target] as bigint) * one - sum * sum;
  const variance = exactRatio(scatter, n * n * one * one);
  return { count, mean: exactRatio(sum, n * one), variance };
}

function encodingOf(own: TargetMoments, all: TargetMoments, smoothing: Smoothing): number {
  const share =
    smoothing === 'auto'
      ? (own.count * all.variance) / (own.count * all.variance + own.variance)
      : own.count / (own.count + smoothing);
  // no rows, or labels that are all the same
  if (own.count === 0 || Number.isNaN(share)) return all.mean;
  return share * own.mean + (1 - share) * all.mean;
}
