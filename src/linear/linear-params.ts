/** Parameters that linear estimators share; each spreads the groups it has. */
import { bool, column, columns, float, int, numbers } from '../params/kinds.ts';

/** Which columns are read and added. */
export const linearColumnParams = {
  /** A struct or vector column that holds the features; used unless featuresCols is given. */
  featuresCol: column({ default: 'features', since: '0.1.0' }),
  /** The feature columns by name. */
  featuresCols: columns({ since: '0.1.0' }),
  /** The column to be predicted. */
  labelCol: column({ default: 'label', since: '0.1.0' }),
  /** Weight of each row, at least 0; a row of weight 0 takes no part. */
  weightCol: column({ since: '0.1.0' }),
  /** A margin added to every row's score, at fit and at prediction; its own coefficient is 1. A vector for several margins. */
  offsetCol: column({ since: '0.1.0' }),
  /** Name of the prediction's column. */
  predictionCol: column({ default: 'prediction', since: '0.1.0' }),
};

/** The values of {@link linearColumnParams} that a fit reads. */
export interface LinearColumnParams {
  readonly featuresCol: string;
  readonly featuresCols: readonly string[] | undefined;
  readonly labelCol: string;
  readonly weightCol: string | undefined;
  readonly offsetCol: string | undefined;
}

/** Columns that two parameters must not share. */
export function checkLinearColumns(params: LinearColumnParams): string | null {
  if (params.weightCol === params.labelCol) return 'weightCol must differ from labelCol';
  return params.offsetCol === params.labelCol ? 'offsetCol must differ from labelCol' : null;
}

/** How coefficients are found and kept small. */
export const linearFitParams = {
  /** Weight of the penalty on the coefficients. */
  regParam: float({ default: 0, min: 0, since: '0.1.0' }),
  /** Whether there is an intercept; it is never penalised. */
  fitIntercept: bool({ default: true, since: '0.1.0' }),
  /** Whether the penalty is on coefficients of features scaled to deviation 1; the model's are of the features as they are. */
  standardization: bool({ default: true, since: '0.1.0' }),
  /** Most steps. */
  maxIter: int({ default: 100, min: 0, since: '0.1.0' }),
  /** Ends when steps no longer change more than this share. */
  tol: float({ default: 1e-6, min: 0, since: '0.1.0' }),
};

/** Penalties of both kinds, and the bound of a combination. */
export const elasticNetParams = {
  /** Share of the penalty that is on magnitudes (1: lasso) and not on squares (0: ridge). */
  elasticNetParam: float({ default: 0, min: 0, max: 1, since: '0.1.0' }),
  /** No coefficient may be below 0; intercepts may. */
  nonnegative: bool({ default: false, since: '0.1.0' }),
};

/** Further columns of a classifier. */
export const rawPredictionCol = column({ default: 'rawPrediction', since: '0.1.0' });

/** Further columns of a classifier with probabilities. */
export const probabilityParams = {
  /** Name of the column of class probabilities. */
  probabilityCol: column({ default: 'probability', since: '0.1.0' }),
  /** One threshold a class: the class of the largest probability / threshold is predicted. */
  thresholds: numbers({ since: '0.1.0' }),
};
