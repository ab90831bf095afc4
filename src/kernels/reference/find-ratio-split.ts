/**
 * Which split of a chosen feature separates best what a node's rows sum up to: the variance of a number, or two
 * classes by gini? The twin of wasm/assembly/find-ratio-split.ts. Candidates of a feature are compared by
 * products, and one division gives the feature's gain; ties stay with the lower bin, missing on the left.
 */
import { type Chosen, keepsNames, keepsOrder, type Plan } from './forest-plan.ts';
import { hasBin, orderByRatio, writeLeftBins } from './left-bins.ts';
import { randomCut, randomSide } from './random-cut.ts';
import type { Views } from './views.ts';

interface Entry {
  readonly bin: number;
  readonly x: bigint;
  readonly h: bigint;
}

/** The best split of one feature. */
export class RatioScan {
  readonly #m: Views;
  readonly #plan: Plan;
  readonly #chosen: Chosen;
  readonly #best: number;
  readonly #mask: bigint;
  readonly #totalX: number;
  readonly #totalH: number;
  readonly #allH: bigint;
  readonly #present: Entry[] = [];
  #missing: Entry | null = null;
  #numerator = -1;
  #denominator = 1;
  #at = -1;
  #missingGoesLeft = false;
  #x = 0n;
  #h = 0n;
  #order: readonly number[] = [];

  constructor(m: Views, plan: Plan, chosen: Chosen, best: number) {
    this.#m = m;
    this.#plan = plan;
    this.#chosen = chosen;
    this.#best = best;
    this.#mask = (1n << plan.countShift) - 1n;
    this.#allH = m.i64(best + 72);
    this.#totalX = Number(m.i64(best + 64));
    this.#totalH = Number(this.#allH & this.#mask);
  }

