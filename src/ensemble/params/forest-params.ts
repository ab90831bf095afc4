/** Parameters of random forests and of single decision trees. */

import type { IsGiven } from '../../params/define-params.ts';
import { defineParams, type Options, type Resolved } from '../../params/define-params.ts';
import { bool, column, columns, float, int, numbers, oneOf } from '../../params/kinds.ts';
import type { NumberListsByName } from '../../params/lists-by-name-kind.ts';
import { classWeights } from '../../pipeline/class-weights-param.ts';
import { checkBins } from './bin-params.ts';
import { checkpointParams } from './checkpoint-params.ts';
import { monotoneConstraints } from './shaping-params.ts';
import {
  bootstrapParam,
  classifierColumnParams,
  featureSubsetStrategy,
  forestClassWeights,
  inputColumnParams,
  outputColumnParams,
  treeGrowthParams,
} from './tree-params.ts';

const nodeSpecs = {
  /** Least rows of a leaf. */
  minInstancesPerNode: int({ default: 1, min: 1, since: '0.1.0' }),
  /** Least share of the total weight in a leaf. */
  minWeightFractionPerNode: float({ default: 0, min: 0, below: 0.5, since: '0.1.0' }),
  /** What a leaf costs, in impurity for a unit of weight: grown trees are pruned where a split's gains do not pay
   *  for its leaves (0 by default: nothing is pruned). */
  ccpAlpha: float({ min: 0, since: '0.1.0' }),
  /** 1 where the prediction may only rise with a numeric feature, −1 where it may only fall, 0 where it is
   *  free: by feature name, or a list of one for each feature. Of two classes the second one's probability is meant. */
  monotoneConstraints,
};

const forestSpecs = {
  ...inputColumnParams,
  ...outputColumnParams,
  ...treeGrowthParams,
  ...nodeSpecs,
  /** How many trees. */
  numTrees: int({ default: 100, min: 1, since: '0.1.0' }),
  /** Most splits between the root and a leaf. */
  maxDepth: int({ default: 64, min: 0, max: 1000, since: '0.1.0' }),
  /** How many features a node looks at; auto is twice the square root for classes and two thirds for numbers. Where
   *  none of them splits the node, it looks at further ones. */
  featureSubsetStrategy,
  /** Rows of a tree as a share of all rows. */
  subsamplingRate: float({ default: 1, above: 0, max: 1, since: '0.1.0' }),
  /** Draw rows with replacement. */
  bootstrap: bootstrapParam,
  /** Predict each row by the trees that have not seen it, and score that (false by default): see the model's
   *  `summary.outOfBag`. */
  oobScore: bool({ since: '0.1.0' }),
  /** Share of each tree's rows that its leaf values are learned from while the others choose its splits: honest trees. By
   *  default all rows do both. */
  honestLeafShare: float({ above: 0, below: 1, since: '0.1.0' }),
  ...checkpointParams,
};

const treeSpecs = {
  ...inputColumnParams,
  ...outputColumnParams,
  ...treeGrowthParams,
  ...nodeSpecs,
  /** Most splits between the root and a leaf. */
  maxDepth: int({ default: 8, min: 0, max: 1000, since: '0.1.0' }),
};

/** A forest whose cuts are drawn sees every row, unless told otherwise. */
const extraTreesSpecs = {
  ...forestSpecs,
  /** How many features a node looks at; auto is sqrt for classes, all for numbers or for one tree. Where none of them
   *  splits the node, it looks at further ones. */
  featureSubsetStrategy,
  /** Draw rows with replacement. */
  bootstrap: bool({ default: false, since: '0.1.0' }),
};

const classifierSpecs = {
  ...classifierColumnParams,
  /** Weights by class, which multiply those of rows (classes not named weigh 1); `balanced`: equal totals. */
  classWeights,
  /** What a split lowers. */
  impurity: oneOf(['gini', 'entropy'], { default: 'gini', since: '0.1.0' }),
};

const forestClassifierSpecs = {
  ...classifierSpecs,
  /** Weights by class, which multiply those of rows (classes not named weigh 1); `balanced`: equal totals;
   *  `balancedSubsample`: equal totals of the rows that each tree draws. */
  classWeights: forestClassWeights,
};

/** More labels would not fit the number of a candidate (wasm/assembly/find-vector-split.ts). */
const mostLabels = 4096;

const regressorSpecs = {
  /** Several columns to be predicted, in place of labelCol: the prediction is a vector, and a split serves them all. */
  labelCols: columns({ since: '0.1.0' }),
  /** Name of a column with the variance of the label around the prediction; none by default. */
  varianceCol: column({ since: '0.1.0' }),
  /** Name of a column with quantiles of the label; none by default. The model then keeps the training labels. */
  quantilesCol: column({ since: '0.1.0' }),
  /** Which quantiles (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95 and 0.99 by default). */
  quantileProbabilities: numbers({
    ...{ above: 0, below: 1, ascending: true, minLength: 1, since: '0.1.0' },
  }),
  /** What a split lowers. */
  impurity: oneOf(['variance'], { default: 'variance', since: '0.1.0' }),
};

/** The complaint about parameters that do not go together, or null. */
function checkForest(params: {
  readonly oobScore: boolean | undefined;
  readonly bootstrap: boolean;
  readonly subsamplingRate: number;
}): string | null {
  const seesAll = !params.bootstrap && params.subsamplingRate === 1;
  if (params.oobScore !== true || !seesAll) return null;
  return 'oobScore must be false where every tree sees every row (give bootstrap: true, or a subsamplingRate below 1)';
}

