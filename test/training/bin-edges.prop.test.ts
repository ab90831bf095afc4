/** Edges that bins must have: are trees cut there, on every topology, and are others as they were? */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { RandomForestRegressor } from '../../src/ensemble/forest/random-forest-regressor.ts';
import { type DataRecipe, featureNames, randomData } from '../tools/random-data.ts';
import { columnNamed } from '../tools/sample-data.ts';
import { fitSample, predictedNumbers } from './fit-sample.ts';
import type { EstimatorCase } from './random-estimators.ts';
import { expectSame, topologies } from './topologies.ts';

const recipe: DataRecipe = {
  seed: 21,
  numRows: 600,
  kinds: ['float32', 'float64', 'integers', 'words', 'few numbers'],
  missing: 0.1,
};
const data = randomData(recipe);
const names = featureNames(recipe);

const estimators: readonly EstimatorCase[] = [
  { name: 'GBTRegressor', options: { labelCol: 'y', maxIter: 5 } },
  { name: 'GBTRegressor', options: { labelCol: 'y', maxIter: 3, growPolicy: 'oblivious' } },
  { name: 'GBTRegressor', options: { labelCol: 'y', maxIter: 3, linearLeaves: true } },
  { name: 'GBTClassifier', options: { labelCol: 'k', maxIter: 3, extraTrees: true } },
  { name: 'GBTClassifier', options: { labelCol: 'b', maxIter: 5, dropRate: 0.5 } },
  { name: 'RandomForestRegressor', options: { labelCol: 'y', numTrees: 3 } },
  { name: 'ExtraTreesClassifier', options: { labelCol: 'b', numTrees: 3 } },
  { name: 'DecisionTreeRegressor', options: { labelCol: 'y' } },
];

/** Values of a feature, at about such shares of its rows, moved a little. */
function edgesAt(name: string, shares: readonly number[]): number[] {
  const cells = (columnNamed(data, name).cells as (number | null)[])
    .filter((cell): cell is number => cell !== null && !Number.isNaN(cell))
    .sort((a, b) => a - b);
  const found = shares.map((share) => (cells[Math.floor(share * cells.length)] as number) + 1e-7);
  return [...new Set(found)].sort((a, b) => a - b);
}

const edges = fc
  .uniqueArray(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 6 })
  .map((shares) => shares.sort((a, b) => a - b));

describe('binEdges', () => {
  it('are all that trees are cut at where no bins are left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...estimators), edges, async ({ name, options }, shares) => {
        const numeric = names.filter((_, i) => recipe.kinds[i] !== 'words');
        const binEdges = Object.fromEntries(numeric.map((one) => [one, edgesAt(one, shares)]));
        const most = Math.max(...Object.values(binEdges).map((list) => list.length));
        for (const one of numeric) {
          const list = binEdges[one] as number[];
          while (list.length < most) list.push((list.at(-1) as number) + 1);
        }
        const more = { featuresCols: names, binEdges, maxBins: Math.max(2, most + 1) };
        const model = await fitSample({ name, options: { ...options, ...more } }, data);
        const { trees } = model;
        trees.leftChild.forEach((left, node) => {
          const feature = names[trees.feature[node] as number] as string;
          if (left === 0 || binEdges[feature] === undefined) return;
          const threshold = trees.threshold[node] as number;
          // missing values alone on one side: no edge at all
          if (Number.isFinite(threshold))
            expect(
              Math.min(...binEdges[feature].map((edge) => Math.abs(edge - threshold))),
            ).toBeLessThan(Math.abs(threshold) * 1e-6 + 1e-30);
        });
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('give one model on any topology', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...estimators),
        edges,
        fc.constantFrom(8, 255),
        topologies,
        async ({ name, options }, shares, maxBins, topology) => {
          const binEdges = { x0: edgesAt('x0', shares), x2: edgesAt('x2', shares) };
          await expectSame({ name, options: { ...options, binEdges, maxBins } }, recipe, [
            topology,
          ]);
        },
      ),
      { numRuns: 16 },
    );
  }, 120_000);

  it('keep what lies on an edge to its left, in float32 columns too, and make forced splits exact', async () => {
    const x = Array.from({ length: 400 }, (_, i) => Math.fround((i % 40) / 10));
    const at = 2.1; // its float32 is above it
    const y = x.map((value) => (value <= at ? 0 : 1));
    const sample = [
      { name: 'x', type: 'float32', cells: x },
      { name: 'y', type: 'float64', cells: y },
    ] as const;
    const options = { labelCol: 'y', featuresCols: ['x'], maxIter: 1, stepSize: 1, maxLeaves: 2 };
    for (const more of [{ maxBins: 2 }, { forcedSplits: { feature: 'x', threshold: at } }]) {
      const found = { ...options, binEdges: { x: [at] }, ...more };
      const model = await fitSample({ name: 'GBTRegressor', options: found }, sample);
      const predicted = await predictedNumbers(model, sample);
      expect(predicted.map(Math.round)).toEqual(y);
    }
  });

  it('are refused by name where they cannot be', async () => {
    const refused = (options: object) => () => new GBTRegressor(options);
    expect(refused({ binEdges: { x: [3, 1] } })).toThrow(
      /binEdges of GBTRegressor must be an object/,
    );
    expect(refused({ binEdges: { x: [1, 1] } })).toThrow(/binEdges/);
    expect(refused({ binEdges: { x: [1, Infinity] } })).toThrow(/binEdges/);
    expect(refused({ binEdges: { x: [] } })).toThrow(/binEdges/);
    expect(refused({ binEdges: {} })).toThrow(/binEdges/);
    const tooMany = { binEdges: { a: [1], b: [1, 2, 3] }, maxBins: 3 };
    for (const Estimator of [GBTRegressor, GBTClassifier, RandomForestRegressor] as const)
      expect(() => new Estimator(tooMany)).toThrow(
        /binEdges of \w+ must be at most 2 for each feature where maxBins is 3 \(b has 3\)/,
      );
    const fitted = async (binEdges: Record<string, readonly number[]>) =>
      await fitSample(
        {
          name: 'RandomForestRegressor',
          options: { featuresCols: names, labelCol: 'y', binEdges },
        },
        data,
      );
    await expect(fitted({ X0: [1] })).rejects.toThrow(
      /must name features; got X0; did you mean x0/,
    );
    await expect(fitted({ x3: [1] })).rejects.toThrow(/categories have no order; got some for x3/);
  });
});
