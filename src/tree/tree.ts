/** Trees while they grow, how they are packed into arrays (tree-ensemble.ts), and ensembles cut and joined. */

import { type LinearTerms, mergeLinear, packLinear, takeLinear } from './linear-leaves.ts';
import { type PlaneTerms, packPlanes } from './split-planes.ts';
import type { TreeEnsemble } from './tree-ensemble.ts';

/** Bits of {@link TreeEnsemble.flags}. */
export const nodeFlag = {
  missingGoesLeft: 1,
  unseenGoesLeft: 2,
  isCategory: 4,
  isForced: 8,
} as const;

/** A node while its tree grows; numbers are given when its parent is split. */
export interface GrownNode {
  feature: number;
  threshold: number;
  leftChild: number;
  flags: number;
  /** Left bins of a category split as bits, else null. */
  categories: { readonly bits: Uint32Array; readonly count: number } | null;
  gain: number;
  runnerUpGain: number;
  runnerUpFeature: number;
  cover: number;
  rows: number;
  /** Plain numbers: a typed array each would take more memory than all else of the node. */
  value: ArrayLike<number>;
  /** A leaf's terms, where it is linear; its value is for rows that lack one of them. */
  terms?: LinearTerms | undefined;
  /** What a split compares in place of its feature, which is then the plane's first. */
  plane?: PlaneTerms | undefined;
}

/** A tree as it was grown. */
export interface GrownTree {
  readonly nodes: readonly GrownNode[];
  /** The same as columns; left out or null where only nodes are up to date. */
  readonly columns?: TreeColumns | null;
  /** The grid of its scores, where leaves may be linear. */
  unit?: number | undefined;
}

const noValues: readonly number[] = [];

/** A tree of one output that has made no nodes yet. */
export interface TreeColumns {
  readonly numNodes: number;
  /** Words of its categories. */
  readonly numWords: number;
  divideValues(divisor: number): void;
  /** Writes itself behind node `at` and word `word` of an ensemble. */
  writeTo(packed: TreeEnsemble, at: number, word: number): void;
}

/** A leaf. */
export function newLeaf(cover: number, rows: number): GrownNode {
  return {
    feature: -1,
    threshold: 0,
    leftChild: 0,
    flags: 0,
    categories: null,
    gain: 0,
    runnerUpGain: 0,
    runnerUpFeature: -1,
    cover,
    rows,
    value: noValues,
  };
}

/** Packs grown trees into arrays. */
export function packTrees(trees: readonly GrownTree[], numOutputs: number): TreeEnsemble {
  const numNodes = trees.reduce(
    (total, tree) => total + (tree.columns?.numNodes ?? tree.nodes.length),
    0,
  );
  const numWords = trees.reduce((total, tree) => total + wordsOf(tree), 0);
  const packed = emptyEnsemble(trees.length, numNodes, numWords, numOutputs);
  let at = 0;
  let word = 0;
  trees.forEach((tree, t) => {
    packed.treeStart[t] = at;
    const columns = tree.columns ?? null;
    if (columns !== null) {
      columns.writeTo(packed, at, word);
      at += columns.numNodes;
      word += columns.numWords;
      return;
    }
    for (const node of tree.nodes) {
      packed.feature[at] = node.feature;
      packed.threshold[at] = node.threshold;
      packed.leftChild[at] = node.leftChild;
      packed.flags[at] = node.flags;
      if (node.categories !== null) {
        packed.categoryStart[at] = word;
        packed.categoryCount[at] = node.categories.count;
        packed.categoryBits.set(node.categories.bits, word);
        word += node.categories.bits.length;
      }
      packed.gain[at] = node.gain;
      packed.runnerUpGain[at] = node.runnerUpGain;
      packed.runnerUpFeature[at] = node.runnerUpFeature;
      packed.cover[at] = node.cover;
      packed.rows[at] = node.rows;
      packed.value.set(node.value, at * numOutputs);
      at += 1;
    }
  });
  packed.treeStart[trees.length] = at;
  const linear = packLinear(trees);
  // columns have no planes, and nodes would be made for each of them
  const planes = trees.every(({ columns }) => columns)
    ? undefined
    : packPlanes(trees.flatMap(({ nodes }) => nodes));
  return {
    ...packed,
    ...(linear === undefined ? {} : { linear }),
    ...(planes === undefined ? {} : { planes }),
  };
}

