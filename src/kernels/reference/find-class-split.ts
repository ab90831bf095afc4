/**
 * Which split of a chosen feature separates several classes best, by gini or entropy, or parts rows that treatments change
 * most from the others? The twin of
 * wasm/assembly/find-class-split.ts, judged here and scanned by scan-words.ts.
 */
import { log } from '../../base/portable-math.ts';
import { keepsOrder, type Plan } from './forest-plan.ts';
import type { WordRule } from './scan-words.ts';

const weightMask = 0xfffffffffn;
const weightIn = (word: bigint): number => Number(word & weightMask);
const sumOf = (words: readonly bigint[]): bigint => words.reduce((sum, word) => sum + word, 0n);

/** A word a class: rows and weight. */
export class ClassRule implements WordRule {
  readonly numOrders: number;
  readonly #plan: Plan;
  readonly #direction: number;
  readonly #totals: readonly bigint[];
  readonly #allH: bigint;
  readonly #allSquares: number;
  readonly #rowWeight: number;
  #leftSquares = 0;
  #rightSquares = 0;
  #score = Number.NEGATIVE_INFINITY;

  constructor(plan: Plan, totals: readonly bigint[], direction: number) {
    this.#plan = plan;
    this.#direction = direction;
    this.#totals = totals;
    const { words, measure } = plan;
    this.numOrders = measure > 1 ? words / 2 - 1 : words === 2 ? 1 : words;
    this.#allH = sumOf(totals);
    this.#allSquares = totals.reduce((sum, word) => sum + weightIn(word) * weightIn(word), 0);
    this.#rowWeight = weightIn(this.#allH) / Number(this.#allH >> 36n);
  }

  empty(): void {
    this.#leftSquares = 0;
    this.#rightSquares = this.#allSquares;
  }

  moved(entry: readonly bigint[], before: readonly bigint[]): void {
    entry.forEach((word, k) => {
      if (word === 0n) return;
      const w = weightIn(word);
      const l = weightIn(before[k] as bigint);
      const r = weightIn(this.#totals[k] as bigint) - l;
      this.#leftSquares += w * (l + l + w);
      this.#rightSquares -= w * (r + r - w);
    });
  }

  isBest(left: readonly bigint[]): boolean {
    const { minRows, minWeight, measure } = this.#plan;
    const leftH = sumOf(left);
    const rightH = this.#allH - leftH;
    if (Number(leftH >> 36n) < Math.trunc(minRows)) return false;
    if (Number(rightH >> 36n) < Math.trunc(minRows)) return false;
    const L = weightIn(leftH);
    const R = weightIn(rightH);
    if (L < minWeight || R < minWeight) return false;
    if (this.#direction !== 0) {
      // of two classes the second
      const l = weightIn(left[1] as bigint);
      const r = weightIn(this.#totals[1] as bigint) - l;
      if (!keepsOrder(this.#plan, this.#direction, l / L, r / R)) return false;
    }
    if (measure > 1 && !this.#hasAllArms(left)) return false;
    const score =
      measure === 0
        ? (this.#leftSquares * R + this.#rightSquares * L) / (L * R)
        : measure === 1
          ? this.#entropyScore(left, L, R)
          : L * this.#divergenceOf(left.map(weightIn)) +
            R *
              this.#divergenceOf(
                left.map((w, k) => weightIn(this.#totals[k] as bigint) - weightIn(w)),
              );
    if (!(score > this.#score)) return false;
    this.#score = score;
    return true;
  }

  gain(): number {
    return this.#score - this.#nodeScore();
  }

  holdsRows(words: readonly bigint[]): boolean {
    return words.some((word) => word !== 0n);
  }

  weightOf(words: readonly bigint[]): bigint {
    return sumOf(words) & weightMask;
  }

  rowsOf(words: readonly bigint[]): bigint {
    return sumOf(words) >> 36n;
  }

  /** The share of the k-th class; of treatments what the k-th changes. */
  ratioOf(words: readonly bigint[], k: number): number {
    if (this.#plan.measure > 1) {
      const weights = words.map(weightIn);
      return this.#rateOf(weights, k + 1) - this.#rateOf(weights, 0);
    }
    const weight = words.reduce((sum, word) => sum + (word & weightMask), 0n);
    return weightIn(words[k] as bigint) / Number(weight);
  }

  #nodeScore(): number {
    const weight = weightIn(this.#allH);
    const { measure } = this.#plan;
    if (measure === 0) return this.#allSquares / weight;
    if (measure > 1) return weight * this.#divergenceOf(this.#totals.map(weightIn));
    return this.#totals.reduce((score, word) => {
      const w = weightIn(word);
      return w > 0 ? score + w * log(w / weight) : score;
    }, 0);
  }

  /** The share of outcome 1 in the rows of an arm (0 is the untreated ones), after a row of either outcome more. */
  #rateOf(weights: readonly number[], arm: number): number {
    const [of0, of1] = [weights[2 * arm] as number, weights[2 * arm + 1] as number];
    return (of1 + this.#rowWeight) / (of0 + of1 + 2 * this.#rowWeight);
  }

  /** How far the outcomes of treated rows are from that of the others: the mean over the treatments. */
  #divergenceOf(weights: readonly number[]): number {
    const q = this.#rateOf(weights, 0);
    const numTreatments = weights.length / 2 - 1;
    let sum = 0;
    for (let arm = 1; arm <= numTreatments; arm++)
      sum += this.#divergence(this.#rateOf(weights, arm), q);
    return sum / numTreatments;
  }

  #divergence(p: number, q: number): number {
    const { measure } = this.#plan;
    if (measure === 2) return p * log(p / q) + (1 - p) * log((1 - p) / (1 - q));
    const d = (p - q) * (p - q);
    return measure === 3 ? d + d : d / q + d / (1 - q);
  }

  #hasAllArms(left: readonly bigint[]): boolean {
    const rowsOf = (words: readonly bigint[], arm: number): number =>
      Number(((words[2 * arm] as bigint) + (words[2 * arm + 1] as bigint)) >> 36n);
    const least = this.#plan.minArmRows;
    return left.slice(0, left.length / 2).every((_, arm) => {
      const onLeft = rowsOf(left, arm);
      return onLeft >= least && rowsOf(this.#totals, arm) - onLeft >= least;
    });
  }

  #entropyScore(left: readonly bigint[], L: number, R: number): number {
    let onLeft = 0;
    let onRight = 0;
    left.forEach((word, k) => {
      const l = weightIn(word);
      const r = weightIn(this.#totals[k] as bigint) - l;
      if (l > 0) onLeft += l * log(l / L);
      if (r > 0) onRight += r * log(r / R);
    });
    return onLeft + onRight;
  }
}
