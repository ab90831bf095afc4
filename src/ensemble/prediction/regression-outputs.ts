/** What regressors share: the names of their columns. */
import type { ModelOutput } from './output-columns.ts';

/** The parameters that name a regressor's columns. */
export interface RegressorColumnParams {
  readonly predictionCol: string;
  readonly leafCol: string | undefined;
  readonly quantileAlphas?: readonly number[] | undefined;
  readonly labelCols?: readonly string[] | undefined;
  readonly contributionsCol: string | undefined;
  readonly lossType?: string | undefined;
}

/** The columns that a regression model adds. */
export function regressionOutputs(params: RegressorColumnParams): ModelOutput {
  return {
    rawPredictionCol: null,
    probabilityCol: null,
    predictionCol: params.predictionCol,
    quantiles: params.quantileAlphas ?? null,
    labels: params.labelCols ?? null,
    ...(params.lossType === 'cox' ? { isHazard: true } : {}),
    leafCol: params.leafCol ?? null,
    contributionsCol: params.contributionsCol ?? null,
  };
}