function wordsOf(tree: GrownTree): number {
  if (tree.columns) return tree.columns.numWords;
  return tree.nodes.reduce((words, node) => words + (node.categories?.bits.length ?? 0), 0);
}

/** Arrays of the right sizes. */
export function emptyEnsemble(
  numTrees: number,
  numNodes: number,
  numWords: number,
  numOutputs: number,
): TreeEnsemble {
  return {
    numTrees,
    numOutputs,
    treeStart: new Uint32Array(numTrees + 1),
    feature: new Int32Array(numNodes),
    threshold: new Float64Array(numNodes),
    leftChild: new Uint32Array(numNodes),
    flags: new Uint8Array(numNodes),
    categoryStart: new Uint32Array(numNodes),
    categoryCount: new Uint32Array(numNodes),
    categoryBits: new Uint32Array(numWords),
    gain: new Float64Array(numNodes),
    runnerUpGain: new Float64Array(numNodes),
    runnerUpFeature: new Int32Array(numNodes),
    cover: new Float64Array(numNodes),
    rows: new Float64Array(numNodes),
    value: new Float64Array(numNodes * numOutputs),
  };
}

/** The same with a column of variances, where it is wanted. */
export function withVariances(ensemble: TreeEnsemble, isWanted: boolean): TreeEnsemble {
  return isWanted ? { ...ensemble, variance: new Float64Array(ensemble.feature.length) } : ensemble;
}

/** The first k trees. */
export function takeTrees(ensemble: TreeEnsemble, numTrees: number): TreeEnsemble {
  const end = ensemble.treeStart[numTrees] as number;
  return {
    ...ensemble,
    numTrees,
    treeStart: ensemble.treeStart.slice(0, numTrees + 1),
    feature: ensemble.feature.slice(0, end),
    threshold: ensemble.threshold.slice(0, end),
    leftChild: ensemble.leftChild.slice(0, end),
    flags: ensemble.flags.slice(0, end),
    categoryStart: ensemble.categoryStart.slice(0, end),
    categoryCount: ensemble.categoryCount.slice(0, end),
    categoryBits: ensemble.categoryBits.slice(0, wordsBefore(ensemble, end)),
    gain: ensemble.gain.slice(0, end),
    runnerUpGain: ensemble.runnerUpGain.slice(0, end),
    runnerUpFeature: ensemble.runnerUpFeature.slice(0, end),
    cover: ensemble.cover.slice(0, end),
    rows: ensemble.rows.slice(0, end),
    value: ensemble.value.slice(0, end * ensemble.numOutputs),
    ...(ensemble.variance === undefined ? {} : { variance: ensemble.variance.slice(0, end) }),
    ...takeLinear(ensemble.linear, numTrees, end),
  };
}

function wordsBefore(ensemble: TreeEnsemble, end: number): number {
  let words = 0;
  for (let i = 0; i < end; i++) {
    const count = ensemble.categoryCount[i] as number;
    if (count > 0) words = (ensemble.categoryStart[i] as number) + Math.ceil(count / 32);
  }
  return words;
}

