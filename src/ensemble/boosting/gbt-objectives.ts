/** What the parameters of boosted trees ask to minimise, as ranks are told. */
import type { BoostingJob } from '../../training/messages.ts';

/** The part of a job that names the loss. */
export type GBTObjective = Pick<
  BoostingJob,
  'objective' | 'objectiveParameter' | 'quantileLevels' | 'ranking' | 'centresLabels'
>;

/** The loss of a regressor. */
export function regressionObjective(params: {
  readonly lossType:
    | 'aft'
    | 'squaredLogError'
    | Exclude<
        BoostingJob['objective'],
        | ('aftNormal' | 'aftLogistic' | 'aftExtreme')
        | ('classes' | 'focal' | 'flag' | 'oneVsAll' | 'ranking' | 'custom')
      >;
  readonly aftDistribution: 'normal' | 'logistic' | 'extreme' | undefined;
  readonly aftScale: number | undefined;
  readonly huberDelta: number | undefined;
  readonly fairScale: number | undefined;
  readonly quantileLevel: number;
  readonly expectileLevel: number | undefined;
  readonly quantileAlphas: readonly number[] | undefined;
  readonly tweediePower: number;
  readonly centerLabels: boolean | undefined;
}): GBTObjective {
  const { lossType, quantileAlphas } = params;
  return {
    objective:
      lossType === 'aft'
        ? aftLosses[params.aftDistribution ?? 'normal']
        : quantileAlphas !== undefined
          ? 'quantiles'
          : // labels are read as their logarithms
            lossType === 'squaredLogError'
            ? 'squared'
            : lossType,
    quantileLevels: quantileAlphas ?? [],
    ranking: null,
    objectiveParameter: lossParameter(params),
    centresLabels: params.centerLabels === true,
  };
}

/** The loss of a classifier. */
export function classificationObjective(params: {
  readonly lossType: 'logistic' | 'focal' | 'oneVsAll';
  readonly focalGamma: number | undefined;
  readonly labelCols: readonly string[] | undefined;
}): GBTObjective {
  const { lossType, labelCols } = params;
  const gamma = lossType === 'focal' ? (params.focalGamma ?? 2) : null;
  const ofClasses = lossType === 'logistic' ? 'classes' : lossType;
  return {
    objective: labelCols === undefined ? ofClasses : 'flag',
    objectiveParameter: labelCols === undefined ? (gamma ?? 0) : gamma,
    quantileLevels: [],
    ranking: null,
    centresLabels: false,
  };
}

const aftLosses = {
  normal: 'aftNormal',
  logistic: 'aftLogistic',
  extreme: 'aftExtreme',
} as const;

/** The parameter that belongs to the loss; null where the labels say it. */
function lossParameter(params: {
  readonly lossType: string;
  readonly huberDelta: number | undefined;
  readonly fairScale: number | undefined;
  readonly quantileLevel: number;
  readonly expectileLevel: number | undefined;
  readonly tweediePower: number;
  readonly aftScale: number | undefined;
}): number | null {
  if (params.lossType === 'aft') return params.aftScale ?? 1;
  if (params.lossType === 'huber' || params.lossType === 'pseudoHuber')
    return params.huberDelta ?? null;
  if (params.lossType === 'expectile') return params.expectileLevel ?? 0.5;
  if (params.lossType === 'fair') return params.fairScale ?? null;
  if (params.lossType === 'quantile') return params.quantileLevel;
  return params.lossType === 'tweedie' ? params.tweediePower : 0;
}
