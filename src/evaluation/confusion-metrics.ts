/** What follows from how often which label was predicted as what: the metrics of classes, exact, for any number of them. */
import { ratioOf } from '../base/exact-ratio.ts';
import { ExactSum } from '../base/exact-sum.ts';
import { compareLabels, type LabelValue, labelKey } from '../pipeline/label-values.ts';
import type { Confusion, ConfusionPart } from './confusion.ts';
import type { Metrics } from './evaluators/evaluator.ts';

/** The metrics of two classes. */
export async function binaryPredictionMetrics(
  parts: readonly ConfusionPart[],
  positive: LabelValue,
): Promise<Metrics> {
  const matrix = new ConfusionMatrix(parts);
  const { labelShare, precision, recall, fMeasure, falsePositiveRate } = matrix.of(positive);
  return {
    accuracy: matrix.accuracy,
    balancedAccuracy: matrix.balancedAccuracy,
    f1: fMeasure,
    precision,
    recall,
    // as `recall` is 0 without rows to be found
    specificity: labelShare === 1 ? 0 : 1 - falsePositiveRate,
    matthewsCorrelation: matrix.matthewsCorrelation,
  };
}

/** The metrics of any number of classes, of one label only where that is known; null where no row has a weight. */
export async function classMetrics(
  parts: readonly ConfusionPart[],
  {
    beta,
    metricLabel,
    isKnown,
  }: { readonly beta: number; readonly metricLabel: LabelValue; readonly isKnown: boolean },
): Promise<Metrics | null> {
  const matrix = new ConfusionMatrix(parts);
  if (matrix.total === 0) return null;
  const ofLabel = matrix.of(metricLabel, beta);
  const weightedRecall = matrix.weighted('recall');
  return {
    f1: matrix.weighted('fMeasure'),
    accuracy: matrix.accuracy,
    weightedPrecision: matrix.weighted('precision'),
    weightedRecall,
    weightedTruePositiveRate: weightedRecall,
    weightedFalsePositiveRate: matrix.weighted('falsePositiveRate'),
    weightedFMeasure: matrix.weighted('fMeasure', beta),
    ...(isKnown && {
      truePositiveRateByLabel: ofLabel.recall,
      falsePositiveRateByLabel: ofLabel.falsePositiveRate,
      precisionByLabel: ofLabel.precision,
      recallByLabel: ofLabel.recall,
      fMeasureByLabel: ofLabel.fMeasure,
    }),
    hammingLoss: 1 - matrix.accuracy,
    balancedAccuracy: matrix.balancedAccuracy,
    matthewsCorrelation: matrix.matthewsCorrelation,
    cohenKappa: matrix.cohenKappa,
    macroPrecision: matrix.mean('precision'),
    macroFMeasure: matrix.mean('fMeasure', beta),
  };
}

/** The confusion matrix; null where no row has a weight. */
export async function confusionOf(parts: readonly ConfusionPart[]): Promise<Confusion | null> {
  const matrix = new ConfusionMatrix(parts);
  return matrix.total === 0 ? null : { classes: matrix.values, weights: matrix.weights };
}

/** The rows of one class, by what became of them. */
interface ClassTotals {
  readonly value: LabelValue;
  readonly truePositive: ExactSum;
  readonly labelled: ExactSum;
  readonly predicted: ExactSum;
}

/** Exact counts of every label and prediction. */
class ConfusionMatrix {
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

  /** The mean share of the rows of each label that are predicted right. */
  get balancedAccuracy(): number {
    const recalls = this.#sorted.flatMap(({ truePositive, labelled }) =>
      labelled.value() === 0 ? [] : [truePositive.value() / labelled.value()],
    );
    return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
  }

  /** The correlation of labels and predictions, for any number of classes; 0 where one of them is the same in all rows. */
  get matthewsCorrelation(): number {
    const total = this.#total.value();
    const { agreement, labels, predictions } = this.#chances;
    // of the product, so that a perfect prediction is 1
    const spread = Math.sqrt(Math.max(0, 1 - labels) * Math.max(0, 1 - predictions));
    return spread === 0 ? 0 : (this.#correct.value() / total - agreement) / spread;
  }

  /** How far rows are predicted right more often than by chance; NaN where chance is always right. */
  get cohenKappa(): number {
    const { agreement } = this.#chances;
    return (this.accuracy - agreement) / (1 - agreement);
  }

  /** How often two draws are alike: of a label and a prediction, of two labels, of two predictions. */
  get #chances(): { agreement: number; labels: number; predictions: number } {
    const total = this.#total.value();
    const chances = { agreement: 0, labels: 0, predictions: 0 };
    for (const { labelled, predicted } of this.#sorted) {
      const [l, p] = [labelled.value() / total, predicted.value() / total];
      chances.agreement += l * p;
      chances.labels += l * l;
      chances.predictions += p * p;
    }
    return chances;
  }

  /** Classes in one order, whatever the order of the parts. */
  get #sorted(): ClassTotals[] {
    return [...this.#classes.values()].sort((a, b) => compareLabels(a.value, b.value));
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

  /** The mean of a class metric over all classes. */
  mean(metric: keyof ClassMetrics, beta = 1): number {
    const { values } = this;
    return (
      values.reduce<number>((sum, value) => sum + this.of(value, beta)[metric], 0) / values.length
    );
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

/** One class against all others. */
interface ClassMetrics {
  /** The share of rows with this label. */
  readonly labelShare: number;
  readonly precision: number;
  readonly recall: number;
  readonly falsePositiveRate: number;
  readonly fMeasure: number;
}
