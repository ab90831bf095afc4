/** The training loss may not rise from round to round, and leaves add up to the same bits in any order. */
import { describe, expect, it } from 'vitest';
import { type FeatureValues, TreePredictor } from '../../src/tree/predictor.ts';
import { mergeEnsembles } from '../../src/tree/tree.ts';
import { randomData, range } from '../tools/random-data.ts';
import { columnNamed } from '../tools/sample-data.ts';
import { fitSample } from './fit-sample.ts';

describe('the sum of leaves', () => {
  it('has the same bits in any order of the trees: leaves lie on a grid', async () => {
    const data = randomData({ seed: 6, numRows: 1200, kinds: ['float32', 'float64'], missing: 0 });
    const columns = new Map(
      ['x0', 'x1'].map((name, f): [number, FeatureValues] => {
        const values = Float64Array.from(columnNamed(data, name).cells, Number);
        return [f, { kind: 'numeric', values }];
      }),
    );
    for (const [name, labelCol] of [
      ['GBTRegressor', 'y'],
      ['GBTClassifier', 'b'],
    ] as const) {
      const options = { featuresCols: ['x0', 'x1'], labelCol, maxIter: 200, stepSize: 0.03 };
      const { trees } = await fitSample({ name, options }, data);
      const sumsOf = (order: readonly number[]): Float64Array => {
        const ensemble = mergeEnsembles([{ trees, treeNumbers: order }], 1);
        return new TreePredictor(ensemble, { numOutputs: 1 }).predict(columns, 1200);
      };
      const forwards = sumsOf(range(200));
      expect(sumsOf(range(200).reverse())).toEqual(forwards);
      expect(sumsOf(range(200).map((t) => (t * 77) % 200))).toEqual(forwards);
    }
  });
});

describe('the training loss', () => {
  const recipe = {
    seed: 31,
    numRows: 1500,
    kinds: ['float32', 'words', 'float64', 'many words', 'flags', 'integers'],
    missing: 0.1,
  } as const;
  const data = randomData(recipe);
  const cases = [
    ['GBTRegressor', 'y', undefined],
    ['GBTRegressor', 'y', 'w'],
    ['GBTClassifier', 'b', undefined],
    ['GBTClassifier', 'b', 'w'],
    ['GBTClassifier', 'k', undefined],
    ['GBTClassifier', 'k', 'w'],
  ] as const;
  for (const [name, labelCol, weightCol] of cases) {
    it(`never rises: ${name} of ${labelCol}${weightCol === undefined ? '' : ', weighted'}`, async () => {
      const options = {
        featuresCols: recipe.kinds.map((_, i) => `x${i}`),
        labelCol,
        ...(weightCol === undefined ? {} : { weightCol }),
        maxIter: 60,
        stepSize: 0.05,
        earlyStoppingRounds: 1000,
      };
      // measured on the training rows themselves
      const model = await fitSample({ name, options }, data, { validation: data });
      const losses = model.summary.validationLosses;
      expect(losses.length).toBe(60);
      losses.forEach((loss, round) => {
        if (round === 0) return;
        const before = losses[round - 1] as number;
        expect(loss - before).toBeLessThanOrEqual(1e-9 * Math.abs(before));
      });
      expect(losses.at(-1)).toBeLessThan(0.7 * (losses[0] as number));
    });
  }
});
