/**
 * Between which values must a leaf stay so that the tree rises and falls as it must? Two leaves bound each other where one
 * step along a single monotone feature leads from one to the other: all other features overlap. Each leaf has a value at
 * any time; a leaf that is split hands its bounds, which are the values of such neighbours, to both children, or to each those
 * of the neighbours that it keeps. The values of all leaves obey the order after every split, so those of the finished tree
 * do (the methods that LightGBM calls intermediate and advanced). Splits must be told in the order of commits, on every rank
 * alike.
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

type Extents = ReadonlyMap<number, Extent>;

/** A leaf, and those that bound it or are bounded by it. */
export interface MonotoneLeaf {
  /** By feature, of those that are cut above it. */
  readonly extents: Extents;
  readonly value: number;
  /** Grows when others take a neighbour's place. */
  version: number;
  neighbours: Neighbour[];
}

/** A leaf one step away. */
export interface Neighbour {
  readonly leaf: MonotoneLeaf;
  /** 1 where its value is a lower bound, −1 where it is an upper one. */
  readonly order: number;
  /** The feature that parts them. */
  readonly apart: number;
}

/** What a leaf holds of a feature that is not cut above it. */
export const allNumbers: Extent = {
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  bits: null,
  hasMissing: true,
  hasUnseen: true,
};

/** Bounds that values are added to. */
export class GrowingBounds implements LeafBounds {
  lower = Number.NEGATIVE_INFINITY;
  upper = Number.POSITIVE_INFINITY;

  /** @param order 1 where the value is a lower bound, −1 where it is an upper one */
  add(order: number, value: number): void {
    if (order > 0) this.lower = Math.max(this.lower, value);
    else this.upper = Math.min(this.upper, value);
  }
}

/** See the header; leaves go by any key. */
export class MonotoneLeaves<Key> {
  readonly #directionOf: (feature: number) => number;
  readonly #boundsAreOfCuts: boolean;
  readonly #leaves = new Map<Key, MonotoneLeaf>();

  /**
   * @param directionOf 1 rising, −1 falling, 0 free, by the feature's index
   * @param boundsAreOfCuts children of a cut are bounded by their own neighbours, not by all that their parent has
   */
  constructor(directionOf: (feature: number) => number, boundsAreOfCuts: boolean) {
    this.#directionOf = directionOf;
    this.#boundsAreOfCuts = boundsAreOfCuts;
  }

  /** A tree of one leaf. */
  open(root: Key, value: number): void {
    this.#leaves.clear();
    this.#leaves.set(root, { extents: new Map(), value, version: 0, neighbours: [] });
  }

  /** An open leaf. */
  leafOf(key: Key): MonotoneLeaf {
    return this.#leaves.get(key) as MonotoneLeaf;
  }

  /** The values of the leaves that lie one step below and above it; its own is within them. */
  boundsOf(key: Key): LeafBounds {
    const bounds = new GrowingBounds();
    for (const { leaf, order } of this.leafOf(key).neighbours) bounds.add(order, leaf.value);
    return bounds;
  }

  /** What bounds each of the children that a cut makes. */
  boundsOfSides(key: Key, cut: MonotoneCut): readonly [LeafBounds, LeafBounds] {
    if (!this.#boundsAreOfCuts) {
      const whole = this.boundsOf(key);
      return [whole, whole];
    }
    const { extents, neighbours } = this.leafOf(key);
    const before = extents.get(cut.feature) ?? allNumbers;
    const boundsOf = (isLeft: boolean): LeafBounds => {
      const bounds = new GrowingBounds();
      const own = this.#extentOf(before, cut, isLeft);
      for (const each of neighbours) {
        if (staysBeside(own, each, cut.feature)) bounds.add(each.order, each.leaf.value);
      }
      return bounds;
    };
    return [boundsOf(true), boundsOf(false)];
  }

  /** Puts two leaves in the place of one. @param values of the left and the right one, within its bounds */
  split(
    parent: Key,
    cut: MonotoneCut,
    children: readonly [Key, Key],
    values: readonly [number, number],
  ): void {
    const { feature } = cut;
    const old = this.leafOf(parent);
    this.#leaves.delete(parent);
    const before = old.extents.get(feature) ?? allNumbers;
    const toLeft = this.#extentOf(before, cut, true);
    const toRight = this.#extentOf(before, cut, false);
    const leafWith = (own: Extent, value: number): MonotoneLeaf => ({
      extents: new Map(old.extents).set(feature, own),
      value,
      version: 0,
      neighbours: [],
    });
    const left = leafWith(toLeft, values[0]);
    const right = leafWith(toRight, values[1]);
    const order = this.#directionOf(feature) * sideOf(toRight, toLeft);
    if (order !== 0) join(right, left, order, feature);
    for (const each of old.neighbours) {
      const { leaf, apart } = each;
      leaf.neighbours = leaf.neighbours.filter((other) => other.leaf !== old);
      leaf.version += 1;
      // whoever is one step from a part is one step from the whole
      if (staysBeside(toLeft, each, feature)) join(left, leaf, each.order, apart);
      if (staysBeside(toRight, each, feature)) join(right, leaf, each.order, apart);
    }
    this.#leaves.set(children[0], left).set(children[1], right);
  }

  #extentOf(before: Extent, cut: MonotoneCut, isLeft: boolean): Extent {
    const extent = extentOf(before, cut, isLeft);
    const spare = cut.numCategories % 32;
    // bits behind the last category count as one more where bounds are those of parents: models are what they were
    if (extent.bits !== null && spare !== 0 && this.#boundsAreOfCuts) {
      const last = extent.bits.length - 1;
      extent.bits[last] = (extent.bits[last] as number) & ((1 << spare) - 1);
    }
    return extent;
  }
}

/** Two leaves are neighbours now. @param order 1 where the first must be at least the second, −1 where at most */
function join(one: MonotoneLeaf, other: MonotoneLeaf, order: number, apart: number): void {
  one.neighbours.push({ leaf: other, order, apart });
  other.neighbours.push({ leaf: one, order: -order, apart });
}

/** Is a neighbour of a leaf still one step from the part of it that has this extent of a feature? */
function staysBeside(own: Extent, { leaf, apart }: Neighbour, feature: number): boolean {
  const theirs = leaf.extents.get(feature);
  if (theirs === undefined) return true;
  return apart === feature ? sideOf(own, theirs) !== 0 : overlap(own, theirs);
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
