/**
 * Every stage that the contract suite tries, one entry each: how to make it and a table it works on. A
 * registered class without an entry fails the suite, so a new stage is added here or nowhere.
 */

import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRanker } from '../../src/ensemble/boosting/gbt-ranker.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../../src/ensemble/forest/decision-tree-regressor.ts';
import { ExtraTreesClassifier } from '../../src/ensemble/forest/extra-trees-classifier.ts';
import { ExtraTreesRegressor } from '../../src/ensemble/forest/extra-trees-regressor.ts';
import { RandomForestClassifier } from '../../src/ensemble/forest/random-forest-classifier.ts';
import { RandomForestRegressor } from '../../src/ensemble/forest/random-forest-regressor.ts';
import { IsolationForest } from '../../src/ensemble/isolation/isolation-forest.ts';
import { UpliftForest } from '../../src/ensemble/uplift/uplift-forest.ts';
import { BinaryClassificationEvaluator } from '../../src/evaluation/evaluators/binary-classification-evaluator.ts';
import { MulticlassClassificationEvaluator } from '../../src/evaluation/evaluators/multiclass-classification-evaluator.ts';
import { RankingEvaluator } from '../../src/evaluation/evaluators/ranking-evaluator.ts';
import { RegressionEvaluator } from '../../src/evaluation/evaluators/regression-evaluator.ts';
import { SurvivalEvaluator } from '../../src/evaluation/evaluators/survival-evaluator.ts';
import { UpliftEvaluator } from '../../src/evaluation/evaluators/uplift-evaluator.ts';
import { FeatureHasher } from '../../src/feature/categories/feature-hasher.ts';
import { IndexToString } from '../../src/feature/categories/index-to-string.ts';
import { OneHotEncoder } from '../../src/feature/categories/one-hot-encoder.ts';
import { StringIndexer } from '../../src/feature/categories/string-indexer.ts';
import { TargetEncoder } from '../../src/feature/categories/target-encoder.ts';
import { DatePartExtractor } from '../../src/feature/date-part-extractor.ts';
import { ExpressionTransformer } from '../../src/feature/expression-transformer.ts';
import { FunctionTransformer } from '../../src/feature/function-transformer.ts';
import { Binarizer } from '../../src/feature/numbers/binarizer.ts';
import { Bucketizer } from '../../src/feature/numbers/bucketizer.ts';
import { Imputer } from '../../src/feature/numbers/imputer.ts';
import { MinMaxScaler } from '../../src/feature/numbers/min-max-scaler.ts';
import { QuantileDiscretizer } from '../../src/feature/numbers/quantile-discretizer.ts';
import { RobustScaler } from '../../src/feature/numbers/robust-scaler.ts';
import { StandardScaler } from '../../src/feature/numbers/standard-scaler.ts';
import { UnivariateFeatureSelector } from '../../src/feature/selection/univariate-feature-selector.ts';
import { VarianceThresholdSelector } from '../../src/feature/selection/variance-threshold-selector.ts';
import { Normalizer } from '../../src/feature/vectors/normalizer.ts';
import { SparseProjector } from '../../src/feature/vectors/sparse-projector.ts';
import { VectorAssembler } from '../../src/feature/vectors/vector-assembler.ts';
import { VectorSlicer } from '../../src/feature/vectors/vector-slicer.ts';
import { KMeans } from '../../src/linear/k-means.ts';
import { LinearRegression } from '../../src/linear/linear-regression.ts';
import { LinearSVC } from '../../src/linear/linear-svc.ts';
import { LogisticRegression } from '../../src/linear/logistic-regression.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import type { PipelineStage } from '../../src/pipeline/pipeline-stage.ts';
import type { LoadOptions } from '../../src/pipeline/stage-reader.ts';
import type { Transformer } from '../../src/pipeline/transformer.ts';
import { fixedSizeListColumn } from '../../src/table/columns/make-column.ts';
import type { ColumnInput } from '../../src/table/create-table.ts';
import { col } from '../../src/table/expressions/expression.ts';
import type { ColumnFunction } from '../../src/table/partitioned-table.ts';
import { CalibratedClassifier } from '../../src/tuning/calibration/calibrated-classifier.ts';
import { ProbabilityCalibrator } from '../../src/tuning/calibration/probability-calibrator.ts';
import { RecursiveFeatureElimination } from '../../src/tuning/elimination/recursive-feature-elimination.ts';
import { CrossValidator } from '../../src/tuning/search/cross-validator.ts';
import { SuccessiveHalving } from '../../src/tuning/search/successive-halving.ts';
import { TrainValidationSplit } from '../../src/tuning/search/train-validation-split.ts';
import { SurvivalCurves } from '../../src/tuning/survival/survival-curves.ts';
import { TunedThresholdClassifier } from '../../src/tuning/thresholds/tuned-threshold-classifier.ts';
import '../../src/evaluation/worker-tasks.ts';
import '../../src/tuning/worker-tasks.ts';
import { ensembleCases } from './ensemble-cases.ts';

