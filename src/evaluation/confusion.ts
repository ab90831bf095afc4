/**
 * How often was which label predicted as what? Cells (label, prediction) with exact weight sums, for any
 * number of classes. Only cells that occur take memory; confusion-metrics.ts says what follows from them.
 */

import { ExactSum } from '../base/exact-sum.ts';
import type { LabelCodes, LabelValue } from '../pipeline/label-values.ts';

/** The cells of one partition, cloneable. */
export interface ConfusionPart {
  readonly labels: readonly LabelValue[];
  readonly predictions: readonly LabelValue[];
  /** Index into labels of each cell. */
  readonly labelOf: Int32Array;
  /** Index into predictions of each cell. */
  readonly predictionOf: Int32Array;
  /** The words of each cell's exact sum, one after another. */
  readonly words: BigInt64Array;
}

/** Counts one partition's rows; a row of weight 0 takes no part. */
export function countConfusion(
  label: LabelCodes,
  prediction: LabelCodes,
  weights: Float64Array | null,
): ConfusionPart {
  const width = Math.max(1, prediction.values.length);
  const cells = new Map<number, number | ExactSum>();
  for (let row = 0; row < label.codes.length; row++) {
    const key = (label.codes[row] as number) * width + (prediction.codes[row] as number);
    if (weights === null) {
      cells.set(key, ((cells.get(key) as number | undefined) ?? 0) + 1);
      continue;
    }
    const weight = weights[row] as number;
    if (weight === 0) continue;
    let sum = cells.get(key);
    if (sum === undefined) {
      sum = new ExactSum();
      cells.set(key, sum);
    }
    (sum as ExactSum).add(weight);
  }
  const keys = [...cells.keys()];
  const words = new BigInt64Array(keys.length * ExactSum.numWords);
  for (const [index, key] of keys.entries()) {
    words.set(sumOf(cells.get(key) as number | ExactSum).toWords(), index * ExactSum.numWords);
  }
  return {
    labels: label.values,
    predictions: prediction.values,
    labelOf: Int32Array.from(keys, (key) => Math.floor(key / width)),
    predictionOf: Int32Array.from(keys, (key) => key % width),
    words,
  };
}

function sumOf(cell: number | ExactSum): ExactSum {
  if (typeof cell !== 'number') return cell;
  const sum = new ExactSum();
  sum.add(cell);
  return sum;
}

/** How often was which label predicted as what? */
export interface Confusion {
  /** Labels and predictions that occur, ascending. */
  readonly classes: readonly LabelValue[];
  /** Weights of rows: `weights[i][j]` is of those with label `classes[i]` and prediction `classes[j]`. */
  readonly weights: readonly (readonly number[])[];
}
