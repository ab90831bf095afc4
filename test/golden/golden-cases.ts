/**
 * What the golden models were fitted on and what they are asked, written out in full: neither may ever
 * change. A new class gets a new case; `npx tsx test/golden/write-golden.ts` writes the folders that are
 * not there yet and leaves the others alone.
 */
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRanker } from '../../src/ensemble/boosting/gbt-ranker.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../../src/ensemble/forest/decision-tree-regressor.ts';
import { ExtraTreesRegressor } from '../../src/ensemble/forest/extra-trees-regressor.ts';
import { RandomForestClassifier } from '../../src/ensemble/forest/random-forest-classifier.ts';
import { RandomForestRegressor } from '../../src/ensemble/forest/random-forest-regressor.ts';
import '../../src/ensemble/worker-operators.ts';
import { FeatureHasher } from '../../src/feature/categories/feature-hasher.ts';
import { IndexToString } from '../../src/feature/categories/index-to-string.ts';
import { OneHotEncoder } from '../../src/feature/categories/one-hot-encoder.ts';
import { StringIndexer } from '../../src/feature/categories/string-indexer.ts';
import { TargetEncoder } from '../../src/feature/categories/target-encoder.ts';
import { ExpressionTransformer } from '../../src/feature/expression-transformer.ts';
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
import '../../src/feature/worker-operators.ts';
import { KMeans } from '../../src/linear/k-means.ts';
import { LinearRegression } from '../../src/linear/linear-regression.ts';
import { LinearSVC } from '../../src/linear/linear-svc.ts';
import { LogisticRegression } from '../../src/linear/logistic-regression.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { coalesce, col } from '../../src/table/expressions/expression.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import '../../src/training/worker-programs.ts';
import { CalibratedClassifier } from '../../src/tuning/calibration/calibrated-classifier.ts';
import { ProbabilityCalibrator } from '../../src/tuning/calibration/probability-calibrator.ts';
import { SurvivalCurves } from '../../src/tuning/survival/survival-curves.ts';
import '../../src/tuning/worker-tasks.ts';
import { goldenEnsembleCases } from './golden-ensemble-cases.ts';

const runner = new InlineRunner();
const rows = Array.from({ length: 160 }, (_, row) => row);
const airports = ['OSL', 'CDG', 'JFK', 'ÅES', '東京', 'GRU', 'SYD'];

/** The training table of every case. */
export function trainingTable(): PartitionedTable {
  const distance = rows.map((row) => (row % 11 === 0 ? null : ((row * 37) % 101) / 4));
  const delay = rows.map((row) => ((row * 37) % 101) / 8 + (row % 7) - 3);
  return tableFromColumns(runner, {
    distance,
    speed: Float32Array.from(rows, (row) => (row % 17 === 3 ? Number.NaN : ((row * 29) % 83) / 3)),
    airport: rows.map((row) => (row % 19 === 5 ? null : (airports[row % 7] as string))),
    isWeekend: rows.map((row) => row % 5 === 0),
    weight: rows.map((row) => (row % 9) / 4),
    delay,
    isLate: delay.map((value) => value > 4),
    query: Int32Array.from(rows, (row) => row % 12),
    grade: Int32Array.from(delay, (value) => (value < 2 ? 1 : value < 7 ? 2 : 5)),
    verdict: delay.map((value) => (value < 2 ? 'early' : value < 7 ? 'late' : 'very late')),
  });
}

/** What every model is asked: known, missing, extreme and never seen values. */
export function questionTable(): PartitionedTable {
  const speeds = [0, 1, 5, 11.5, 25, Number.NaN, 27.5, -1, 3, 14, 20, Number.POSITIVE_INFINITY];
  return tableFromColumns(runner, {
    distance: [1, null, 12.5, 25, -1e300, 1e300, 7.75, 0, Number.NaN, 18, 24.75, 3.5],
    speed: Float32Array.from(speeds),
    airport: ['OSL', 'CDG', null, 'LHR', '東京', 'ÅES', 'GRU', 'SYD', 'JFK', '', 'CDG', 'OSL'],
    isWeekend: [true, false, null, true, false, true, false, true, false, true, false, null],
  });
}

const featuresCols = ['distance', 'speed', 'airport', 'isWeekend'];
const boosted = { featuresCols, maxIter: 4, minInstancesPerNode: 4, minCategoryRows: 3 };
const forest = { featuresCols, numTrees: 3, maxDepth: 4 };

