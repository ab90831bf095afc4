/** Random data and estimators with random parameters, as fast-check arbitraries. */
import fc from 'fast-check';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRanker } from '../../src/ensemble/boosting/gbt-ranker.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../../src/ensemble/forest/decision-tree-regressor.ts';
import { ExtraTreesClassifier } from '../../src/ensemble/forest/extra-trees-classifier.ts';
import { ExtraTreesRegressor } from '../../src/ensemble/forest/extra-trees-regressor.ts';
import { RandomForestClassifier } from '../../src/ensemble/forest/random-forest-classifier.ts';
import { RandomForestRegressor } from '../../src/ensemble/forest/random-forest-regressor.ts';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import { UpliftForest } from '../../src/ensemble/uplift/uplift-forest.ts';
import type { FitOptions } from '../../src/pipeline/estimator.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import {
  type DataRecipe,
  type FeatureKind,
  featureKinds,
  featureNames,
} from '../tools/random-data.ts';

/** What all estimators have in common here. */
export interface TreeEstimator {
  fit(table: PartitionedTable, options?: FitOptions): Promise<TreeModel>;
}

/** An estimator by class and options, so that a failing case can be read. */
export interface EstimatorCase {
  readonly name: keyof typeof estimatorClasses | 'GBTRanker' | 'UpliftForest';
  readonly options: Readonly<Record<string, unknown>>;
}

/** Every tree estimator whose label is a class or a number; GBTRanker and UpliftForest, which need groups and treatments, are made too. */
export const estimatorClasses = {
  GBTRegressor,
  GBTClassifier,
  RandomForestRegressor,
  RandomForestClassifier,
  ExtraTreesRegressor,
  ExtraTreesClassifier,
  DecisionTreeRegressor,
  DecisionTreeClassifier,
} as const;

/** Makes it. */
export function makeEstimator({ name, options }: EstimatorCase): TreeEstimator {
  const classes = { ...estimatorClasses, GBTRanker, UpliftForest };
  const Class = classes[name] as new (options: Readonly<Record<string, unknown>>) => TreeEstimator;
  return new Class(options);
}

/** Tables: a few rows, or enough for several blocks (a rank is dealt blocks of 1,024 rows). */
export const recipes: fc.Arbitrary<DataRecipe> = fc.record({
  seed: fc.nat(1e6),
  numRows: fc.oneof(
    { weight: 2, arbitrary: fc.integer({ min: 30, max: 400 }) },
    { weight: 3, arbitrary: fc.integer({ min: 2000, max: 6500 }) },
  ),
  kinds: fc.array(fc.constantFrom<FeatureKind>(...featureKinds), { minLength: 1, maxLength: 8 }),
  missing: fc.constantFrom(0, 0.02, 0.3),
});

const growth = fc.oneof(
  fc.record({ maxLeaves: fc.integer({ min: 2, max: 24 }) }),
  fc.record({ maxDepth: fc.integer({ min: 0, max: 6 }) }),
  fc.record({
    maxLeaves: fc.integer({ min: 2, max: 24 }),
    maxDepth: fc.integer({ min: 1, max: 5 }),
  }),
);

const shared = fc.record({
  maxBins: fc.constantFrom(2, 7, 64, 255),
  binSampleRows: fc.constantFrom(50, 1500, 200_000),
  minInfoGain: fc.constantFrom(0, 0, 1e-4),
  minInstancesPerNode: fc.constantFrom(1, 2, 20),
  maxCategoriesPerSplit: fc.constantFrom(1, 4, 32),
  seed: fc.integer({ min: -5, max: 1e6 }),
});

const roles = fc.record(
  { weightCol: fc.constant('w'), idCol: fc.constant('id') },
  { requiredKeys: [] },
);

const boosting = fc.record({
  maxIter: fc.integer({ min: 1, max: 4 }),
  stepSize: fc.constantFrom(0.1, 1),
  lambda: fc.constantFrom(0, 1),
  minSumHessian: fc.constantFrom(0, 1e-3, 5),
  subsamplingRate: fc.constantFrom(1, 1, 0.6, 0.05),
  colsampleByTree: fc.constantFrom(1, 0.5),
  colsampleByLevel: fc.constantFrom(1, 0.7),
  featureSubsetStrategy: fc.constantFrom('all', 'sqrt', 2),
  minCategoryRows: fc.constantFrom(0, 3),
  categorySmoothing: fc.constantFrom(0, 10),
  maxOneHot: fc.constantFrom(0, 4),
});

const holdingOut = fc.oneof(
  fc.record({ holdOutFolds: fc.constantFrom(2, 5) }),
  fc.record({ holdOutFolds: fc.constantFrom(4, 6), numModels: fc.constantFrom(1, 2, 4) }),
);

