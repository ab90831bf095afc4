/** Splits that cost something are made where they gain more, and leaves are split in the order of what is left. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { fromLightGBM } from '../../src/ensemble/foreign/from-lightgbm.ts';
import { fromXGBoost } from '../../src/ensemble/foreign/from-xgboost.ts';
import { treeBytes } from '../tools/fitted-bytes.ts';
import { type DataRecipe, featureNames, randomData } from '../tools/random-data.ts';
import { fitSample } from './fit-sample.ts';
import type { EstimatorCase } from './random-estimators.ts';
import { expectSame, topologies } from './topologies.ts';

const recipe: DataRecipe = {
  seed: 14,
  numRows: 900,
  kinds: ['float32', 'float64', 'integers', 'words', 'few numbers'],
  missing: 0.1,
};
const data = randomData(recipe);
const names = featureNames(recipe);

function costly(more: Record<string, unknown> = {}): EstimatorCase {
  const usual = { featuresCols: names, labelCol: 'y', maxIter: 6, maxLeaves: 12 };
  return { name: 'GBTRegressor', options: { ...usual, ...more } };
}

const oneTree = { maxIter: 1, stepSize: 1, maxLeaves: 64, minInstancesPerNode: 5 };

describe('costs of splits', () => {
  it('of 0 change no tree', async () => {
    const plain = await fitSample(costly(), data);
    const free = await fitSample(costly({ splitCost: 0, splitCostPerRow: 0 }), data);
    expect(treeBytes(free)).toEqual(treeBytes(plain));
  });

  it('leave the splits of the free tree, level by level, that gain more; gains are told after them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        fc.constantFrom(undefined, 'w'),
        async (share, perRow, weightCol) => {
          const usual = { ...oneTree, ...(weightCol === undefined ? {} : { weightCol }) };
          const byLevel = { ...usual, maxLeaves: undefined, maxDepth: 5 };
          const free = await fitSample(costly(byLevel), data);
          const largest = free.trees.gain.reduce((most, gain) => Math.max(most, gain), 0);
          const splitCost = share * largest;
          const splitCostPerRow = (perRow * largest) / recipe.numRows;
          const dear = await fitSample(costly({ ...byLevel, splitCost, splitCostPerRow }), data);
          const check = (at: number, freeAt: number): void => {
            const { trees } = free;
            const cost = splitCost + splitCostPerRow * (trees.rows[freeAt] as number);
            const left = (trees.gain[freeAt] as number) - cost;
            const isSplit = dear.trees.leftChild[at] !== 0;
            if (trees.leftChild[freeAt] === 0 || left < -1e-9 * largest) {
              expect(isSplit).toBe(false);
              return;
            }
            if (left < 1e-9 * largest) return;
            expect(isSplit).toBe(true);
            expect(dear.trees.feature[at]).toBe(trees.feature[freeAt]);
            expect(dear.trees.gain[at] as number).toBeCloseTo(left, 6);
            for (const side of [0, 1])
              check(
                (dear.trees.leftChild[at] as number) + side,
                (trees.leftChild[freeAt] as number) + side,
              );
          };
          check(0, 0);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('have leaves split in the order of what is left: large ones later where rows cost', async () => {
    const firstDepths = async (more: object) => {
      const model = await fitSample(costly({ ...oneTree, maxLeaves: 6, ...more }), data);
      return [...model.tree(0).walk()].filter(({ split }) => split !== null);
    };
    const free = await firstDepths({});
    const largest = Math.max(...free.map(({ split }) => split?.gain ?? 0));
    const rowsOf = (nodes: typeof free) => nodes.reduce((sum, { rows }) => sum + rows, 0);
    const dear = await firstDepths({ splitCostPerRow: (0.5 * largest) / recipe.numRows });
    expect(rowsOf(dear)).toBeLessThanOrEqual(rowsOf(free));
    for (const { split } of dear) expect(split?.gain).toBeGreaterThan(0);
  });

  it('give one model on any topology, whatever else bends gains', async () => {
    const others = fc.constantFrom<Record<string, unknown>>(
      {},
      { maxLeaves: undefined, maxDepth: 4 },
      { monotoneConstraints: { x0: 1, x1: -1 } },
      {
        interactionConstraints: [
          ['x0', 'x1'],
          ['x2', 'x3', 'x4'],
        ],
      },
      { gainFactors: { x0: 0.5 }, featureCosts: { x1: 3 } },
      { forcedSplits: { feature: 'x2', threshold: 0, left: { feature: 'x0', threshold: 1 } } },
      { extraTrees: true, alpha: 1 },
      { dropRate: 0.5 },
      { linearLeaves: true },
      { numParallelTrees: 2, subsamplingRate: 0.5 },
      { subsamplingRate: 0.7, featureSubsetStrategy: 0.5 },
      { minInstancesPerNode: 1, minSumHessian: 0 },
    );
    await fc.assert(
      fc.asyncProperty(
        others,
        fc.record({
          splitCost: fc.constantFrom(0, 4, 40),
          splitCostPerRow: fc.constantFrom(0, 0.05),
        }),
        fc.constantFrom('y', 'b', 'k'),
        topologies,
        async (more, costs, labelCol, topology) => {
          const name = labelCol === 'y' ? 'GBTRegressor' : 'GBTClassifier';
          const { options } = costly({ ...more, ...costs, labelCol, maxIter: 3 });
          await expectSame({ name, options }, recipe, [topology]);
        },
      ),
      { numRuns: 30 },
    );
  }, 120_000);

  it('come from LightGBM and XGBoost, and do not go with oblivious trees', () => {
    expect(fromLightGBM({ min_split_gain: '0.5' }).options).toEqual({ splitCost: 0.5 });
    expect(fromLightGBM({ cegb_penalty_split: 0 }).options).toEqual({});
    expect(fromXGBoost({ min_split_loss: 2 }).options).toMatchObject({ splitCost: 2 });
    for (const cost of [{ splitCost: 1 }, { splitCostPerRow: 1 }])
      expect(() => new GBTRegressor({ growPolicy: 'oblivious', ...cost })).toThrow(
        /must be left out with growPolicy oblivious/,
      );
    expect(() => new GBTRegressor({ splitCost: -1 })).toThrow(/splitCost/);
  });
});
