/** Parameters that bend splits and leaf values, and what a training job makes of them. */
import { CoppiceError } from '../../base/errors.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';
import { type NumbersByName, numbersByName } from '../../params/by-name-kind.ts';
import type { IsGiven } from '../../params/define-params.ts';
import { bool, either, float, numbers, oneOf } from '../../params/kinds.ts';
import { type NameGroups, nameGroups } from '../../params/name-groups-kind.ts';
import type { FeatureSource } from '../../training/messages.ts';
import type { SplitShaping } from '../../tree/split-shaping.ts';

const sign = { min: -1, max: 1, whole: true, since: '0.1.0' } as const;

/** Which way predictions may go with features: by name, or a list of one for each. */
export const monotoneConstraints = either(numbersByName(sign), numbers({ ...sign, minLength: 1 }), {
  since: '0.1.0',
});

/** What trees may not do, whatever they are grown for. */
export const constraintParams = {
  /** 1 where the prediction may only rise with a numeric feature, −1 where it may only fall, 0 where it is
   *  free: by feature name, or a list of one for each feature. */
  monotoneConstraints,
  /** What bounds the leaves of monotone trees: the midpoints of the splits above them (basic, the default), the values of
   *  the leaves beside them as the tree grows (intermediate), which leaves them more room, or of these for each child of a
   *  split apart (advanced), which leaves them all the room there is; the latter two leaf by leaf only. */
  monotoneMethod: oneOf(['basic', 'intermediate', 'advanced'], { since: '0.1.0' }),
  /** How far from the root splits on monotone features stand back: none in the first so many levels, and the less the
   *  deeper (0, the default, for nowhere). */
  monotonePenalty: float({ min: 0, since: '0.1.0' }),
  /** Groups of feature names: the features on one path of a tree all lie in one of them. Features that no group
   *  names are one more group. */
  interactionConstraints: nameGroups({ since: '0.1.0' }),
  /** What the gains of a feature's splits are multiplied by when splits are compared, by feature name; 1 for others. */
  gainFactors: numbersByName({ min: 0, since: '0.1.0' }),
  /** What the first split on a feature costs, in units of gains, by feature name; nothing for others, and nothing where a
   *  split above it or a tree before it looks at the feature already. */
  featureCosts: numbersByName({ min: 0, since: '0.1.0' }),
  /** What a split on a feature costs for each row of its node that has not met the feature yet, in units of gains, by feature
   *  name; nothing for others. A row has met what trees before and splits above ask for on its way. */
  featureCostsPerRow: numbersByName({ min: 0, since: '0.1.0' }),
  /** What every split costs, in units of gains (0, the default): it is made only where it gains more. */
  splitCost: float({ min: 0, since: '0.1.0' }),
  /** What every split costs for each row of its node, in units of gains (0, the default). */
  splitCostPerRow: float({ min: 0, since: '0.1.0' }),
};

/** Penalties, caps and random thresholds of boosted trees; no defaults, so that uids of saved models stay. */
export const shapingParams = {
  /** L1 penalty on leaf values (0 by default): sums of gradients up to it count as 0. */
  alpha: float({ min: 0, since: '0.1.0' }),
  /** Greatest size of a leaf's value before the step size; 0, the default, for no limit. */
  maxDeltaStep: float({ min: 0, since: '0.1.0' }),
  /** Rows at which a leaf's value lies halfway between its own and its parent's; 0, the default, for none. */
  pathSmoothing: float({ min: 0, since: '0.1.0' }),
  /** Each feature tries one random threshold in a node instead of all (false by default). */
  extraTrees: bool({ since: '0.1.0' }),
};

/** What they are read from. */
export interface ShapingOptions {
  readonly monotoneConstraints: NumbersByName | readonly number[] | undefined;
  readonly monotoneMethod?: 'basic' | 'intermediate' | 'advanced' | undefined;
  readonly monotonePenalty?: number | undefined;
  readonly alpha?: number | undefined;
  readonly maxDeltaStep?: number | undefined;
  readonly pathSmoothing?: number | undefined;
  readonly extraTrees?: boolean | undefined;
}

