/** The score of out-of-bag predictions, from exact sums: the order of rows and partitions cannot show. */
import { ExactSum } from '../../base/exact-sum.ts';
import { log } from '../../base/portable-math.ts';

/** A log loss takes no probability below it, as scikit-learn's does. */
const leastProbability = 2 ** -52;

/** Rows as they were predicted: a number, or a probability a class and the class that was chosen. */
export interface PredictedRows {
  /** Numbers, or positions among the classes. */
  readonly labels: Float64Array;
  readonly weights: Float64Array | null;
  readonly predictions: Float64Array;
  /** Null for numbers. */
  readonly codes: Int32Array | null;
}

/** Adds up rows. */
export class OutOfBagScore {
  readonly #weight = new ExactSum();
  readonly #label = new ExactSum();
  readonly #square = new ExactSum();
  readonly #loss = new ExactSum();
  readonly #right = new ExactSum();
  readonly #isClass: boolean;

  constructor(isClass: boolean) {
    this.#isClass = isClass;
  }

  /** Adds rows. */
  add({ labels, weights, predictions, codes }: PredictedRows): void {
    const width = labels.length === 0 ? 1 : predictions.length / labels.length;
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i] as number;
      const weight = weights?.[i] ?? 1;
      this.#weight.add(weight);
      if (codes === null) {
        const error = (predictions[i] as number) - label;
        this.#label.addProduct(label, weight);
        this.#square.addProduct(label * label, weight);
        this.#loss.addProduct(error * error, weight);
      } else {
        const probability = Math.max(leastProbability, predictions[i * width + label] as number);
        this.#loss.addProduct(-log(probability), weight);
        if (codes[i] === label) this.#right.add(weight);
      }
    }
  }

  /** R² and root mean squared error, or accuracy and log loss; NaN of no row. */
  value(): { readonly score: number; readonly loss: number } {
    const weight = this.#weight.value();
    const loss = this.#loss.value() / weight;
    if (this.#isClass) return { score: this.#right.value() / weight, loss };
    const mean = this.#label.value() / weight;
    const spread = this.#square.value() / weight - mean * mean;
    return { score: 1 - loss / spread, loss: Math.sqrt(loss) };
  }
}
