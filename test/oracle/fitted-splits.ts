/** The splits of a fitted model's trees, in the form of the fixtures: sorted [feature, threshold] pairs a tree. */
import type { TreeModel } from '../../src/index.ts';

/** Numeric splits only. */
export function numericSplits(model: TreeModel): [feature: number, threshold: number][][] {
  const { trees } = model;
  return Array.from({ length: trees.numTrees }, (_, t) => {
    const splits: [number, number][] = [];
    const end = trees.treeStart[t + 1] as number;
    for (let node = trees.treeStart[t] as number; node < end; node++) {
      if (trees.leftChild[node] === 0) continue;
      splits.push([trees.feature[node] as number, trees.threshold[node] as number]);
    }
    return splits.sort(([f, a], [g, b]) => f - g || a - b);
  });
}
