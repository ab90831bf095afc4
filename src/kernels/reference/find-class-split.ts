/**
 * Which split of a chosen feature separates several classes best, by gini or entropy? The twin of
 * wasm/assembly/find-class-split.ts. Ties stay with the lower bin, missing on the left.
 */
import { log } from '../../base/portable-math.ts';
import { randomPosition } from './find-ratio-split.ts';
import type { Chosen, Plan } from './forest-plan.ts';
import { hasBin, orderByRatio, writeLeftBins } from './left-bins.ts';
import { randomSide } from './random-cut.ts';
import type { Views } from './views.ts';

const weightMask = 0xfffffffffn;
const weightOf = (word: bigint): number => Number(word & weightMask);

interface Entry {
  readonly bin: number;
  readonly words: readonly bigint[];
}

/** The best split of one feature. */
export class ClassScan {
  readonly #m: Views;
  readonly #plan: Plan;
  readonly #chosen: Chosen;
  readonly #best: number;
  readonly #totals: readonly bigint[];
  readonly #allH: bigint;
  readonly #allSquares: number;
  readonly #present: Entry[] = [];
  #missing: Entry | null = null;
  #left: bigint[] = [];
  #leftSquares = 0;
  #rightSquares = 0;
  #score = Number.NEGATIVE_INFINITY;
  #at = -1;
  #missingGoesLeft = false;
  #bestLeft: readonly bigint[] = [];
  /** The class that orders the categories, and the order. */
  #order: readonly number[] = [];

  constructor(m: Views, plan: Plan, chosen: Chosen, best: number) {
    this.#m = m;
    this.#plan = plan;
    this.#chosen = chosen;
    this.#best = best;
    this.#totals = this.#wordsAt(best + 64);
    this.#allH = this.#totals.reduce((sum, word) => sum + word, 0n);
    this.#allSquares = this.#totals.reduce((sum, word) => {
      return sum + weightOf(word) * weightOf(word);
    }, 0);
  }

  /** Takes the entries of the feature, which are clear afterwards; −Infinity where no split is allowed. */
  scan(hist: number, key: number): number {
    this.#gather(hist + this.#chosen.firstEntry * this.#plan.words * 8);
    if (this.#chosen.isCategory) this.#scanCategories(key);
    else this.#scanValues(key);
    return this.#score === Number.NEGATIVE_INFINITY ? this.#score : this.#score - this.#nodeScore();
  }

  #nodeScore(): number {
    const weight = weightOf(this.#allH);
    if (!this.#plan.isEntropy) return this.#allSquares / weight;
    return this.#totals.reduce((score, word) => {
      const w = weightOf(word);
      return w > 0 ? score + w * log(w / weight) : score;
    }, 0);
  }

  #wordsAt(address: number): bigint[] {
    return Array.from({ length: this.#plan.words }, (_, k) => this.#m.i64(address + k * 8));
  }

  #gather(entries: number): void {
    const bytes = this.#plan.words * 8;
    const { numValues, missingAt } = this.#chosen;
    const take = (at: number, bin: number): Entry | null => {
      const words = this.#wordsAt(entries + at * bytes);
      this.#m.fillZero(entries + at * bytes, bytes);
      return words.every((word) => word === 0n) ? null : { bin, words };
    };
    this.#missing = take(missingAt, numValues);
    for (let bin = 0; bin < numValues; bin++) {
      const found = take(bin, bin);
      if (found !== null) this.#present.push(found);
    }
  }

  #emptyLeft(): void {
    this.#left = this.#totals.map(() => 0n);
    this.#leftSquares = 0;
    this.#rightSquares = this.#allSquares;
  }

  #moveLeft(entry: Entry): void {
    entry.words.forEach((word, k) => {
      if (word === 0n) return;
      const before = this.#left[k] as bigint;
      const w = weightOf(word);
      const l = weightOf(before);
      const r = weightOf(this.#totals[k] as bigint) - l;
      this.#leftSquares += w * (l + l + w);
      this.#rightSquares -= w * (r + r - w);
      this.#left[k] = before + word;
    });
  }

  #consider(at: number, missingGoesLeft: boolean): void {
    const { minRows, minWeight, isEntropy } = this.#plan;
    const leftH = this.#left.reduce((sum, word) => sum + word, 0n);
    const rightH = this.#allH - leftH;
    if (Number(leftH >> 36n) < Math.trunc(minRows)) return;
    if (Number(rightH >> 36n) < Math.trunc(minRows)) return;
    const L = weightOf(leftH);
    const R = weightOf(rightH);
    if (L < minWeight || R < minWeight) return;
    const score = isEntropy
      ? this.#entropyScore(L, R)
      : (this.#leftSquares * R + this.#rightSquares * L) / (L * R);
    if (!(score > this.#score)) return;
    this.#score = score;
    this.#at = at;
    this.#missingGoesLeft = missingGoesLeft;
    this.#bestLeft = [...this.#left];
  }

  #entropyScore(L: number, R: number): number {
    let onLeft = 0;
    let onRight = 0;
    this.#left.forEach((word, k) => {
      const l = weightOf(word);
      const r = weightOf(this.#totals[k] as bigint) - l;
      if (l > 0) onLeft += l * log(l / L);
      if (r > 0) onRight += r * log(r / R);
    });
    return onLeft + onRight;
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
    const { words, maxCategories } = this.#plan;
    const limit = Math.min(count - 1, maxCategories);
    for (let k = 0; k < (words === 2 ? 1 : words); k++) {
      const order = this.#orderByShare(k);
      for (const direction of [0, 1]) {
        this.#emptyLeft();
        for (let i = 0; i < limit; i++) {
          this.#moveLeft(present[order[direction ? count - 1 - i : i] as number] as Entry);
          this.#consider(k * 2 ** 17 + i * 2 + direction, false);
        }
      }
    }
    if (this.#at >= 0) this.#order = this.#orderByShare(Math.floor(this.#at / 2 ** 17));
  }

  #orderByShare(k: number): number[] {
    return orderByRatio(
      this.#present.map(({ words }) => {
        const weight = words.reduce((sum, word) => sum + (word & weightMask), 0n);
        return weightOf(words[k] as bigint) / Number(weight);
      }),
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
    this.#bestLeft.forEach((word, k) => {
      m.setI64(best + 64 + bytes + k * 8, word);
    });
    const leftH = this.#bestLeft.reduce((sum, word) => sum + word, 0n);
    const heavier = 2n * (leftH & weightMask) >= (this.#allH & weightMask);
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
