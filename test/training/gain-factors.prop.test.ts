/** Features whose gains count more or less than those of others. */
import { describe, expect, it } from 'vitest';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import { treeBytes } from '../tools/fitted-bytes.ts';
import { featureNames, randomData } from '../tools/random-data.ts';
import { fitSample } from './fit-sample.ts';
import type { EstimatorCase } from './random-estimators.ts';
import { expectSame, type Topology, tinyKnobs } from './topologies.ts';

const recipe = {
  seed: 83,
  numRows: 900,
  kinds: ['float32', 'words', 'float64', 'integers', 'many words'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const names = featureNames(recipe);
const options = { featuresCols: names, labelCol: 'y', maxIter: 5, maxLeaves: 12 };
const factored = (gainFactors?: Record<string, number>, more: Record<string, unknown> = {}) =>
  ({
    name: 'GBTRegressor',
    options: { ...options, ...(gainFactors === undefined ? {} : { gainFactors }), ...more },
  }) satisfies EstimatorCase;
const everywhere = (factor: number) => Object.fromEntries(names.map((name) => [name, factor]));

/** How often each feature is split on. */
function splitsOf(model: TreeModel): number[] {
  return [...model.importances('splits')];
}

describe('gainFactors', () => {
  it.each([{}, { alpha: 0.5 }, { minInstancesPerNode: 1, minCategoryRows: 0 }])(
    'of 1 change no tree, with %o',
    async (more) => {
      const plain = await fitSample(factored(undefined, more), data);
      const ones = await fitSample(factored(everywhere(1), more), data);
      expect(ones.trees.feature).toEqual(plain.trees.feature);
      expect(ones.trees.threshold).toEqual(plain.trees.threshold);
      expect(ones.trees.value).toEqual(plain.trees.value);
      expect(ones.trees.runnerUpFeature).toEqual(plain.trees.runnerUpFeature);
      // a power of two for all changes gains alone
      const twice = await fitSample(factored(everywhere(2), more), data);
      expect(
        treeBytes({
          trees: { ...twice.trees, gain: plain.trees.gain, runnerUpGain: plain.trees.runnerUpGain },
        }),
      ).toEqual(treeBytes(plain));
    },
  );

  it('of 0 keep a feature out, small ones keep it rare, large ones make it common', async () => {
    const plain = splitsOf(await fitSample(factored(), data));
    const most = plain.indexOf(Math.max(...plain));
    const name = names[most] as string;
    const countWith = async (factor: number): Promise<number> =>
      splitsOf(await fitSample(factored({ [name]: factor }), data))[most] as number;
    expect(await countWith(0)).toBe(0);
    const rare = await countWith(0.2);
    expect(rare).toBeLessThan(plain[most] as number);
    expect(await countWith(50)).toBeGreaterThan(plain[most] as number);
  });

  it('name features', async () => {
    const model = fitSample(factored({ nothing: 2 }), data);
    await expect(model).rejects.toMatchObject({ code: 'PARAM_INVALID' });
  });

  it('give one model on any topology', async () => {
    const layouts: Topology[] = [
      { threads: 3, partitions: 'one empty', ...tinyKnobs },
      { threads: 5, partitions: 7, kernels: 'reference' },
    ];
    const found = factored({ [names[0] as string]: 0.5, [names[4] as string]: 3 }, { maxIter: 1 });
    await expectSame(found, { ...recipe, numRows: 1500 }, layouts);
  }, 60_000);
});