const survival = (options: object) =>
  new Pipeline({
    stages: [
      new GBTRegressor({ ...boosted, labelCol: 'grade', censorCol: 'isLate', ...options }),
      new SurvivalCurves({ labelCol: 'grade', censorCol: 'isLate', survivalTimes: [1, 2.5, 5] }),
    ],
  });

/** Estimators by the class of the model they make. */
export const goldenCases: Readonly<Record<string, () => Estimator>> = {
  ...goldenEnsembleCases,
  GBTRegressionModel: () =>
    new GBTRegressor({ ...boosted, labelCol: 'delay', weightCol: 'weight', leafCol: 'leaf' }),
  GBTClassificationModel: () =>
    new GBTClassifier({ ...boosted, maxIter: 2, labelCol: 'verdict', colsampleByTree: 0.8 }),
  GBTRankingModel: () =>
    new GBTRanker({ ...boosted, labelCol: 'grade', groupCol: 'query', weightCol: 'weight' }),
  'GBTRegressionModel-labels': () =>
    new GBTRegressor({ ...boosted, labelCols: ['delay', 'weight'], leafCol: 'leaf' }),
  RandomForestRegressionModel: () =>
    new RandomForestRegressor({ ...forest, labelCol: 'delay', seed: 5 }),
  'ExtraTreesRegressionModel-labels': () =>
    new ExtraTreesRegressor({ ...forest, labelCols: ['delay', 'weight'], leafCol: 'leaf' }),
  RandomForestClassificationModel: () =>
    new RandomForestClassifier({ ...forest, labelCol: 'grade', weightCol: 'weight' }),
  DecisionTreeRegressionModel: () =>
    new DecisionTreeRegressor({ featuresCols, labelCol: 'delay', maxLeaves: 9, leafCol: 'leaf' }),
  DecisionTreeClassificationModel: () =>
    new DecisionTreeClassifier({ featuresCols, labelCol: 'isLate', thresholds: [0.7, 0.3] }),
  PipelineModel: () =>
    new Pipeline({
      stages: [
        new StringIndexer({ inputCol: 'airport', outputCol: 'index', handleInvalid: 'keep' }),
        new IndexToString({ inputCol: 'index', outputCol: 'again', labels: airports }),
        new Imputer({ inputCol: 'distance', outputCol: 'filled' }),
        new StandardScaler({ inputCol: 'filled', outputCol: 'standard' }),
        new MinMaxScaler({ inputCol: 'filled', outputCol: 'unit' }),
        new RobustScaler({ inputCol: 'filled', outputCol: 'robust' }),
        new QuantileDiscretizer({ inputCol: 'filled', outputCol: 'quarter', numBuckets: 4 }),
        new Bucketizer({
          inputCol: 'filled',
          outputCol: 'bucket',
          splits: [Number.NEGATIVE_INFINITY, 5, 15, Number.POSITIVE_INFINITY],
        }),
        new Binarizer({ inputCol: 'filled', outputCol: 'isFar', threshold: 12 }),
        new OneHotEncoder({ inputCol: 'isWeekend', outputCol: 'hot', handleInvalid: 'keep' }),
        new VectorAssembler({
          inputCols: ['airport', 'standard', 'unit', 'quarter', 'isFar'],
          outputCol: 'features',
        }),
        new GBTClassifier({ labelCol: 'isLate', maxIter: 3, minInstancesPerNode: 4 }),
      ],
    }),
  'PipelineModel-expressions': () =>
    new Pipeline({
      stages: [
        new ExpressionTransformer({
          columns: {
            far: 'distance / (1 + abs(speed)) > 1.5 OR distance IS NULL',
            sizes:
              "CASE WHEN length(airport) < 3 THEN 1e3 WHEN airport LIKE '%S' THEN log(speed) ELSE -1 END",
            place: coalesce(col('airport').lower().concat('?'), 'none'),
            isKnown: col('airport').isIn(['OSL', '東京']).and(col('distance').ne(Number.NaN)),
          },
        }),
        new GBTRegressor({
          featuresCols: ['far', 'sizes', 'place', 'isKnown', 'distance'],
          labelCol: 'delay',
          maxIter: 5,
          maxLeaves: 8,
        }),
      ],
    }),
  'PipelineModel-vectors': () =>
    new Pipeline({
      stages: [
        new Imputer({ inputCol: 'distance', outputCol: 'filled' }),
        new FeatureHasher({ inputCols: ['airport', 'isWeekend', 'filled'], numFeatures: 16 }),
        new Normalizer({ inputCol: 'features', outputCol: 'unit', p: 3 }),
        new VarianceThresholdSelector({
          featuresCol: 'unit',
          outputCol: 'varying',
          varianceThreshold: 0.01,
        }),
        new VectorSlicer({
          inputCol: 'unit',
          outputCol: 'some',
          indices: [5],
          names: ['h2', 'h9'],
        }),
        new LinearRegression({ labelCol: 'delay', featuresCol: 'varying' }),
      ],
    }),
  'PipelineModel-oblique': () =>
    new Pipeline({
      stages: [
        new Imputer({ inputCol: 'distance', outputCol: 'filled' }),
        new SparseProjector({
          ...{ inputCols: ['distance', 'airport', 'speed', 'filled'], outputCol: 'features' },
          ...{ featuresPerProjection: 3, weights: 'continuous', numProjections: 4 },
        }),
        new SparseProjector({ inputCols: ['features'], outputCol: 'pairs', numProjections: 6 }),
        new DecisionTreeRegressor({ featuresCol: 'pairs', labelCol: 'delay', maxLeaves: 6 }),
      ],
    }),
  'PipelineModel-selected': () =>
    new Pipeline({
      stages: [
        new Imputer({ inputCol: 'distance', outputCol: 'filled' }),
        new VectorAssembler({ inputCols: ['airport', 'filled', 'isWeekend', 'speed'] }),
        new UnivariateFeatureSelector({
          outputCol: 'telling',
          labelCol: 'delay',
          selectionThreshold: 2,
        }),
        new DecisionTreeRegressor({ featuresCol: 'telling', labelCol: 'delay', maxLeaves: 6 }),
      ],
    }),
  'PipelineModel-encoded': () =>
    new Pipeline({
      stages: [
        new TargetEncoder({
          inputCols: ['airport', 'isWeekend'],
          outputCols: ['airportCode', 'weekendCode'],
          labelCol: 'delay',
          handleInvalid: 'keep',
        }),
        new TargetEncoder({
          inputCol: 'airport',
          outputCol: 'verdicts',
          labelCol: 'verdict',
          smoothing: 3,
          handleInvalid: 'keep',
        }),
        new LinearRegression({
          labelCol: 'delay',
          featuresCols: ['airportCode', 'weekendCode', 'verdicts'],
        }),
      ],
    }),
  'PipelineModel-linear': () =>
    new Pipeline({
      stages: [
        new Imputer({ inputCol: 'distance', outputCol: 'filled' }),
        new Binarizer({ inputCol: 'filled', outputCol: 'isFar', threshold: 12 }),
        new VectorAssembler({ inputCols: ['filled', 'isFar'], outputCol: 'features' }),
        new LogisticRegression({ labelCol: 'verdict', regParam: 0.01, elasticNetParam: 0.5 }),
        new LinearRegression({
          labelCol: 'delay',
          weightCol: 'weight',
          nonnegative: true,
          predictionCol: 'predictedDelay',
        }),
      ],
    }),
  'PipelineModel-clusters': () =>
    new Pipeline({
      stages: [
        new Imputer({ inputCol: 'distance', outputCol: 'filled' }),
        new KMeans({ featuresCols: ['filled'], k: 4, weightCol: 'weight', seed: 3 }),
      ],
    }),
  'PipelineModel-svc': () =>
    new Pipeline({
      stages: [
        new Imputer({ inputCol: 'distance', outputCol: 'filled' }),
        new LinearSVC({ labelCol: 'isLate', featuresCols: ['filled'], regParam: 0.01 }),
      ],
    }),
  CalibratedClassificationModel: () =>
    new CalibratedClassifier({
      estimator: new GBTClassifier({ ...boosted, maxIter: 2, labelCol: 'verdict' }),
      numFolds: 3,
      seed: 2,
    }),
  'PipelineModel-survival': () => survival({ lossType: 'cox' }),
  'PipelineModel-survival-times': () =>
    survival({ lossType: 'aft', aftDistribution: 'extreme', aftScale: 0.5 }),
  'PipelineModel-calibrated': () =>
    new Pipeline({
      stages: [
        new DecisionTreeClassifier({ featuresCols, labelCol: 'isLate', maxLeaves: 7 }),
        new ProbabilityCalibrator({ labelCol: 'isLate', weightCol: 'weight', method: 'isotonic' }),
      ],
    }),
};
