/**
 * Between which values must a leaf stay so that the tree rises and falls as it must? Two leaves bound each other where one
 * step along a single monotone feature leads from one to the other: all other features overlap. Each leaf has a value at
 * any time; a leaf that is split hands its bounds, which are the values of such neighbours, to both children. The values
 * of all leaves obey the order after every split, so those of the finished tree do (the method that LightGBM calls
 * intermediate). Splits must be told in the order of commits, on every rank alike.
 */

/** Least and greatest value of a leaf. */
export interface LeafBounds {
  readonly lower: number;
  readonly upper: number;
}

/** What sends values to a side. */
export interface MonotoneCut {
  /** The feature's index. */
  readonly feature: number;
  /** Values up to it go left; null for categories. */
  readonly threshold: number | null;
  /** Categories that go left, as bits; null for numbers. */
  readonly leftBits: ArrayLike<number> | null;
  /** How many categories there are. */
  readonly numCategories: number;
  readonly missingGoesLeft: boolean;
  readonly unseenGoesLeft: boolean;
}

/** What a leaf holds of a feature: numbers in (low, high], or categories; and those that are missing, or were never seen. */
interface Extent {
  readonly low: number;
  readonly high: number;
  readonly bits: Uint32Array | null;
  readonly hasMissing: boolean;
  readonly hasUnseen: boolean;
}

interface Leaf {
  /** Features that are cut above it. */
  readonly extents: ReadonlyMap<number, Extent>;
  readonly value: number;
}

const allNumbers: Extent = {
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  bits: null,
  hasMissing: true,
  hasUnseen: true,
};

/** See the header; leaves go by any key. */
export class MonotoneLeaves<Key> {
  readonly #directionOf: (feature: number) => number;
  readonly #leaves = new Map<Key, Leaf>();

  /** @param directionOf 1 rising, −1 falling, 0 free, by the feature's index */
  constructor(directionOf: (feature: number) => number) {
    this.#directionOf = directionOf;
  }

  /** A tree of one leaf. */
  open(root: Key, value: number): void {
    this.#leaves.clear();
    this.#leaves.set(root, { extents: new Map(), value });
  }

  /** The values of the leaves that lie one step below and above it; its own is within them. */
  boundsOf(key: Key): LeafBounds {
    const leaf = this.#leaves.get(key) as Leaf;
    let [lower, upper] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const other of this.#leaves.values()) {
      if (other === leaf) continue;
      const order = this.#orderOf(leaf, other);
      if (order > 0) lower = Math.max(lower, other.value);
      else if (order < 0) upper = Math.min(upper, other.value);
    }
    return { lower, upper };
  }

  /** Puts two leaves in the place of one. @param values of the left and the right one, within its bounds */
  split(
    parent: Key,
    cut: MonotoneCut,
    children: readonly [Key, Key],
    values: readonly [number, number],
  ): void {
    const { extents } = this.#leaves.get(parent) as Leaf;
    this.#leaves.delete(parent);
    const before = extents.get(cut.feature) ?? allNumbers;
    children.forEach((child, side) => {
      const own = new Map(extents).set(cut.feature, extentOf(before, cut, side === 0));
      this.#leaves.set(child, { extents: own, value: values[side] as number });
    });
  }

  /** Above 0 where the first leaf must be at least the second, below 0 where at most, 0 where neither. */
  #orderOf(one: Leaf, other: Leaf): number {
    let order = 0;
    let numApart = 0;
    for (const [feature, own] of one.extents) {
      const theirs = other.extents.get(feature);
      if (theirs === undefined || overlap(own, theirs)) continue;
      numApart += 1;
      if (numApart > 1) return 0;
      order = this.#directionOf(feature) * sideOf(own, theirs);
    }
    return order;
  }
}

function extentOf(before: Extent, cut: MonotoneCut, isLeft: boolean): Extent {
  const hasMissing = before.hasMissing && cut.missingGoesLeft === isLeft;
  if (cut.leftBits === null) {
    const at = cut.threshold ?? Number.POSITIVE_INFINITY;
    const [low, high] = isLeft
      ? [before.low, Math.min(before.high, at)]
      : [Math.max(before.low, at), before.high];
    return { ...before, low, high, hasMissing };
  }
  const bits = new Uint32Array(Math.ceil(cut.numCategories / 32));
  for (let w = 0; w < bits.length; w++) {
    const word = cut.leftBits[w] ?? 0;
    bits[w] = (isLeft ? word : ~word) & (before.bits?.[w] ?? -1);
  }
  const hasUnseen = before.hasUnseen && cut.unseenGoesLeft === isLeft;
  return { ...before, bits, hasMissing, hasUnseen };
}

/** Can one value be of both? */
function overlap(a: Extent, b: Extent): boolean {
  if (a.hasMissing && b.hasMissing) return true;
  if (a.bits === null || b.bits === null) return Math.max(a.low, b.low) < Math.min(a.high, b.high);
  if (a.hasUnseen && b.hasUnseen) return true;
  return a.bits.some((word, w) => (word & (b.bits?.[w] ?? 0)) !== 0);
}

/** 1 where the numbers of the first lie above those of the second, −1 below, 0 where one of them has none. */
function sideOf(a: Extent, b: Extent): number {
  if (a.low >= a.high || b.low >= b.high) return 0;
  return a.low >= b.high ? 1 : -1;
}
