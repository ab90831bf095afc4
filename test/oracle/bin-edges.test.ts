/** Are trees on given edges those of LightGBM's forced bins? fixtures/make-bin-edges.py made the fixture. */
import { describe, expect, it } from 'vitest';
import { GBTRegressor } from '../../src/index.ts';
import { valuesOf } from '../tools/inline-table.ts';
import { numericSplits } from './fitted-splits.ts';
import { featuresCols, readFixture, treeTable } from './tree-rows.ts';

interface Case {
  readonly edges: Readonly<Record<string, readonly number[]>>;
  readonly maxBins: number;
  readonly trees: readonly (readonly (readonly [number, number])[])[];
  readonly predictions: readonly number[];
}

const { cases } = readFixture('bin-edges.json') as { cases: Readonly<Record<string, Case>> };

describe('given edges of bins', () => {
  it.each(Object.entries(cases))('%s have the trees of LightGBM', async (_, found) => {
    const table = treeTable('number');
    const binEdges = Object.fromEntries(
      Object.entries(found.edges).map(([f, edges]) => [`x${f}`, edges]),
    );
    const model = await new GBTRegressor({
      ...{ maxIter: 6, maxLeaves: 12, stepSize: 0.1, lambda: 0, minInstancesPerNode: 5 },
      ...{ minSumHessian: 1e-3, maxBins: found.maxBins, binEdges },
      featuresCols,
    }).fit(table);
    const ours = numericSplits(model);
    ours.forEach((splits, t) => {
      const theirs = found.trees[t] ?? [];
      expect(splits.map(([feature]) => feature)).toEqual(theirs.map(([feature]) => feature));
      splits.forEach(([, threshold], s) => {
        expect(threshold).toBeCloseTo(Number(theirs[s]?.[1]), 5);
      });
    });
    const predictions = (await valuesOf(await model.transform(table), 'prediction')) as number[];
    predictions.forEach((value, i) => {
      expect(Math.abs(value - (found.predictions[i] as number))).toBeLessThan(1e-7);
    });
  });
});
