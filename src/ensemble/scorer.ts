/**
 * Scores one row at a time on the calling thread, without a table: the values by feature name in, prediction
 * and probabilities out. Trees are added in their order, so the bits are those of transform.
 */
import { exp, logistic } from '../base/portable-math.ts';
import type { ClassValue } from '../training/messages.ts';
import { categoryGoesLeft, valueGoesLeft } from '../tree/predictor.ts';
import type { TreeEnsemble } from '../tree/tree.ts';
import { offsetInvalid } from './offset-column.ts';
import { winners } from './output-columns.ts';
import type { Link } from './predict-operator.ts';
import type { TreeModelData } from './tree-model-data.ts';

/**
 * One row: numbers, booleans or categories by feature name; null, undefined and NaN are missing. A model with an
 * offset column reads it too: a number, or one number a class.
 */
export type ScorerRow = Readonly<
  Record<string, number | string | boolean | bigint | readonly number[] | null | undefined>
>;

/** What a scorer answers. */
export interface Score {
  /** The predicted class or number; quantiles ascending, where a model predicts several. */
  readonly prediction: ClassValue | Float64Array;
  /** Raw scores, one a class; empty for a regressor. */
  readonly rawPrediction: Float64Array;
  /** Probabilities, one a class; empty for a regressor. */
  readonly probability: Float64Array;
}

/** Scores one row. */
export type Scorer = (row: ScorerRow) => Score;

/** Makes the scorer of a model. */
export function makeScorer(
  data: TreeModelData,
  options: {
    readonly link: Link;
    readonly thresholds: readonly number[] | null;
    readonly offsetCol: string | null;
  },
): Scorer {
  const { link, thresholds, offsetCol } = options;
  const { trees, features, baseScores, classes } = data;
  const numOutputs = trees.numOutputs > 1 ? trees.numOutputs : baseScores.length;
  const names = features.map((feature) => feature.name);
  const bins = features.map((feature) =>
    feature.kind === 'category' ? new Map(feature.categories.map((value, i) => [value, i])) : null,
  );
  // a number, or a category's position; NaN is missing, −1 a category that was never seen
  const values = new Float64Array(features.length);
  const sums = new Float64Array(numOutputs);
  const shape = { numOutputs, isShared: classes.length === 0 };
  return (row) => {
    for (let f = 0; f < names.length; f++)
      values[f] = numberOf(row[names[f] as string], bins[f] ?? null);
    sums.fill(0);
    addTrees(trees, values, bins, sums);
    return finish(sums.slice(), {
      offsets: offsetCol === null ? null : offsetsOf(row[offsetCol], offsetCol, shape),
      link,
      baseScores,
      classes,
      thresholds,
      numTrees: trees.numTrees,
    });
  };
}

function numberOf(value: ScorerRow[string], bins: Map<string, number> | null): number {
  if (value === null || value === undefined) return Number.NaN;
  if (bins === null) return Number(value);
  return bins.get(String(value)) ?? -1;
}

/** @param isShared one offset is added to every score */
function offsetsOf(
  value: ScorerRow[string],
  column: string,
  { numOutputs, isShared }: { readonly numOutputs: number; readonly isShared: boolean },
): readonly number[] {
  const one = Number(value ?? Number.NaN);
  const found = Array.isArray(value)
    ? (value as readonly number[])
    : new Array<number>(isShared ? numOutputs : 1).fill(one);
  const bad = found.find((offset) => !Number.isFinite(offset));
  if (bad === undefined && found.length === numOutputs) return found;
  throw offsetInvalid(column, bad ?? found, 'in the row');
}

function addTrees(
  e: TreeEnsemble,
  values: Float64Array,
  bins: readonly (Map<string, number> | null)[],
  sums: Float64Array,
): void {
  const numOutputs = sums.length;
  for (let t = 0; t < e.numTrees; t++) {
    const start = e.treeStart[t] as number;
    let node = start;
    for (let left = e.leftChild[node] as number; left !== 0; left = e.leftChild[node] as number) {
      const feature = e.feature[node] as number;
      const value = values[feature] as number;
      const goesLeft =
        bins[feature] === null
          ? valueGoesLeft(e, node, value)
          : categoryGoesLeft(e, node, Number.isNaN(value) ? null : value);
      node = start + left + (goesLeft ? 0 : 1);
    }
    if (e.numOutputs === 1) {
      const output = t % numOutputs;
      sums[output] = (sums[output] as number) + (e.value[node] as number);
    } else {
      for (let k = 0; k < numOutputs; k++) {
        sums[k] = (sums[k] as number) + (e.value[node * numOutputs + k] as number);
      }
    }
  }
}

function finish(
  sums: Float64Array,
  model: {
    readonly link: Link;
    readonly baseScores: readonly number[];
    readonly offsets: readonly number[] | null;
    readonly classes: readonly ClassValue[];
    readonly thresholds: readonly number[] | null;
    readonly numTrees: number;
  },
): Score {
  const { link, baseScores, classes } = model;
  const none = new Float64Array(0);
  if (link === 'mean') {
    return {
      prediction: (sums[0] as number) / model.numTrees,
      rawPrediction: none,
      probability: none,
    };
  }
  if (link !== 'share')
    for (let k = 0; k < sums.length; k++) {
      const score = (sums[k] as number) + (baseScores[k] as number);
      sums[k] = score + (model.offsets?.[k] ?? 0);
    }
  if (link === 'quantiles')
    return { prediction: sums.sort(), rawPrediction: none, probability: none };
  if (link === 'identity' || link === 'exp' || link === 'logit') {
    const score = sums[0] as number;
    const prediction = link === 'exp' ? exp(score) : link === 'logit' ? logistic(score) : score;
    return { prediction, rawPrediction: none, probability: none };
  }
  const raw = link === 'logistic' ? Float64Array.of(-(sums[0] as number), sums[0] as number) : sums;
  const probability = probabilities(raw, link);
  const code = winners(probability, classes.length, model.thresholds)[0] as number;
  return { prediction: classes[code] as ClassValue, rawPrediction: raw, probability };
}

function probabilities(raw: Float64Array, link: Link): Float64Array {
  if (link === 'logistic') return raw.map((margin) => logistic(margin));
  const out = new Float64Array(raw.length);
  let total = 0;
  let top = Number.NEGATIVE_INFINITY;
  for (const value of raw) top = Math.max(top, value);
  for (let k = 0; k < raw.length; k++) {
    const value = link === 'share' ? (raw[k] as number) : exp((raw[k] as number) - top);
    out[k] = value;
    total += value;
  }
  for (let k = 0; k < out.length; k++)
    out[k] = total > 0 ? (out[k] as number) / total : 1 / out.length;
  return out;
}
