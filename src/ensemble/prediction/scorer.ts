/**
 * Scores one row at a time on the calling thread, without a table: a row's values in, prediction and
 * probabilities out. Trees are added in their order, so the bits are those of transform. The first rows walk
 * the trees as they lie; whoever scores more gets them laid out for the kernels.
 */
import { exp, logistic } from '../../base/portable-math.ts';
import { winnerAt } from '../../pipeline/class-columns.ts';
import { offsetsOfRow } from '../../pipeline/offset-column.ts';
import {
  type NamedCells,
  type Prediction,
  RowReader,
  type Score,
  type Scorer,
  type ScorerCell,
  type ScorerRow,
  type ScorerValue,
} from '../../pipeline/row-reader.ts';
import type { ClassValue } from '../../training/messages.ts';
import { leafValue } from '../../tree/linear-leaves.ts';
import { planeGoesLeft } from '../../tree/prediction/plane-walk.ts';
import { RowWalker } from '../../tree/prediction/row-walker.ts';
import { categoryGoesLeft, valueGoesLeft } from '../../tree/predictor.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import { flagOf, type Link } from './batch-scores.ts';

export type { NamedCells, Prediction, Score, Scorer, ScorerCell, ScorerRow, ScorerValue };

/** How a model's scorer works. */
export interface ScorerOptions {
  readonly link: Link;
  readonly thresholds: readonly number[] | null;
  readonly offsetCol: string | null;
  /** Whether a prediction is a vector, of one number too, as in the column of `labelCols`. */
  readonly isVector?: boolean | undefined;
  /** Rows before the trees are laid out: so many cost about as much as the layout. */
  readonly plainRows?: number | undefined;
}

/** Makes the scorer of a model. */
export function makeScorer(data: TreeModelData, options: ScorerOptions): Scorer {
  const { trees, features, baseScores } = data;
  const { plainRows = 32 } = options;
  const numOutputs = trees.numOutputs > 1 ? trees.numOutputs : baseScores.length;
  const reader = new RowReader(features, data.inputSchema, data.paths);
  const isCategory = features.map(({ kind }) => kind === 'category');
  const sums = new Float64Array(numOutputs);
  const finish = finisher(data, options, numOutputs);
  let walker: RowWalker | null = null;
  let count = 0;
  return (row: object) => {
    reader.read(row);
    const isPlain = trees.linear !== undefined || trees.planes !== undefined;
    if (isPlain || (walker === null && count++ < plainRows)) {
      sums.fill(0);
      addTrees(trees, reader.values, isCategory, sums);
      return finish(sums, row);
    }
    walker ??= new RowWalker(trees, numOutputs, reader.numCategories);
    return finish(walker.run(reader.values), row);
  };
}

function addTrees(
  e: TreeEnsemble,
  values: Float64Array,
  isCategory: readonly boolean[],
  sums: Float64Array,
): void {
  const numOutputs = sums.length;
  const { planes } = e;
  const row = { values, first: 0 };
  for (let t = 0; t < e.numTrees; t++) {
    const start = e.treeStart[t] as number;
    let node = start;
    for (let left = e.leftChild[node] as number; left !== 0; left = e.leftChild[node] as number) {
      const feature = e.feature[node] as number;
      const value = values[feature] as number;
      const goesLeft =
        planes !== undefined
          ? planeGoesLeft(e, planes, node, row)
          : isCategory[feature]
            ? categoryGoesLeft(e, node, Number.isNaN(value) ? null : value)
            : valueGoesLeft(e, node, value);
      node = start + left + (goesLeft ? 0 : 1);
    }
    if (e.numOutputs === 1) {
      const output = t % numOutputs;
      const value = leafValue(e, t, node, (f) => values[f] as number);
      sums[output] = (sums[output] as number) + value;
    } else {
      for (let k = 0; k < numOutputs; k++) {
        sums[k] = (sums[k] as number) + (e.value[node * numOutputs + k] as number);
      }
    }
  }
}