/** What is learned of all rows of a tree does not go with leaves that are learned of some. */
function checkHonest(
  params: {
    readonly honestLeafShare: number | undefined;
    readonly classWeights?: unknown;
    readonly device?: string | undefined;
  },
  isGiven: IsGiven,
): string | null {
  if (params.honestLeafShare === undefined) return null;
  const name = ['varianceCol', 'quantilesCol', 'labelCols', 'ccpAlpha'].find(isGiven);
  if (name !== undefined) return `${name} must be left out with honestLeafShare`;
  if (params.device === 'gpu') return 'device must be cpu with honestLeafShare';
  return params.classWeights === 'balancedSubsample'
    ? 'classWeights must not be balancedSubsample with honestLeafShare'
    : null;
}

/** What every tree keeps to: bounds are of one value a leaf, which histograms on this machine's cores tell. */
function checkTree(
  params: {
    readonly maxBins: number;
    readonly binEdges?: NumberListsByName | undefined;
    readonly monotoneConstraints?: unknown;
    readonly device?: string | undefined;
  },
  isGiven: IsGiven,
): string | null {
  const complaint = checkBins(params);
  if (complaint !== null) return complaint;
  if (params.monotoneConstraints === undefined) return null;
  const name = ['quantilesCol', 'labelCols'].find(isGiven);
  if (name !== undefined) return `${name} must be left out with monotoneConstraints`;
  return params.device === 'gpu' ? 'device must be cpu with monotoneConstraints' : null;
}

/** Quantiles are of labels that are kept where a column is named. */
function checkQuantiles(params: {
  readonly quantilesCol: string | undefined;
  readonly quantileProbabilities: readonly number[] | undefined;
}): string | null {
  const isUnused = params.quantileProbabilities !== undefined && params.quantilesCol === undefined;
  return isUnused ? 'quantileProbabilities must be left out without quantilesCol' : null;
}

/** What does not go with several labels. */
function checkLabels(
  {
    labelCols = [],
    weightCol,
  }: { readonly labelCols?: readonly string[] | undefined; readonly weightCol: string | undefined },
  isGiven: IsGiven,
): string | null {
  if (labelCols.length === 0) return null;
  if (labelCols.length > mostLabels) return `labelCols must be at most ${mostLabels} columns`;
  const name = ['labelCol', 'varianceCol', 'quantilesCol'].find(isGiven);
  if (name !== undefined) return `${name} must be left out with labelCols`;
  return labelCols.includes(weightCol ?? '') ? 'weightCol must differ from labelCols' : null;
}

/** Parameters of RandomForestClassifier. */
export const randomForestClassifierParams = defineParams(
  'RandomForestClassifier',
  {
    ...forestSpecs,
    ...forestClassifierSpecs,
  },
  (params, isGiven) =>
    checkForest(params) ?? checkHonest(params, isGiven) ?? checkTree(params, isGiven),
);
/** Parameters of RandomForestRegressor. */
export const randomForestRegressorParams = defineParams(
  'RandomForestRegressor',
  {
    ...forestSpecs,
    ...regressorSpecs,
  },
  (params, isGiven) =>
    checkForest(params) ??
    checkHonest(params, isGiven) ??
    checkTree(params, isGiven) ??
    checkQuantiles(params) ??
    checkLabels(params, isGiven),
);
/** Parameters of ExtraTreesClassifier. */
export const extraTreesClassifierParams = defineParams(
  'ExtraTreesClassifier',
  {
    ...extraTreesSpecs,
    ...forestClassifierSpecs,
  },
  (params, isGiven) =>
    checkForest(params) ?? checkHonest(params, isGiven) ?? checkTree(params, isGiven),
);
/** Parameters of ExtraTreesRegressor. */
export const extraTreesRegressorParams = defineParams(
  'ExtraTreesRegressor',
  {
    ...extraTreesSpecs,
    ...regressorSpecs,
  },
  (params, isGiven) =>
    checkForest(params) ??
    checkHonest(params, isGiven) ??
    checkTree(params, isGiven) ??
    checkQuantiles(params) ??
    checkLabels(params, isGiven),
);
/** Parameters of DecisionTreeClassifier. */
export const decisionTreeClassifierParams = defineParams(
  'DecisionTreeClassifier',
  {
    ...treeSpecs,
    ...classifierSpecs,
  },
  checkTree,
);
/** Parameters of DecisionTreeRegressor. */
export const decisionTreeRegressorParams = defineParams(
  'DecisionTreeRegressor',
  {
    ...treeSpecs,
    ...regressorSpecs,
  },
  (params, isGiven) =>
    checkTree(params, isGiven) ?? checkQuantiles(params) ?? checkLabels(params, isGiven),
);

/** Options of {@link RandomForestClassifier}. @interface */
export type RandomForestClassifierOptions = Options<typeof randomForestClassifierParams.schema>;
/** Options of {@link RandomForestRegressor}. @interface */
export type RandomForestRegressorOptions = Options<typeof randomForestRegressorParams.schema>;
/** Options of {@link ExtraTreesClassifier}. @interface */
export type ExtraTreesClassifierOptions = Options<typeof extraTreesClassifierParams.schema>;
/** Options of {@link ExtraTreesRegressor}. @interface */
export type ExtraTreesRegressorOptions = Options<typeof extraTreesRegressorParams.schema>;
/** Options of {@link DecisionTreeClassifier}. @interface */
export type DecisionTreeClassifierOptions = Options<typeof decisionTreeClassifierParams.schema>;
/** Options of {@link DecisionTreeRegressor}. @interface */
export type DecisionTreeRegressorOptions = Options<typeof decisionTreeRegressorParams.schema>;

/** What all of them have. */
export type TreeParams = Resolved<typeof treeSpecs> & {
  readonly impurity: 'gini' | 'entropy' | 'variance';
};
/** What forests have besides. */
export type ForestParams = Resolved<typeof forestSpecs>;
