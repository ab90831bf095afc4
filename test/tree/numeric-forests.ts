/** Random forests of numeric splits, small and large, even and lopsided, from draws of one seed. */
import { type GrownNode, newLeaf, packTrees } from '../../src/tree/tree.ts';
import type { TreeEnsemble } from '../../src/tree/tree-ensemble.ts';
import type { Draws } from '../kernels/draws.ts';

/** What to draw. */
export interface ForestShape {
  readonly numTrees: number;
  readonly numFeatures: number;
  readonly maxSplits: number;
  /** Distinct thresholds of a feature, at most. */
  readonly numThresholds: number;
  readonly numOutputs: number;
}

/** Draws a forest. */
export function drawForest(draws: Draws, shape: ForestShape): TreeEnsemble {
  const thresholds = draws.list(shape.numFeatures, () =>
    draws.list(shape.numThresholds, () => draws.pick([draws.normal(), draws.below(9) - 4])),
  );
  const trees = draws.list(shape.numTrees, () => {
    // deep first makes long branches, which only few rows pass
    const isDeep = draws.bool();
    const hasRows = draws.bool(0.8);
    const leaf = (): GrownNode => ({
      ...newLeaf(1, hasRows ? draws.below(1000) : 0),
      value: Float64Array.from(draws.list(shape.numOutputs, () => draws.normal())),
    });
    const nodes: GrownNode[] = [leaf()];
    const open = [0];
    for (let s = draws.below(shape.maxSplits + 1); s > 0; s--) {
      const at = isDeep ? open.pop() : open.splice(draws.below(open.length), 1)[0];
      const node = nodes[at ?? -1] as GrownNode;
      node.feature = draws.below(shape.numFeatures);
      node.threshold = draws.pick(thresholds[node.feature] as number[]);
      node.flags = draws.below(2);
      node.leftChild = nodes.length;
      open.push(nodes.length, nodes.length + 1);
      nodes.push(leaf(), leaf());
    }
    return { nodes };
  });
  return packTrees(trees, shape.numOutputs);
}
