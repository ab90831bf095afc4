/**
 * One tree of an isolation forest: a node draws a feature that its rows differ in and a cut between its least and
 * largest value, until every row is alone or the tree is as deep as a balanced one would be. What is easily told
 * apart ends near the root (F. T. Liu, K. M. Ting, Z.-H. Zhou, "Isolation forest", 2008).
 *
 * Missing values go with the heavier side; where a feature's values are all alike, missing ones are cut off. A
 * category is drawn a side for each of its values. Draws hang on the seed, the tree and the node's path.
 *
 * With an extension level the cuts are planes of several features (draw-plane.ts).
 */
import { hash32, mix32, purposes, unitInterval } from '../../base/rng.ts';
import { type GrownNode, type GrownTree, newLeaf, nodeFlag } from '../../tree/tree.ts';
import { drawPlane, type PlaneSpace, spreadOf } from './draw-plane.ts';

/** A feature of the rows that were drawn. */
export interface DrawnColumn {
  /** How many categories there are; −1 for numbers. */
  readonly numCategories: number;
  /** Numbers, or places of categories; NaN is missing. */
  readonly values: Float64Array;
}

/** What a tree is grown from. */
export interface IsolationSample {
  readonly columns: readonly DrawnColumn[];
  /** The rows of the tree, by their places in the columns. */
  readonly rows: Int32Array;
  readonly seed: number;
  readonly tree: number;
  /** Cuts are planes of so many features and one more; 0 for one feature. */
  readonly extensionLevel: number;
  /** The value of a leaf with so many rows at a depth. */
  leafValue(depth: number, numRows: number): number;
}

/** Grows it. */
export function growIsolationTree(sample: IsolationSample): GrownTree {
  const { rows, seed, tree } = sample;
  const maxDepth = rows.length < 2 ? 0 : 32 - Math.clz32(rows.length - 1);
  const space = planeSpace(sample);
  const nodes: GrownNode[] = [newLeaf(rows.length, rows.length)];
  const open = [
    { index: 0, depth: 0, rows, key: hash32(seed, purposes.isolation, tree, 0x7fffffff) },
  ];
  // nodes are numbered level by level
  for (const { index, depth, rows: own, key } of open) {
    const node = nodes[index] as GrownNode;
    const isOpen = depth < maxDepth && own.length > 1;
    const split = isOpen ? drawn(sample.columns, space, own, key) : null;
    node.value = [split === null ? sample.leafValue(depth, own.length) : 0];
    if (split === null) continue;
    Object.assign(node, split.node, { leftChild: nodes.length });
    for (const [side, part] of [split.left, split.right].entries()) {
      const child = {
        index: nodes.length,
        depth: depth + 1,
        rows: part,
        key: mix32(key ^ (0x5bd1e995 + side)),
      };
      nodes.push(newLeaf(part.length, part.length));
      open.push(child);
    }
  }
  return { nodes };
}

/** What planes are drawn among; null where cuts are of one feature. */
function planeSpace({ columns, rows, extensionLevel }: IsolationSample): PlaneSpace | null {
  if (extensionLevel === 0) return null;
  const values = columns.map((column) => column.values);
  const spreads = Float64Array.from(values, (own) => spreadOf(own, rows));
  return { columns: values, spreads, numFeatures: extensionLevel + 1 };
}

function drawn(
  columns: readonly DrawnColumn[],
  space: PlaneSpace | null,
  rows: Int32Array,
  key: number,
): DrawnSplit | null {
  if (space === null) return drawSplit(columns, rows, key);
  const found = drawPlane(space, rows, key);
  if (found === null) return null;
  const { plane, missingGoesLeft, left, right } = found;
  const flags = missingGoesLeft ? nodeFlag.missingGoesLeft : 0;
  const feature = plane.features[0] as number;
  return { node: { feature, threshold: 0, flags, categories: null, plane }, left, right };
}

type SplitFields = Pick<GrownNode, 'feature' | 'threshold' | 'flags' | 'categories' | 'plane'>;

interface DrawnSplit {
  readonly node: SplitFields;
  readonly left: Int32Array;
  readonly right: Int32Array;
}