/** Columns by name. */
export type Columns = Readonly<Record<string, ColumnInput>>;

/** One stage of the suite. */
export interface StageCase {
  /** Makes the stage; `extra` replaces options. */
  make(extra?: Readonly<Record<string, unknown>>): Estimator | Transformer;
  /** What it is fitted on and transforms. */
  readonly table: Columns;
  /** A column of the table without which neither fit nor transform works. */
  readonly reads: string;
  /** The name of the fitted model's class, for estimators. */
  readonly modelName?: string;
  /** The functions that load needs. */
  readonly functions?: LoadOptions['functions'];
  /** Why no type of the column `reads` is wrong, for stages that take any. */
  readonly takesAnyType?: string;
  /** Why fit takes any type of the column `reads`, though the model then asks for that type. */
  readonly fitsAnyType?: string;
  /** Fit refuses a table without rows. */
  readonly refusesEmpty?: boolean;
}

const words = ['b', 'a', null, 'c', 'a', 'b', 'a', 'c', 'b', 'a'];
const numbers = [0.5, -1, null, 3, 3, 2.25, Number.NaN, 7, -2, 1];
const counts = Int32Array.from([3, 1, 2, 2, 1, 5, 8, 13, 1, 0]);
const flags = [true, false, null, true, true, false, true, false, true, true];
const table: Columns = { word: words, number: numbers, count: counts, flag: flags };

const vectors: Columns = {
  label: counts,
  vector: fixedSizeListColumn(
    Float64Array.from({ length: 30 }, (_, i) => (i % 3 === 1 ? 4 : ((i * 7) % 11) - 5)),
    3,
  ),
};

const negated: ColumnFunction = (batch) =>
  Float64Array.from(batch.getChild('count') ?? [], (value) => -value);

const rows = Array.from({ length: 60 }, (_, row) => row);
const trainingTable: Columns = {
  distance: rows.map((row) => (row % 11 === 0 ? null : (row * 37) % 50)),
  carrier: rows.map((row) => (row % 13 === 0 ? null : ['UA', 'AA', 'B6'][row % 3]) ?? null),
  hour: Int32Array.from(rows, (row) => row % 24),
  group: rows.map((row) => ['low', 'middle', 'high'][Math.floor(((row * 37) % 50) / 17)] ?? 'low'),
  grade: Int32Array.from(rows, (row) => row % 4),
  isLate: rows.map((row) => (row * 37) % 50 > 20),
  delay: rows.map((row) => ((row * 37) % 50) / 4 + (row % 3)),
};

const treeColumns = { featuresCols: ['distance', 'carrier', 'hour'] };

/** An estimator of trees, small enough to be fitted many times. */
function treeCase(
  make: (options: { labelCol: string; featuresCols: string[] }) => Estimator,
  labelCol: string,
  modelName: string,
): StageCase {
  return {
    make: (extra) => make({ labelCol, ...treeColumns, ...extra }),
    table: trainingTable,
    reads: 'carrier',
    modelName,
    fitsAnyType: 'dates are features too',
    refusesEmpty: true,
  };
}

/** A search over two sizes of a tree. */
function searchCase(
  make: (options: {
    estimator: Estimator;
    evaluator: MulticlassClassificationEvaluator;
    estimatorParamMaps: { maxDepth: number }[];
  }) => Estimator,
  modelName: string,
): StageCase {
  return {
    ...treeCase(() => new DecisionTreeClassifier(), 'group', modelName),
    make: (extra) =>
      make({
        estimator: new DecisionTreeClassifier({ ...treeColumns, labelCol: 'group' }),
        evaluator: new MulticlassClassificationEvaluator({ labelCol: 'group' }),
        estimatorParamMaps: [{ maxDepth: 1 }, { maxDepth: 3 }],
        ...extra,
      }),
  };
}