/** From a score to the number that is predicted. */
const regressionLinks: Readonly<Partial<Record<Link, (score: number) => number>>> = {
  identity: (score) => score,
  exp: (score) => exp(score),
  expLessOne: (score) => exp(score) - 1,
  logit: (score) => logistic(score),
};

/** What makes a score of sums, which it leaves alone. */
function finisher(
  data: TreeModelData,
  options: ScorerOptions,
  numOutputs: number,
): (sums: Float64Array, row: object) => Score {
  const { link, thresholds, offsetCol, isVector = false } = options;
  const isNumber = numOutputs === 1 && !isVector;
  const { baseScores, classes } = data;
  const { numTrees } = data.trees;
  const none = new Float64Array(0);
  const regression = (prediction: number | Float64Array): Score => ({
    prediction,
    rawPrediction: none,
    probability: none,
  });
  const classification = (raw: Float64Array, probability: Float64Array): Score => {
    const code = winnerAt(probability, 0, classes.length, thresholds);
    return { prediction: classes[code] as ClassValue, rawPrediction: raw, probability };
  };
  if (link === 'mean' && isNumber) return (sums) => regression((sums[0] as number) / numTrees);
  if (link === 'mean') return (sums) => regression(sums.map((sum) => sum / numTrees));
  if (link === 'share') {
    return (sums) => {
      const raw = sums.slice();
      return classification(raw, shares(raw));
    };
  }
  const scoreAt = (sums: Float64Array, k: number, offsets: readonly number[] | null): number =>
    (sums[k] as number) + (baseScores[k] as number) + (offsets === null ? 0 : (offsets[k] ?? 0));
  const shape = { numOutputs, isShared: classes.length === 0 };
  const offsetsOf = (row: object): readonly number[] | null =>
    offsetCol === null ? null : offsetsOfRow(row, offsetCol, shape);
  const predictionOf = regressionLinks[link];
  if (predictionOf !== undefined && isNumber)
    return (sums, row) => regression(predictionOf(scoreAt(sums, 0, offsetsOf(row))));
  if (link === 'logistic') {
    return (sums, row) => {
      const margin = scoreAt(sums, 0, offsetsOf(row));
      const raw = new Float64Array(2);
      raw[0] = -margin;
      raw[1] = margin;
      const probability = new Float64Array(2);
      probability[0] = logistic(-margin);
      probability[1] = logistic(margin);
      return classification(raw, probability);
    };
  }
  const scoresOf = (sums: Float64Array, row: object): Float64Array => {
    const offsets = offsetsOf(row);
    return sums.map((_, k) => scoreAt(sums, k, offsets));
  };
  if (predictionOf !== undefined)
    return (sums, row) => regression(scoresOf(sums, row).map(predictionOf));
  if (link === 'flags') {
    return (sums, row) => {
      const raw = scoresOf(sums, row);
      const prediction = raw.map((margin, k) => flagOf(margin, thresholds?.[k]));
      return { prediction, rawPrediction: raw, probability: raw.map(logistic) };
    };
  }
  if (link === 'quantiles') return (sums, row) => regression(scoresOf(sums, row).sort());
  return (sums, row) => {
    const raw = scoresOf(sums, row);
    return classification(raw, link === 'oneVsAll' ? shares(raw.map(logistic)) : softmax(raw));
  };
}

function softmax(raw: Float64Array): Float64Array {
  let top = Number.NEGATIVE_INFINITY;
  for (const value of raw) top = Math.max(top, value);
  const out = new Float64Array(raw.length);
  for (let k = 0; k < raw.length; k++) out[k] = exp((raw[k] as number) - top);
  return shares(out);
}

/** Each value's share of the total, in equal parts where there is none. */
function shares(values: Float64Array): Float64Array {
  let total = 0;
  for (const value of values) total += value;
  const out = new Float64Array(values.length);
  for (let k = 0; k < out.length; k++)
    out[k] = total > 0 ? (values[k] as number) / total : 1 / out.length;
  return out;
}
