/** A tree of a model as nodes again, as far as settling its leaves needs them: splits, children and values. */
import { type GrownNode, newLeaf, nodeFlag } from '../../tree/tree.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';

/** The nodes of a tree of one output; gains are not in them. */
export function treeNodes(trees: TreeEnsemble, index: number): GrownNode[] {
  const start = trees.treeStart[index] as number;
  const end = trees.treeStart[index + 1] as number;
  return Array.from({ length: end - start }, (_, i): GrownNode => {
    const node = newLeaf(trees.cover[start + i] as number, trees.rows[start + i] as number);
    node.feature = trees.feature[start + i] as number;
    node.leftChild = trees.leftChild[start + i] as number;
    node.threshold = trees.threshold[start + i] as number;
    node.flags = trees.flags[start + i] as number;
    if ((node.flags & nodeFlag.isCategory) !== 0) {
      const count = trees.categoryCount[start + i] as number;
      const word = trees.categoryStart[start + i] as number;
      const bits = trees.categoryBits.slice(word, word + Math.ceil(count / 32));
      node.categories = { bits, count };
    }
    node.value = trees.value.slice(start + i, start + i + 1);
    return node;
  });
}
