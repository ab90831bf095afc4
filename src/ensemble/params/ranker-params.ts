/** Parameters of GBTRanker. */
import { defineParams, type IsGiven, type Options } from '../../params/define-params.ts';
import { bool, column, either, float, int, numbers, oneOf } from '../../params/kinds.ts';
import { defaultGains } from '../../training/ranking/ndcg.ts';
import type { GBTObjective } from '../boosting/gbt-objectives.ts';
import { checkForced } from './forced-params.ts';
import { checkGbt, gbtSpecs } from './gbt-params.ts';
import { checkLinear } from './linear-params.ts';
import { checkPolicy } from './policy-params.ts';
import { checkDropping } from './sampling-params.ts';
import { checkMonotone } from './shaping-params.ts';

// a function of the user sees rows, not groups
const { objectiveFunction, metricFunction, ...shared } = gbtSpecs;

/** The most first rows that a metric looks at: more than any group has. */
const mostPlaces = 999_999_999;

/** Fields of what all boosted trees have that a ranker lacks. */
export const noFunctions = { objectiveFunction: undefined, metricFunction: undefined } as const;

/** Parameters of GBTRanker. */
export const gbtRankerParams = defineParams(
  'GBTRanker',
  {
    ...shared,
    /** What a tree's leaves are multiplied by; with less the draws of more rounds average out. */
    stepSize: float({ default: 0.05, above: 0, max: 1, since: '0.1.0' }),
    /** The group (query) of each row, an integer or a text; rows are ordered within their group. */
    groupCol: column({ default: 'group', since: '0.1.0' }),
    /** What is minimised: pairs by what they change in the NDCG (lambdarank), or the cross-entropy of groups (xendcg). */
    lossType: oneOf(['lambdarank', 'xendcg'], { since: '0.1.0' }),
    /** Pairs that are learned from have a row among the first so many of their group. */
    truncationLevel: int({ default: 30, min: 1, since: '0.1.0' }),
    /** How steep the logistic loss of a pair is. */
    sigmoid: float({ default: 1, above: 0, since: '0.1.0' }),
    /** Divide a group's gradients by their sum; with orderNoise 0, also a pair by the distance of its scores. */
    lambdarankNorm: bool({ default: true, since: '0.1.0' }),
    /** How strongly the order of a group, by which its pairs are weighed, is drawn anew in each round; 0: it is that of the scores. */
    orderNoise: float({ default: 1, min: 0, since: '0.1.0' }),
    /** What a pair weighs: what swapping it changes in the NDCG (ndcg, the usual one) or in the average precision (map, where
     *  grades from 1 on are relevant), the difference of its gains (gain), or the same for all (equal). */
    pairWeight: oneOf(['ndcg', 'map', 'gain', 'equal'], { since: '0.1.0' }),
    /** The place, a whole number, that each training row was shown at, where grades are clicks: what places add to them is
     *  learned beside the trees and left out of predictions. */
    positionCol: column({ since: '0.1.0' }),
    /** L2 penalty on what a place adds, for each of its rows (0 by default). */
    positionBiasRegularization: float({ min: 0, since: '0.1.0' }),
    /** The first so many rounds learn the grades themselves, row by row; pairs or groups are learned from afterwards. */
    pointwiseRounds: int({ default: 0, min: 0, since: '0.1.0' }),
    /** How much trees that learn the grades themselves, as a regressor's do, count beside those that learn pairs: the deviation of
     *  their scores in that of the pairs'. By default 1 where rounds, loss and validation rows are left to the fit, otherwise 0. */
    gradeWeight: float({ min: 0, max: 1000, since: '0.1.0' }),
    /** The gain of each grade from 0 on; by default 2^grade − 1 up to grade 30. */
    labelGains: numbers({ min: 0, minLength: 2, since: '0.1.0' }),
    /** The NDCG of the first so many rows of a group is measured on validation rows, and the other metrics AtK; of several
     *  numbers each is measured for all of them (`ndcgAt1`, `ndcgAt5`), and the loss is that of the first. */
    ndcgAt: either(
      int({ min: 1, max: mostPlaces, since: '0.1.0' }),
      numbers({ min: 1, max: mostPlaces, minLength: 1, whole: true, since: '0.1.0' }),
      { default: 10, since: '0.1.0' },
    ),
  },
  (params, isGiven) =>
    checkGbt({ ...params, ...noFunctions }) ??
    checkDropping(params, isGiven) ??
    checkLinear(params, isGiven) ??
    checkPolicy(params, isGiven) ??
    checkForced(params, isGiven) ??
    checkMonotone(params, isGiven) ??
    checkGroup(params) ??
    checkPlaces(params, isGiven) ??
    checkGrades(params) ??
    checkPairs(params, isGiven),
);

