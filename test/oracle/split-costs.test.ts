/** Are trees whose splits cost something those of LightGBM and XGBoost? fixtures/make-split-costs.py made the fixture. */
import { describe, expect, it } from 'vitest';
import { GBTRegressor } from '../../src/index.ts';
import { valuesOf } from '../tools/inline-table.ts';
import { numericSplits } from './fitted-splits.ts';
import { featuresCols, readFixture, treeTable } from './tree-rows.ts';

interface Case {
  readonly trees: readonly (readonly (readonly [number, number | null])[])[];
  readonly predictions: readonly number[];
}

const { cases } = readFixture('split-costs.json') as { cases: Readonly<Record<string, Case>> };

const usual = { stepSize: 0.1, lambda: 1 };
const leafWise = { ...usual, maxLeaves: 12, minInstancesPerNode: 5, minSumHessian: 1e-3 };
const byLevel = { ...usual, maxDepth: 4, minInstancesPerNode: 1, minSumHessian: 5 };

describe('trees whose splits cost something', () => {
  it.each([
    ['min_gain_to_split', { ...leafWise, splitCost: 6 }, 1e-7],
    ['cegb_penalty_split', { ...leafWise, splitCostPerRow: 0.03 }, 1e-7],
    [
      'cegb_penalty_feature_lazy',
      { ...leafWise, featureCostsPerRow: { x0: 0.1, x1: 0.02, x2: 0.16, x3: 0.04, x4: 0.06 } },
      1e-7,
    ],
    [
      'cegb of all kinds',
      {
        ...leafWise,
        splitCost: 0.5,
        splitCostPerRow: 0.005,
        featureCostsPerRow: { x1: 0.02, x2: 0.1, x3: 0.03, x4: 0.02 },
      },
      1e-7,
    ],
    // XGBoost sums in float32
    ['gamma', { ...byLevel, splitCost: 1.5 }, 1e-4],
  ] as const)('are those of the libraries with %s', async (name, options, near) => {
    const table = treeTable('number');
    const { trees, predictions } = cases[name] as Case;
    const rounds = { maxIter: trees.length };
    const model = await new GBTRegressor({ ...options, ...rounds, featuresCols }).fit(table);
    const ours = numericSplits(model);
    expect(ours.map((splits) => splits.map(([feature]) => feature))).toEqual(
      trees.map((splits) => splits.map(([feature]) => feature)),
    );
    const free = await new GBTRegressor({
      ...{ ...options, ...rounds, splitCost: 0, splitCostPerRow: 0, featureCostsPerRow: { x0: 0 } },
      featuresCols,
    }).fit(table);
    expect(numericSplits(model)).not.toEqual(numericSplits(free));
    const found = (await valuesOf(await model.transform(table), 'prediction')) as number[];
    found.forEach((value, i) => {
      expect(Math.abs(value - (predictions[i] as number))).toBeLessThan(near);
    });
  });
});