/** How deep each tree is: the most splits between the root and a leaf. */
export function treeDepths(ensemble: TreeEnsemble): Uint32Array {
  const depths = new Uint32Array(ensemble.numTrees);
  const nodeDepth = new Uint32Array(ensemble.feature.length);
  for (let t = 0; t < ensemble.numTrees; t++) {
    const start = ensemble.treeStart[t] as number;
    const end = ensemble.treeStart[t + 1] as number;
    let deepest = 0;
    for (let i = start; i < end; i++) {
      const depth = nodeDepth[i] as number;
      if (depth > deepest) deepest = depth;
      const left = ensemble.leftChild[i] as number;
      if (left === 0) continue;
      nodeDepth[start + left] = depth + 1;
      nodeDepth[start + left + 1] = depth + 1;
    }
    depths[t] = deepest;
  }
  return depths;
}

/** Puts trees of several ensembles into one, in the order of their numbers. */
export function mergeEnsembles(
  parts: readonly { readonly trees: TreeEnsemble; readonly treeNumbers: readonly number[] }[],
  numOutputs: number,
): TreeEnsemble {
  const order = parts
    .flatMap(({ trees, treeNumbers }) => treeNumbers.map((number, t) => ({ trees, t, number })))
    .sort((a, b) => a.number - b.number);
  const numNodes = order.reduce((sum, { trees, t }) => sum + nodeCount(trees, t), 0);
  const numWords = order.reduce(
    (sum, { trees, t }) => sum + wordRange(trees, t)[1] - wordRange(trees, t)[0],
    0,
  );
  const hasVariances = order.length > 0 && order.every(({ trees }) => trees.variance !== undefined);
  const empty = emptyEnsemble(order.length, numNodes, numWords, numOutputs);
  const merged = withVariances(empty, hasVariances);
  let at = 0;
  let word = 0;
  order.forEach(({ trees, t }, i) => {
    const start = trees.treeStart[t] as number;
    const end = trees.treeStart[t + 1] as number;
    const [firstWord, endWord] = wordRange(trees, t);
    merged.treeStart[i] = at;
    merged.feature.set(trees.feature.subarray(start, end), at);
    merged.threshold.set(trees.threshold.subarray(start, end), at);
    merged.leftChild.set(trees.leftChild.subarray(start, end), at);
    merged.flags.set(trees.flags.subarray(start, end), at);
    merged.categoryCount.set(trees.categoryCount.subarray(start, end), at);
    for (let n = start; n < end; n++) {
      if ((trees.categoryCount[n] as number) === 0) continue;
      merged.categoryStart[at + n - start] = (trees.categoryStart[n] as number) - firstWord + word;
    }
    merged.categoryBits.set(trees.categoryBits.subarray(firstWord, endWord), word);
    merged.gain.set(trees.gain.subarray(start, end), at);
    merged.runnerUpGain.set(trees.runnerUpGain.subarray(start, end), at);
    merged.runnerUpFeature.set(trees.runnerUpFeature.subarray(start, end), at);
    merged.cover.set(trees.cover.subarray(start, end), at);
    merged.rows.set(trees.rows.subarray(start, end), at);
    merged.value.set(trees.value.subarray(start * numOutputs, end * numOutputs), at * numOutputs);
    if (trees.variance !== undefined) merged.variance?.set(trees.variance.subarray(start, end), at);
    at += end - start;
    word += endWord - firstWord;
  });
  merged.treeStart[order.length] = at;
  const linear = mergeLinear(order);
  return linear === undefined ? merged : { ...merged, linear };
}

function nodeCount(trees: TreeEnsemble, t: number): number {
  return (trees.treeStart[t + 1] as number) - (trees.treeStart[t] as number);
}

/** The words of categoryBits that belong to a tree. */
function wordRange(trees: TreeEnsemble, t: number): [number, number] {
  let first = -1;
  let end = 0;
  for (let n = trees.treeStart[t] as number; n < (trees.treeStart[t + 1] as number); n++) {
    const count = trees.categoryCount[n] as number;
    if (count === 0) continue;
    if (first < 0) first = trees.categoryStart[n] as number;
    end = (trees.categoryStart[n] as number) + Math.ceil(count / 32);
  }
  return first < 0 ? [0, 0] : [first, end];
}
