/** Parameters of gradient-boosted trees. */

import { type NumbersByName, numbersByName } from '../../params/by-name-kind.ts';
import {
  defineParams,
  type IsGiven,
  type Options,
  type Resolved,
} from '../../params/define-params.ts';
import { column, columns, float, int, numbers, oneOf } from '../../params/kinds.ts';
import { classWeights } from '../../pipeline/class-weights-param.ts';
import { checkBins } from './bin-params.ts';
import { checkpointParams } from './checkpoint-params.ts';
import { checkForced, forcedSplitsParams } from './forced-params.ts';
import { checkLinear, linearParams } from './linear-params.ts';
import { checkMetrics, metricParams } from './metric-params.ts';
import { checkCustomLoss, customLossParams, functionParams } from './objective-params.ts';
import { checkPolicy, policyParams } from './policy-params.ts';
import {
  checkDropping,
  checkSampling,
  classSamplingParams,
  droppingParams,
  type SamplingValues,
  samplingParams,
} from './sampling-params.ts';
import { checkSelfStopping } from './self-stopping-params.ts';
import { checkMonotone, constraintParams, shapingParams } from './shaping-params.ts';
import { survivalParams } from './survival-params.ts';
import {
  classifierColumnParams,
  featureSubsetStrategy,
  inputColumnParams,
  outputColumnParams,
  treeGrowthParams,
} from './tree-params.ts';

/** Parameters of all boosted trees. */
export const gbtSpecs = {
  ...inputColumnParams,
  /** A margin added to every row's score at fit, for validation rows and at prediction; a vector for several classes. */
  offsetCol: column({ since: '0.1.0' }),
  ...outputColumnParams,
  ...treeGrowthParams,
  /** Boosting rounds, one tree each (one a class for more than two classes); without it a fit stops by itself (a ranking learns from pairs for 200). */
  maxIter: int({ min: 1, since: '0.1.0' }),
  /** Rows fall into so many folds; one is held out to stop on. Chosen by the data's size where maxIter is not given. */
  holdOutFolds: int({ min: 2, max: 1000, since: '0.1.0' }),
  /** Models that hold out a fold each and are averaged: 1, 2, 4, …. Chosen by the data's size where maxIter is not given. */
  numModels: int({ min: 1, max: 64, since: '0.1.0' }),
  /** How much of each tree is added: the learning rate. */
  stepSize: float({ default: 0.1, above: 0, max: 1, since: '0.1.0' }),
  /** Most splits between the root and a leaf; without maxLeaves, giving it grows trees level by level. */
  maxDepth: int({ min: 0, max: 1000, since: '0.1.0' }),
  ...policyParams,
  /** L2 penalty on leaf values. */
  lambda: float({ default: 0, min: 0, since: '0.1.0' }),
  ...shapingParams,
  ...constraintParams,
  ...forcedSplitsParams,
  /** Least rows of a leaf. */
  minInstancesPerNode: int({ default: 20, min: 1, since: '0.1.0' }),
  /** Least sum of second derivatives of a leaf. */
  minSumHessian: float({ default: 1e-3, min: 0, since: '0.1.0' }),
  /** Share of the rows that each round is trained on, drawn without replacement. */
  subsamplingRate: float({ default: 1, above: 0, max: 1, since: '0.1.0' }),
  /** Which features a node may split on. */
  featureSubsetStrategy,
  /** Share of the features that a tree may split on. */
  colsampleByTree: float({ default: 1, above: 0, max: 1, since: '0.1.0' }),
  /** Share of a tree's features that a level may split on. */
  colsampleByLevel: float({ default: 1, above: 0, max: 1, since: '0.1.0' }),
  /** How likely a feature is drawn where a share of them is (by tree, level or node), by feature name; 1 for others. One of
   *  0 is never split on. */
  featureWeights: numbersByName({ min: 0, since: '0.1.0' }),
  /** Weight added to a category's when categories are ordered for a split. */
  categorySmoothing: float({ default: 10, min: 0, since: '0.1.0' }),
  /** L2 penalty added for splits of several categories. */
  categoryLambda: float({ default: 10, min: 0, since: '0.1.0' }),
  /** Least rows of a category that may be listed in a split. */
  minCategoryRows: int({ default: 20, min: 0, since: '0.1.0' }),
  /** With at most so many categories in a node, each is tried against the rest. */
  maxOneHot: int({ default: 4, min: 0, since: '0.1.0' }),
  /** A boolean column: true marks rows that are only measured, to stop early. */
  validationIndicatorCol: column({ since: '0.1.0' }),
  /** Stop after so many rounds without a better validation loss; the best round is kept. */
  earlyStoppingRounds: int({ default: 30, min: 1, since: '0.1.0' }),
  /** How much the validation loss must fall to count as better. */
  validationTol: float({ default: 0, min: 0, since: '0.1.0' }),
  ...checkpointParams,
  ...metricParams,
  ...functionParams,
  ...samplingParams,
  ...droppingParams,
  ...linearParams,
};

