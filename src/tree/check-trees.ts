/**
 * Is a forest sound? Asked of every loaded model before anything walks it: children lie in their tree and
 * behind their only parent, features and categories exist, numbers are finite.
 */
import { nodeFlag } from './tree.ts';
import type { TreeEnsemble } from './tree-ensemble.ts';

/**
 * @param categoryCounts for each feature its number of categories, −1 for a numeric one
 * @returns null, or what is wrong, as the rest of a sentence about the model
 */
export function problemOfTrees(e: TreeEnsemble, categoryCounts: readonly number[]): string | null {
  if (e.numOutputs < 1) return 'has trees without outputs';
  if ((e.treeStart[0] ?? 0) !== 0) return 'has a first tree that does not begin at node 0';
  for (let t = 0; t < e.numTrees; t++) {
    const start = e.treeStart[t] as number;
    const end = e.treeStart[t + 1] as number;
    if (end <= start) return `has an empty tree ${t}`;
    for (let n = start; n < end; n++) {
      const problem = problemOfNode(e, n, { start, end }, categoryCounts);
      if (problem !== null) return `has a tree ${t} whose node ${n - start} ${problem}`;
    }
    const orphan = nodeWithoutOneParent(e, start, end);
    if (orphan !== null) return `has a tree ${t} whose node ${orphan} is not the child of one node`;
  }
  for (const value of e.value) if (!Number.isFinite(value)) return 'has a leaf that is not finite';
  return null;
}

/** The first node but the root that no node, or more than one, has as a child. */
function nodeWithoutOneParent(e: TreeEnsemble, start: number, end: number): number | null {
  const parents = new Uint8Array(end - start);
  for (let n = start; n < end; n++) {
    const left = e.leftChild[n] as number;
    if (left === 0) continue;
    for (const child of [left, left + 1]) {
      if (parents[child] === 1) return child;
      parents[child] = 1;
    }
  }
  const orphan = parents.indexOf(0, 1);
  return orphan < 0 ? null : orphan;
}

function problemOfNode(
  e: TreeEnsemble,
  n: number,
  tree: { start: number; end: number },
  categoryCounts: readonly number[],
): string | null {
  const left = e.leftChild[n] as number;
  if (left === 0) return null;
  if (tree.start + left <= n) return 'has a child that is not behind it';
  if (tree.start + left + 1 >= tree.end) return 'has a child outside the tree';
  const feature = e.feature[n] as number;
  const numCategories = categoryCounts[feature];
  if (numCategories === undefined) return `splits on feature ${feature}, which does not exist`;
  const isCategory = ((e.flags[n] as number) & nodeFlag.isCategory) !== 0;
  if (isCategory !== numCategories >= 0) return 'splits on a feature of the other kind';
  if (!isCategory) return Number.isNaN(e.threshold[n]) ? 'has no threshold' : null;
  const count = e.categoryCount[n] as number;
  const words = Math.ceil(count / 32);
  if (count > numCategories) return 'lists more categories than there are';
  if ((e.categoryStart[n] as number) + words > e.categoryBits.length)
    return 'lists categories that are not there';
  return null;
}
