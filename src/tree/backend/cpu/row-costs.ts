/**
 * What it costs a split to look at a feature, for each of the node's rows that has not met it yet: no tree before asked for
 * it on the row's way (the on-demand penalty of S. Peter et al., "Cost efficient gradient boosting", 2017).
 *
 * What a row has met is a bit for each feature that costs something:
 *
 *   met | row 0: feature 0–7, 8–15, … | row 1 | …    byte (row · bytesPerRow + slot / 8), bit slot % 8
 *
 * The bits change when a tree is done. In a tree, what a node's rows have met since is what the splits above it ask for, so
 * how many rows of a node have not met a feature is the same whatever is grown first; and ranks add these counts up.
 */
import type { GrownTree } from '../../tree.ts';
import { type Counting, UnmetRows } from './unmet-rows.ts';

/** For each four bits, each one in a byte of its own. */
const spread = Uint32Array.from({ length: 16 }, (_, bits) =>
  [0, 1, 2, 3].reduce((word, k) => word | (((bits >> k) & 1) << (8 * k)), 0),
);

/** The bits of a leaf's number; the one above marks rows that the tree was not grown on. */
const numberBits = 0x7fffffff;

/** Rows that a byte can count. */
const mostInByte = 255;

/** What rows bring with them: in how many trees each has met each feature, several such numbers in one. */
export interface MetCounts {
  /** A number a row, in each: digit by digit the features that cost something, the lowest digit first. */
  readonly columns: readonly Float64Array[];
  readonly digitBits: number;
}

/** How many digits a number has room for. */
export function digitsOf(digitBits: number): number {
  return Math.max(1, Math.floor(52 / digitBits));
}

/** The features that rows are counted for: those that cost something, ascending. */
export function countedFeatures(costs: readonly number[]): readonly number[] {
  return costs.flatMap((cost, feature) => (cost > 0 ? [feature] : []));
}

/** The costs of the features, and what this rank's training rows have met. */
export class RowCosts {
  /** How many features cost something. */
  readonly numSlots: number;
  readonly #costs: readonly number[];
  /** A feature's place among those that cost something, −1 for others. */
  readonly #slotOf: readonly number[];
  readonly #bytesPerRow: number;
  readonly #firstRow: number;
  readonly #numRows: number;
  #met: Uint8Array | null = null;

  /**
   * @param costs in units of gains, by the features' index
   * @param rows this rank's training rows, as the process counts them
   * @param before null where no tree is there
   */
  constructor(
    costs: readonly number[],
    rows: { readonly start: number; readonly count: number },
    before: MetCounts | null,
  ) {
    const counted = countedFeatures(costs);
    this.numSlots = counted.length;
    this.#costs = costs;
    this.#slotOf = costs.map((_, feature) => counted.indexOf(feature));
    this.#bytesPerRow = Math.ceil(counted.length / 8);
    this.#firstRow = rows.start;
    this.#numRows = rows.count;
    if (before !== null) this.#readBefore(before);
  }

  /** What counts the rows of a backend's nodes. */
  counter(counting: Counting): UnmetRows {
    return new UnmetRows(this, counting);
  }

  /** What a feature costs a node. @param unmet by slot: how many of the node's rows have not met it */
  of(feature: number, unmet: Float64Array): number {
    const slot = this.#slotOf[feature] as number;
    return slot < 0 ? 0 : (this.#costs[feature] as number) * (unmet[slot] as number);
  }

  /**
   * Counts, for each feature that costs something, those of some rows that have not met it.
   *
   * @param ids numbers of the rows in the process, or null for those from `firstId` on
   */
  countUnmet(ids: Uint32Array | null, firstId: number, count: number, out: BigInt64Array): void {
    const width = this.#bytesPerRow;
    const met = this.#met;
    const counts = new Float64Array(8 * width);
    const lanes = new Uint32Array(2 * width);
    for (let begin = 0; met !== null && begin < count; begin += mostInByte) {
      const end = Math.min(count, begin + mostInByte);
      for (let i = begin; i < end; i++) {
        const id = ids === null ? firstId + i : (ids[i] as number);
        const at = width * (id - this.#firstRow);
        for (let k = 0; k < width; k++) {
          const bits = met[at + k] as number;
          lanes[2 * k] = (lanes[2 * k] as number) + (spread[bits & 15] as number);
          lanes[2 * k + 1] = (lanes[2 * k + 1] as number) + (spread[bits >> 4] as number);
        }
      }
      emptyLanes(lanes, counts);
    }
    for (let slot = 0; slot < this.numSlots; slot++) {
      out[slot] = BigInt(count - (counts[slot] as number));
    }
  }

  /**
   * A tree was grown: its rows have met what it asks for on their way, those too that it was not grown on.
   *
   * @param leaves the nodes that are leaves, in the order of their numbers @param leafOf the number of each row's leaf
   */
  meet(
    { nodes }: GrownTree,
    leaves: readonly { readonly index: number }[],
    leafOf: Uint32Array,
  ): void {
    const width = this.#bytesPerRow;
    const ways = new Uint8Array(nodes.length * width);
    nodes.forEach(({ feature, leftChild }, n) => {
      if (leftChild === 0) return;
      const way = ways.slice(n * width, (n + 1) * width);
      const slot = this.#slotOf[feature] as number;
      if (slot >= 0) way[slot >> 3] = (way[slot >> 3] as number) | (1 << (slot & 7));
      ways.set(way, leftChild * width);
      ways.set(way, (leftChild + 1) * width);
    });
    if (ways.every((bits) => bits === 0)) return;
    const met = this.#bits();
    for (let i = 0; i < leafOf.length; i++) {
      const leaf = (leafOf[i] as number) & numberBits;
      const way = width * (leaves[leaf] as { readonly index: number }).index;
      for (let k = 0; k < width; k++) {
        met[i * width + k] = (met[i * width + k] as number) | (ways[way + k] as number);
      }
    }
  }

  /** The bits, none of them set before the first tree is done. */
  #bits(): Uint8Array {
    this.#met ??= new Uint8Array(this.#numRows * this.#bytesPerRow);
    return this.#met;
  }

  #readBefore({ columns, digitBits }: MetCounts): void {
    const met = this.#bits();
    const width = this.#bytesPerRow;
    const base = 2 ** digitBits;
    const perColumn = digitsOf(digitBits);
    columns.forEach((column, c) => {
      const last = Math.min(perColumn, this.numSlots - c * perColumn);
      for (let i = 0; i < column.length; i++) {
        let rest = column[i] as number;
        for (let d = 0; d < last && rest > 0; d++) {
          const above = Math.floor(rest / base);
          const slot = c * perColumn + d;
          const at = i * width + (slot >> 3);
          if (rest !== above * base) met[at] = (met[at] as number) | (1 << (slot & 7));
          rest = above;
        }
      }
    });
  }
}

/** Adds the bytes of the lanes to the counts, and clears them. */
function emptyLanes(lanes: Uint32Array, counts: Float64Array): void {
  lanes.forEach((lane, l) => {
    for (let k = 0; k < 4; k++) {
      counts[4 * l + k] = (counts[4 * l + k] as number) + ((lane >>> (8 * k)) & 255);
    }
  });
  lanes.fill(0);
}