function checkColumns(params: {
  readonly labelCol: string;
  readonly censorCol?: string | undefined;
  readonly labelUpperBoundCol?: string | undefined;
  readonly validationIndicatorCol: string | undefined;
  readonly weightCol: string | undefined;
  readonly offsetCol: string | undefined;
}): string | null {
  if (params.validationIndicatorCol === params.labelCol) {
    return 'validationIndicatorCol must differ from labelCol';
  }
  if (params.weightCol === params.labelCol) return 'weightCol must differ from labelCol';
  if (params.offsetCol === params.labelCol) return 'offsetCol must differ from labelCol';
  if (params.censorCol === params.labelCol) return 'censorCol must differ from labelCol';
  if (params.labelUpperBoundCol === params.labelCol)
    return 'labelUpperBoundCol must differ from labelCol';
  if (params.labelUpperBoundCol !== undefined && params.censorCol !== undefined)
    return 'censorCol must be left out with labelUpperBoundCol, which says what is known';
  return null;
}

/** The losses that parameters belong to. */
const lossOfParam = {
  huberDelta: ['huber', 'pseudoHuber'],
  fairScale: ['fair'],
  quantileLevel: ['quantile'],
  quantileAlphas: ['quantile'],
  expectileLevel: ['expectile'],
  tweediePower: ['tweedie'],
  aftDistribution: ['aft'],
  aftScale: ['aft'],
  censorCol: ['aft', 'cox'],
  labelUpperBoundCol: ['aft'],
  focalGamma: ['focal'],
} as const;

/** What is about the classes of one label. */
const ofOneLabel = ['stratifiedSampling', 'classSamplingRates', 'objectiveFunction'];

/** The names that the two classes of a label among several go by: 0 and 1, or false and true. */
const flagNames = ['0', '1', 'false', 'true'];

/** What does not go with several labels of a classifier. */
function checkFlags(
  params: Parameters<typeof checkOutputs>[0] & {
    readonly classWeights: 'balanced' | NumbersByName | undefined;
    readonly thresholds: readonly number[] | undefined;
  },
  isGiven: IsGiven,
): string | null {
  const { labelCols = [], classWeights: weights = {}, thresholds } = params;
  if (labelCols.length === 0) return null;
  const complaint = checkOutputs(params, isGiven, ofOneLabel);
  if (complaint !== null) return complaint;
  const named = Object.keys(weights === 'balanced' ? {} : weights);
  if (!named.every((name) => flagNames.includes(name)))
    return 'classWeights must be of 0 and 1 (or false and true) with labelCols';
  const isSound = thresholds?.every((threshold) => threshold >= 0 && threshold <= 1) ?? true;
  if (isSound && (thresholds?.length ?? labelCols.length) === labelCols.length) return null;
  return `thresholds must be one number from 0 to 1 for each of the ${labelCols.length} labelCols`;
}

/** What does not go with several labels. */
function checkOutputs(
  {
    labelCols = [],
    ...params
  }: {
    readonly labelCols?: readonly string[] | undefined;
    readonly validationIndicatorCol: string | undefined;
    readonly weightCol: string | undefined;
    readonly offsetCol: string | undefined;
  },
  isGiven: IsGiven,
  others: readonly string[] = ['quantileAlphas', 'censorCol', 'labelUpperBoundCol'],
): string | null {
  if (labelCols.length === 0) return null;
  const name = ['labelCol', ...others].find(isGiven);
  if (name !== undefined) return `${name} must be left out with labelCols`;
  const roles = ['validationIndicatorCol', 'weightCol', 'offsetCol'] as const;
  const role = roles.find((one) => labelCols.includes(params[one] ?? ''));
  return role === undefined ? null : `${role} must differ from labelCols`;
}

/** What nothing would come of is refused: a loss beside a function of the user, parameters of another loss. */
function checkLoss(
  params: { readonly lossType: string; readonly objectiveFunction: unknown },
  isGiven: IsGiven,
): string | null {
  const isOwn = params.objectiveFunction !== undefined;
  for (const [name, losses] of Object.entries<readonly string[]>(lossOfParam)) {
    if (!isGiven(name)) continue;
    if (isOwn) return `${name} must be left out with objectiveFunction`;
    if (!losses.includes(params.lossType))
      return `${name} must be left out without lossType ${losses.join(' or ')}`;
  }
  if (isOwn && isGiven('lossType')) return 'lossType must be left out with objectiveFunction';
  return isGiven('quantileLevel') && isGiven('quantileAlphas')
    ? 'quantileLevel must be left out with quantileAlphas'
    : null;
}

