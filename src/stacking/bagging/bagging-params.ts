/** Parameters of bagging, for classes and for numbers. */
import { bool, column, float, int } from '../../params/kinds.ts';
import { object } from '../../params/object-kinds.ts';
import { acceptEstimator, parallelismParam } from '../members.ts';

/** One estimator. */
export const estimatorParam = object({
  required: true,
  rule: 'an estimator',
  accepts: acceptEstimator,
});

/** Parameters of both, besides the estimator. */
export const baggingParams = {
  /** How many models are fitted. */
  numEstimators: int({ default: 10, min: 1, max: 10_000, since: '0.1.0' }),
  /** Rows of a bag, as a share of all. */
  subsamplingRate: float({ default: 1, above: 0, max: 1, since: '0.1.0' }),
  /** A row may be in a bag several times. */
  bootstrap: bool({ default: true, since: '0.1.0' }),
  /** Columns of featuresCols that each model sees, as a share of all. */
  colsampleByModel: float({ default: 1, above: 0, max: 1, since: '0.1.0' }),
  /** Seed of the draws; estimators that have a seed get one of their own each. */
  seed: int({ default: 0, since: '0.1.0' }),
  /** An id of each row that draws hang on; by default the row's position. */
  idCol: column({ since: '0.1.0' }),
  /** The column to be predicted; by default the one that the estimator names. */
  labelCol: column({ since: '0.1.0' }),
  /** Weights of rows, where the estimator names none. */
  weightCol: column({ since: '0.1.0' }),
  /** How many fits may be under way at once; by default as many as the session has threads. */
  parallelism: parallelismParam,
};
