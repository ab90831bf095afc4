/**
 * The best split of a chosen feature whose entries are several words, whatever they hold: sums of classes or of several
 * numbers. The twin of wasm/assembly/scan-words.ts. How candidates are judged is a {@link WordRule}. Ties stay with the
 * lower bin, missing on the left.
 */
import { randomPosition } from './find-ratio-split.ts';
import { type Chosen, keepsNames, type Plan } from './forest-plan.ts';
import { hasBin, orderByRatio, writeLeftBins } from './left-bins.ts';
import { randomSide } from './random-cut.ts';
import type { Views } from './views.ts';

/** How the words of a side are judged. */
export interface WordRule {
  /** In how many ways categories are put in order. */
  readonly numOrders: number;
  /** Nothing is on the left any more. */
  empty(): void;
  /** An entry was moved to the left, which had these words before. */
  moved(entry: readonly bigint[], before: readonly bigint[]): void;
  /** Whether a split with these words on the left is allowed and better than those before it; keeps it as the best. */
  isBest(left: readonly bigint[]): boolean;
  /** Of the best one. */
  gain(): number;
  holdsRows(words: readonly bigint[]): boolean;
  weightOf(words: readonly bigint[]): bigint;
  rowsOf(words: readonly bigint[]): bigint;
  /** What the k-th order of categories goes by. */
  ratioOf(words: readonly bigint[], k: number): number;
}

interface Entry {
  readonly bin: number;
  readonly words: readonly bigint[];
}

/** The best split of one feature. */
export class WordScan {
  readonly #m: Views;
  readonly #plan: Plan;
  readonly #chosen: Chosen;
  readonly #best: number;
  readonly #rule: WordRule;
  readonly #totals: readonly bigint[];
  readonly #present: Entry[] = [];
  #missing: Entry | null = null;
  #left: readonly bigint[] = [];
  #at = -1;
  #missingGoesLeft = false;
  #bestLeft: readonly bigint[] = [];
  #order: readonly number[] = [];

  /** @param Rule made for the node's totals */
  constructor(
    m: Views,
    plan: Plan,
    { chosen, best }: { readonly chosen: Chosen; readonly best: number },
    Rule: new (plan: Plan, totals: readonly bigint[], direction: number) => WordRule,
  ) {
    this.#m = m;
    this.#plan = plan;
    this.#chosen = chosen;
    this.#best = best;
    this.#totals = this.#wordsAt(best + 64);
    this.#rule = new Rule(plan, this.#totals, chosen.direction);
  }

  /** Takes the entries of the feature, which are clear afterwards; −Infinity where no split is allowed. */
  scan(hist: number, key: number): number {
    this.#gather(hist + this.#chosen.firstEntry * this.#plan.words * 8);
    if (this.#chosen.isCategory) this.#scanCategories(key);
    else this.#scanValues(key);
    return this.#at < 0 ? Number.NEGATIVE_INFINITY : this.#rule.gain();
  }

  #wordsAt(address: number): bigint[] {
    return Array.from({ length: this.#plan.words }, (_, w) => this.#m.i64(address + w * 8));
  }

  #gather(entries: number): void {
    const bytes = this.#plan.words * 8;
    const { numValues, missingAt } = this.#chosen;
    const take = (at: number, bin: number): Entry | null => {
      const words = this.#wordsAt(entries + at * bytes);
      this.#m.fillZero(entries + at * bytes, bytes);
      return this.#rule.holdsRows(words) ? { bin, words } : null;
    };
    this.#missing = take(missingAt, numValues);
    for (let bin = 0; bin < numValues; bin++) {
      const found = take(bin, bin);
      if (found !== null) this.#present.push(found);
    }
  }

  #emptyLeft(): void {
    this.#left = this.#totals.map(() => 0n);
    this.#rule.empty();
  }

  #moveLeft({ words }: Entry): void {
    this.#rule.moved(words, this.#left);
    this.#left = this.#left.map((word, w) => word + (words[w] as bigint));
  }

  #consider(at: number, missingGoesLeft: boolean): void {
    if (!this.#rule.isBest(this.#left)) return;
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
    const isByName = this.#isByName;
    const limit = isByName ? count - 1 : Math.min(count - 1, this.#plan.maxCategories);
    for (let k = 0; k < (isByName ? 1 : this.#rule.numOrders); k++) {
      const order = this.#orderBy(k);
      for (const direction of [0, 1]) {
        this.#emptyLeft();
        for (let i = 0; i < limit; i++) {
          this.#moveLeft(present[order[direction ? count - 1 - i : i] as number] as Entry);
          this.#consider(k * 2 ** 17 + i * 2 + direction, false);
        }
      }
    }
    if (this.#at >= 0) this.#order = this.#orderBy(Math.floor(this.#at / 2 ** 17));
  }

  /** Whether the categories keep the order of their names. */
  get #isByName(): boolean {
    return keepsNames(this.#plan, Number(this.#rule.rowsOf(this.#totals)), this.#present.length);
  }

  #orderBy(k: number): number[] {
    if (this.#isByName) return this.#present.map((_, i) => i);
    return orderByRatio(this.#present.map(({ words }) => this.#rule.ratioOf(words, k)));
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
    const heavier = 2n * this.#rule.weightOf(this.#bestLeft) >= this.#rule.weightOf(this.#totals);
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
