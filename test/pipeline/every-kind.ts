/** Every kind of model: estimators over one small table, with missing values, words and labels of all types. */
import {
  AdaBoostClassifier,
  AdaBoostRegressor,
  BaggingClassifier,
  BaggingRegressor,
  Binarizer,
  BinaryClassificationEvaluator,
  Bucketizer,
  CalibratedClassifier,
  CrossValidator,
  createTable,
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  GBTClassifier,
  GBTRegressor,
  Imputer,
  IndexToString,
  IsolationForest,
  KMeans,
  LinearRegression,
  LinearSVC,
  LogisticRegression,
  type Model,
  Normalizer,
  OneHotEncoder,
  OneVsRest,
  Pipeline,
  ProbabilityCalibrator,
  RandomForestClassifier,
  RegressionEvaluator,
  StackingClassifier,
  StackingRegressor,
  StringIndexer,
  SuccessiveHalving,
  SurvivalCurves,
  TargetEncoder,
  TrainValidationSplit,
  TunedThresholdClassifier,
  VarianceThresholdSelector,
  VectorAssembler,
  VectorSlicer,
  VotingClassifier,
  VotingRegressor,
} from '../../src/index.ts';

/** Words of the table. */
export const words = ['red', 'green', 'blue', '"', '__proto__'];
const count = 200;
const at = <T>(make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
/** What all are fitted on. */
export const table = createTable({
  x: at((i) => (i % 13 === 0 ? null : Math.sin(i) * 3)),
  y: at((i) => Math.cos(i * 1.7)),
  word: at((i) => (i % 19 === 0 ? null : words[(i * 7) % 5])),
  flag: at((i) => i % 3 === 0),
  two: at((i) => (Math.sin(i) + (i % 4) / 3 > 0.5 ? 'up' : 'down')),
  isUp: at((i) => Math.sin(i) + (i % 5) / 3 > 0.5),
  three: at((i) => (i % 11 === 0 ? i % 3 : Math.sin(i) > 0.4 ? 2 : (i * 7) % 5 < 2 ? 1 : 0)),
  z: at((i) => Math.sin(i) * 2 + ((i * 7) % 5)),
  margin: at((i) => (i % 4) / 4),
  came: at((i) => i % 3 > 0),
  lasts: at((i) => 3 + Math.sin(i) * 2 + ((i * 7) % 5)),
} as never);

const small = { maxIter: 2, minInstancesPerNode: 2, maxLeaves: 5 };
const mixed = { featuresCols: ['x', 'y', 'word', 'flag'] };
const numbers = { featuresCols: ['y', 'flag'] };
const trees = (labelCol: string, more: object = {}) =>
  new GBTClassifier({ ...small, ...mixed, labelCol, ...more });
const forest = (labelCol: string) =>
  new RandomForestClassifier({ numTrees: 2, maxDepth: 3, ...mixed, labelCol });
const line = (labelCol: string) => new LogisticRegression({ ...numbers, labelCol, maxIter: 3 });
const machine = (labelCol: string) => new LinearSVC({ ...numbers, labelCol, maxIter: 3 });
const stump = (labelCol: string) => new DecisionTreeClassifier({ ...mixed, labelCol, maxDepth: 2 });
const number = (more: object = {}) =>
  new GBTRegressor({ ...small, ...mixed, labelCol: 'z', ...more });
const survival = (more: object) =>
  new Pipeline({
    stages: [
      number({ labelCol: 'lasts', censorCol: 'came', featuresCols: ['x', 'y', 'word'], ...more }),
      new SurvivalCurves({ labelCol: 'lasts', censorCol: 'came', survivalTimes: [0, 2.5, 5, 9] }),
    ],
  });
const indexed = (labelCol: string) =>
  new Pipeline({
    stages: [
      new StringIndexer({ inputCols: ['word'], outputCols: ['index'], handleInvalid: 'keep' }),
      new Imputer({ inputCols: ['x'], outputCols: ['fx'] }),
      new VectorAssembler({ inputCols: ['index', 'fx', 'y'] }),
      new GBTClassifier({ ...small, labelCol }),
    ],
  });
const estimatorParamMaps = [{ maxLeaves: 2 }, { maxLeaves: 5 }];
const search = {
  estimator: trees('two', { offsetCol: 'margin' }),
  estimatorParamMaps,
  evaluator: new BinaryClassificationEvaluator({ labelCol: 'two' }),
};
const folds = { numFolds: 2 };

/** What can be fitted. */
interface Fit {
  fit(given: typeof table): Promise<Model>;
}

/** All of them by what they are. */
export const kinds: [string, Fit][] = [
  ['a vote by probabilities', new VotingClassifier({ estimators: [trees('two'), indexed('two')] })],
  [
    'a vote by heads, of classes that are numbers',
    new VotingClassifier({
      estimators: [forest('three'), trees('three'), line('three')],
      voting: 'hard',
      weights: [2, 1, 0],
    }),
  ],
  [
    'a vote by heads, of a machine without probabilities and classes that are flags',
    new VotingClassifier({ estimators: [machine('isUp'), stump('isUp')], voting: 'hard' }),
  ],
  [
    'a mean of numbers',
    new VotingRegressor({
      estimators: [number(), new LinearRegression({ ...numbers, labelCol: 'z' })],
      weights: [0.3, 0.7],
    }),
  ],
  [
    'a median of rounds',
    new AdaBoostRegressor({
      estimator: new DecisionTreeRegressor({ ...mixed, labelCol: 'z', maxDepth: 2 }),
      maxIter: 4,
    }),
  ],
  ['rounds that vote', new AdaBoostClassifier({ estimator: stump('three'), maxIter: 4 })],
  ['bags of a pipeline', new BaggingClassifier({ estimator: indexed('two'), numEstimators: 2 })],
  ['bags of numbers', new BaggingRegressor({ estimator: number(), numEstimators: 2 })],
  ['one against the rest by probability', new OneVsRest({ classifier: trees('three') })],
  ['one against the rest by margin', new OneVsRest({ classifier: machine('three') })],
  [
    'a stack by logits that passes columns through',
    new StackingClassifier({
      estimators: [trees('two'), indexed('two'), line('two')],
      passthroughCols: ['x', 'word'],
      finalEstimator: new GBTClassifier(small),
      ...folds,
    }),
  ],
  [
    'a stack of three classes with a vote in it, under names of its own',
    new StackingClassifier({
      estimators: [
        new VotingClassifier({ estimators: [forest('three')] }),
        trees('three'),
        number(),
      ],
      predictionCol: 'said',
      probabilityCol: 'share',
      ...folds,
    }),
  ],
  [
    'a stack of margins',
    new StackingClassifier({
      estimators: [machine('two'), trees('two')],
      baseOutput: 'margin',
      ...folds,
    }),
  ],
  [
    'a stack of numbers and of quantiles',
    new StackingRegressor({
      estimators: [number(), number({ lossType: 'quantile', quantileAlphas: [0.2, 0.8] })],
      ...folds,
    }),
  ],
  ['a sigmoid over trees', new CalibratedClassifier({ estimator: trees('two'), ...folds })],
  [
    'isotonic curves over three classes of a pipeline',
    new CalibratedClassifier({
      estimator: indexed('three'),
      method: 'isotonic',
      thresholds: [0.2, 0.3, 0.9],
      ...folds,
    }),
  ],
  [
    'a curve over a vote',
    new CalibratedClassifier({
      labelCol: 'three',
      estimator: new OneVsRest({ classifier: machine('three') }),
      ...folds,
    }),
  ],
  ['a threshold over trees', new TunedThresholdClassifier({ estimator: trees('isUp'), ...folds })],
  ['a threshold over a line', new TunedThresholdClassifier({ estimator: line('two'), ...folds })],
  ['a search by folds', new CrossValidator({ ...search, ...folds })],
  ['a search by one split', new TrainValidationSplit(search)],
  [
    'a search by halving',
    new SuccessiveHalving({ ...search, resource: 'maxIter', maxResource: 2, ...folds } as never),
  ],
  [
    'a search among stacks',
    new CrossValidator({
      estimator: new StackingRegressor({ estimators: [number()], ...folds }),
      estimatorParamMaps: [{ passthroughCols: ['y'] }],
      evaluator: new RegressionEvaluator({ labelCol: 'z' }),
      ...folds,
    } as never),
  ],
  [
    'features that selectors have chosen',
    new Pipeline({
      stages: [
        new VectorAssembler({ inputCols: ['flag', 'x', 'y', 'word'], outputCol: 'all' }),
        new VectorSlicer({
          inputCol: 'all',
          outputCol: 'some',
          names: ['y', 'flag'],
          indices: [1],
        }),
        new VarianceThresholdSelector({ featuresCol: 'some', outputCol: 'features' }),
        new GBTClassifier({ ...small, labelCol: 'two' }),
        new VectorSlicer({ inputCol: 'probability', outputCol: 'second', indices: [1] }),
        new GBTRegressor({ ...small, featuresCol: 'second', labelCol: 'z', predictionCol: 'last' }),
      ],
    }),
  ],
  [
    'features of stages that learn from categories',
    new Pipeline({
      stages: [
        new OneHotEncoder({ inputCol: 'word', outputCol: 'hot', handleInvalid: 'keep' }),
        new TargetEncoder({
          ...{ inputCol: 'word', outputCol: 'mean', labelCol: 'z', handleInvalid: 'keep' },
        }),
        new Bucketizer({
          ...{ inputCol: 'y', outputCol: 'step', handleInvalid: 'keep' },
          splits: [-0.5, 0, 0.5],
        }),
        new Binarizer({ inputCol: 'x', outputCol: 'high', threshold: 0.3 }),
        new VectorAssembler({ inputCols: ['hot', 'mean', 'step', 'high', 'x'], outputCol: 'all' }),
        new Normalizer({ inputCol: 'all', outputCol: 'features' }),
        new GBTClassifier({ ...small, labelCol: 'three' }),
        new IndexToString({
          ...{ inputCol: 'prediction', outputCol: 'text', labels: ['no', 'so', 'yes'] },
        }),
        new GBTRegressor({
          ...{ ...small, featuresCols: ['y', 'text'], labelCol: 'z', predictionCol: 'last' },
        }),
      ],
    }),
  ],
  ['clusters', new KMeans({ ...numbers, k: 3 })],
  [
    'clusters that trees read',
    new Pipeline({
      stages: [
        new KMeans({ ...numbers, k: 3, predictionCol: 'cluster' }),
        new GBTRegressor({ ...small, featuresCols: ['x', 'cluster'], labelCol: 'z' }),
      ],
    }),
  ],
  [
    'probabilities that a line reads, then a curve',
    new Pipeline({
      stages: [
        trees('two', { predictionCol: 'first', probabilityCol: 'p', rawPredictionCol: 'raw' }),
        new VectorAssembler({ inputCols: ['p', 'y'] }),
        new LogisticRegression({ labelCol: 'two', maxIter: 3 }),
        new ProbabilityCalibrator({ labelCol: 'two' }),
      ],
    }),
  ],
  ['chances of survival by hazards', survival({ lossType: 'cox' })],
  [
    'chances of survival by times',
    survival({ lossType: 'aft', aftDistribution: 'extreme', aftScale: 0.6 }),
  ],
  [
    'chances of survival by logistic times',
    survival({ lossType: 'aft', aftDistribution: 'logistic' }),
  ],
  [
    'margins that a stage makes',
    new Pipeline({
      stages: [number({ predictionCol: 'before' }), number({ offsetCol: 'before', maxIter: 3 })],
    }),
  ],
  [
    'anomalies that a vote reads',
    new Pipeline({
      stages: [
        new IsolationForest({ featuresCols: ['x', 'y'], numTrees: 5, predictionCol: 'odd' }),
        new VotingRegressor({ estimators: [number({ featuresCols: ['anomalyScore', 'odd'] })] }),
      ],
    }),
  ],
];