  /** Takes the entries of the feature, which are clear afterwards; −Infinity where no split is allowed. */
  scan(hist: number, key: number): number {
    this.#gather(hist + this.#chosen.firstEntry * 16);
    if (this.#chosen.isCategory) this.#scanCategories(key);
    else this.#scanValues(key);
    if (this.#at < 0) return Number.NEGATIVE_INFINITY;
    const gain = this.#numerator / this.#denominator / this.#totalH;
    return this.#plan.kind === 1 ? 2 * gain : gain;
  }

  #gather(entries: number): void {
    const m = this.#m;
    const { numValues, missingAt } = this.#chosen;
    const take = (at: number, bin: number): Entry | null => {
      const found = { bin, x: m.i64(entries + at * 16), h: m.i64(entries + at * 16 + 8) };
      m.fillZero(entries + at * 16, 16);
      return found.h === 0n ? null : found;
    };
    this.#missing = take(missingAt, numValues);
    for (let bin = 0; bin < numValues; bin++) {
      const found = take(bin, bin);
      if (found !== null) this.#present.push(found);
    }
  }

  #consider(x: bigint, h: bigint, at: number, missingGoesLeft: boolean): void {
    const { countShift, minRows, minWeight } = this.#plan;
    const leftH = Number(h & this.#mask);
    const rightH = this.#totalH - leftH;
    const d = Number(x) * this.#totalH - this.#totalX * leftH;
    const numerator = d * d;
    const denominator = leftH * rightH;
    if (!(numerator * this.#denominator > this.#numerator * denominator)) return;
    const leftRows = Number(h >> countShift);
    const rightRows = Number((this.#allH - h) >> countShift);
    if (leftRows < Math.trunc(minRows) || rightRows < Math.trunc(minRows)) return;
    if (leftH < minWeight || rightH < minWeight || denominator <= 0) return;
    const { direction } = this.#chosen;
    const values = [Number(x) / leftH, (this.#totalX - Number(x)) / rightH] as const;
    if (direction !== 0 && !keepsOrder(this.#plan, direction, ...values)) return;
    this.#numerator = numerator;
    this.#denominator = denominator;
    this.#at = at;
    this.#missingGoesLeft = missingGoesLeft;
    this.#x = x;
    this.#h = h;
  }

  #scanValues(key: number): void {
    const present = this.#present;
    const count = present.length;
    if (count === 0) return;
    const only = this.#plan.isRandom ? randomPosition(present, key, this.#chosen.index) : -1;
    const missing = this.#missing;
    for (const missingGoesLeft of missing === null ? [false] : [true, false]) {
      let x = missingGoesLeft && missing !== null ? missing.x : 0n;
      let h = missingGoesLeft && missing !== null ? missing.h : 0n;
      // all values on the left is a split only where missing ones are on the right
      const end = missing !== null && !missingGoesLeft ? count : count - 1;
      present.slice(0, end).forEach((entry, i) => {
        x += entry.x;
        h += entry.h;
        if (only < 0 || i === only) this.#consider(x, h, i, missingGoesLeft);
      });
    }
  }

  #scanCategories(key: number): void {
    const present = this.#present;
    if (this.#missing !== null) present.push(this.#missing);
    const count = present.length;
    if (this.#plan.isRandom) {
      const isLeft = present.map(({ bin }) => randomSide(key, this.#chosen.index, bin));
      const [left, right] = [true, false].map((side) => [
        ...isLeft.flatMap((onLeft, i) => (onLeft === side ? [i] : [])),
      ]) as [number[], number[]];
      this.#order = [...left, ...right.reverse()];
      const sums = left.map((i) => present[i] as Entry);
      const x = sums.reduce((sum, entry) => sum + entry.x, 0n);
      const h = sums.reduce((sum, entry) => sum + entry.h, 0n);
      if (left.length > 0 && right.length > 0) this.#consider(x, h, (left.length - 1) * 2, false);
      return;
    }
    const isByName = keepsNames(this.#plan, Number(this.#allH >> this.#plan.countShift), count);
    this.#order = isByName
      ? present.map((_, i) => i)
      : orderByRatio(present.map(({ x, h }) => Number(x) / Number(h & this.#mask)));
    const limit = isByName ? count - 1 : Math.min(count - 1, this.#plan.maxCategories);
    for (const direction of [0, 1]) {
      let x = 0n;
      let h = 0n;
      for (let i = 0; i < limit; i++) {
        const entry = present[this.#order[direction ? count - 1 - i : i] as number] as Entry;
        x += entry.x;
        h += entry.h;
        this.#consider(x, h, i * 2 + direction, false);
      }
    }
  }

  /** Writes the feature's best split behind the head of `best`. */
  commit(): void {
    const m = this.#m;
    const best = this.#best;
    const { numValues, isCategory } = this.#chosen;
    m.setI64(best + 80, this.#x);
    m.setI64(best + 88, this.#h);
    const heavier = 2n * (this.#h & this.#mask) >= (this.#allH & this.#mask);
    m.setU32(best + 44, heavier ? 1 : 0);
    if (!isCategory) {
      const missingGoesLeft = this.#missing === null ? heavier : this.#missingGoesLeft;
      m.setU32(best + 16, (this.#present[this.#at] as Entry).bin);
      m.setU32(best + 20, this.#present[this.#at + 1]?.bin ?? numValues);
      m.setU32(best + 24, missingGoesLeft ? 1 : 0);
      m.setU32(best + 28, 0);
      return;
    }
    const numLeft = (this.#at >> 1) + 1;
    const order = this.#at & 1 ? [...this.#order].reverse() : this.#order;
    const present = order.map((i) => (this.#present[i] as Entry).bin);
    writeLeftBins(m, best + 96, numValues, { present, numLeft, heavier });
    const missingGoesLeft = this.#missing === null ? heavier : hasBin(m, best + 96, numValues);
    m.setU32(best + 16, -1);
    m.setU32(best + 20, -1);
    m.setU32(best + 24, missingGoesLeft ? 1 : 0);
    m.setU32(best + 28, numLeft);
  }
}

/** Position of the last entry that a random cut leaves on the left; −1 where there is nothing to draw. */
export function randomPosition(
  present: readonly { readonly bin: number }[],
  key: number,
  featureIndex: number,
): number {
  if (present.length < 2) return -1;
  const low = (present[0] as Entry).bin;
  const high = (present.at(-1) as Entry).bin;
  const cut = randomCut(key, featureIndex, low, high);
  return present.filter(({ bin }) => bin <= cut).length - 1;
}