const stopping = fc.record(
  { validationIndicatorCol: fc.constant('v'), earlyStoppingRounds: fc.constantFrom(1, 2) },
  { requiredKeys: [] },
);

const rounds = fc.oneof({ weight: 2, arbitrary: stopping }, { weight: 1, arbitrary: holdingOut });

const forest = fc
  .record({
    numTrees: fc.integer({ min: 1, max: 5 }),
    bootstrap: fc.boolean(),
    subsamplingRate: fc.constantFrom(1, 1, 0.5),
    featureSubsetStrategy: fc.constantFrom('auto', 'all', 1),
  })
  .map((found) => ({ ...found, oobScore: found.bootstrap || found.subsamplingRate < 1 }));

const arms = fc.constantFrom(
  { treatmentCol: 'e' },
  { treatmentCol: 'e' },
  // with honest leaves a tree of a few rows may have none of an arm
  { treatmentCol: 't', treatments: ['up', 'down'], honestLeafShare: 0 },
);
const trialGrowth = fc.record({
  labelCol: fc.constant('v'),
  featureSubsetStrategy: fc.constantFrom('auto', 'all', 'onethird'),
  numTrees: fc.integer({ min: 1, max: 4 }),
  divergence: fc.constantFrom('kullbackLeibler', 'euclidean', 'chiSquared'),
  minInstancesPerTreatment: fc.constantFrom(1, 3, 10),
  honestLeafShare: fc.constantFrom(0, 0.5),
});
const trialDraws = fc.tuple(trialGrowth, arms).map(([own, arm]) => ({ ...own, ...arm }));

const impurity = fc.record({ impurity: fc.constantFrom('gini', 'entropy') });
const nodeLimits = fc.record({
  minWeightFractionPerNode: fc.constantFrom(0, 0.02),
  ccpAlpha: fc.constantFrom(0, 0, 0.002, 0.03),
});
const rowDraws = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record({
      subsamplingRate: fc.constant(1),
      stepSize: fc.constant(1),
      gossTopRate: fc.constantFrom(0.2, 0.5),
      gossOtherRate: fc.constantFrom(0.1, 0.4),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      subsamplingRate: fc.constant(0.6),
      subsampleByGroup: fc.constant(true),
      groupCol: fc.constant('g'),
    }),
  },
);
const classDraws = fc.oneof(
  { weight: 3, arbitrary: rowDraws },
  {
    weight: 1,
    arbitrary: fc.record({
      subsamplingRate: fc.constantFrom(0.6, 0.05),
      stratifiedSampling: fc.constant(true),
    }),
  },
);
const groups = { labelCol: fc.constant('r'), groupCol: fc.constant('g') };
const ndcgAt = fc.constantFrom<number | readonly number[]>(1, 10, [5, 2]);
const ranking = fc.oneof(
  fc.record({
    ...groups,
    lossType: fc.constant('lambdarank'),
    truncationLevel: fc.constantFrom(1, 5, 30),
    sigmoid: fc.constantFrom(0.5, 1),
    lambdarankNorm: fc.boolean(),
    orderNoise: fc.constantFrom(0, 1),
    pairWeight: fc.constantFrom('ndcg', 'gain', 'map', 'equal'),
    validationMetrics: fc.constantFrom(['loss'], ['meanAveragePrecision', 'loss', 'recallAtK']),
    pointwiseRounds: fc.constantFrom(0, 2),
    trainingHistory: fc.boolean(),
    ndcgAt,
  }),
  fc.record({
    ...groups,
    positionCol: fc.constant('q'),
    positionBiasRegularization: fc.constantFrom(0, 0.1),
    pointwiseRounds: fc.constantFrom(0, 1),
    ndcgAt,
  }),
  fc.record({ ...groups, lossType: fc.constant('xendcg'), ndcgAt }),
);
const offset = fc.record({ offsetCol: fc.constant('o') }, { requiredKeys: [] });
const boostedLabel = fc.oneof(
  fc.record(
    {
      labelCol: fc.constant('b'),
      offsetCol: fc.constant('o'),
      scalePosWeight: fc.constantFrom(0.3, 7),
    },
    { requiredKeys: ['labelCol'] },
  ),
  fc.record(
    { labelCol: fc.constantFrom('b', 'k'), classWeights: fc.constant('balanced') },
    { requiredKeys: ['labelCol'] },
  ),
  fc.record({
    labelCol: fc.constant('b'),
    lossType: fc.constant('focal'),
    focalGamma: fc.constantFrom(0, 1.5, 2),
  }),
  fc.record({ labelCol: fc.constantFrom('b', 'k'), lossType: fc.constant('oneVsAll') }),
);
const forestClassWeights = fc.record(
  { classWeights: fc.constantFrom('balanced', 'balancedSubsample', 'balancedSubsample') },
  { requiredKeys: [] },
);
const classLabel = fc.record({ labelCol: fc.constantFrom('b', 'k') });
const variance = fc.record({ varianceCol: fc.constant('variance') }, { requiredKeys: [] });
const quantiles = fc.record(
  {
    quantilesCol: fc.constant('quantiles'),
    quantileProbabilities: fc.constantFrom([0.5], [0.1, 0.7, 0.9]),
  },
  { requiredKeys: ['quantilesCol'] },
);
const spread = fc
  .tuple(variance, fc.oneof(fc.constant({}), quantiles))
  .map(([one, other]) => ({ ...one, ...other }));
