/**
 * Which split of a chosen feature lowers the sum of the variances of several numbers most? The twin of
 * wasm/assembly/find-vector-split.ts. Candidates are compared by products, as those of one number are; ties stay
 * with the lower bin, missing on the left.
 */
import { randomPosition } from './find-ratio-split.ts';
import type { Chosen, Plan } from './forest-plan.ts';
import { hasBin, orderByRatio, writeLeftBins } from './left-bins.ts';
import { randomSide } from './random-cut.ts';
import type { Views } from './views.ts';

interface Entry {
  readonly bin: number;
  /** The first number's sum, rows and weight, the other numbers' sums. */
  readonly words: readonly bigint[];
}

/** The best split of one feature. */
export class VectorScan {
  readonly #m: Views;
  readonly #plan: Plan;
  readonly #chosen: Chosen;
  readonly #best: number;
  readonly #mask: bigint;
  readonly #totals: readonly bigint[];
  readonly #allH: bigint;
  readonly #totalH: number;
  readonly #present: Entry[] = [];
  #missing: Entry | null = null;
  #left: bigint[] = [];
  #numerator = -1;
  #denominator = 1;
  #at = -1;
  #missingGoesLeft = false;
  #bestLeft: readonly bigint[] = [];
  #order: readonly number[] = [];

  constructor(m: Views, plan: Plan, chosen: Chosen, best: number) {
    this.#m = m;
    this.#plan = plan;
    this.#chosen = chosen;
    this.#best = best;
    this.#mask = (1n << plan.countShift) - 1n;
    this.#totals = this.#wordsAt(best + 64);
    this.#allH = this.#totals[1] as bigint;
    this.#totalH = this.#weightOf(this.#totals);
  }

  /** Takes the entries of the feature, which are clear afterwards; −Infinity where no split is allowed. */
  scan(hist: number, key: number): number {
    this.#gather(hist + this.#chosen.firstEntry * this.#plan.words * 8);
    if (this.#chosen.isCategory) this.#scanCategories(key);
    else this.#scanValues(key);
    if (this.#at < 0) return Number.NEGATIVE_INFINITY;
    return this.#numerator / this.#denominator / this.#totalH;
  }

  #wordsAt(address: number): bigint[] {
    return Array.from({ length: this.#plan.words }, (_, w) => this.#m.i64(address + w * 8));
  }

  #weightOf(words: readonly bigint[]): number {
    return Number((words[1] as bigint) & this.#mask);
  }

  #gather(entries: number): void {
    const bytes = this.#plan.words * 8;
    const { numValues, missingAt } = this.#chosen;
    const take = (at: number, bin: number): Entry | null => {
      const words = this.#wordsAt(entries + at * bytes);
      this.#m.fillZero(entries + at * bytes, bytes);
      return words[1] === 0n ? null : { bin, words };
    };
    this.#missing = take(missingAt, numValues);
    for (let bin = 0; bin < numValues; bin++) {
      const found = take(bin, bin);
      if (found !== null) this.#present.push(found);
    }
  }

  #emptyLeft(): void {
    this.#left = this.#totals.map(() => 0n);
  }

  #moveLeft(entry: Entry): void {
    this.#left = this.#left.map((word, w) => word + (entry.words[w] as bigint));
  }

