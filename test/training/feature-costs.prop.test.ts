/** Features that cost something are looked at where they pay, and once they are paid for they are free. */
import { describe, expect, it } from 'vitest';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import { treeBytes } from '../tools/fitted-bytes.ts';
import { type DataRecipe, featureNames, randomData, range } from '../tools/random-data.ts';
import { fitSample } from './fit-sample.ts';
import type { EstimatorCase } from './random-estimators.ts';
import { expectSame, type Topology, tinyKnobs } from './topologies.ts';

const recipe: DataRecipe = {
  seed: 12,
  numRows: 900,
  kinds: ['float32', 'float64', 'integers', 'words', 'few numbers'],
  missing: 0.1,
};
const data = randomData(recipe);
const names = featureNames(recipe);

function costly(
  featureCosts?: Record<string, number>,
  more: Record<string, unknown> = {},
): EstimatorCase {
  const options = { featuresCols: names, labelCol: 'y', maxIter: 6, maxLeaves: 12 };
  const costs = featureCosts === undefined ? {} : { featureCosts };
  return { name: 'GBTRegressor', options: { ...options, ...costs, ...more } };
}

const everywhere = (cost: number) => Object.fromEntries(names.map((name) => [name, cost]));

function usedBy(model: TreeModel, trees: readonly number[]): Set<string> {
  const found = trees.flatMap((t) => [...model.tree(t).walk()].map(({ split }) => split?.feature));
  return new Set(found.filter((name) => name !== undefined));
}

describe('featureCosts', () => {
  it('of 0 change no tree', async () => {
    const plain = await fitSample(costly(), data);
    expect(treeBytes(await fitSample(costly(everywhere(0)), data))).toEqual(treeBytes(plain));
  });

  it('that no gain pays for leave nothing to split on; one that is free is all that is used', async () => {
    const none = await fitSample(costly(everywhere(1e300)), data);
    expect(none.totalNumNodes).toBe(none.numTrees);
    const free = { ...everywhere(1e300), x2: 0 };
    const one = await fitSample(costly(free), data);
    expect([...usedBy(one, range(one.numTrees))]).toEqual(['x2']);
  });

  it('are paid once: a model whose features are all paid for grows on as if they were free', async () => {
    const begun = await fitSample(costly(), data);
    const used = usedBy(begun, range(begun.numTrees));
    expect(used.size).toBe(names.length);
    const free = await fitSample(costly(), data, { initialModel: begun });
    const paid = await fitSample(costly(everywhere(1e300)), data, { initialModel: begun });
    expect(treeBytes(paid)).toEqual(treeBytes(free));
  });

  it('are taken off the gain of the first split alone', async () => {
    const one = { maxIter: 1, maxLeaves: 2 };
    const plain = await fitSample(costly(undefined, one), data);
    const gain = plain.trees.gain[0] as number;
    const dear = await fitSample(costly(everywhere(gain / 2), one), data);
    expect(dear.trees.feature).toEqual(plain.trees.feature);
    expect(dear.trees.gain[0]).toBeCloseTo(gain / 2, 6);
    const below = {
      ...everywhere(gain / 2),
      [names[plain.trees.feature[0] as number] as string]: gain / 2,
    };
    // below the split its feature is free, the others still cost: no split of another is worth it
    const tree = await fitSample(costly({ ...below }, { maxIter: 1, maxLeaves: 4 }), data);
    const free = await fitSample(costly(undefined, { maxIter: 1, maxLeaves: 4 }), data);
    expect(usedBy(tree, [0]).size).toBeLessThanOrEqual(usedBy(free, [0]).size);
    expect(tree.trees.gain.filter((one) => one > 0)).toHaveLength(3);
  });

  it.each([
    ['GBTRegressor', { labelCol: 'y' }],
    ['GBTClassifier', { labelCol: 'k' }],
    ['GBTRegressor', { labelCol: 'y', holdOutFolds: 4, numModels: 2 }],
  ] as const)('continue as in one fit: %s %o', async (name, more) => {
    const found = (maxIter: number, extra: Record<string, unknown> = {}): EstimatorCase => ({
      ...costly(everywhere(40), { ...more, maxIter, ...extra }),
      name,
    });
    if ('numModels' in more) {
      const whole = await fitSample(found(5), data);
      expect(treeBytes(await fitSample(found(5), data))).toEqual(treeBytes(whole));
      return;
    }
    const whole = await fitSample(found(5), data);
    const begun = await fitSample(found(2), data);
    const continued = await fitSample(found(3), data, { initialModel: begun });
    expect(treeBytes(continued)).toEqual(treeBytes(whole));
  });

  it('name features', async () => {
    const model = fitSample(costly({ nothing: 2 }), data);
    await expect(model).rejects.toMatchObject({ code: 'PARAM_INVALID' });
  });

  it('give one model on any topology', async () => {
    const layouts: Topology[] = [
      { threads: 3, partitions: 'one empty', ...tinyKnobs },
      { threads: 5, partitions: 7, kernels: 'reference' },
    ];
    for (const more of [
      { maxIter: 2 },
      { maxIter: 2, maxLeaves: undefined, maxDepth: 4 },
      { maxIter: 2, holdOutFolds: 4, numModels: 2 },
      { maxIter: 2, gainFactors: { x0: 2 }, alpha: 0.5 },
    ])
      await expectSame(costly(everywhere(30), more), { ...recipe, numRows: 1500 }, layouts);
    const classes = {
      ...costly(everywhere(5), { labelCol: 'k', maxIter: 2 }),
      name: 'GBTClassifier' as const,
    };
    await expectSame(classes, { ...recipe, numRows: 1500 }, layouts);
  }, 120_000);
});
