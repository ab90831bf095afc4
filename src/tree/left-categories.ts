/** The categories that a split sends left, by name. */
import { categoryGoesLeft } from './predictor.ts';
import type { TreeEnsemble } from './tree-ensemble.ts';

/**
 * Those that it lists, and of those behind its list the ones that follow what it has never seen.
 *
 * @param node counted over all trees @param names of all categories of its feature
 */
export function leftCategories(
  trees: TreeEnsemble,
  node: number,
  names: readonly string[],
): string[] {
  const count = Math.max(names.length, trees.categoryCount[node] as number);
  return Array.from({ length: count }, (_, code) => code)
    .filter((code) => categoryGoesLeft(trees, node, code))
    .map((code) => names[code] ?? String(code));
}
