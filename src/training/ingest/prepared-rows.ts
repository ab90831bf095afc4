/** What is known of a rank's rows when they have been read and dealt and bins are found; it may cross threads. */
import type { BinnedFeature } from '../../binning/binned-layout.ts';
import type { RankRows, RowRuns } from './shard-rows.ts';

/** A class as the label column had it. */
export type ClassValue = string | number | boolean;

/** Features with their bins, and whether each has missing values among the rows looked at. */
export interface FoundBins {
  readonly features: readonly BinnedFeature[];
  readonly hasMissing: readonly boolean[];
}

/** The values that a partition's category codes stand for, by `partition:feature`. */
export type CategoryLists = Map<string, readonly string[]>;

/** This rank's rows of one set of validation rows. */
export interface ValidationSet {
  readonly name: string;
  readonly start: number;
  readonly count: number;
}

/** Rows in shared memory whose labels are known and that are dealt to the ranks. */
export interface LabelledRows {
  readonly classes: readonly ClassValue[];
  readonly train: RankRows;
  /** Validation rows; their numbers go on behind the training rows of the process. */
  readonly validation: RankRows;
  /** The sets that they fall into, behind one another. */
  readonly validationSets: readonly ValidationSet[];
  /** Where this rank's rows stood among the process's rows as they were read. */
  readonly trainRuns: RowRuns;
  readonly validationRuns: RowRuns;
  readonly labels: number;
  /** Addresses of further numbers: labels that are learned with the first, latest times of events, or places. */
  readonly otherLabels: readonly number[];
  /** 0 without weights. */
  readonly weights: number;
  /** Addresses of the margins that scores begin with, one an output; empty without. */
  readonly offsets: readonly number[];
  /** Addresses of what an initial model's trees give each row, one an output; empty without. */
  readonly initialScores: readonly number[];
  /** uint32[2] a row: the group's 64 bits, the low word first; 0 without groups. */
  readonly groups: number;
  /** uint32 a row: where it stood among the process's rows as they were read; 0 without groups. */
  readonly positions: number;
  readonly keys: number;
}

/** What of prepared rows crosses threads; the values lie in shared memory. */
export interface PreparedRows {
  readonly rows: LabelledRows;
  readonly bins: FoundBins;
  /** Addresses of the binner's tables, of the records, of numbers beside them (0: none), of the raw columns. */
  readonly places: {
    readonly tables: number;
    readonly records: number;
    readonly numbers: number;
    readonly raw: number;
  };
  /** Of the wave that was decoded last. */
  readonly lists: CategoryLists;
}
