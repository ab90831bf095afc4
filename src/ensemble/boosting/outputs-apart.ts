/** One of several labels by itself: what its fit goes on from, its threshold, its trees out of those of all. */
import { CoppiceError } from '../../base/errors.ts';
import type { FitOptions } from '../../pipeline/estimator.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import {
  joinMembers,
  joinTrees,
  lastTrees,
  pickTrees,
  splitMembers,
} from '../model/member-trees.ts';
import { roundsOf, treesPerRound } from '../model/training-record.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';

/** One threshold a label, of a classifier. */
export interface ThresholdsOfLabels {
  readonly thresholds?: readonly number[] | undefined;
}

/** The threshold of one of several labels, where each has one. */
export function thresholdOf(
  { thresholds }: ThresholdsOfLabels,
  k: number,
): { readonly thresholds?: readonly number[] } {
  return thresholds === undefined ? {} : { thresholds: [thresholds[k] as number] };
}

/**
 * What the fit of each of several labels goes on from.
 *
 * @param known the labels of the initial model; null where it is none of this kind, which the fit of the first label tells
 * @param ofLabel its model of the k-th label alone
 * @throws CoppiceError `PARAM_INVALID` for a model of other labels
 */
export function initialOfLabels(
  owner: string,
  labelCols: readonly string[],
  known: readonly string[] | undefined,
  ofLabel: (k: number) => FitOptions['initialModel'],
): (k: number) => FitOptions['initialModel'] {
  if (known?.join('\n') === labelCols.join('\n')) return ofLabel;
  const words = (names: readonly string[] | undefined): string => names?.join(', ') ?? 'none';
  throw new CoppiceError(
    'PARAM_INVALID',
    `labelCols of ${owner} must be that of its initial model, ${words(known)}; got ${words(labelCols)}`,
    { context: { owner, param: 'labelCols' } },
  );
}

/** What a fit of the k-th label alone would hold: the inverse of {@link sideBySide}. */
export function alone(data: TreeModelData, labelCols: readonly string[], k: number): TreeModelData {
  const width = labelCols.length;
  const suffix = ` of ${labelCols[k]}`;
  const { parallelTrees: parallel = 1 } = data;
  const { labelRounds, ...kept } = data;
  const parts = partsOf(data);
  const spoken = labelRounds?.[k];
  const own = parts.members.map((trees, m) =>
    spokenTrees(trees, { k, width, parallel }, spoken?.[m]),
  );
  const later = spokenTrees(parts.later, { k, width, parallel }, spoken?.at(-1));
  const chosen = Object.entries(data.chosen ?? {}).flatMap(([name, value]) =>
    name.endsWith(suffix) ? [[name.slice(0, -suffix.length), value] as const] : [],
  );
  return {
    ...kept,
    baseScores: [data.baseScores[k] as number],
    trees: joinTrees(joinMembers(own, parallel), later),
    memberRounds: own.map(({ numTrees }) => numTrees / parallel),
    ...(data.laterRounds === undefined ? {} : { laterRounds: later.numTrees / parallel }),
    history: data.history.flatMap((series) =>
      series.metric.endsWith(suffix)
        ? [{ ...series, metric: series.metric.slice(0, -suffix.length) }]
        : [],
    ),
    chosen: chosen.length === 0 ? null : Object.fromEntries(chosen),
    ...(data.fits === undefined
      ? {}
      : {
          fits: data.fits.flatMap(({ output, ...fit }) => (output === k ? [fit] : [])),
        }),
  };
}

/** The trees of each model that is averaged, and those that were grown behind them. */
export function partsOf(data: TreeModelData): { members: TreeEnsemble[]; later: TreeEnsemble } {
  const { trees, memberRounds, laterRounds = 0 } = data;
  const known = memberRounds.length === 0 ? [roundsOf(data)] : memberRounds;
  return {
    members: splitMembers(trees, known, treesPerRound(data)),
    later: lastTrees(trees, laterRounds * treesPerRound(data)),
  };
}

/** Every width-th tree from the k-th on, without silent ones. @param rounds that are not silent; all by default */
function spokenTrees(
  trees: TreeEnsemble,
  { k, width, parallel }: { readonly k: number; readonly width: number; readonly parallel: number },
  rounds = Number.POSITIVE_INFINITY,
): TreeEnsemble {
  const end = rounds * parallel * width;
  return pickTrees(trees, (t) => t % width === k && t < end);
}
