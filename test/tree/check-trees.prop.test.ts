import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemOfTrees } from '../../src/tree/check-trees.ts';
import { packTrees } from '../../src/tree/tree.ts';
import type { TreeEnsemble } from '../../src/tree/tree-ensemble.ts';
import { randomTreeFeatures, randomTrees } from './random-trees.ts';

const forests = randomTrees(2)
  .filter((trees) => trees.some((tree) => tree.nodes.length > 4))
  .map((trees) => packTrees(trees, 2));

/** Numbers of the nodes that split. */
function innerNodes(e: TreeEnsemble): number[] {
  return [...e.leftChild.keys()].filter((n) => (e.leftChild[n] as number) > 0);
}

/** Breaks one thing; null where there is nothing to break. */
type Mutation = (e: TreeEnsemble, node: number) => boolean;

const isCategory = (e: TreeEnsemble, n: number): boolean => ((e.flags[n] as number) & 4) !== 0;
const start = (e: TreeEnsemble, n: number): number =>
  [...e.treeStart].filter((first) => first <= n).at(-1) as number;

const mutations: Readonly<Record<string, { break: Mutation; says: RegExp }>> = {
  'a child that is the node itself': {
    break: (e, n) => {
      e.leftChild[n] = n - start(e, n);
      return n > start(e, n);
    },
    says: /child that is not behind it/,
  },
  'a child beyond the tree': {
    break: (e, n) => {
      e.leftChild[n] = 2 ** 31;
      return true;
    },
    says: /child outside the tree/,
  },
  'a right child beyond the tree': {
    break: (e, n) => {
      const end = e.treeStart.find((first) => first > n) as number;
      e.leftChild[n] = end - start(e, n) - 1;
      return (e.leftChild[n] as number) > n - start(e, n);
    },
    says: /child outside the tree/,
  },
  'children that another node has': {
    break: (e, n) => {
      const other = e.leftChild.findIndex(
        (left, at) => at > n && left > 0 && start(e, at) === start(e, n),
      );
      e.leftChild[n] = e.leftChild[other] as number;
      return other > 0;
    },
    says: /is not the child of one node/,
  },
  'a feature that does not exist': {
    break: (e, n) => {
      e.feature[n] = randomTreeFeatures.length;
      return true;
    },
    says: /splits on feature 5, which does not exist/,
  },
  'a negative feature': {
    break: (e, n) => {
      e.feature[n] = -1;
      return true;
    },
    says: /splits on feature -1, which does not exist/,
  },
  'a number split as a category': {
    break: (e, n) => {
      e.flags[n] = (e.flags[n] as number) ^ 4;
      return true;
    },
    says: /splits on a feature of the other kind/,
  },
  'no threshold': {
    break: (e, n) => {
      e.threshold[n] = Number.NaN;
      return !isCategory(e, n);
    },
    says: /has no threshold/,
  },
  'more categories than the feature has': {
    break: (e, n) => {
      e.categoryCount[n] = 4_000_000_000;
      return isCategory(e, n);
    },
    says: /lists more categories than there are/,
  },
  'category bits that are not there': {
    break: (e, n) => {
      e.categoryStart[n] = e.categoryBits.length;
      return isCategory(e, n) && (e.categoryCount[n] as number) > 0;
    },
    says: /lists categories that are not there/,
  },
  'a leaf that is not a number': {
    break: (e, n) => {
      e.value[2 * n + 1] = Number.NaN;
      return true;
    },
    says: /has a leaf that is not finite/,
  },
  'an infinite leaf': {
    break: (e, n) => {
      e.value[2 * n] = Number.NEGATIVE_INFINITY;
      return true;
    },
    says: /has a leaf that is not finite/,
  },
  'trees that run backwards': {
    break: (e) => {
      e.treeStart[1] = 0;
      return true;
    },
    says: /has an empty tree/,
  },
  'a first tree that begins late': {
    break: (e) => {
      e.treeStart[0] = 1;
      return true;
    },
    says: /first tree that does not begin at node 0/,
  },
};

describe('a damaged forest', () => {
  for (const [name, { break: damage, says }] of Object.entries(mutations)) {
    it(`is refused for ${name}`, () => {
      fc.assert(
        fc.property(forests, fc.nat(), (forest, pick) => {
          const inner = innerNodes(forest);
          const node = inner[pick % inner.length] as number;
          fc.pre(damage(forest, node));
          expect(problemOfTrees(forest, randomTreeFeatures)).toMatch(says);
        }),
        { numRuns: 60 },
      );
    });
  }

  it('is refused when trees have no outputs', () => {
    expect(problemOfTrees(packTrees([], 0), [])).toMatch(/without outputs/);
  });
});
