/** How a forest measures a split: for sums of a target (variance) or for counts of classes. */
import type { Split } from '../backend.ts';
import type { ChosenFeatures } from './forest-backend.ts';

/** Integer sums of a node; each criterion has its own. */
export type ForestTotals = readonly bigint[] | Float64Array;

/** Rows to be added to a histogram of chosen features. */
export interface ChosenView {
  readonly records: number;
  readonly ids: number;
  readonly numRows: number;
  readonly chosen: ChosenFeatures;
}

/** What find needs. */
export interface FindRequest {
  readonly chosen: ChosenFeatures;
  readonly begin: number;
  readonly end: number;
  readonly hist: number;
  readonly totals: ForestTotals;
  /** Where the candidate goes, and where its left bins go. */
  readonly best: number;
  readonly leftBins: number;
}

/** A way to measure splits. */
export interface ForestCriterion {
  /** Bytes of a histogram entry. */
  readonly entryBytes: number;
  /** Bytes of the part of a candidate that the criterion adds behind the head. */
  readonly candidateExtra: number;
  /** Adds rows to entries. */
  build(view: ChosenView, hist: number): void;
  /** Clears what find moved inside the histogram. */
  clearMoved(chosen: ChosenFeatures, hist: number): void;
  /** Sums of a histogram, from its first feature. */
  totals(chosen: ChosenFeatures, hist: number): ForestTotals;
  /** The totals of a node that was not looked at. */
  noTotals(): ForestTotals;
  /** Totals as int64 words, and back. */
  wordsOf(totals: ForestTotals): BigInt64Array;
  fromWords(words: BigInt64Array): ForestTotals;
  subtract(parent: ForestTotals, left: ForestTotals): ForestTotals;
  /** False where no split can be allowed: too few rows, or all of them alike. */
  maySplit(totals: ForestTotals): boolean;
  /** Finds the best split among chosen features [begin, end) and writes a candidate. */
  find(request: FindRequest): void;
  /** The split of the best candidate, or null where none is allowed. */
  choose(candidates: readonly DataView[], totals: ForestTotals): Split | null;
  /** Sums of the left child, from a split. */
  leftTotals(split: Split): ForestTotals;
  cover(totals: ForestTotals): number;
}
