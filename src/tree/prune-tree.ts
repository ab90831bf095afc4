/**
 * Which splits of a grown tree are worth their leaves? Minimal cost-complexity pruning (L. Breiman et al.,
 * "Classification and regression trees", 1984, chapter 3): of all trees that are cut from this one, the smallest
 * that minimises impurity + alpha · leaves, impurity for a unit of the tree's weight.
 *
 * A split lowers the impurity by its gain, so from the leaves up
 *   worth(node) = gain + max(0, worth(left)) + max(0, worth(right)) − alpha · weight of the tree
 * and a node is kept split where its worth is above 0. Each worth hangs on the nodes below it alone, so the order
 * in which a tree was grown cannot show.
 */
import { emptyEnsemble, withVariances } from './tree.ts';
import type { TreeEnsemble } from './tree-ensemble.ts';

/** Prunes one tree. @param alpha in the unit of gains, for a unit of weight */
export function pruneTree(tree: TreeEnsemble, alpha: number): TreeEnsemble {
  const kept = keptNodes(tree, alpha);
  const order = [...kept.keys()].filter((node) => kept[node] !== dropped);
  if (order.length === tree.feature.length) return tree;
  return withNodes(tree, order, kept);
}

const dropped = 0;
const leaf = 1;
const split = 2;

/** What becomes of each node. */
function keptNodes(tree: TreeEnsemble, alpha: number): Uint8Array {
  const { leftChild, gain, cover } = tree;
  const numNodes = leftChild.length;
  const worth = new Float64Array(numNodes);
  const price = alpha * (cover[0] as number);
  for (let node = numNodes - 1; node >= 0; node--) {
    const left = leftChild[node] as number;
    if (left === 0) continue;
    const below = Math.max(0, worth[left] as number) + Math.max(0, worth[left + 1] as number);
    worth[node] = (gain[node] as number) + below - price;
  }
  const kept = new Uint8Array(numNodes);
  kept[0] = leaf;
  for (let node = 0; node < numNodes; node++) {
    const left = leftChild[node] as number;
    if (kept[node] === dropped || left === 0 || !((worth[node] as number) > 0)) continue;
    kept[node] = split;
    kept[left] = leaf;
    kept[left + 1] = leaf;
  }
  return kept;
}

function withNodes(tree: TreeEnsemble, order: readonly number[], kept: Uint8Array): TreeEnsemble {
  const wordsOf = (node: number): number => Math.ceil((tree.categoryCount[node] as number) / 32);
  const splits = order.filter((node) => kept[node] === split);
  const numWords = splits.reduce((sum, node) => sum + wordsOf(node), 0);
  const empty = emptyEnsemble(1, order.length, numWords, tree.numOutputs);
  const out = withVariances(empty, tree.variance !== undefined);
  out.treeStart[1] = order.length;
  const numberOf = new Uint32Array(kept.length);
  order.forEach((node, i) => {
    numberOf[node] = i;
  });
  let word = 0;
  order.forEach((node, i) => {
    const { numOutputs } = tree;
    out.cover[i] = tree.cover[node] as number;
    out.rows[i] = tree.rows[node] as number;
    if (out.variance !== undefined) out.variance[i] = tree.variance?.[node] as number;
    out.value.set(tree.value.subarray(node * numOutputs, (node + 1) * numOutputs), i * numOutputs);
    if (kept[node] === leaf) {
      out.feature[i] = -1;
      out.runnerUpFeature[i] = -1;
      return;
    }
    out.feature[i] = tree.feature[node] as number;
    out.threshold[i] = tree.threshold[node] as number;
    out.leftChild[i] = numberOf[tree.leftChild[node] as number] as number;
    out.flags[i] = tree.flags[node] as number;
    out.gain[i] = tree.gain[node] as number;
    out.runnerUpGain[i] = tree.runnerUpGain[node] as number;
    out.runnerUpFeature[i] = tree.runnerUpFeature[node] as number;
    if (wordsOf(node) === 0) return;
    const from = tree.categoryStart[node] as number;
    out.categoryStart[i] = word;
    out.categoryCount[i] = tree.categoryCount[node] as number;
    out.categoryBits.set(tree.categoryBits.subarray(from, from + wordsOf(node)), word);
    word += wordsOf(node);
  });
  return out;
}