const numberLabel = fc.record({ labelCol: fc.constant('y') });
const severalLabels = fc.record({ labelCols: fc.constantFrom(['y'], ['p', 'y'], ['y', 's', 'p']) });
/** A number with its variance and quantiles, or several numbers. */
const forestNumbers = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.tuple(spread, numberLabel).map(([one, other]) => ({ ...one, ...other })),
  },
  { weight: 1, arbitrary: severalLabels },
);
const losses = fc.oneof(
  fc.record({ labelCol: fc.constant('y'), lossType: fc.constant('squared') }),
  fc.record({
    labelCol: fc.constant('y'),
    lossType: fc.constantFrom('squared', 'absolute'),
  }),
  fc.record({
    labelCol: fc.constant('y'),
    lossType: fc.constant('quantile'),
    quantileLevel: fc.constantFrom(0.1, 0.5, 0.9),
  }),
  fc.record({
    labelCol: fc.constant('y'),
    lossType: fc.constant('fair'),
    fairScale: fc.constantFrom(0.2, 2),
  }),
  fc.record({
    labelCol: fc.constant('y'),
    lossType: fc.constantFrom('huber', 'pseudoHuber'),
    huberDelta: fc.constantFrom(0.2, 2),
  }),
  fc.record({
    labelCol: fc.constant('y'),
    lossType: fc.constantFrom('huber', 'pseudoHuber', 'fair'),
  }),
  fc.record({ labelCol: fc.constant('y'), lossType: fc.constantFrom('logCosh', 'mape') }),
  fc.record({
    labelCol: fc.constant('y'),
    lossType: fc.constant('expectile'),
    expectileLevel: fc.constantFrom(0.2, 0.9),
  }),
  fc.record({
    labelCol: fc.constant('y'),
    lossType: fc.constant('quantile'),
    quantileAlphas: fc.constantFrom([0.3], [0.1, 0.5, 0.9]),
  }),
  fc.record({ labelCol: fc.constant('s'), lossType: fc.constant('crossEntropy') }),
  fc.record({ labelCol: fc.constant('p'), lossType: fc.constant('squaredLogError') }),
  fc.record({
    labelCol: fc.constant('p'),
    censorCol: fc.constant('e'),
    lossType: fc.constant('aft'),
    aftDistribution: fc.constantFrom('normal', 'logistic', 'extreme'),
    aftScale: fc.constantFrom(0.3, 1),
  }),
  fc.record({
    labelCol: fc.constant('p'),
    labelUpperBoundCol: fc.constant('u'),
    lossType: fc.constant('aft'),
    aftDistribution: fc.constantFrom('normal', 'logistic', 'extreme'),
    validationMetrics: fc.constantFrom(['loss'], ['intervalAccuracy', 'concordanceIndex']),
  }),
  fc.record({
    labelCol: fc.constant('p'),
    censorCol: fc.constant('e'),
    lossType: fc.constant('cox'),
  }),
  fc.record({
    labelCol: fc.constant('p'),
    lossType: fc.constantFrom('poisson', 'gamma', 'tweedie'),
  }),
);

const oneLoss = fc.record({ lossType: fc.constantFrom('squared', 'absolute') });

function caseOf(
  name: EstimatorCase['name'],
  ...parts: readonly fc.Arbitrary<Record<string, unknown>>[]
): fc.Arbitrary<EstimatorCase> {
  return fc
    .tuple(growth, shared, roles, ...parts)
    .map((found) => ({ name, options: Object.assign({}, ...found) as Record<string, unknown> }));
}

/** A ranking that learns the grades too, where its parameters allow it. */
function withGrades({ name, options }: EstimatorCase): EstimatorCase {
  const without = ['offsetCol', 'positionCol', 'dropRate', 'checkpointDir'];
  const isOpen = without.every((param) => options[param] === undefined);
  return { name, options: isOpen ? { ...options, gradeWeight: 0.5 } : options };
}