/** Parameters of GBTRegressor. */
export const gbtRegressorParams = defineParams(
  'GBTRegressor',
  {
    ...gbtSpecs,
    /** Several columns to be predicted, in place of labelCol: the prediction is a vector. */
    labelCols: columns({ since: '0.1.0' }),
    /** The loss that is minimised; poisson, gamma, tweedie, aft and cox predict e^score, squaredLogError e^score − 1, crossEntropy a probability. */
    lossType: oneOf(
      [
        'squared',
        'squaredLogError',
        'absolute',
        'huber',
        'fair',
        'logCosh',
        'pseudoHuber',
        'mape',
        'expectile',
        'aft',
        'cox',
        'quantile',
        'poisson',
        'gamma',
        'tweedie',
        'crossEntropy',
      ],
      { default: 'squared', since: '0.1.0' },
    ),
    /** Where the loss of huber and pseudoHuber turns from squares to absolute values. Without it the median of the labels' distances from their median. */
    huberDelta: float({ above: 0, since: '0.1.0' }),
    /** Of fair loss: distances much smaller count squared, much larger ones as they are. Without it as huberDelta. */
    fairScale: float({ above: 0, since: '0.1.0' }),
    /** Which quantile lossType quantile predicts. */
    quantileLevel: float({ default: 0.5, above: 0, below: 1, since: '0.1.0' }),
    /** Which expectile lossType expectile predicts (0.5, the mean, by default). */
    expectileLevel: float({ above: 0, below: 1, since: '0.1.0' }),
    /** Which quantiles lossType quantile predicts, ascending: the prediction is a vector of them. */
    quantileAlphas: numbers({ above: 0, below: 1, ascending: true, minLength: 1, since: '0.1.0' }),
    /** Power of tweedie's variance. */
    tweediePower: float({ default: 1.5, above: 1, below: 2, since: '0.1.0' }),
    ...survivalParams,
    ...customLossParams,
  },
  (params, isGiven) =>
    checkGbt(params) ??
    checkDropping(params, isGiven) ??
    checkLinear(params, isGiven) ??
    checkPolicy(params, isGiven) ??
    checkForced(params, isGiven) ??
    checkMonotone(params, isGiven) ??
    checkCustomLoss(params) ??
    checkLoss(params, isGiven) ??
    checkOutputs(params, isGiven),
);

/** Parameters of GBTClassifier. */
export const gbtClassifierParams = defineParams(
  'GBTClassifier',
  {
    ...gbtSpecs,
    /** Several columns of 0 and 1, or of false and true, in place of labelCol: each gets a probability of its own. */
    labelCols: columns({ since: '0.1.0' }),
    ...classifierColumnParams,
    /** One threshold a class: the class of the largest probability / threshold is predicted. With labelCols one a label: 1 is
     *  predicted where its probability is above it (0.5 by default). */
    thresholds: classifierColumnParams.thresholds,
    /** Weights by class, which multiply those of rows (classes not named weigh 1); `balanced`: equal totals. With labelCols
     *  those of 0 and 1 for each label. */
    classWeights,
    /** Weight of the second of two classes (1 by default), with labelCols of each label's 1; multiplies those of
     *  classWeights and rows. */
    scalePosWeight: float({ above: 0, since: '0.1.0' }),
    ...classSamplingParams,
    /** The loss that is minimised: logistic for two classes, softmax for more; the focal loss of two classes; or a
     *  logistic loss of each class against all others. */
    lossType: oneOf(['logistic', 'focal', 'oneVsAll'], { default: 'logistic', since: '0.1.0' }),
    /** Of focal loss: how little rows count that are right already (2 by default); 0 is logistic loss. */
    focalGamma: float({ min: 0, max: 10, since: '0.1.0' }),
  },
  (params, isGiven) =>
    checkGbt(params) ??
    checkDropping(params, isGiven) ??
    checkLinear(params, isGiven) ??
    checkPolicy(params, isGiven) ??
    checkForced(params, isGiven) ??
    checkMonotone(params, isGiven) ??
    checkLoss(params, isGiven) ??
    checkFlags(params, isGiven),
);

/** Options of {@link GBTRegressor}. @interface */
export type GBTRegressorOptions = Options<typeof gbtRegressorParams.schema>;
/** Options of {@link GBTClassifier}. @interface */
export type GBTClassifierOptions = Options<typeof gbtClassifierParams.schema>;

/** The complaint about parameters of boosted trees that do not go together, or null. */
export function checkGbt(
  params: Parameters<typeof checkColumns>[0] &
    Parameters<typeof checkBins>[0] &
    Parameters<typeof checkSelfStopping>[0] &
    Parameters<typeof checkMetrics>[0] &
    SamplingValues,
): string | null {
  return (
    checkColumns(params) ??
    checkBins(params) ??
    checkSelfStopping(params) ??
    checkMetrics(params) ??
    checkSampling(params)
  );
}

/** What both have. */
export type GBTParams = Resolved<typeof gbtSpecs>;
