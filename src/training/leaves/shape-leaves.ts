/**
 * The values of a tree's leaves under penalties, a cap, smoothing and monotone bounds, from exact sums. Where
 * smoothing or monotone features tie leaves to the nodes above them, values go from the root down: a node's sums
 * are those of its leaves, its value is pulled to its parent's, and the children of a monotone split keep to
 * their sides of the midpoint between their values, or leaves between the values of their neighbours. Leaves that are quantiles of their rows follow the same
 * rule, a node above them counting as the mean of its leaves by rows.
 */
import {
  boundedValue,
  type LeafFrame,
  type LeafRule,
  openFrame,
  shapedValue,
} from '../../kernels/leaf-shape.ts';
import { type MonotoneCut, MonotoneLeaves } from '../../tree/monotone-leaves.ts';
import { childFrame, inOrder } from '../../tree/split-shaping.ts';
import { type GrownNode, type GrownTree, nodeFlag } from '../../tree/tree.ts';

/** A tree whose leaves get their values. */
export interface SettledTree {
  readonly tree: GrownTree;
  /** Its leaves, with how many rows of all ranks are in each. */
  readonly leaves: readonly { readonly index: number; readonly rows: number }[];
  /** Those whose rows are only this rank's so far. */
  readonly uncounted?: readonly { readonly index: number; rows: number }[];
}

/** A tree whose leaves wait for their values. */
export interface UnshapedTree {
  readonly grown: SettledTree;
  readonly rule: LeafRule;
  /** Directions by feature index; empty where all are free. */
  readonly monotone: readonly number[];
  /** Leaves are bounded by their neighbours. */
  readonly boundsAreNeighbours: boolean;
  /** Each child of a cut by its own. */
  readonly boundsAreOfCuts: boolean;
  /** Exact integer sums of each leaf, so many words a leaf. */
  readonly words: BigInt64Array;
  readonly wordsPerLeaf: number;
  /** What such sums stand for. */
  sumsOf(words: readonly bigint[]): { readonly G: number; readonly H: number };
  /** Values of the leaves by themselves, where they are quantiles of their rows. */
  readonly quantiles: ArrayLike<number> | null;
  /** What leaves without rows keep, null for others; null where all leaves are new. */
  readonly kept: readonly (number | null)[] | null;
}

/** Values before the step size, in the order of the leaves. */
export function shapeLeaves(tree: UnshapedTree): number[] {
  return tree.boundsAreNeighbours ? amongNeighbours(tree) : belowMidpoints(tree);
}

/** Splits happen again in their order, with exact sums; each leaf keeps between the values that its neighbours have then. */
function amongNeighbours(tree: UnshapedTree): number[] {
  const sums = sumUp(tree);
  const { nodes } = tree.grown.tree;
  const directionOf = (feature: number): number => tree.monotone[feature] ?? 0;
  const leaves = new MonotoneLeaves<number>(directionOf, tree.boundsAreOfCuts);
  const values = [leafValueOf(tree, sums[0] as Summed, openFrame)];
  leaves.open(0, values[0] as number);
  const inner = nodes.flatMap(({ leftChild }, index) => (leftChild === 0 ? [] : [index]));
  inner.sort((a, b) => (nodes[a] as GrownNode).leftChild - (nodes[b] as GrownNode).leftChild);
  for (const index of inner) {
    const node = nodes[index] as GrownNode;
    const { leftChild } = node;
    const value = values[index] as number;
    const cut = cutOf(node);
    const sides = leaves.boundsOfSides(index, cut);
    const pair = inOrder(
      leafValueOf(tree, sums[leftChild] as Summed, { value, ...sides[0] }),
      leafValueOf(tree, sums[leftChild + 1] as Summed, { value, ...sides[1] }),
      directionOf(node.feature),
      sides,
    );
    values[leftChild] = pair[0];
    values[leftChild + 1] = pair[1];
    leaves.split(index, cut, [leftChild, leftChild + 1], pair);
  }
  return tree.grown.leaves.map((leaf) => values[leaf.index] as number);
}

function cutOf({ feature, threshold, categories, flags }: GrownNode): MonotoneCut {
  return {
    feature,
    threshold: categories === null ? threshold : null,
    leftBits: categories?.bits ?? null,
    numCategories: categories?.count ?? 0,
    missingGoesLeft: (flags & nodeFlag.missingGoesLeft) !== 0,
    unseenGoesLeft: (flags & nodeFlag.unseenGoesLeft) !== 0,
  };
}

/** Values go from the root down, bounded by the midpoints of the splits above. */
function belowMidpoints(tree: UnshapedTree): number[] {
  const sums = sumUp(tree);
  const { nodes } = tree.grown.tree;
  const frames: LeafFrame[] = [
    { ...openFrame, value: leafValueOf(tree, sums[0] as Summed, openFrame) },
  ];
  // children have higher numbers than their parent
  nodes.forEach(({ leftChild, feature }, index) => {
    if (leftChild === 0) return;
    const frame = frames[index] as LeafFrame;
    const left = leafValueOf(tree, sums[leftChild] as Summed, frame);
    const right = leafValueOf(tree, sums[leftChild + 1] as Summed, frame);
    for (const side of [0, 1] as const) {
      const own = side === 0 ? left : right;
      const direction = tree.monotone[feature] ?? 0;
      const inner = childFrame(frame, [left, right], direction, side === 0);
      const value = Math.max(inner.lower, Math.min(inner.upper, own));
      frames[leftChild + side] = { ...inner, value };
    }
  });
  return tree.grown.leaves.map((leaf) => (frames[leaf.index] as LeafFrame).value);
}

/** A node's rows and sums. */
interface Summed {
  readonly words: readonly bigint[];
  readonly rows: number;
  /** The mean of its leaves' quantiles, by rows. */
  readonly mean: number;
  /** Of nodes without rows: what their leaves keep, on average. */
  readonly kept: number | null;
}

function sumUp({ grown, words, wordsPerLeaf, quantiles, kept }: UnshapedTree): Summed[] {
  const nodes: Summed[] = [];
  grown.leaves.forEach((leaf, i) => {
    const own = words.slice(wordsPerLeaf * i, wordsPerLeaf * (i + 1));
    const mean = quantiles?.[i] ?? 0;
    nodes[leaf.index] = { words: [...own], rows: leaf.rows, mean, kept: kept?.[i] ?? null };
  });
  for (let n = grown.tree.nodes.length - 1; n >= 0; n--) {
    const { leftChild } = grown.tree.nodes[n] as GrownNode;
    if (leftChild === 0) continue;
    const left = nodes[leftChild] as Summed;
    const right = nodes[leftChild + 1] as Summed;
    const rows = left.rows + right.rows;
    nodes[n] = {
      words: left.words.map((word, k) => word + (right.words[k] as bigint)),
      rows,
      mean: rows > 0 ? (left.rows * left.mean + right.rows * right.mean) / rows : 0,
      kept: left.kept === null || right.kept === null ? null : (left.kept + right.kept) / 2,
    };
  }
  return nodes;
}

function leafValueOf(tree: UnshapedTree, node: Summed, frame: LeafFrame): number {
  const { rule, quantiles } = tree;
  if (node.kept !== null) return Math.max(frame.lower, Math.min(frame.upper, node.kept));
  if (quantiles !== null) return boundedValue(rule, frame, node.mean, node.rows);
  return shapedValue(rule, frame, { ...tree.sumsOf(node.words), rows: node.rows });
}