/** Every estimator with random parameters; `featuresCols` is still to be given. */
export const estimatorCases: Readonly<Record<EstimatorCase['name'], fc.Arbitrary<EstimatorCase>>> =
  {
    GBTRegressor: caseOf('GBTRegressor', boosting, rounds, losses, offset, rowDraws),
    GBTClassifier: caseOf('GBTClassifier', boosting, rounds, boostedLabel, classDraws),
    GBTRanker: fc
      .tuple(caseOf('GBTRanker', boosting, rounds, rowDraws, offset, ranking), fc.nat({ max: 9 }))
      .map(([found, draw]) => (draw === 0 ? withGrades(found) : found)),
    RandomForestRegressor: caseOf('RandomForestRegressor', forest, nodeLimits, forestNumbers),
    RandomForestClassifier: caseOf(
      'RandomForestClassifier',
      forest,
      nodeLimits,
      impurity,
      forestClassWeights,
      classLabel,
    ),
    ExtraTreesRegressor: caseOf('ExtraTreesRegressor', forest, nodeLimits, forestNumbers),
    ExtraTreesClassifier: caseOf(
      'ExtraTreesClassifier',
      forest,
      impurity,
      forestClassWeights,
      classLabel,
    ),
    DecisionTreeRegressor: caseOf('DecisionTreeRegressor', nodeLimits, forestNumbers),
    DecisionTreeClassifier: caseOf('DecisionTreeClassifier', nodeLimits, impurity, classLabel),
    UpliftForest: caseOf('UpliftForest', trialDraws),
  };

/** Boosting of several numbers, each by trees of its own. */
export const boostedLabelsCases: fc.Arbitrary<EstimatorCase> = caseOf(
  'GBTRegressor',
  boosting,
  rounds,
  severalLabels,
  oneLoss,
  rowDraws,
);

const shaping = fc.record(
  {
    alpha: fc.constantFrom(0, 0.5, 20),
    maxDeltaStep: fc.constantFrom(0, 0.05, 2),
    pathSmoothing: fc.constantFrom(0, 1, 30),
    extraTrees: fc.boolean(),
    // concrete ones are made of these once the features are known
    betweenNeighbours: fc.boolean(),
    monotonePenalty: fc.constantFrom(0.5, 1.7),
    directions: fc.array(fc.constantFrom(-1, 0, 1), { minLength: 8, maxLength: 8 }),
    groups: fc.array(fc.constantFrom(0, 1, 2), { minLength: 8, maxLength: 8 }),
  },
  { requiredKeys: [] },
);

/** Boosting with penalties, bounds, random thresholds and constraints; for {@link withFeatures}. */
export const shapedCases: fc.Arbitrary<EstimatorCase> = fc.oneof(
  caseOf('GBTRegressor', boosting, stopping, losses, offset, shaping),
  caseOf('GBTClassifier', boosting, stopping, boostedLabel, shaping),
);

/** Constraints on the features of a recipe: directions for its numbers, groups that the others are not in. */
function constraintsOf(
  {
    directions,
    groups,
    betweenNeighbours,
    monotonePenalty,
    maxLeaves,
    growPolicy = 'leafWise',
  }: Readonly<Record<string, unknown>>,
  recipe: DataRecipe,
): Record<string, unknown> {
  const names = featureNames(recipe);
  const found: Record<string, unknown> = {};
  if (directions !== undefined) {
    found['monotoneConstraints'] = recipe.kinds.map((kind, i) =>
      /words|dictionary/.test(kind) ? 0 : (directions as number[])[i],
    );
  }
  if (directions !== undefined && monotonePenalty !== undefined)
    found['monotonePenalty'] = monotonePenalty;
  if (directions !== undefined && betweenNeighbours === true) {
    if (maxLeaves !== undefined && growPolicy === 'leafWise')
      found['monotoneMethod'] = monotonePenalty === undefined ? 'advanced' : 'intermediate';
  }
  if (groups !== undefined) {
    const group = (wanted: number) => names.filter((_, i) => (groups as number[])[i] === wanted);
    const some = [group(0), group(1)].filter((members) => members.length > 0);
    if (some.length > 0) found['interactionConstraints'] = some;
  }
  return found;
}

/** The case with the features of a recipe. */
export function withFeatures(found: EstimatorCase, recipe: DataRecipe): EstimatorCase {
  const { directions, groups, betweenNeighbours, monotonePenalty, ...options } = found.options;
  const constraints = constraintsOf(found.options, recipe);
  return { ...found, options: { ...options, ...constraints, featuresCols: featureNames(recipe) } };
}

/** The same without what a row alone has not: marks of validation rows, spreads and quantiles of a forest. */
export function alikeByRow(found: EstimatorCase, recipe: DataRecipe): EstimatorCase {
  const { validationIndicatorCol, varianceCol, quantilesCol, quantileProbabilities, ...options } =
    withFeatures(found, recipe).options;
  return { ...found, options };
}
