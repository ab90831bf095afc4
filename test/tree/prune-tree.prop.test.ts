/** Of all trees cut from a grown one, pruning keeps the smallest of the least cost. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemOfTrees } from '../../src/tree/check-trees.ts';
import { pruneTree } from '../../src/tree/prune-tree.ts';
import { packTrees } from '../../src/tree/tree.ts';
import type { TreeEnsemble } from '../../src/tree/tree-ensemble.ts';
import { randomTree, randomTreeFeatures } from './random-trees.ts';

/** One way to cut a tree: what its splits gain together, and how many leaves it has. */
interface Cut {
  readonly gain: number;
  readonly leaves: number;
}

/** Every tree with the same root that a node's subtree can be cut to. */
function cutsOf(tree: TreeEnsemble, node: number): Cut[] {
  const left = tree.leftChild[node] as number;
  const cuts: Cut[] = [{ gain: 0, leaves: 1 }];
  if (left === 0) return cuts;
  for (const a of cutsOf(tree, left)) {
    for (const b of cutsOf(tree, left + 1)) {
      cuts.push({
        gain: (tree.gain[node] as number) + (a.gain + b.gain),
        leaves: a.leaves + b.leaves,
      });
    }
  }
  return cuts;
}

function summary(tree: TreeEnsemble): Cut {
  const leaves = tree.leftChild.filter((left) => left === 0).length;
  return { leaves, gain: tree.gain.reduce((sum, gain) => sum + gain, 0) };
}

/** Trees whose gains and prices are of one size, so that a split may pay by what lies below it. */
const eighths = fc.integer({ min: 1, max: 40 }).map((x) => x / 8);
const grown = fc
  .tuple(randomTree(2, 7), fc.array(eighths, { minLength: 15, maxLength: 15 }))
  .map(([tree, gains]) => {
    tree.nodes.forEach((node, i) => {
      node.cover = i === 0 ? 1 : node.cover;
      if (node.leftChild > 0) node.gain = gains[i] as number;
    });
    return packTrees([tree], 2);
  });
const alphas = eighths;

describe('a pruned tree', () => {
  it('costs least of all trees cut from the grown one, and is the smallest of these', () => {
    fc.assert(
      fc.property(grown, alphas, (tree, alpha) => {
        const price = alpha * (tree.cover[0] as number);
        const costs = cutsOf(tree, 0).map(({ gain, leaves }) => price * leaves - gain);
        const found = summary(pruneTree(tree, alpha));
        const least = Math.min(...costs);
        expect(price * found.leaves - found.gain).toBeCloseTo(least, 9);
        const smallest = cutsOf(tree, 0)
          .filter((_, i) => (costs[i] as number) <= least + 1e-9)
          .reduce((fewest, { leaves }) => Math.min(fewest, leaves), Number.POSITIVE_INFINITY);
        expect(found.leaves).toBe(smallest);
      }),
    );
  });

  it('is a sound tree whose nodes are nodes of the grown one', () => {
    fc.assert(
      fc.property(grown, alphas, (tree, alpha) => {
        const pruned = pruneTree(tree, alpha);
        expect(problemOfTrees(pruned, [...randomTreeFeatures])).toBeNull();
        const walk = (from: number, to: number): void => {
          const ours = pruned.leftChild[to] as number;
          expect(pruned.cover[to]).toBe(tree.cover[from]);
          expect(pruned.value.slice(2 * to, 2 * to + 2)).toEqual(
            tree.value.slice(2 * from, 2 * from + 2),
          );
          if (ours === 0) return;
          expect(pruned.feature[to]).toBe(tree.feature[from]);
          expect(pruned.threshold[to]).toBe(tree.threshold[from]);
          expect(bitsAt(pruned, to)).toEqual(bitsAt(tree, from));
          const theirs = tree.leftChild[from] as number;
          walk(theirs, ours);
          walk(theirs + 1, ours + 1);
        };
        walk(0, 0);
      }),
    );
  });

  it('has fewer leaves the more they cost, and none but the root where they cost all', () => {
    fc.assert(
      fc.property(grown, alphas, alphas, (tree, a, b) => {
        const few = summary(pruneTree(tree, Math.max(a, b))).leaves;
        expect(few).toBeLessThanOrEqual(summary(pruneTree(tree, Math.min(a, b))).leaves);
        expect(summary(pruneTree(tree, 1e9)).leaves).toBe(1);
      }),
    );
  });
});

function bitsAt(tree: TreeEnsemble, node: number): number[] {
  const start = tree.categoryStart[node] as number;
  const count = tree.categoryCount[node] as number;
  return [...tree.categoryBits.subarray(start, start + Math.ceil(count / 32))];
}
