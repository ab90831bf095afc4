/**
 * Ensemble learning for TypeScript: pipelines over partitioned Arrow tables that train random forests and
 * gradient-boosted trees, the same model on any number of threads.
 *
 * @packageDocumentation
 */
export { CoppiceError, type ErrorCode, type ErrorContext, isCoppiceError } from './base/errors.ts';
export type { OnProgress, Progress } from './base/progress.ts';
export {
  DecisionTreeClassificationModel,
  DecisionTreeClassifier,
} from './ensemble/decision-tree-classifier.ts';
export {
  DecisionTreeRegressionModel,
  DecisionTreeRegressor,
} from './ensemble/decision-tree-regressor.ts';
export type {
  DecisionTreeClassifierOptions,
  DecisionTreeRegressorOptions,
  RandomForestClassifierOptions,
  RandomForestRegressorOptions,
} from './ensemble/forest-params.ts';
export { GBTClassificationModel, GBTClassifier } from './ensemble/gbt-classifier.ts';
export type { GBTClassifierOptions, GBTRegressorOptions } from './ensemble/gbt-params.ts';
export { GBTRegressionModel, GBTRegressor } from './ensemble/gbt-regressor.ts';
export {
  RandomForestClassificationModel,
  RandomForestClassifier,
} from './ensemble/random-forest-classifier.ts';
export {
  RandomForestRegressionModel,
  RandomForestRegressor,
} from './ensemble/random-forest-regressor.ts';
export type { Score, Scorer, ScorerRow } from './ensemble/scorer.ts';
export { TreeModel } from './ensemble/tree-model.ts';
export { Estimator, type FitOptions } from './pipeline/estimator.ts';
export { Model } from './pipeline/model.ts';
export { Transformer, type TransformOptions } from './pipeline/transformer.ts';
export { createTable, read } from './session/default-session.ts';
export { Session, type SessionOptions } from './session/session.ts';
export { PartitionedTable } from './table/partitioned-table.ts';