/**
 * The job's part, or null where nothing is bent.
 *
 * @throws CoppiceError `PARAM_INVALID`
 */
export function shapingOf(
  owner: string,
  params: ShapingOptions,
  features: readonly FeatureSource[],
): SplitShaping | null {
  const monotone = monotoneOf(owner, params.monotoneConstraints, features);
  const { alpha = 0, maxDeltaStep = 0, pathSmoothing = 0, extraTrees = false } = params;
  const isFree = monotone.length === 0 && !extraTrees;
  if (isFree && alpha === 0 && maxDeltaStep === 0 && pathSmoothing === 0) return null;
  const cap = maxDeltaStep === 0 ? Number.POSITIVE_INFINITY : maxDeltaStep;
  return {
    ...{ alpha, maxDeltaStep: cap, pathSmoothing, extraTrees, monotone },
    ...(monotone.length > 0 ? boundsOfMethod[params.monotoneMethod ?? 'basic'] : {}),
    ...(params.monotonePenalty ? { monotonePenalty: params.monotonePenalty } : {}),
  };
}

const boundsOfMethod = {
  basic: {},
  intermediate: { boundsAreNeighbours: true },
  advanced: { boundsAreNeighbours: true, boundsAreOfCuts: true },
} as const;

/** The complaint about parameters that do not go together, or null. */
export function checkMonotone(
  params: ShapingOptions & {
    readonly growPolicy?: string | undefined;
    readonly maxDepth?: number | undefined;
    readonly maxLeaves?: number | undefined;
    readonly device?: string | undefined;
  },
  isGiven: IsGiven,
): string | null {
  const names = ['monotoneMethod', 'monotonePenalty'];
  if (params.monotoneConstraints === undefined) {
    const name = names.find(isGiven);
    return name === undefined ? null : `${name} must be left out without monotoneConstraints`;
  }
  if (params.device === 'gpu' && growsMonotoneOnCpu(params))
    return 'device must be cpu with monotoneMethod intermediate or advanced, or with monotonePenalty';
  if ((params.monotoneMethod ?? 'basic') === 'basic') return null;
  const { growPolicy, maxDepth, maxLeaves } = params;
  const byLevel = growPolicy === undefined && maxDepth !== undefined && maxLeaves === undefined;
  if (byLevel || (growPolicy !== undefined && growPolicy !== 'leafWise'))
    return 'monotoneMethod must be basic where trees grow by levels (give growPolicy leafWise, or maxLeaves)';
  return isGiven('forcedSplits') ? 'monotoneMethod must be basic with forcedSplits' : null;
}

/** What a device does not do. */
export function growsMonotoneOnCpu({
  monotoneMethod,
  monotonePenalty = 0,
}: ShapingOptions): boolean {
  return (monotoneMethod ?? 'basic') !== 'basic' || monotonePenalty > 0;
}

/**
 * Directions by feature index; empty where all are free.
 *
 * @throws CoppiceError `PARAM_INVALID`
 */
export function monotoneOf(
  owner: string,
  given: NumbersByName | readonly number[] | undefined,
  features: readonly FeatureSource[],
): readonly number[] {
  if (given === undefined) return [];
  const directions = isList(given) ? given : directionsByName(owner, given, features);
  if (directions.length !== features.length) {
    throw new CoppiceError(
      'PARAM_INVALID',
      `monotoneConstraints of ${owner} must be one number for each of the ${features.length} features; got ${directions.length}; give them by name to name only some`,
      { context: { owner, param: 'monotoneConstraints' } },
    );
  }
  features.forEach(({ name, kind }, i) => {
    if (kind !== 'category' || directions[i] === 0) return;
    throw new CoppiceError(
      'PARAM_INVALID',
      `monotoneConstraints of ${owner} must leave categories free, for they have no order; got ${directions[i]} for ${name}; leave it out, or turn the column into numbers`,
      { context: { owner, param: 'monotoneConstraints', column: name } },
    );
  });
  return directions.some((direction) => direction !== 0) ? directions : [];
}

