/** Every message between driver and ranks of a linear fit: the job that goes out, the result that comes back. */
import type { ClassValue, IngestJob } from '../training/messages.ts';

/** What keeps coefficients small. */
export interface Penalty {
  readonly regParam: number;
  /** Share of the absolute values in the penalty; the rest are squares. */
  readonly elasticNetParam: number;
  /** The penalty is on coefficients of features that are scaled to deviation 1. */
  readonly standardization: boolean;
  readonly fitIntercept: boolean;
  /** No coefficient is below 0; intercepts may be. */
  readonly nonnegative: boolean;
}

/** What a linear model minimises. */
export interface LinearLearner extends Penalty {
  readonly kind: 'logistic' | 'squaredHinge' | 'leastSquares';
  /** For logistic: one margin, or one a class; `auto` takes one for two classes. */
  readonly family: 'auto' | 'binomial' | 'multinomial';
  readonly maxIter: number;
  readonly tol: number;
}

/** What k-means looks for. */
export interface ClusterLearner {
  readonly k: number;
  readonly initMode: 'k-means||' | 'random';
  readonly initSteps: number;
  readonly maxIter: number;
  readonly tol: number;
  readonly seed: number;
}

/** One fit of clusters. */
export interface ClusterJob {
  readonly ingest: IngestJob;
  readonly learner: ClusterLearner;
  readonly kernels: string | undefined;
}

/** What every rank hands back, the same on each. */
export interface ClusterResult {
  /** float64[clusters · features] */
  readonly centers: Float64Array;
  /** Weight of each cluster's rows. */
  readonly sizes: readonly number[];
  /** Σ w d² of the last assignment. */
  readonly trainingCost: number;
  readonly numIter: number;
  readonly numRows: number;
}

/** One fit of a linear model. */
export interface LinearJob {
  readonly ingest: IngestJob;
  readonly learner: LinearLearner;
  /** 'wasm', 'reference' or undefined for the default. */
  readonly kernels: string | undefined;
}

/** What a rank hands back. */
export interface LinearAnswer {
  /** The same on each. */
  readonly result: LinearResult;
  /** Columns with integers that this rank rounded. */
  readonly roundedColumns: readonly string[];
}

/** What was found. */
export interface LinearResult {
  /** Classes ascending, empty for regression. */
  readonly classes: readonly ClassValue[];
  /** Rows that took part. */
  readonly numRows: number;
  /** float64[outputs · features]: the coefficients of the features as they are, output by output. */
  readonly coefficients: Float64Array;
  /** float64[outputs] */
  readonly intercepts: Float64Array;
  /** The objective before each step and after the last. */
  readonly objectiveHistory: readonly number[];
}
