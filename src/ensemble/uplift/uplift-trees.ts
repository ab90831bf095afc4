/**
 * From trees whose nodes hold the shares of treated and untreated rows with and without the outcome to trees of uplifts:
 * the difference of the two rates. A leaf that lacks either kind of rows says what the nearest node above says that has
 * both; a node above leaves has the mean of its children by their weight.
 */
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';

/** Trees of one number; null where no tree has rows of both kinds. */
export async function upliftTrees(trees: TreeEnsemble): Promise<TreeEnsemble | null> {
  const { treeStart, leftChild, cover } = trees;
  const effects = Float64Array.from(leftChild, (_, node) => effectOf(trees, node));
  const roots = [...treeStart.subarray(0, -1)].map((root) => effects[root] as number);
  const known = roots.filter((effect) => !Number.isNaN(effect));
  if (known.length === 0) return null;
  const usual = known.reduce((sum, effect) => sum + effect, 0) / known.length;
  const value = new Float64Array(effects.length);
  for (let t = 0; t < trees.numTrees; t++) {
    const start = treeStart[t] as number;
    const end = treeStart[t + 1] as number;
    if (Number.isNaN(effects[start] as number)) effects[start] = usual;
    for (let node = start; node < end; node++) {
      const left = leftChild[node] as number;
      if (left === 0) continue;
      for (const child of [start + left, start + left + 1]) {
        if (Number.isNaN(effects[child] as number)) effects[child] = effects[node] as number;
      }
    }
    // children come after their parents
    for (let node = end - 1; node >= start; node--) {
      const left = leftChild[node] as number;
      const [a, b] = [start + left, start + left + 1];
      const [one, other] = [cover[a] as number, cover[b] as number];
      value[node] =
        left === 0
          ? (effects[node] as number)
          : (one * (value[a] as number) + other * (value[b] as number)) / (one + other);
    }
  }
  return { ...trees, numOutputs: 1, value };
}

/** The rate of treated rows less that of the others; NaN where either are missing. */
function effectOf({ value }: TreeEnsemble, node: number): number {
  const [c0 = 0, c1 = 0, t0 = 0, t1 = 0] = value.subarray(4 * node, 4 * node + 4);
  return t1 / (t0 + t1) - c1 / (c0 + c1);
}