function isList(given: NumbersByName | readonly number[]): given is readonly number[] {
  return Array.isArray(given);
}

function directionsByName(
  owner: string,
  given: NumbersByName,
  features: readonly FeatureSource[],
): readonly number[] {
  const directions = new Array<number>(features.length).fill(0);
  for (const [name, direction] of Object.entries(given)) {
    directions[indexOfFeature(owner, 'monotoneConstraints', name, features)] = direction;
  }
  return directions;
}

/**
 * Groups of feature indexes, or null where nothing is said.
 *
 * @throws CoppiceError `PARAM_INVALID`
 */
export function interactionsOf(
  owner: string,
  groups: NameGroups | undefined,
  features: readonly FeatureSource[],
): readonly (readonly number[])[] | null {
  if (groups === undefined) return null;
  return groups.map((group) =>
    group.map((name) => indexOfFeature(owner, 'interactionConstraints', name, features)),
  );
}

/**
 * A factor for each feature, or undefined where nothing is said.
 *
 * @throws CoppiceError `PARAM_INVALID`
 */
export function gainFactorsOf(
  owner: string,
  given: NumbersByName | undefined,
  features: readonly FeatureSource[],
): readonly number[] | undefined {
  if (given === undefined) return undefined;
  const factors = new Array<number>(features.length).fill(1);
  for (const [name, factor] of Object.entries(given)) {
    factors[indexOfFeature(owner, 'gainFactors', name, features)] = factor;
  }
  return factors;
}

/**
 * A cost for each feature, or undefined where nothing is said.
 *
 * @throws CoppiceError `PARAM_INVALID`
 */
export function featureCostsOf(
  owner: string,
  given: NumbersByName | undefined,
  features: readonly FeatureSource[],
): readonly number[] | undefined {
  return given === undefined ? undefined : costsByName(owner, 'featureCosts', given, features);
}

/**
 * A cost for each row and feature, or undefined where there are none.
 *
 * @throws CoppiceError `PARAM_INVALID`
 */
export function featureCostsPerRowOf(
  owner: string,
  given: NumbersByName | undefined,
  features: readonly FeatureSource[],
): readonly number[] | undefined {
  if (given === undefined) return undefined;
  const costs = costsByName(owner, 'featureCostsPerRow', given, features);
  return costs.some((cost) => cost > 0) ? costs : undefined;
}

function costsByName(
  owner: string,
  param: string,
  given: NumbersByName,
  features: readonly FeatureSource[],
): readonly number[] {
  const costs = new Array<number>(features.length).fill(0);
  for (const [name, cost] of Object.entries(given)) {
    costs[indexOfFeature(owner, param, name, features)] = cost;
  }
  return costs;
}

/**
 * How likely each feature is drawn, the likeliest 1, or undefined where nothing is said.
 *
 * @throws CoppiceError `PARAM_INVALID`
 */
export function featureWeightsOf(
  owner: string,
  given: NumbersByName | undefined,
  features: readonly FeatureSource[],
): readonly number[] | undefined {
  if (given === undefined) return undefined;
  const weights = new Array<number>(features.length).fill(1);
  for (const [name, weight] of Object.entries(given)) {
    weights[indexOfFeature(owner, 'featureWeights', name, features)] = weight;
  }
  const most = weights.reduce((largest, weight) => Math.max(largest, weight), 0);
  if (most > 0) return weights.map((weight) => weight / most);
  throw new CoppiceError(
    'PARAM_INVALID',
    `featureWeights of ${owner} must be above 0 for at least one feature; got 0 for all ${features.length}; leave those out that may be split on`,
    { context: { owner, param: 'featureWeights' } },
  );
}

function indexOfFeature(
  owner: string,
  param: string,
  name: string,
  features: readonly FeatureSource[],
): number {
  const names = features.map((feature) => feature.name);
  const index = names.indexOf(name);
  if (index >= 0) return index;
  throw new CoppiceError(
    'PARAM_INVALID',
    `${param} of ${owner} must name features; got ${name}; ${nameSuggestion(name, names)}`,
    { context: { owner, param, column: name } },
  );
}
