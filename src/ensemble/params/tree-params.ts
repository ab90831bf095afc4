/** Parameters that tree estimators share; each estimator spreads the groups it has. */
import { numbersByName } from '../../params/by-name-kind.ts';
import { bool, column, columns, either, float, int, numbers, oneOf } from '../../params/kinds.ts';
import { binParams } from './bin-params.ts';

/** Which columns are features. */
export const featureColumnParams = {
  /** A struct or vector column that holds the features; used unless featuresCols is given. */
  featuresCol: column({ default: 'features', since: '0.1.0' }),
  /** The feature columns by name. */
  featuresCols: columns({ since: '0.1.0' }),
};

/** Which columns are read. */
export const inputColumnParams = {
  ...featureColumnParams,
  /** The column to be predicted. */
  labelCol: column({ default: 'label', since: '0.1.0' }),
  /** Weight of each row, at least 0; a row of weight 0 takes no part. */
  weightCol: column({ since: '0.1.0' }),
  /** An id of each row that random draws hang on; by default the row's position. */
  idCol: column({ since: '0.1.0' }),
};

/** Which columns the model adds. */
export const outputColumnParams = {
  /** Name of the prediction's column. */
  predictionCol: column({ default: 'prediction', since: '0.1.0' }),
  /** Name of a column with the leaf that each tree sends the row to; none by default. */
  leafCol: column({ since: '0.1.0' }),
  /** Name of a column with what each feature added to the score (SHAP values); none by default. */
  contributionsCol: column({ since: '0.1.0' }),
};

/** Further columns of a classifier's model. */
export const classifierColumnParams = {
  /** Name of the column of class probabilities. */
  probabilityCol: column({ default: 'probability', since: '0.1.0' }),
  /** Name of the column of raw scores. */
  rawPredictionCol: column({ default: 'rawPrediction', since: '0.1.0' }),
  /** One threshold a class: the class of the largest probability / threshold is predicted. */
  thresholds: numbers({ since: '0.1.0' }),
};

const subsetRules = ['auto', 'all', 'sqrt', 'onethird', 'log2'] as const;

/** Which features a node may split on: a rule, a share (up to 1) or a number of them. */
export const featureSubsetStrategy = either(
  oneOf(subsetRules, { since: '0.1.0' }),
  float({ above: 0, since: '0.1.0' }),
  { default: 'auto' as (typeof subsetRules)[number] | number, since: '0.1.0' },
);

/** What the classes of a forest weigh; its trees may each count their own rows. */
export const forestClassWeights = either(
  oneOf(['balanced', 'balancedSubsample'], { since: '0.1.0' }),
  numbersByName({ above: 0, since: '0.1.0' }),
  { since: '0.1.0' },
);

/** How trees are grown. */
export const treeGrowthParams = {
  /** Most leaves of a tree, which then grows by its best leaf; without it trees grow level by level. */
  maxLeaves: int({ min: 2, max: 1_000_000, since: '0.1.0' }),
  ...binParams,
  /** Least gain of a split for each unit of the node's weight. */
  minInfoGain: float({ default: 0, min: 0, since: '0.1.0' }),
  /** Most categories on the listed side of a split. */
  maxCategoriesPerSplit: int({ default: 32, min: 1, since: '0.1.0' }),
  /** A 0 in a column of numbers is a missing value, at fit and at prediction (false by default). */
  zeroAsMissing: bool({ since: '0.1.0' }),
  /** Seed of every random draw. */
  seed: int({ default: 0, since: '0.1.0' }),
  /** Memory for histograms that are kept while a tree grows, in MiB. */
  maxMemoryInMB: int({ default: 512, min: 16, since: '0.1.0', noSave: true }),
  /** Where histograms are built: on this machine's cores, its GPU, or whichever suits; by default as the session says. The model is the same. */
  device: oneOf(['cpu', 'gpu', 'auto'], { since: '0.1.0', noSave: true }),
};

/** Whether trees are drawn from all rows. */
export const bootstrapParam = bool({ default: true, since: '0.1.0' });