/** A linear estimator, which takes numbers only and no missing ones. */
function linearCase(
  make: (options: { labelCol: string; featuresCols: string[] }) => Estimator,
  labelCol: string,
  modelName: string,
): StageCase {
  return {
    make: (extra) => make({ labelCol, featuresCols: ['hour', 'age'], ...extra }),
    table: { ...trainingTable, age: rows.map((row) => Math.sin(row * row)) },
    reads: 'age',
    modelName,
    fitsAnyType: 'dates are numbers too',
    refusesEmpty: true,
  };
}

/** The cases by the name of the class. */
export const stageCases: Readonly<Record<string, StageCase>> = {
  StringIndexer: {
    make: (extra) => new StringIndexer({ inputCol: 'word', outputCol: 'out', ...extra }),
    table,
    reads: 'word',
    modelName: 'StringIndexerModel',
  },
  IndexToString: {
    make: (extra) => {
      const labels = Array.from({ length: 20 }, (_, index) => `label ${index}`);
      return new IndexToString({ inputCol: 'count', outputCol: 'out', labels, ...extra });
    },
    table,
    reads: 'count',
    takesAnyType: 'dates and timestamps are whole numbers too',
  },
  VectorAssembler: {
    make: (extra) =>
      new VectorAssembler({ inputCols: ['number', 'word', 'flag'], outputCol: 'out', ...extra }),
    table,
    reads: 'number',
    takesAnyType: 'a timestamp is a feature like a number',
  },
  FunctionTransformer: {
    make: (extra) =>
      new FunctionTransformer({ func: negated, inputCols: ['count'], outputCol: 'out', ...extra }),
    table,
    reads: 'count',
    functions: { negated },
    takesAnyType: 'what a function can read is not known',
  },
  ExpressionTransformer: {
    make: (extra) =>
      new ExpressionTransformer({
        columns: { out: col('count').mul(2), isBig: 'out > 3 AND word IS NOT NULL' },
        ...extra,
      }),
    table,
    reads: 'count',
  },
  Imputer: {
    make: (extra) =>
      new Imputer({ inputCols: ['number', 'count'], outputCols: ['o1', 'o2'], ...extra }),
    table,
    reads: 'number',
    modelName: 'ImputerModel',
    refusesEmpty: true,
  },
  OneHotEncoder: {
    make: (extra) =>
      new OneHotEncoder({ inputCols: ['word', 'count'], outputCols: ['o1', 'o2'], ...extra }),
    table,
    reads: 'word',
    modelName: 'OneHotEncoderModel',
  },
  Bucketizer: {
    make: (extra) =>
      new Bucketizer({ inputCol: 'number', outputCol: 'out', splits: [-10, 0, 1, 10], ...extra }),
    table,
    reads: 'number',
  },
  Binarizer: {
    make: (extra) =>
      new Binarizer({ inputCol: 'number', outputCol: 'out', threshold: 1, ...extra }),
    table,
    reads: 'number',
  },
  StandardScaler: {
    make: (extra) => new StandardScaler({ inputCol: 'number', outputCol: 'out', ...extra }),
    table,
    reads: 'number',
    modelName: 'StandardScalerModel',
  },
  MinMaxScaler: {
    make: (extra) => new MinMaxScaler({ inputCol: 'number', outputCol: 'out', ...extra }),
    table,
    reads: 'number',
    modelName: 'MinMaxScalerModel',
  },
  RobustScaler: {
    make: (extra) => new RobustScaler({ inputCol: 'number', outputCol: 'out', ...extra }),
    table,
    reads: 'number',
    modelName: 'RobustScalerModel',
  },
  QuantileDiscretizer: {
    make: (extra) => new QuantileDiscretizer({ inputCol: 'number', outputCol: 'out', ...extra }),
    table,
    reads: 'number',
    modelName: 'QuantileDiscretizerModel',
  },
  DatePartExtractor: {
    make: (extra) => new DatePartExtractor({ inputCol: 'time', outputCol: 'out', ...extra }),
    table: { time: [...counts].map((count) => new Date(1e11 * count)) },
    reads: 'time',
    takesAnyType: 'it takes dates',
  },
  FeatureHasher: {
    make: (extra) =>
      new FeatureHasher({ inputCols: ['word', 'number', 'flag'], numFeatures: 8, ...extra }),
    table,
    reads: 'number',
  },
  Normalizer: {
    make: (extra) => new Normalizer({ inputCol: 'vector', outputCol: 'out', ...extra }),
    table: vectors,
    reads: 'vector',
  },
  SparseProjector: {
    make: (extra) => new SparseProjector({ inputCols: ['vector'], outputCol: 'out', ...extra }),
    table: vectors,
    reads: 'vector',
    modelName: 'SparseProjectorModel',
    refusesEmpty: true,
  },
  TargetEncoder: {
    make: (extra) =>
      new TargetEncoder({ inputCol: 'word', outputCol: 'out', labelCol: 'count', ...extra }),
    table,
    reads: 'word',
    modelName: 'TargetEncoderModel',
    refusesEmpty: true,
  },
  VectorSlicer: {
    make: (extra) =>
      new VectorSlicer({ inputCol: 'vector', outputCol: 'out', indices: [2, 0], ...extra }),
    table: vectors,
    reads: 'vector',
  },
  UnivariateFeatureSelector: {
    make: (extra) =>
      new UnivariateFeatureSelector({ featuresCol: 'vector', outputCol: 'out', ...extra }),
    table: vectors,
    reads: 'vector',
    modelName: 'UnivariateFeatureSelectorModel',
    refusesEmpty: true,
  },
  VarianceThresholdSelector: {
    make: (extra) =>
      new VarianceThresholdSelector({ featuresCol: 'vector', outputCol: 'out', ...extra }),
    table: vectors,
    reads: 'vector',
    modelName: 'VarianceThresholdSelectorModel',
    refusesEmpty: true,
  },
  DecisionTreeClassifier: treeCase(
    (options) => new DecisionTreeClassifier(options),
    'group',
    'DecisionTreeClassificationModel',
  ),
  DecisionTreeRegressor: treeCase(
    (options) => new DecisionTreeRegressor(options),
    'delay',
    'DecisionTreeRegressionModel',
  ),
  RandomForestClassifier: treeCase(
    (options) => new RandomForestClassifier({ numTrees: 3, ...options }),
    'group',
    'RandomForestClassificationModel',
  ),
  RandomForestRegressor: treeCase(
    (options) => new RandomForestRegressor({ numTrees: 3, ...options }),
    'delay',
    'RandomForestRegressionModel',
  ),
  ExtraTreesClassifier: treeCase(
    (options) => new ExtraTreesClassifier({ numTrees: 3, ...options }),
    'group',
    'ExtraTreesClassificationModel',
  ),
  ExtraTreesRegressor: treeCase(
    (options) => new ExtraTreesRegressor({ numTrees: 3, ...options }),
    'delay',
    'ExtraTreesRegressionModel',
  ),
  GBTClassifier: treeCase(
    (options) => new GBTClassifier({ maxIter: 3, minInstancesPerNode: 3, ...options }),
    'isLate',
    'GBTClassificationModel',
  ),
  GBTRanker: treeCase(
    (options) =>
      new GBTRanker({ maxIter: 3, minInstancesPerNode: 3, groupCol: 'hour', ...options }),
    'grade',
    'GBTRankingModel',
  ),
  GBTRegressor: treeCase(
    (options) => new GBTRegressor({ maxIter: 3, minInstancesPerNode: 3, ...options }),
    'delay',
    'GBTRegressionModel',
  ),
  LogisticRegression: linearCase(
    (options) => new LogisticRegression({ regParam: 0.01, ...options }),
    'group',
    'LogisticRegressionModel',
  ),
  KMeans: linearCase(
    ({ labelCol: _, ...options }) => new KMeans({ k: 3, ...options }),
    'delay',
    'KMeansModel',
  ),
  LinearSVC: linearCase(
    (options) => new LinearSVC({ regParam: 0.01, ...options }),
    'isLate',
    'LinearSVCModel',
  ),
  LinearRegression: linearCase(
    (options) => new LinearRegression({ regParam: 0.01, elasticNetParam: 0.3, ...options }),
    'delay',
    'LinearRegressionModel',
  ),
  ProbabilityCalibrator: {
    make: (extra) => new ProbabilityCalibrator({ labelCol: 'isLate', ...extra }),
    table: {
      rawPrediction: rows.map((row) => Math.sin(row * row)),
      isLate: rows.map((row) => Math.sin(row * row) + (row % 5) / 5 > 0.4),
    },
    reads: 'rawPrediction',
    modelName: 'ProbabilityCalibrationModel',
    refusesEmpty: true,
  },
  SurvivalCurves: {
    make: (extra) =>
      new SurvivalCurves({ labelCol: 'delay', survivalTimes: [10, 20, 40], ...extra }),
    table: {
      prediction: rows.map((row) => 1 + Math.sin(row * row)),
      delay: rows.map((row) => 1 + ((row * 7) % 50)),
    },
    reads: 'prediction',
    modelName: 'SurvivalCurvesModel',
    refusesEmpty: true,
  },
  CalibratedClassifier: {
    ...treeCase(() => new DecisionTreeClassifier(), 'group', 'CalibratedClassificationModel'),
    make: (extra) =>
      new CalibratedClassifier({
        estimator: new DecisionTreeClassifier({ ...treeColumns, labelCol: 'group', maxDepth: 2 }),
        numFolds: 3,
        ...extra,
      }),
  },
  TunedThresholdClassifier: {
    ...treeCase(() => new DecisionTreeClassifier(), 'isLate', 'TunedThresholdClassificationModel'),
    make: (extra) =>
      new TunedThresholdClassifier({
        estimator: new DecisionTreeClassifier({ ...treeColumns, labelCol: 'isLate', maxDepth: 2 }),
        numFolds: 3,
        ...extra,
      }),
  },
  RecursiveFeatureElimination: {
    make: (extra) =>
      new RecursiveFeatureElimination({
        estimator: new LinearRegression({ featuresCol: 'vector' }),
        evaluator: new RegressionEvaluator(),
        ...{ featuresCol: 'vector', outputCol: 'out', numFolds: 2 },
        ...extra,
      }),
    table: vectors,
    reads: 'vector',
    modelName: 'RecursiveFeatureEliminationModel',
    refusesEmpty: true,
  },
  CrossValidator: searchCase(
    (options) => new CrossValidator({ collectSubModels: true, ...options }),
    'CrossValidatorModel',
  ),
  TrainValidationSplit: searchCase(
    (options) => new TrainValidationSplit(options),
    'TrainValidationSplitModel',
  ),
  SuccessiveHalving: searchCase(
    (options) => new SuccessiveHalving({ factor: 2, ...options }),
    'SuccessiveHalvingModel',
  ),
  IsolationForest: {
    make: (extra) => new IsolationForest({ ...treeColumns, numTrees: 4, ...extra }),
    table: trainingTable,
    reads: 'distance',
    modelName: 'IsolationForestModel',
    fitsAnyType: 'features may be numbers, text or dates',
    refusesEmpty: true,
  },
  UpliftForest: {
    make: (extra) =>
      new UpliftForest({
        ...treeColumns,
        ...{ labelCol: 'isLate', treatmentCol: 'treated', numTrees: 4 },
        ...{ minInstancesPerTreatment: 2, honestLeafShare: 0 },
        ...extra,
      }),
    table: { ...trainingTable, treated: rows.map((row) => row % 2 === 0) },
    reads: 'distance',
    modelName: 'UpliftForestModel',
    fitsAnyType: 'features may be numbers, text or dates',
    refusesEmpty: true,
  },
  ...ensembleCases(trainingTable),
  Pipeline: {
    make: (extra) =>
      new Pipeline({
        stages: [
          new StringIndexer({ inputCol: 'word', outputCol: 'index' }),
          new Imputer({ inputCol: 'number', outputCol: 'filled' }),
          new VectorAssembler({ inputCols: ['index', 'filled'], outputCol: 'out' }),
        ],
        ...extra,
      }),
    table,
    reads: 'word',
    modelName: 'PipelineModel',
    refusesEmpty: true,
  },
};

/** Makes a stage; the options replace its own. */
export type MakeStage = (extra?: Readonly<Record<string, unknown>>) => PipelineStage;

/** Every registered class that is made by its parameters alone: the cases above and the evaluators. */
export const madeByParams: Readonly<Record<string, MakeStage>> = {
  ...Object.fromEntries(Object.entries(stageCases).map(([name, { make }]) => [name, make])),
  BinaryClassificationEvaluator: (extra) => new BinaryClassificationEvaluator({ ...extra }),
  MulticlassClassificationEvaluator: (extra) => new MulticlassClassificationEvaluator({ ...extra }),
  RankingEvaluator: (extra) => new RankingEvaluator({ ...extra }),
  RegressionEvaluator: (extra) => new RegressionEvaluator({ ...extra }),
  SurvivalEvaluator: (extra) => new SurvivalEvaluator({ ...extra }),
  UpliftEvaluator: (extra) => new UpliftEvaluator({ ...extra }),
};
