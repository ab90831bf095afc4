/** Parameters of boosted trees that say which rows a round is trained on. */
import { numbersByName } from '../../params/by-name-kind.ts';
import type { IsGiven } from '../../params/define-params.ts';
import { bool, column, float, int } from '../../params/kinds.ts';
import type { RoundDropping, RoundSampling } from '../../training/messages.ts';

/** Of every estimator of boosted trees. */
export const samplingParams = {
  /** Rounds that are trained on the same draw of rows (1 by default: every round draws anew). */
  subsamplingInterval: int({ min: 1, since: '0.1.0' }),
  /** Share of the rows, those with the largest gradients, that a round keeps: gradient-based sampling. */
  gossTopRate: float({ above: 0, max: 1, since: '0.1.0' }),
  /** Share of the rows that gradient-based sampling draws from the others (0.1 by default), to be amplified. */
  gossOtherRate: float({ above: 0, max: 1, since: '0.1.0' }),
  /** Each row's group, an integer or a text. */
  groupCol: column({ since: '0.1.0' }),
  /** With groupCol: rows of a group are drawn together by subsamplingRate. */
  subsampleByGroup: bool({ since: '0.1.0' }),
  /** Trees that a round grows side by side (1 by default), each on rows and features of its own; their mean is added. */
  numParallelTrees: int({ min: 1, max: 10_000, since: '0.1.0' }),
};

/** Rounds that leave earlier ones out (DART). */
export const droppingParams = {
  /** Share of the rounds before that a round leaves out of the scores it learns from (DART); none by default. */
  dropRate: float({ above: 0, max: 1, since: '0.1.0' }),
  /** With dropRate: share of the rounds that leave none out (0.5 by default). */
  skipDrop: float({ min: 0, max: 1, since: '0.1.0' }),
  /** With dropRate: most rounds that are left out at once (50 by default). */
  maxDrop: int({ min: 1, since: '0.1.0' }),
};

interface DroppingValues {
  readonly dropRate: number | undefined;
  readonly skipDrop: number | undefined;
  readonly maxDrop: number | undefined;
}

/** What ranks are told; null where all rounds stay. */
export function roundDropping(params: DroppingValues): RoundDropping | null {
  const { dropRate: rate, skipDrop: skip = 0.5, maxDrop: most = 50 } = params;
  return rate === undefined ? null : { rate, skip, most };
}

/** Later rounds change earlier ones, so none of them is the last that is kept, nor where a fit could go on. */
export function checkDropping(params: DroppingValues, isGiven: IsGiven): string | null {
  if (params.dropRate === undefined) {
    const name = ['skipDrop', 'maxDrop'].find(isGiven);
    return name === undefined ? null : `${name} must be left out without dropRate`;
  }
  const strangers = [
    'holdOutFolds',
    'numModels',
    'earlyStoppingRounds',
    'checkpointDir',
    'numParallelTrees',
  ];
  const name = strangers.find(isGiven);
  return name === undefined ? null : `${name} must be left out with dropRate`;
}

/** Further ones of a classifier. */
export const classSamplingParams = {
  /** Draw subsamplingRate of each class, in whole rows. */
  stratifiedSampling: bool({ since: '0.1.0' }),
  /** A subsamplingRate for each class (that of all where it is not named), in whole rows. */
  classSamplingRates: numbersByName({ above: 0, max: 1, since: '0.1.0' }),
};

/** The values of them. */
export interface SamplingValues {
  readonly subsamplingRate: number;
  readonly subsamplingInterval?: number | undefined;
  readonly stepSize: number;
  readonly gossTopRate: number | undefined;
  readonly gossOtherRate: number | undefined;
  readonly groupCol: string | undefined;
  readonly subsampleByGroup: boolean | undefined;
  readonly numParallelTrees: number | undefined;
  readonly stratifiedSampling?: boolean | undefined;
  readonly classSamplingRates?: Readonly<Record<string, number>> | undefined;
}

/** The complaint about parameters that do not go together, or null. */
export function checkSampling(params: SamplingValues): string | null {
  const byClass = params.stratifiedSampling === true || params.classSamplingRates !== undefined;
  if (params.subsamplingInterval !== undefined && params.subsamplingRate === 1 && !byClass)
    return 'subsamplingInterval must be left out where no rows are drawn (give a subsamplingRate below 1)';
  if (params.gossOtherRate !== undefined && params.gossTopRate === undefined)
    return 'gossOtherRate must be left out without gossTopRate';
  if (params.numParallelTrees !== undefined && params.gossTopRate !== undefined)
    return 'gossTopRate must be left out with numParallelTrees, which draws rows by subsamplingRate';
  if (params.subsampleByGroup === true && params.groupCol === undefined)
    return 'subsampleByGroup must be left out without groupCol';
  if (params.subsampleByGroup === true && byClass)
    return 'subsampleByGroup must be false where classes are drawn by their shares';
  if (params.gossTopRate === undefined) return null;
  if (params.subsamplingRate < 1) return 'subsamplingRate must be 1 with gossTopRate';
  if (params.subsampleByGroup === true) return 'subsampleByGroup must be false with gossTopRate';
  return byClass ? 'gossTopRate must be left out where classes are drawn by their shares' : null;
}

/** What ranks are told. */
export function roundSampling(params: SamplingValues): RoundSampling {
  const { gossTopRate: topRate, gossOtherRate: otherRate = 0.1, classSamplingRates } = params;
  const keepsAll = topRate === undefined || topRate + otherRate >= 1;
  return {
    rate: params.subsamplingRate,
    ...((params.subsamplingInterval ?? 1) > 1 ? { interval: params.subsamplingInterval } : {}),
    byClass: classSamplingRates ?? (params.stratifiedSampling === true ? 'stratified' : null),
    byGroup: params.subsampleByGroup === true,
    // the first trees see all rows, as LightGBM has it: their gradients say little
    goss: keepsAll ? null : { topRate, otherRate, fromRound: Math.floor(1 / params.stepSize) },
  };
}
