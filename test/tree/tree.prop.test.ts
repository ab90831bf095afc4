import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemOfTrees } from '../../src/tree/check-trees.ts';
import {
  type GrownTree,
  mergeEnsembles,
  packTrees,
  takeTrees,
  treeDepths,
} from '../../src/tree/tree.ts';
import { randomTreeFeatures, randomTrees } from './random-trees.ts';

const forests = fc.constantFrom(1, 3).chain((numOutputs) =>
  randomTrees(numOutputs).map((trees) => ({
    trees,
    numOutputs,
    packed: packTrees(trees, numOutputs),
  })),
);

function depthOf(tree: GrownTree, node = 0): number {
  const left = tree.nodes[node]?.leftChild ?? 0;
  return left === 0 ? 0 : 1 + Math.max(depthOf(tree, left), depthOf(tree, left + 1));
}

describe('a forest as arrays', () => {
  it('is sound as it was packed', () => {
    fc.assert(
      fc.property(forests, ({ packed }) => {
        expect(problemOfTrees(packed, randomTreeFeatures)).toBeNull();
      }),
    );
  });

  it('holds every node where its tree begins', () => {
    fc.assert(
      fc.property(forests, ({ trees, packed, numOutputs }) => {
        trees.forEach((tree, t) => {
          tree.nodes.forEach((node, i) => {
            const at = (packed.treeStart[t] as number) + i;
            expect(packed.feature[at]).toBe(node.feature);
            expect(packed.threshold[at]).toBe(node.threshold);
            expect(packed.leftChild[at]).toBe(node.leftChild);
            expect(packed.cover[at]).toBe(node.cover);
            expect(packed.value.slice(at * numOutputs, (at + 1) * numOutputs)).toEqual(node.value);
            if (node.categories === null) return;
            const word = packed.categoryStart[at] as number;
            const { bits, count } = node.categories;
            expect(packed.categoryCount[at]).toBe(count);
            expect(packed.categoryBits.slice(word, word + bits.length)).toEqual(bits);
          });
        });
        expect([...treeDepths(packed)]).toEqual(trees.map((tree) => depthOf(tree)));
      }),
    );
  });

  it('keeps its first trees as if only these had been packed', () => {
    fc.assert(
      fc.property(forests, fc.nat(6), ({ trees, packed, numOutputs }, wanted) => {
        const count = Math.min(wanted, trees.length);
        expect(takeTrees(packed, count)).toEqual(packTrees(trees.slice(0, count), numOutputs));
      }),
    );
  });

  it('is put together from parts in the order of the trees’ numbers', () => {
    const deal = fc.array(fc.nat(2), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(forests, deal, ({ trees, packed, numOutputs }, ranks) => {
        const parts = [0, 1, 2].map((rank) => {
          const treeNumbers = trees.map((_, t) => t).filter((t) => ranks[t] === rank);
          const own = treeNumbers.map((t) => trees[t] as GrownTree);
          return { trees: packTrees(own, numOutputs), treeNumbers };
        });
        expect(mergeEnsembles(parts, numOutputs)).toEqual(packed);
        expect(mergeEnsembles([...parts].reverse(), numOutputs)).toEqual(packed);
      }),
    );
  });

  it('may be empty', () => {
    const none = packTrees([], 2);
    expect([none.numTrees, [...none.treeStart], none.feature.length]).toEqual([0, [0], 0]);
    expect(problemOfTrees(none, [])).toBeNull();
    expect(mergeEnsembles([{ trees: none, treeNumbers: [] }], 2)).toEqual(none);
  });
});