  #consider(at: number, missingGoesLeft: boolean): void {
    const { countShift, minRows, minWeight } = this.#plan;
    const leftH = this.#weightOf(this.#left);
    const rightH = this.#totalH - leftH;
    const denominator = leftH * rightH;
    let numerator = 0;
    this.#left.forEach((word, w) => {
      if (w === 1) return;
      const d = Number(word) * this.#totalH - Number(this.#totals[w] as bigint) * leftH;
      numerator += d * d;
    });
    if (!(numerator * this.#denominator > this.#numerator * denominator)) return;
    const h = this.#left[1] as bigint;
    const leftRows = Number(h >> countShift);
    const rightRows = Number((this.#allH - h) >> countShift);
    if (leftRows < Math.trunc(minRows) || rightRows < Math.trunc(minRows)) return;
    if (leftH < minWeight || rightH < minWeight || denominator <= 0) return;
    this.#numerator = numerator;
    this.#denominator = denominator;
    this.#at = at;
    this.#missingGoesLeft = missingGoesLeft;
    this.#bestLeft = this.#left;
  }

  #scanValues(key: number): void {
    const present = this.#present;
    const count = present.length;
    if (count === 0) return;
    const only = this.#plan.isRandom ? randomPosition(present, key, this.#chosen.index) : -1;
    const missing = this.#missing;
    for (const missingGoesLeft of missing === null ? [false] : [true, false]) {
      this.#emptyLeft();
      if (missingGoesLeft && missing !== null) this.#moveLeft(missing);
      // all values on the left is a split only where missing ones are on the right
      const end = missing !== null && !missingGoesLeft ? count : count - 1;
      present.slice(0, end).forEach((entry, i) => {
        this.#moveLeft(entry);
        if (only < 0 || i === only) this.#consider(i, missingGoesLeft);
      });
    }
  }

  #scanCategories(key: number): void {
    const present = this.#present;
    if (this.#missing !== null) present.push(this.#missing);
    const count = present.length;
    if (this.#plan.isRandom) {
      this.#takeRandomSide(key);
      return;
    }
    const limit = Math.min(count - 1, this.#plan.maxCategories);
    for (let k = 0; k < this.#plan.words - 1; k++) {
      const order = this.#orderByMean(k);
      for (const direction of [0, 1]) {
        this.#emptyLeft();
        for (let i = 0; i < limit; i++) {
          this.#moveLeft(present[order[direction ? count - 1 - i : i] as number] as Entry);
          this.#consider(k * 2 ** 17 + i * 2 + direction, false);
        }
      }
    }
    if (this.#at >= 0) this.#order = this.#orderByMean(Math.floor(this.#at / 2 ** 17));
  }

  #orderByMean(k: number): number[] {
    const word = k === 0 ? 0 : k + 1;
    return orderByRatio(
      this.#present.map(({ words }) => Number(words[word]) / this.#weightOf(words)),
    );
  }

  #takeRandomSide(key: number): void {
    const present = this.#present;
    const left: number[] = [];
    const right: number[] = [];
    this.#emptyLeft();
    present.forEach((entry, i) => {
      if (randomSide(key, this.#chosen.index, entry.bin)) {
        left.push(i);
        this.#moveLeft(entry);
      } else {
        right.unshift(i);
      }
    });
    this.#order = [...left, ...right];
    if (left.length > 0 && right.length > 0) this.#consider((left.length - 1) * 2, false);
  }

  /** Writes the feature's best split behind the head of `best`. */
  commit(): void {
    const m = this.#m;
    const best = this.#best;
    const { numValues, isCategory } = this.#chosen;
    const bytes = this.#plan.words * 8;
    this.#bestLeft.forEach((word, w) => {
      m.setI64(best + 64 + bytes + w * 8, word);
    });
    const leftH = (this.#bestLeft[1] as bigint) & this.#mask;
    const heavier = 2n * leftH >= (this.#allH & this.#mask);
    m.setU32(best + 44, heavier ? 1 : 0);
    if (!isCategory) {
      const missingGoesLeft = this.#missing === null ? heavier : this.#missingGoesLeft;
      m.setU32(best + 16, (this.#present[this.#at] as Entry).bin);
      m.setU32(best + 20, this.#present[this.#at + 1]?.bin ?? numValues);
      m.setU32(best + 24, missingGoesLeft ? 1 : 0);
      m.setU32(best + 28, 0);
      return;
    }
    const leftBins = best + 64 + 2 * bytes;
    const numLeft = ((this.#at % 2 ** 17) >> 1) + 1;
    const order = this.#at & 1 ? [...this.#order].reverse() : this.#order;
    const present = order.map((i) => (this.#present[i] as Entry).bin);
    writeLeftBins(m, leftBins, numValues, { present, numLeft, heavier });
    const missingGoesLeft = this.#missing === null ? heavier : hasBin(m, leftBins, numValues);
    m.setU32(best + 16, -1);
    m.setU32(best + 20, -1);
    m.setU32(best + 24, missingGoesLeft ? 1 : 0);
    m.setU32(best + 28, numLeft);
  }
}
