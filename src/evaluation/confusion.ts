/**
 * How often was which label predicted as what? Cells (label, prediction) with exact weight sums, for any
 * number of classes, and the metrics that follow from them. Only cells that occur take memory.
 */

import { ratioOf } from '../base/exact-ratio.ts';
import { ExactSum } from '../base/exact-sum.ts';
import {
  compareLabels,
  type LabelCodes,
  type LabelValue,
  labelKey,
} from '../pipeline/label-values.ts';

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

/** The rows of one class, by what became of them. */
interface ClassTotals {
  readonly value: LabelValue;
  readonly truePositive: ExactSum;
  readonly labelled: ExactSum;
  readonly predicted: ExactSum;
}

/** Exact counts of every label and prediction. */
export class ConfusionMatrix {
  readonly #classes = new Map<number | string, ClassTotals>();
  readonly #total = new ExactSum();
  readonly #correct = new ExactSum();
  readonly #cells = new Map<string, ExactSum>();

  /** Adds up the cells of all partitions. */
  constructor(parts: readonly ConfusionPart[]) {
    for (const part of parts) {
      for (let cell = 0; cell < part.labelOf.length; cell++) this.#addCell(part, cell);
    }
  }

  #addCell(part: ConfusionPart, cell: number): void {
    const first = cell * ExactSum.numWords;
    const sum = ExactSum.fromWords(part.words.subarray(first, first + ExactSum.numWords));
    const label = this.#classOf(part.labels[part.labelOf[cell] as number] as LabelValue);
    const prediction = this.#classOf(
      part.predictions[part.predictionOf[cell] as number] as LabelValue,
    );
    const key = cellKey(label.value, prediction.value);
    const known = this.#cells.get(key) ?? new ExactSum();
    this.#cells.set(key, known);
    known.merge(sum);
    this.#total.merge(sum);
    label.labelled.merge(sum);
    prediction.predicted.merge(sum);
    if (label !== prediction) return;
    this.#correct.merge(sum);
    label.truePositive.merge(sum);
  }

  #classOf(value: LabelValue): ClassTotals {
    const key = labelKey(value);
    let found = this.#classes.get(key);
    if (found === undefined) {
      found = {
        value,
        truePositive: new ExactSum(),
        labelled: new ExactSum(),
        predicted: new ExactSum(),
      };
      this.#classes.set(key, found);
    }
    return found;
  }

  /** Every value seen as a label or a prediction, ascending. */
  get values(): LabelValue[] {
    return [...this.#classes.values()].map((one) => one.value).sort(compareLabels);
  }

  /** The weight of the rows of every label (down) and prediction (across). */
  get weights(): number[][] {
    const { values } = this;
    return values.map((label) =>
      values.map((prediction) => this.#cells.get(cellKey(label, prediction))?.value() ?? 0),
    );
  }

  /** The weight of all rows. */
  get total(): number {
    return this.#total.value();
  }

  /** The share of rows whose prediction is their label. */
  get accuracy(): number {
    return ratioOf(this.#correct, this.#total);
  }

  /** The metrics of one class against all others; all 0 for a value that never occurs. */
  of(value: LabelValue, beta = 1): ClassMetrics {
    const found = this.#classes.get(labelKey(value));
    if (found === undefined)
      return { labelShare: 0, precision: 0, recall: 0, falsePositiveRate: 0, fMeasure: 0 };
    const truePositive = found.truePositive.value();
    const labelled = found.labelled.value();
    const predicted = found.predicted.value();
    const total = this.#total.value();
    const precision = predicted === 0 ? 0 : truePositive / predicted;
    const recall = labelled === 0 ? 0 : truePositive / labelled;
    const others = total - labelled;
    const squared = beta * beta;
    const below = squared * precision + recall;
    return {
      labelShare: labelled / total,
      precision,
      recall,
      falsePositiveRate: others === 0 ? 0 : (predicted - truePositive) / others,
      fMeasure: below === 0 ? 0 : ((1 + squared) * precision * recall) / below,
    };
  }

  /** The mean of a class metric, weighted by the classes' shares of the labels. */
  weighted(metric: Exclude<keyof ClassMetrics, 'labelShare'>, beta = 1): number {
    return this.values.reduce<number>((sum, value) => {
      const metrics = this.of(value, beta);
      return sum + metrics[metric] * metrics.labelShare;
    }, 0);
  }
}

function cellKey(label: LabelValue, prediction: LabelValue): string {
  return JSON.stringify([labelKey(label), labelKey(prediction)]);
}

/** How often was which label predicted as what? */
export interface Confusion {
  /** Labels and predictions that occur, ascending. */
  readonly classes: readonly LabelValue[];
  /** Weights of rows: `weights[i][j]` is of those with label `classes[i]` and prediction `classes[j]`. */
  readonly weights: readonly (readonly number[])[];
}

/** One class against all others. */
export interface ClassMetrics {
  /** The share of rows with this label. */
  readonly labelShare: number;
  readonly precision: number;
  readonly recall: number;
  readonly falsePositiveRate: number;
  readonly fMeasure: number;
}
