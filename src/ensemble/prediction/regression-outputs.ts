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
  readonly aftDistribution?: string | undefined;
  readonly aftScale?: number | undefined;
}

/** The columns that a regression model adds. */
export function regressionOutputs(params: RegressorColumnParams): ModelOutput {
  return {
    rawPredictionCol: null,
    probabilityCol: null,
    predictionCol: params.predictionCol,
    quantiles: params.quantileAlphas ?? null,
    labels: params.labelCols ?? null,
    ...toldOf(params),
    leafCol: params.leafCol ?? null,
    contributionsCol: params.contributionsCol ?? null,
  };
}

/** Hazards, larger for earlier events, or times and how they are distributed. */
function toldOf(params: RegressorColumnParams): Pick<ModelOutput, 'told'> {
  const { lossType, aftDistribution = 'normal', aftScale = 1 } = params;
  if (lossType === 'cox') return { told: { predictionKind: 'hazard' } };
  if (lossType !== 'aft') return {};
  return { told: { predictionKind: 'time', aftDistribution, aftScale: String(aftScale) } };
}
