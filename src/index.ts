/**
 * Ensemble learning for TypeScript: pipelines over partitioned Arrow tables that train random forests and
 * gradient-boosted trees, the same model on any number of threads.
 *
 * @packageDocumentation
 */

// errors and progress
export {
  CoppiceError,
  type ErrorCode,
  type ErrorContext,
  type ErrorRecord,
  isCoppiceError,
} from './base/errors.ts';
export type { Json, JsonObject } from './base/json.ts';
export type { OnProgress, Progress } from './base/progress.ts';
export { fromModule, type ModuleFunction, type UserFunction } from './base/user-function.ts';
// sessions and tables
export type {
  GangRecording,
  RecordedRound,
  RoundKind,
  RoundSpan,
} from './cluster/simulation/recording.ts';
export type { TaskOptions, TaskRunner } from './cluster/task-runner.ts';
// trees and ensembles
export { BoostedModel } from './ensemble/boosting/boosted-model.ts';
export type { EvaluateRoundsOptions } from './ensemble/boosting/evaluate-rounds.ts';
export { GBTClassificationModel, GBTClassifier } from './ensemble/boosting/gbt-classifier.ts';
export { GBTRanker, GBTRankingModel } from './ensemble/boosting/gbt-ranker.ts';
export { GBTRegressionModel, GBTRegressor } from './ensemble/boosting/gbt-regressor.ts';
export type { RefitOptions } from './ensemble/boosting/refit-leaves.ts';
export type {
  ConvertedOptions,
  ConvertedParams,
  ForeignParams,
} from './ensemble/foreign/foreign-params.ts';
export { fromLightGBM } from './ensemble/foreign/from-lightgbm.ts';
export { fromXGBoost } from './ensemble/foreign/from-xgboost.ts';
export type { ImportedModel, ImportOptions } from './ensemble/foreign/imported-model.ts';
export type { ForeignModelSource } from './ensemble/foreign/model-file.ts';
export {
  readCatBoostModel,
  readLightGBMModel,
  readXGBoostModel,
} from './ensemble/foreign/read-foreign-model.ts';
export {
  readSparkModel,
  type SparkImportOptions,
} from './ensemble/foreign/spark/read-spark-model.ts';
export {
  DecisionTreeClassificationModel,
  DecisionTreeClassifier,
} from './ensemble/forest/decision-tree-classifier.ts';
export {
  DecisionTreeRegressionModel,
  DecisionTreeRegressor,
} from './ensemble/forest/decision-tree-regressor.ts';
export {
  ExtraTreesClassificationModel,
  ExtraTreesClassifier,
} from './ensemble/forest/extra-trees-classifier.ts';
export {
  ExtraTreesRegressionModel,
  ExtraTreesRegressor,
} from './ensemble/forest/extra-trees-regressor.ts';
export {
  ForestClassificationModel,
  ForestRegressionModel,
} from './ensemble/forest/forest-models.ts';
export type { OutOfBagSummary } from './ensemble/forest/out-of-bag-summary.ts';
export {
  RandomForestClassificationModel,
  RandomForestClassifier,
} from './ensemble/forest/random-forest-classifier.ts';
export {
  RandomForestRegressionModel,
  RandomForestRegressor,
} from './ensemble/forest/random-forest-regressor.ts';
export {
  IsolationForest,
  IsolationForestModel,
  type IsolationScore,
} from './ensemble/isolation/isolation-forest.ts';
export { type MergeOptions, mergeModels } from './ensemble/model/merge-models.ts';
export type { TrainingSummary } from './ensemble/model/training-summary.ts';
export { TreeModel } from './ensemble/model/tree-model.ts';
export type {
  DecisionTreeClassifierOptions,
  DecisionTreeRegressorOptions,
  ExtraTreesClassifierOptions,
  ExtraTreesRegressorOptions,
  RandomForestClassifierOptions,
  RandomForestRegressorOptions,
} from './ensemble/params/forest-params.ts';
export type { GBTClassifierOptions, GBTRegressorOptions } from './ensemble/params/gbt-params.ts';
export type { IsolationForestOptions } from './ensemble/params/isolation-params.ts';
export type { GBTRankerOptions } from './ensemble/params/ranker-params.ts';
export type { UpliftForestOptions } from './ensemble/params/uplift-params.ts';
export type {
  NamedCells,
  Prediction,
  Score,
  Scorer,
  ScorerCell,
  ScorerRow,
  ScorerValue,
} from './ensemble/prediction/scorer.ts';
export { UpliftForest, UpliftForestModel } from './ensemble/uplift/uplift-forest.ts';
export type { BinaryCurve, CurveOptions } from './evaluation/binary-curves.ts';
export { type BootstrapOptions, bootstrap } from './evaluation/bootstrap.ts';
export type { Confusion } from './evaluation/confusion.ts';
// evaluation
export {
  BinaryClassificationEvaluator,
  type BinaryClassificationEvaluatorOptions,
} from './evaluation/evaluators/binary-classification-evaluator.ts';
export {
  type EvaluateAllOptions,
  type EvaluateOptions,
  Evaluator,
  type Metrics,
} from './evaluation/evaluators/evaluator.ts';
export {
  MulticlassClassificationEvaluator,
  type MulticlassClassificationEvaluatorOptions,
} from './evaluation/evaluators/multiclass-classification-evaluator.ts';
export {
  RankingEvaluator,
  type RankingEvaluatorOptions,
} from './evaluation/evaluators/ranking-evaluator.ts';
export {
  RegressionEvaluator,
  type RegressionEvaluatorOptions,
} from './evaluation/evaluators/regression-evaluator.ts';
export {
  SurvivalEvaluator,
  type SurvivalEvaluatorOptions,
} from './evaluation/evaluators/survival-evaluator.ts';
export {
  UpliftEvaluator,
  type UpliftEvaluatorOptions,
} from './evaluation/evaluators/uplift-evaluator.ts';
export type { GridValue } from './evaluation/importance/feature-grid.ts';
export {
  type IndividualExpectationsOptions,
  individualExpectations,
} from './evaluation/importance/individual-expectations.ts';
export {
  type InteractionStatisticsOptions,
  interactionStatistics,
} from './evaluation/importance/interaction-statistics.ts';
export {
  type PartialDependenceOptions,
  partialDependence,
} from './evaluation/importance/partial-dependence.ts';
export {
  type PermutationOptions,
  permutationImportance,
} from './evaluation/importance/permutation-importance.ts';
export type { RocCurve } from './evaluation/rank-metrics.ts';
export type { RegressionCurve } from './evaluation/regression-curves.ts';
export { FeatureHasher, type FeatureHasherOptions } from './feature/categories/feature-hasher.ts';
export { IndexToString, type IndexToStringOptions } from './feature/categories/index-to-string.ts';
export { OneHotEncoder, type OneHotEncoderOptions } from './feature/categories/one-hot-encoder.ts';
export {
  OneHotEncoderModel,
  type OneHotEncoderModelOptions,
} from './feature/categories/one-hot-encoder-model.ts';
export { StringIndexer, type StringIndexerOptions } from './feature/categories/string-indexer.ts';
export {
  StringIndexerModel,
  type StringIndexerModelOptions,
} from './feature/categories/string-indexer-model.ts';
export { TargetEncoder, type TargetEncoderOptions } from './feature/categories/target-encoder.ts';
export {
  TargetEncoderModel,
  type TargetEncoderModelOptions,
} from './feature/categories/target-encoder-model.ts';
export type { ColumnEncodings } from './feature/categories/target-encodings.ts';
export { DatePartExtractor, type DatePartExtractorOptions } from './feature/date-part-extractor.ts';
export {
  ExpressionTransformer,
  type ExpressionTransformerOptions,
} from './feature/expression-transformer.ts';
export {
  FunctionTransformer,
  type FunctionTransformerOptions,
} from './feature/function-transformer.ts';
// feature stages
export { Binarizer, type BinarizerOptions } from './feature/numbers/binarizer.ts';
export { Bucketizer, type BucketizerOptions } from './feature/numbers/bucketizer.ts';
export { Imputer, type ImputerOptions } from './feature/numbers/imputer.ts';
export { ImputerModel, type ImputerModelOptions } from './feature/numbers/imputer-model.ts';
export { MinMaxScaler, type MinMaxScalerOptions } from './feature/numbers/min-max-scaler.ts';
export {
  MinMaxScalerModel,
  type MinMaxScalerModelOptions,
} from './feature/numbers/min-max-scaler-model.ts';
export {
  QuantileDiscretizer,
  type QuantileDiscretizerOptions,
} from './feature/numbers/quantile-discretizer.ts';
export {
  QuantileDiscretizerModel,
  type QuantileDiscretizerModelOptions,
} from './feature/numbers/quantile-discretizer-model.ts';
export { RobustScaler, type RobustScalerOptions } from './feature/numbers/robust-scaler.ts';
export {
  RobustScalerModel,
  type RobustScalerModelOptions,
} from './feature/numbers/robust-scaler-model.ts';
export { StandardScaler, type StandardScalerOptions } from './feature/numbers/standard-scaler.ts';
export {
  StandardScalerModel,
  type StandardScalerModelOptions,
} from './feature/numbers/standard-scaler-model.ts';
export type { FeatureTest } from './feature/selection/test-features.ts';
export {
  UnivariateFeatureSelector,
  type UnivariateFeatureSelectorOptions,
} from './feature/selection/univariate-feature-selector.ts';
export {
  UnivariateFeatureSelectorModel,
  type UnivariateFeatureSelectorModelOptions,
} from './feature/selection/univariate-feature-selector-model.ts';
export {
  VarianceThresholdSelector,
  type VarianceThresholdSelectorOptions,
} from './feature/selection/variance-threshold-selector.ts';
export {
  VarianceThresholdSelectorModel,
  type VarianceThresholdSelectorModelOptions,
} from './feature/selection/variance-threshold-selector-model.ts';
export { Normalizer, type NormalizerOptions } from './feature/vectors/normalizer.ts';
export type { SparseProjection } from './feature/vectors/projected-features.ts';
export {
  SparseProjector,
  type SparseProjectorOptions,
} from './feature/vectors/sparse-projector.ts';
export {
  SparseProjectorModel,
  type SparseProjectorModelOptions,
} from './feature/vectors/sparse-projector-model.ts';
export {
  VectorAssembler,
  type VectorAssemblerOptions,
} from './feature/vectors/vector-assembler.ts';
export { VectorSlicer, type VectorSlicerOptions } from './feature/vectors/vector-slicer.ts';
// linear models
export { KMeans } from './linear/k-means.ts';
export { KMeansModel, type KMeansOptions, type KMeansSummary } from './linear/k-means-model.ts';
export { LinearModel, type LinearSummary } from './linear/linear-model.ts';
export {
  LinearRegression,
  LinearRegressionModel,
  type LinearRegressionOptions,
} from './linear/linear-regression.ts';
export { LinearSVC, LinearSVCModel, type LinearSVCOptions } from './linear/linear-svc.ts';
export {
  LogisticRegression,
  LogisticRegressionModel,
  type LogisticRegressionOptions,
} from './linear/logistic-regression.ts';
export { type ByNameFacts, type NumbersByName, numbersByName } from './params/by-name-kind.ts';
// parameters, for stages of one's own
export {
  defineParams,
  type IsGiven,
  type Options,
  type ParamSchema,
  type Resolved,
  type ValueOf,
} from './params/define-params.ts';
export type { ForcedSplits } from './params/forced-splits-kind.ts';
export {
  type BoolFacts,
  bool,
  column,
  columns,
  either,
  type FloatFacts,
  float,
  int,
  type JsonFacts,
  json,
  type ListFacts,
  type NumberFacts,
  type NumbersFacts,
  numberLists,
  numbers,
  oneOf,
  str,
  strings,
  type TextFacts,
} from './params/kinds.ts';
export type { NumberListsByName } from './params/lists-by-name-kind.ts';
export type { NameGroups } from './params/name-groups-kind.ts';
export {
  type FunctionFacts,
  FunctionName,
  func,
  funcByName,
  type ObjectFacts,
  object,
} from './params/object-kinds.ts';
export type {
  CommonFacts,
  NamedFunctions,
  ParamSpec,
  ParamSpecs,
  Presence,
  PresenceOf,
} from './params/param-spec.ts';
export type { SavedParams } from './params/params-json.ts';
export { resolveParams } from './params/resolve-params.ts';
// pipelines
export { Estimator, type FitOptions, type Fitted } from './pipeline/estimator.ts';
export type { LabelValue } from './pipeline/label-values.ts';
export { loadStage } from './pipeline/load-stage.ts';
export type { LogicalField, LogicalSchema } from './pipeline/logical-schema.ts';
export { Model } from './pipeline/model.ts';
export type { OnnxOptions } from './pipeline/onnx/onnx-options.ts';
export { Pipeline, type PipelineOptions } from './pipeline/pipeline.ts';
export { PipelineModel, type PipelineModelOptions } from './pipeline/pipeline-model.ts';
export { PipelineStage } from './pipeline/pipeline-stage.ts';
export type { PredictionColumns } from './pipeline/prediction-columns.ts';
export type { TensorData, Tensors } from './pipeline/safetensors.ts';
export type {
  LoadOptions,
  StageClass,
  StageReader,
  StoredTensors,
} from './pipeline/stage-reader.ts';
export { type RegisteredClass, registerStage } from './pipeline/stage-registry.ts';
export type { RowIdMode, SavableStage, SaveOptions, StageWriter } from './pipeline/stage-writer.ts';
export { Transformer, type TransformOptions } from './pipeline/transformer.ts';
export {
  type CheckedOptions,
  type OptionsOf,
  type OutputNames,
  pipelineOver,
  type StageConstructor,
  TypedPipeline,
} from './pipeline/typed-pipeline.ts';
export type { ConnectOptions, ConnectTls } from './session/connect.ts';
export { createTable, read } from './session/default-session.ts';
export type { Explainable, ExplainOptions } from './session/explain-fit.ts';
export type { ExplainedScale, SimulatedFit, SimulationOptions } from './session/fit-explanation.ts';
export { FitExplanation } from './session/fit-explanation.ts';
export { Session, type SessionOptions } from './session/session.ts';
export { SessionReader } from './session/session-reader.ts';
export type { SparkTls } from './spark/connect/connect-url.ts';
export type { SparkOptions } from './spark/open-spark.ts';
// ensembles of any estimators
export {
  AdaBoostClassificationModel,
  type AdaBoostClassificationModelOptions,
  AdaBoostClassifier,
  type AdaBoostClassifierOptions,
} from './stacking/ada-boost/ada-boost-classifier.ts';
export {
  AdaBoostRegressionModel,
  type AdaBoostRegressionModelOptions,
  AdaBoostRegressor,
  type AdaBoostRegressorOptions,
} from './stacking/ada-boost/ada-boost-regressor.ts';
export { BaggedModel } from './stacking/bagging/bagged-model.ts';
export {
  BaggingClassificationModel,
  type BaggingClassificationModelOptions,
  BaggingClassifier,
  type BaggingClassifierOptions,
} from './stacking/bagging/bagging-classifier.ts';
export {
  BaggingRegressionModel,
  type BaggingRegressionModelOptions,
  BaggingRegressor,
  type BaggingRegressorOptions,
} from './stacking/bagging/bagging-regressor.ts';
export { CommitteeModel } from './stacking/committee/committee-model.ts';
export {
  OneVsRest,
  OneVsRestModel,
  type OneVsRestModelOptions,
  type OneVsRestOptions,
} from './stacking/committee/one-vs-rest.ts';
export type { StackFitOptions } from './stacking/stack/fit-stack.ts';
export { StackedModel } from './stacking/stack/stacked-model.ts';
export {
  StackingClassificationModel,
  type StackingClassificationModelOptions,
  StackingClassifier,
  type StackingClassifierOptions,
} from './stacking/stack/stacking-classifier.ts';
export {
  StackingRegressionModel,
  type StackingRegressionModelOptions,
  StackingRegressor,
  type StackingRegressorOptions,
} from './stacking/stack/stacking-regressor.ts';
export {
  VotingClassificationModel,
  type VotingClassificationModelOptions,
  VotingClassifier,
  type VotingClassifierOptions,
} from './stacking/voting/voting-classifier.ts';
export {
  VotingRegressionModel,
  type VotingRegressionModelOptions,
  VotingRegressor,
  type VotingRegressorOptions,
} from './stacking/voting/voting-regressor.ts';
export type { WriteArrowOptions } from './table/arrow-ipc/write-arrow.ts';
export type { TypedArray } from './table/columns/shared-buffer.ts';
export { type DropNullsOptions, TableNulls } from './table/columns/table-nulls.ts';
export type {
  AnyColumns,
  ColumnKind,
  ColumnKinds,
  ColumnName,
  DroppedColumns,
  RenamedColumns,
  SelectedColumns,
  WithColumn,
} from './table/columns/typed-columns.ts';
export type { ColumnInput, CreateTableOptions } from './table/create-table.ts';
export type { ReadCsvOptions } from './table/csv/read-csv.ts';
export type { WriteCsvOptions } from './table/csv/write-csv.ts';
export {
  coalesce,
  col,
  Expression,
  lit,
  type Operand,
  when,
} from './table/expressions/expression.ts';
export type { ExpressionsByName } from './table/expressions/expressions-kind.ts';
export { expr } from './table/expressions/parse-expression.ts';
export { TableWriter } from './table/files/table-writer.ts';
export type { ParquetCompression } from './table/parquet/encode-parquet.ts';
export type { WriteParquetOptions } from './table/parquet/write-parquet.ts';
export {
  type ColumnFunction,
  type ColumnFunctionOptions,
  PartitionedTable,
  type RowFunction,
  type TableOptions,
} from './table/partitioned-table.ts';
export type { SortKey } from './table/plan/sort-key.ts';
export type { SqlOptions } from './table/sql/run-sql.ts';
export type { TableInput } from './table/table-input.ts';
export type { ClassValue, LossHistory } from './training/messages.ts';
export type {
  Derivatives,
  MetricFunction,
  ObjectiveFunction,
  ScoredRows,
} from './training/user-calls.ts';
export type { ImportanceKind } from './tree/importances.ts';
export type { LinearLeaves, SplitPlanes, TreeEnsemble } from './tree/tree-ensemble.ts';
export type { RunnerUp, TreeNode, TreeSplit } from './tree/tree-node.ts';
export { TreeView } from './tree/tree-view.ts';
// calibration
export {
  CalibratedClassificationModel,
  type CalibratedClassificationModelOptions,
} from './tuning/calibration/calibrated-classification-model.ts';
export {
  CalibratedClassifier,
  type CalibratedClassifierOptions,
} from './tuning/calibration/calibrated-classifier.ts';
export type {
  CalibrationCurve,
  IsotonicCurve,
  SigmoidCurve,
} from './tuning/calibration/calibration-curve.ts';
export {
  ProbabilityCalibrationModel,
  type ProbabilityCalibrationModelOptions,
} from './tuning/calibration/probability-calibration-model.ts';
export {
  ProbabilityCalibrator,
  type ProbabilityCalibratorOptions,
} from './tuning/calibration/probability-calibrator.ts';
// search
export {
  RecursiveFeatureElimination,
  type RecursiveFeatureEliminationOptions,
} from './tuning/elimination/recursive-feature-elimination.ts';
export {
  type EliminationState,
  type EliminationStep,
  RecursiveFeatureEliminationModel,
  type RecursiveFeatureEliminationModelOptions,
} from './tuning/elimination/recursive-feature-elimination-model.ts';
export { CrossValidator, type CrossValidatorOptions } from './tuning/search/cross-validator.ts';
export {
  CrossValidatorModel,
  type CrossValidatorModelOptions,
} from './tuning/search/cross-validator-model.ts';
export { ParamGridBuilder } from './tuning/search/param-grid-builder.ts';
export type { ParamMap } from './tuning/search/param-map.ts';
export { ParamRandomBuilder } from './tuning/search/param-random-builder.ts';
export {
  SuccessiveHalving,
  type SuccessiveHalvingOptions,
} from './tuning/search/successive-halving.ts';
export {
  SuccessiveHalvingModel,
  type SuccessiveHalvingModelOptions,
} from './tuning/search/successive-halving-model.ts';
export {
  TrainValidationSplit,
  type TrainValidationSplitOptions,
} from './tuning/search/train-validation-split.ts';
export {
  TrainValidationSplitModel,
  type TrainValidationSplitModelOptions,
} from './tuning/search/train-validation-split-model.ts';
export { type TrialRound, TunedModel, type TunedState } from './tuning/search/tuned-model.ts';
export {
  SurvivalCurves,
  type SurvivalCurvesOptions,
} from './tuning/survival/survival-curves.ts';
export {
  SurvivalCurvesModel,
  type SurvivalCurvesModelOptions,
} from './tuning/survival/survival-curves-model.ts';
export type { Baseline } from './tuning/survival/survival-function.ts';
export {
  TunedThresholdClassificationModel,
  type TunedThresholdClassificationModelOptions,
  type TunedThresholdState,
} from './tuning/thresholds/tuned-threshold-classification-model.ts';
export {
  TunedThresholdClassifier,
  type TunedThresholdClassifierOptions,
} from './tuning/thresholds/tuned-threshold-classifier.ts';
