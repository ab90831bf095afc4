/**
 * Which share of a node's rows does each child hold? By cover (sums of hessians or weights); by rows where a
 * node's cover is 0, and half each where it has no rows either. Explanations weigh the sides of a split that
 * a feature no longer decides with these shares, and the value expected of a node follows from them.
 */
import type { TreeEnsemble } from './tree-ensemble.ts';

/** Left and right share of an inner node, by its position in the arrays; start: where its tree begins. */
export function sharesOf(e: TreeEnsemble, node: number, start: number): readonly [number, number] {
  const left = start + (e.leftChild[node] as number);
  return (
    ratios(e.cover[left] as number, e.cover[left + 1] as number) ??
    ratios(e.rows[left] as number, e.rows[left + 1] as number) ?? [0.5, 0.5]
  );
}

function ratios(left: number, right: number): readonly [number, number] | null {
  const total = left + right;
  return total > 0 ? [left / total, right / total] : null;
}

/** What each node is expected to give: a leaf its values, an inner node the mean of its children by share. */
export function expectedValues(e: TreeEnsemble, tree: number): Float64Array {
  const start = e.treeStart[tree] as number;
  const end = e.treeStart[tree + 1] as number;
  const width = e.numOutputs;
  const expected = e.value.slice(start * width, end * width);
  // children stand behind their parent
  for (let n = end - 1; n >= start; n--) {
    const left = e.leftChild[n] as number;
    if (left === 0) continue;
    const [leftShare, rightShare] = sharesOf(e, n, start);
    for (let k = 0; k < width; k++) {
      const below = left * width + k;
      expected[(n - start) * width + k] =
        leftShare * (expected[below] as number) + rightShare * (expected[below + width] as number);
    }
  }
  return expected;
}
