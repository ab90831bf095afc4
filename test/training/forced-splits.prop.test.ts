/** Splits that every tree begins with, whatever they gain. */
import { describe, expect, it } from 'vitest';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import type { ForcedSplits } from '../../src/params/forced-splits-kind.ts';
import type { TreeNode } from '../../src/tree/tree-node.ts';
import { featureNames, randomData } from '../tools/random-data.ts';
import { columnNamed, type SampleData } from '../tools/sample-data.ts';
import { fitSample } from './fit-sample.ts';
import type { EstimatorCase } from './random-estimators.ts';
import { expectSame, type Topology, tinyKnobs } from './topologies.ts';

const recipe = {
  seed: 57,
  numRows: 900,
  kinds: ['float32', 'words', 'float64', 'integers', 'many words', 'all missing'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const names = featureNames(recipe);
const words = [...new Set(columnNamed(data, 'x1').cells)].filter((cell) => cell !== null);
const [first, second] = words.map(String).sort() as [string, string];

/** The root by a number, then a number on the left and a category on the right. */
const wanted: ForcedSplits = {
  feature: 'x2',
  threshold: 0.1,
  left: { feature: 'x0', threshold: -0.3 },
  right: { feature: 'x1', categories: [second, first] },
};
const forced = (more: Record<string, unknown> = {}): EstimatorCase => ({
  name: 'GBTRegressor',
  options: {
    featuresCols: names,
    labelCol: 'y',
    maxIter: 3,
    maxLeaves: 9,
    minInstancesPerNode: 5,
    forcedSplits: wanted,
    ...more,
  },
});

/** Features of the forced nodes of a tree, from the root, by the path of each. */
function forcedOf(model: TreeModel, tree: number): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (node: TreeNode, path: string): void => {
    if (node.split?.isForced === true) found[path] = node.split.feature;
    if (node.left !== null) visit(node.left, `${path}0`);
    if (node.right !== null) visit(node.right, `${path}1`);
  };
  visit(model.tree(tree).root, '');
  return found;
}

/** How many rows a node should have if its way down is by these tests; missing values are passed over. */
function numRows(tests: Readonly<Record<string, (cell: unknown) => boolean>>): number {
  const cells = Object.keys(tests).map((name) => columnNamed(data, name).cells);
  return columnNamed(data, 'y').cells.filter((_, row) =>
    Object.values(tests).every((test, t) => test(cells[t]?.[row])),
  ).length;
}

describe('forcedSplits', () => {
  it('stand at the top of every tree, at the next border of bins', async () => {
    for (const more of [{}, { maxLeaves: undefined, maxDepth: 4 }, { labelCol: 'p', alpha: 1 }]) {
      const model = await fitSample(forced(more), data);
      for (let t = 0; t < model.numTrees; t++) {
        expect(forcedOf(model, t)).toEqual({ '': 'x2', 0: 'x0', 1: 'x1' });
      }
      const { root } = model.tree(0);
      const threshold = root.split?.threshold as number;
      const values = columnNamed(data, 'x2').cells.filter((cell) => cell !== null);
      // no value lies between what was asked for and what was taken
      expect(threshold).toBeGreaterThanOrEqual(0.1);
      expect(values.filter((x) => Number(x) > 0.1 && Number(x) <= threshold).length).toBeLessThan(
        9,
      );
      const isLow = (cell: unknown) => cell === null || Number(cell) <= threshold;
      const isKnownLow = (cell: unknown) => cell !== null && Number(cell) <= threshold;
      const left = root.split?.missingGoesLeft === true ? isLow : isKnownLow;
      expect(root.left?.rows).toBe(numRows({ x2: left }));
      expect([...(root.right?.split?.leftCategories ?? [])].sort()).toEqual([first, second]);
    }
  });

  it('bring the trees that a single table of choices gives, and grow on freely below', async () => {
    const model = await fitSample(forced({ maxLeaves: 4 }), data);
    expect(model.tree(0).nodes.filter(({ split }) => split !== null)).toHaveLength(3);
    const grown = await fitSample(forced(), data);
    const { nodes } = grown.tree(0);
    expect(nodes.filter(({ split }) => split?.isForced === false).length).toBe(5);
    expect(grown.tree(0).toDot()).toContain('forced, gain');
    // what the data would have asked stands beside
    const free = await fitSample(forced({ forcedSplits: undefined }), data);
    const best = free.tree(0).root.split;
    expect(best?.feature).not.toBe('x2');
    expect(grown.tree(0).root.split?.runnerUp).toEqual({
      feature: best?.feature,
      featureIndex: best?.featureIndex,
      gain: best?.gain,
    });
  });

  it('change nothing where they are what is grown anyway', async () => {
    const free = await fitSample(forced({ forcedSplits: undefined, maxIter: 1 }), data);
    const asked = (node: TreeNode | null): ForcedSplits | undefined => {
      const { split } = node ?? { split: null };
      if (split === null) return undefined;
      const { feature, threshold, leftCategories } = split;
      const [left, right] = [asked(node?.left ?? null), asked(node?.right ?? null)];
      return {
        feature,
        ...(threshold === null ? { categories: leftCategories ?? [] } : { threshold }),
        ...(left && { left }),
        ...(right && { right }),
      };
    };
    const same = { forcedSplits: asked(free.tree(0).root), maxIter: 1 };
    const model = await fitSample(forced(same), data);
    const leaves = (one: TreeModel) =>
      [...one.tree(0).walk()].flatMap(({ split, rows, value }) =>
        split === null ? [[rows, ...value]] : [],
      );
    expect(leaves(model)).toEqual(leaves(free));
  });

  it('keep to limits: what may not be is skipped, with all below it, and growth is free there', async () => {
    const few: ForcedSplits = { ...wanted, left: { feature: 'x0', threshold: -1e9, left: wanted } };
    const model = await fitSample(forced({ forcedSplits: few, minInstancesPerNode: 60 }), data);
    expect(forcedOf(model, 0)).toEqual({ '': 'x2', 1: 'x1' });
    expect(model.tree(0).root.left?.split?.isForced).toBe(false);
    // no limit of gains holds them back
    const dear = await fitSample(forced({ minInfoGain: 1e9 }), data);
    expect(Object.keys(forcedOf(dear, 0)).sort()).toEqual(['', '0', '1']);
    expect(dear.tree(0).nodes).toHaveLength(7);
    // a column without values, values that no row has, a direction that the labels do not take
    const none = await fitSample(
      forced({
        forcedSplits: {
          ...wanted,
          left: { feature: 'x5', threshold: 1 },
          right: { feature: 'x1', categories: ['no such word'] },
        },
      }),
      data,
    );
    expect(forcedOf(none, 0)).toEqual({ '': 'x2' });
    const slope = Math.sign(
      (model.tree(0).root.right?.value[0] ?? 0) - (model.tree(0).root.left?.value[0] ?? 0),
    );
    const against = await fitSample(forced({ monotoneConstraints: { x2: -slope } }), data);
    expect(against.tree(0).root.split?.isForced).toBe(false);
    const along = await fitSample(forced({ monotoneConstraints: { x2: slope } }), data);
    expect(along.tree(0).root.split?.isForced).toBe(true);
  });

  it('refuse what does not go together, by name', async () => {
    const refused = async (more: Record<string, unknown>, rule: RegExp) =>
      await expect(fitSample(forced(more), data)).rejects.toMatchObject({
        code: 'PARAM_INVALID',
        message: expect.stringMatching(rule),
      });
    await refused({ forcedSplits: { feature: 'x9', threshold: 1 } }, /must name features; got x9/);
    await refused({ forcedSplits: { feature: 'x1', threshold: 1 } }, /categories for x1/);
    await refused({ forcedSplits: { feature: 'x0', categories: ['a'] } }, /a threshold for x0/);
    await refused({ interactionConstraints: [['x0']] }, /left out with forcedSplits/);
    const symmetric = { growPolicy: 'oblivious', maxLeaves: undefined };
    await refused(symmetric, /forcedSplits .* left out with growPolicy oblivious/);
  });

  it('of a column that is all of one value in half of the rows part missing from known', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => i);
    const column = (name: string, cells: (number | null)[]) =>
      ({ name, type: 'float64', cells }) as const;
    const sample: SampleData = [
      column(
        'a',
        rows.map((i) => (i % 2 === 0 ? null : i % 3)),
      ),
      column(
        'y',
        rows.map((i) => i % 4),
      ),
    ];
    const options = { featuresCols: ['a'], forcedSplits: { feature: 'a', threshold: 99 } };
    const model = await fitSample(forced(options), sample);
    expect(model.tree(0).root.split).toMatchObject({ isForced: true, missingGoesLeft: false });
    expect(model.tree(0).root.left?.rows).toBe(20);
  });

  it('give one model on any topology', async () => {
    const layouts: Topology[] = [
      { threads: 3, partitions: 'one empty', ...tinyKnobs },
      { threads: 5, partitions: 7, kernels: 'reference' },
    ];
    const more = [
      { gainFactors: { x2: 0.5 }, weightCol: 'w', subsamplingRate: 0.8, maxIter: 2 },
      { minInstancesPerNode: 1, minCategoryRows: 0, maxLeaves: undefined, maxDepth: 3, maxIter: 2 },
    ];
    for (const each of more) await expectSame(forced(each), { ...recipe, numRows: 1200 }, layouts);
  }, 60_000);
});
