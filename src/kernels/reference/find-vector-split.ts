/**
 * Which split of a chosen feature lowers the sum of the variances of several numbers most? The twin of
 * wasm/assembly/find-vector-split.ts, judged here and scanned by scan-words.ts. Candidates are compared by products, as
 * those of one number are.
 */
import type { Plan } from './forest-plan.ts';
import type { WordRule } from './scan-words.ts';

/** The first number's sum, rows and weight, the other numbers' sums. */
export class VectorRule implements WordRule {
  readonly numOrders: number;
  readonly #plan: Plan;
  readonly #mask: bigint;
  readonly #totals: readonly bigint[];
  readonly #allH: bigint;
  readonly #totalH: number;
  #numerator = -1;
  #denominator = 1;

  constructor(plan: Plan, totals: readonly bigint[]) {
    this.#plan = plan;
    this.#totals = totals;
    this.numOrders = plan.words - 1;
    this.#mask = (1n << plan.countShift) - 1n;
    this.#allH = totals[1] as bigint;
    this.#totalH = Number(this.weightOf(totals));
  }

  empty(): void {}

  moved(): void {}

  isBest(left: readonly bigint[]): boolean {
    const { countShift, minRows, minWeight } = this.#plan;
    const leftH = Number(this.weightOf(left));
    const rightH = this.#totalH - leftH;
    const denominator = leftH * rightH;
    let numerator = 0;
    left.forEach((word, w) => {
      if (w === 1) return;
      const d = Number(word) * this.#totalH - Number(this.#totals[w] as bigint) * leftH;
      numerator += d * d;
    });
    if (!(numerator * this.#denominator > this.#numerator * denominator)) return false;
    const h = left[1] as bigint;
    const leftRows = Number(h >> countShift);
    const rightRows = Number((this.#allH - h) >> countShift);
    if (leftRows < Math.trunc(minRows) || rightRows < Math.trunc(minRows)) return false;
    if (leftH < minWeight || rightH < minWeight || denominator <= 0) return false;
    this.#numerator = numerator;
    this.#denominator = denominator;
    return true;
  }

  gain(): number {
    return this.#numerator / this.#denominator / this.#totalH;
  }

  holdsRows(words: readonly bigint[]): boolean {
    return words[1] !== 0n;
  }

  weightOf(words: readonly bigint[]): bigint {
    return (words[1] as bigint) & this.#mask;
  }

  rowsOf(words: readonly bigint[]): bigint {
    return (words[1] as bigint) >> this.#plan.countShift;
  }

  /** The mean of the k-th number; the weight stands between the first and the others. */
  ratioOf(words: readonly bigint[], k: number): number {
    return Number(words[k === 0 ? 0 : k + 1]) / Number(this.weightOf(words));
  }
}