/** A split of the first feature, in a drawn order, that the rows differ in; null where they are all alike. */
function drawSplit(
  columns: readonly DrawnColumn[],
  rows: Int32Array,
  key: number,
): DrawnSplit | null {
  const order = Int32Array.from(columns, (_, feature) => feature);
  for (let left = order.length; left > 0; left--) {
    const at = Math.floor(unitInterval(mix32(key ^ mix32(left))) * left);
    const feature = order[at] as number;
    order[at] = order[left - 1] as number;
    const column = columns[feature] as DrawnColumn;
    const draw = mix32(key ^ 0x2545f491);
    const found =
      column.numCategories < 0
        ? cutNumbers(column, rows, draw)
        : partCategories(column, rows, draw);
    if (found !== null) return sides(column, rows, { feature, ...found });
  }
  return null;
}

type FoundCut = Pick<GrownNode, 'threshold' | 'categories'>;

function cutNumbers({ values }: DrawnColumn, rows: Int32Array, draw: number): FoundCut | null {
  let least = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  let numMissing = 0;
  for (const row of rows) {
    const value = values[row] as number;
    if (Number.isNaN(value)) numMissing += 1;
    else {
      least = Math.min(least, value);
      largest = Math.max(largest, value);
    }
  }
  if (numMissing === rows.length) return null;
  if (least === largest) {
    return numMissing === 0 ? null : { threshold: Number.POSITIVE_INFINITY, categories: null };
  }
  const low = Math.max(least, -Number.MAX_VALUE);
  const high = Math.min(largest, Number.MAX_VALUE);
  const share = unitInterval(draw);
  const cut = low * (1 - share) + high * share;
  return { threshold: cut >= least && cut < largest ? cut : least, categories: null };
}

/** A side for each value that is there, not the same for all; missing values alone are cut off from one value. */
function partCategories(column: DrawnColumn, rows: Int32Array, draw: number): FoundCut | null {
  const { values, numCategories } = column;
  const present = new Set<number>();
  let numMissing = 0;
  for (const row of rows) {
    const value = values[row] as number;
    if (Number.isNaN(value)) numMissing += 1;
    else present.add(value);
  }
  if (present.size === 0 || (present.size === 1 && numMissing === 0)) return null;
  const listed = [...present].sort((a, b) => a - b);
  const isLeft = listed.map((value) => (mix32(draw ^ mix32(value + 1)) & 1) === 1);
  if (listed.length === 1) isLeft[0] = true;
  else if (isLeft.every((side) => side === isLeft[0])) {
    const other = Math.floor(unitInterval(mix32(draw)) * listed.length);
    isLeft[other] = !isLeft[0];
  }
  const bits = new Uint32Array(Math.ceil(numCategories / 32));
  listed.forEach((value, i) => {
    if (isLeft[i] === true) bits[value >> 5] = (bits[value >> 5] as number) | (1 << (value & 31));
  });
  return { threshold: 0, categories: { bits, count: numCategories } };
}

/** The rows of each side; what the cut says nothing of goes with the heavier one, ties left. */
function sides(
  { values }: DrawnColumn,
  rows: Int32Array,
  { feature, threshold, categories }: FoundCut & { readonly feature: number },
): DrawnSplit {
  const left: number[] = [];
  const right: number[] = [];
  const missing: number[] = [];
  const known = new Set<number>();
  for (const row of rows) {
    const value = values[row] as number;
    if (Number.isNaN(value)) {
      missing.push(row);
      continue;
    }
    known.add(value);
    const goesLeft =
      categories === null
        ? value <= threshold
        : (((categories.bits[value >> 5] as number) >>> (value & 31)) & 1) === 1;
    (goesLeft ? left : right).push(row);
  }
  const isLeftHeavier = left.length >= right.length;
  // where one side would be empty, missing values are what is cut off
  const missingGoesLeft = right.length === 0 ? false : left.length === 0 ? true : isLeftHeavier;
  (missingGoesLeft ? left : right).push(...missing);
  const flags =
    (missingGoesLeft ? nodeFlag.missingGoesLeft : 0) |
    (isLeftHeavier ? nodeFlag.unseenGoesLeft : 0) |
    (categories === null ? 0 : nodeFlag.isCategory);
  if (categories !== null && isLeftHeavier) {
    // values that other rows have, and none of the node
    for (let value = 0; value < categories.count; value++) {
      if (known.has(value)) continue;
      categories.bits[value >> 5] = (categories.bits[value >> 5] as number) | (1 << (value & 31));
    }
  }
  return {
    node: { feature, threshold, flags, categories },
    left: Int32Array.from(left),
    right: Int32Array.from(right),
  };
}
