/**
 * A forest as arrays: all nodes of all trees behind one another, node 0 of a tree its root, the two
 * children of a node side by side (right = left + 1) and after their parent.
 *
 *   tree t owns nodes [treeStart[t], treeStart[t + 1]); leftChild counts from the tree's own start, 0 = leaf
 *   categories: a split's bits begin at word categoryStart of categoryBits, categoryCount bits, 1 = left
 */

/** Trees, their splits and their leaves' values. */
export interface TreeEnsemble {
  readonly numTrees: number;
  readonly numOutputs: number;
  /** uint32[numTrees + 1] */
  readonly treeStart: Uint32Array;
  /** int32[numNodes]: the model's feature, −1 at a leaf */
  readonly feature: Int32Array;
  /** float64[numNodes]: a numeric split sends value <= threshold left */
  readonly threshold: Float64Array;
  /** uint32[numNodes] */
  readonly leftChild: Uint32Array;
  /** uint8[numNodes]: bit 0 missing goes left, bit 1 an unseen category does, bit 2 the split is by category */
  readonly flags: Uint8Array;
  readonly categoryStart: Uint32Array;
  readonly categoryCount: Uint32Array;
  readonly categoryBits: Uint32Array;
  /** float64[numNodes]: how much the split lowered the loss; 0 at a leaf */
  readonly gain: Float64Array;
  /** float64[numNodes] and int32[numNodes]: the best split of any other feature; −1 where there was none */
  readonly runnerUpGain: Float64Array;
  readonly runnerUpFeature: Int32Array;
  /** float64[numNodes]: sum of hessians or weights, and how many rows */
  readonly cover: Float64Array;
  readonly rows: Float64Array;
  /** float64[numNodes · numOutputs]: a leaf's values (for an inner node what it would be as a leaf) */
  readonly value: Float64Array;
}

/** Bits of {@link TreeEnsemble.flags}. */
export const nodeFlag = { missingGoesLeft: 1, unseenGoesLeft: 2, isCategory: 4 } as const;

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
  value: Float64Array;
}

/** A tree as it was grown. */
export interface GrownTree {
  readonly nodes: readonly GrownNode[];
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
    value: new Float64Array(0),
  };
}

/** Packs grown trees into arrays. */
export function packTrees(trees: readonly GrownTree[], numOutputs: number): TreeEnsemble {
  const numNodes = trees.reduce((total, tree) => total + tree.nodes.length, 0);
  const numWords = trees.reduce(
    (total, tree) =>
      total + tree.nodes.reduce((words, node) => words + (node.categories?.bits.length ?? 0), 0),
    0,
  );
  const packed = emptyEnsemble(trees.length, numNodes, numWords, numOutputs);
  let at = 0;
  let word = 0;
  trees.forEach((tree, t) => {
    packed.treeStart[t] = at;
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
  return packed;
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