/** Options of {@link GBTRanker}. @interface */
export type GBTRankerOptions = Options<typeof gbtRankerParams.schema>;

function checkGroup(params: {
  readonly groupCol: string;
  readonly labelCol: string;
}): string | null {
  return params.groupCol === params.labelCol ? 'groupCol must differ from labelCol' : null;
}

/** Places are no grades and no groups. */
function checkPlaces(
  params: {
    readonly positionCol: string | undefined;
    readonly groupCol: string;
    readonly labelCol: string;
  },
  isGiven: IsGiven,
): string | null {
  const { positionCol, groupCol, labelCol } = params;
  if (positionCol === undefined)
    return isGiven('positionBiasRegularization')
      ? 'positionBiasRegularization must be left out without positionCol'
      : null;
  if (positionCol === labelCol) return 'positionCol must differ from labelCol';
  return positionCol === groupCol ? 'positionCol must differ from groupCol' : null;
}

/** With these the grades tell of something else, or another part of the fit would have to be taken up again. */
const noGradesWith = ['positionCol', 'offsetCol', 'checkpointDir'] as const;

function checkGrades(
  params: { readonly gradeWeight: number | undefined } & {
    readonly [name in (typeof noGradesWith)[number]]: string | undefined;
  },
): string | null {
  if (!params.gradeWeight) return null;
  const name = noGradesWith.find((one) => params[one] !== undefined);
  return name === undefined ? null : `gradeWeight must be 0 or left out with ${name}`;
}

/** What decides about a ranking's rounds and losses; whoever says it gets that and nothing besides. */
const decides = [
  ...noGradesWith,
  ...([
    'maxIter',
    'lossType',
    'pointwiseRounds',
    'validationIndicatorCol',
    'validationMetrics',
  ] as const),
  ...(['earlyStoppingRounds', 'dropRate', 'holdOutFolds', 'numModels', 'trainingHistory'] as const),
] as const;

/**
 * How much the grades count beside the pairs.
 *
 * @param goesOn whether the fit has validation tables, or a model that it goes on from
 */
export function gradeWeightOf(
  weight: number | undefined,
  given: Readonly<Partial<Record<(typeof decides)[number], unknown>>>,
  goesOn: boolean,
): number {
  if (weight !== undefined) return weight;
  return goesOn || decides.some((name) => given[name] !== undefined) ? 0 : 1;
}

/** The loss of trees that learn the grades themselves. */
export const gradesObjective: GBTObjective = {
  objective: 'squared',
  objectiveParameter: 0,
  quantileLevels: [],
  ranking: null,
  centresLabels: false,
};

/** The cross-entropy of groups knows no pairs. */
function checkPairs(
  params: { readonly lossType: string | undefined },
  isGiven: IsGiven,
): string | null {
  if (params.lossType !== 'xendcg') return null;
  const pairs = ['truncationLevel', 'sigmoid', 'lambdarankNorm', 'orderNoise', 'pairWeight'];
  const name = [...pairs, 'positionCol'].find(isGiven);
  return name === undefined ? null : `${name} must be left out with lossType xendcg`;
}

/** What ranks are told. */
export function rankingObjective(params: {
  readonly lossType: 'lambdarank' | 'xendcg' | undefined;
  readonly truncationLevel: number;
  readonly sigmoid: number;
  readonly lambdarankNorm: boolean;
  readonly orderNoise: number;
  readonly pairWeight: 'ndcg' | 'map' | 'gain' | 'equal' | undefined;
  readonly positionCol: string | undefined;
  readonly positionBiasRegularization: number | undefined;
  readonly pointwiseRounds: number;
  readonly labelGains: readonly number[] | undefined;
  readonly ndcgAt: number | readonly number[];
}): GBTObjective {
  const loss = params.lossType ?? 'lambdarank';
  const ranking = {
    loss,
    labelGains: params.labelGains ?? defaultGains,
    truncationLevel: params.truncationLevel,
    sigma: params.sigmoid,
    normalises: params.lambdarankNorm,
    orderNoise: loss === 'lambdarank' ? params.orderNoise : 0,
    pairWeight: params.pairWeight ?? 'ndcg',
    biasRegularization:
      params.positionCol === undefined ? null : (params.positionBiasRegularization ?? 0),
    pointwiseRounds: params.pointwiseRounds,
    ndcgAt: [params.ndcgAt].flat()[0] as number,
  } as const;
  return {
    objective: 'ranking',
    objectiveParameter: 0,
    quantileLevels: [],
    ranking,
    centresLabels: false,
  };
}
