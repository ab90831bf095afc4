/**
 * What a merged model remembers of the models that it is made of: which trees are whose, how much they count, and which
 * rounds grew them. Each of them learned alone, so each one's leaves are learned anew alone.
 */
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { valueUnit } from '../../tree/value-unit.ts';
import { fitsOf } from '../boosting/grown-fits.ts';
import { joinTrees, pickTrees } from './member-trees.ts';
import type { MergedPart } from './training-record.ts';
import type { TreeModelData } from './tree-model-data.ts';

/** What a merged model remembers of one of its models. @param share how much it counts */
export function mergedParts(
  data: TreeModelData,
  params: { readonly stepSize: number; readonly lambda: number },
  share: number,
): readonly MergedPart[] {
  if (data.merged !== undefined)
    return data.merged.map((part) => ({ ...part, share: share * part.share }));
  const { trees, baseScores, memberRounds, laterRounds } = data;
  return [
    {
      ...{ numTrees: trees.numTrees, share, baseScores, memberRounds },
      ...(laterRounds === undefined ? {} : { laterRounds }),
      fits: fitsOf(data, params),
    },
  ];
}

/** The models that a merged one is made of; their leaf values are on its grid. */
export function partsOf(data: TreeModelData, parts: readonly MergedPart[]): TreeModelData[] {
  const unit = valueUnit(data.trees.value);
  let first = 0;
  return parts.map(({ numTrees, share, baseScores, memberRounds, laterRounds, fits }) => {
    const begin = first;
    first += numTrees;
    const own = pickTrees(data.trees, (t) => t >= begin && t < begin + numTrees);
    const value = own.value.map((one) => onGrid(one / share, unit));
    const { merged: _, ...kept } = data;
    return {
      ...kept,
      ...{ trees: { ...own, value }, baseScores, memberRounds, fits },
      ...(laterRounds === undefined ? {} : { laterRounds }),
    };
  });
}

/** The merged model of its models with other leaf values. */
export function withParts(
  data: TreeModelData,
  parts: readonly MergedPart[],
  found: readonly TreeModelData[],
): TreeModelData {
  const unit = valueUnit(data.trees.value);
  const trees = found.map(({ trees: own }, i): TreeEnsemble => {
    const { share } = parts[i] as MergedPart;
    return { ...own, value: own.value.map((one) => onGrid(one * share, unit)) };
  });
  const baseScores = data.baseScores.map((_, k) =>
    found.reduce(
      (sum, { baseScores: own }, i) => sum + (parts[i] as MergedPart).share * (own[k] as number),
      0,
    ),
  );
  const merged = parts.map((part, i) => ({
    ...part,
    baseScores: (found[i] as TreeModelData).baseScores,
  }));
  return { ...data, baseScores, trees: trees.reduce(joinTrees), merged, history: [] };
}

function onGrid(value: number, unit: number): number {
  return Number.isFinite(unit) ? Math.round(value / unit) * unit : value;
}
