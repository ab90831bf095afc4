/**
 * From trees whose nodes hold the shares of untreated and treated rows with and without the outcome to trees of uplifts:
 * the difference of the two rates, one a treatment. A leaf that lacks either kind of rows says what the nearest node above
 * says that has both; a node above leaves has the mean of its children by their weight.
 */
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';

/**
 * Trees of one number a treatment; or the place of a treatment that no tree has rows of, with untreated ones.
 *
 * @param arms of each number the arm that it is of: 1 for that of the classes 2 and 3, 2 for that of 4 and 5
 */
export async function upliftTrees(
  trees: TreeEnsemble,
  arms: readonly number[],
): Promise<TreeEnsemble | number> {
  const found = arms.map((arm) => upliftsOf(trees, arm));
  const unknown = found.indexOf(null);
  if (unknown >= 0) return unknown;
  const numOutputs = arms.length;
  const value = new Float64Array(trees.leftChild.length * numOutputs);
  (found as Float64Array[]).forEach((uplifts, k) => {
    for (let node = 0; node < uplifts.length; node++)
      value[node * numOutputs + k] = uplifts[node] as number;
  });
  return { ...trees, numOutputs, value };
}

/** What an arm changes, node by node; null where no tree has rows of both kinds. */
function upliftsOf(trees: TreeEnsemble, arm: number): Float64Array | null {
  const { treeStart, leftChild, cover } = trees;
  const effects = Float64Array.from(leftChild, (_, node) => effectOf(trees, node, arm));
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
  return value;
}

/** The rate of an arm's rows less that of the untreated ones; NaN where either are missing. */
function effectOf({ value, numOutputs }: TreeEnsemble, node: number, arm: number): number {
  const rateOf = (first: number): number => {
    const of0 = value[node * numOutputs + first] as number;
    const of1 = value[node * numOutputs + first + 1] as number;
    return of1 / (of0 + of1);
  };
  return rateOf(2 * arm) - rateOf(0);
}
