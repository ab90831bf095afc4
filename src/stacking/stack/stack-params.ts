/** Parameters of stacking, for classes and for numbers. */

import { foldParams } from '../../feature/folds/fold-params.ts';
import { bool, column, columns, oneOf } from '../../params/kinds.ts';
import { object } from '../../params/object-kinds.ts';
import type { Estimator } from '../../pipeline/estimator.ts';
import { baseOutputs } from '../level-one/level-one-plan.ts';
import { acceptEstimator, memberParams, parallelismParam } from '../members.ts';

/** The estimator that combines. */
export const finalEstimatorParam = object<Estimator>({
  rule: 'an estimator',
  accepts: acceptEstimator,
});

/** Parameters of both, besides the estimators. */
export const stackParams = {
  ...memberParams,
  /** crossFit judges every row by models of the other folds; holdOut only the last fold's rows, by one model each. */
  method: oneOf(['crossFit', 'holdOut'], { default: 'crossFit', since: '0.1.0' }),
  ...foldParams,
  /** Columns that the final estimator sees besides. */
  passthroughCols: columns({ since: '0.1.0' }),
  /** The column of predictions; by default the one that the final estimator names. */
  predictionCol: column({ since: '0.1.0' }),
  /** The model keeps the out-of-fold predictions as the table `outOfFold`. */
  keepOutOfFold: bool({ default: false, noSave: true, since: '0.1.0' }),
  /** How many fits may be under way at once; by default as many as the session has threads. */
  parallelism: parallelismParam,
};

/** Parameters of stacking for classes, besides the estimators. */
export const classStackParams = {
  ...stackParams,
  /** What is taken of the members: probabilities, margins or predictions; auto takes the first they have. */
  baseOutput: oneOf(baseOutputs, { default: 'auto', since: '0.1.0' }),
  /** Probabilities are taken as log(p / (1 − p)); by default they are for two classes, and not for more. */
  logit: bool({ since: '0.1.0' }),
  /** The column of scores; by default the one that the final estimator names. */
  rawPredictionCol: column({ since: '0.1.0' }),
  /** The column of probabilities; by default the one that the final estimator names. */
  probabilityCol: column({ since: '0.1.0' }),
};
