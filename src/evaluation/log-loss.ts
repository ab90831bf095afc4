/** Log loss and Brier score as exact sums of each row's term; the logarithm is the portable one. */
import { ExactSum } from '../base/exact-sum.ts';
import { log } from '../base/portable-math.ts';

/** −log p with p kept inside [eps, 1 − eps]. */
export function lossOf(probability: number, eps: number): number {
  return -log(Math.min(Math.max(probability, eps), 1 - eps));
}

/** A weighted mean to be: Σ w·x and Σ w, cloneable. */
export interface MeanPart {
  readonly sum: BigInt64Array;
  readonly weight: BigInt64Array;
}

/** A weighted mean as exact sums. */
export class ExactMean {
  readonly sum: ExactSum = new ExactSum();
  readonly weight: ExactSum = new ExactSum();

  /** Adds one value. */
  add(value: number, weight: number): void {
    this.sum.addProduct(value, weight);
    this.weight.add(weight);
  }

  /** Adds what a part holds. */
  merge(part: MeanPart): void {
    this.sum.merge(ExactSum.fromWords(part.sum));
    this.weight.merge(ExactSum.fromWords(part.weight));
  }

  /** The cloneable form. */
  toPart(): MeanPart {
    return { sum: this.sum.toWords(), weight: this.weight.toWords() };
  }
}
