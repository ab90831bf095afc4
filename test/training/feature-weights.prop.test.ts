/** Features that are drawn more often than others, or never. */
import { describe, expect, it } from 'vitest';
import { treeBytes } from '../tools/fitted-bytes.ts';
import { featureNames, randomData } from '../tools/random-data.ts';
import { fitSample } from './fit-sample.ts';
import type { EstimatorCase } from './random-estimators.ts';
import { expectSame, type Topology, tinyKnobs } from './topologies.ts';

const recipe = {
  seed: 17,
  numRows: 900,
  kinds: ['float32', 'words', 'float64', 'integers', 'many words'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const names = featureNames(recipe);
const draws = [
  { colsampleByTree: 0.5 },
  { colsampleByLevel: 0.4 },
  { featureSubsetStrategy: 2 },
  { colsampleByTree: 0.8, colsampleByLevel: 0.7, featureSubsetStrategy: 0.5 },
  { colsampleByLevel: 0.5, growPolicy: 'oblivious', maxLeaves: undefined },
  { colsampleByTree: 0.6, interactionConstraints: [names.slice(0, 3)] },
];

function weighted(featureWeights?: Record<string, number>, more: Record<string, unknown> = {}) {
  const options = { featuresCols: names, labelCol: 'y', maxIter: 8, maxLeaves: 12, ...more };
  const weights = featureWeights === undefined ? {} : { featureWeights };
  return { name: 'GBTRegressor', options: { ...options, ...weights } } satisfies EstimatorCase;
}

const everywhere = (weight: number) => Object.fromEntries(names.map((name) => [name, weight]));

describe('featureWeights', () => {
  it.each(draws)('that are all the same change no tree, with %o', async (more) => {
    const plain = await fitSample(weighted(undefined, more), data);
    for (const weight of [1, 0.37, 5e6])
      expect(treeBytes(await fitSample(weighted(everywhere(weight), more), data))).toEqual(
        treeBytes(plain),
      );
  });

  it.each([{}, ...draws])('of 0 keep features out of all splits, with %o', async (more) => {
    const out = [names[0], names[2]] as const;
    const weights = { [out[0] as string]: 0, [out[1] as string]: 0 };
    const model = await fitSample(weighted(weights, more), data);
    const splits = [...model.importances('splits')];
    expect([splits[0], splits[2]]).toEqual([0, 0]);
    expect(Math.max(...splits)).toBeGreaterThan(0);
    // no feature is drawn twice: what is left out is as if it were not there
    if (Object.keys(more).length > 0) return;
    const without = await fitSample(
      weighted(undefined, { featuresCols: names.filter((_, i) => i !== 0 && i !== 2) }),
      data,
    );
    expect(without.trees.value).toEqual(model.trees.value);
  });

  it('make features that weigh more more common', async () => {
    const countOf = async (weight: number): Promise<number> => {
      const more = { featureSubsetStrategy: 0.2, maxIter: 30 };
      const model = await fitSample(weighted({ [names[2] as string]: weight }, more), data);
      return model.importances('splits')[2] as number;
    };
    const [rare, plain, common] = [await countOf(0.1), await countOf(1), await countOf(10)];
    expect(rare).toBeLessThan(0.5 * plain);
    expect(common).toBeGreaterThan(1.5 * plain);
  });

  it('name features, one of them at least above 0', async () => {
    for (const weights of [{ nothing: 2 }, everywhere(0)]) {
      const model = fitSample(weighted(weights), data);
      await expect(model).rejects.toMatchObject({ code: 'PARAM_INVALID' });
    }
  });

  it('give one model on any topology', async () => {
    const layouts: Topology[] = [
      { threads: 3, partitions: 'one empty', ...tinyKnobs },
      { threads: 5, partitions: 7, kernels: 'reference' },
    ];
    const weights = { [names[0] as string]: 0, [names[3] as string]: 7.5 };
    for (const more of draws.slice(0, 5))
      await expectSame(
        weighted(weights, { maxIter: 1, ...more }),
        { ...recipe, numRows: 1500 },
        layouts,
      );
  }, 60_000);
});
