/** Is a class that is learned against all others what a classifier of two classes would have made of it? */
import { describe, expect, it } from 'vitest';
import { fromLightGBM } from '../../../src/ensemble/foreign/from-lightgbm.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { featureNames, randomData } from '../../tools/random-data.ts';
import { columnNamed, withSampleColumn } from '../../tools/sample-data.ts';
import { fitSample, scoreSample } from '../../training/fit-sample.ts';

const recipe = {
  seed: 71,
  numRows: 700,
  kinds: ['float32', 'words', 'float64'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const options = {
  featuresCols: featureNames(recipe),
  labelCol: 'k',
  lossType: 'oneVsAll',
  maxIter: 4,
};
const boosted = (more: Record<string, unknown> = {}) =>
  ({ name: 'GBTClassifier', options: { ...options, ...more } }) as const;
const labels = columnNamed(data, 'k').cells as readonly string[];

/** Values of a vector column, a row each. */
async function vectors(model: TreeModel, column: string, width: number): Promise<number[][]> {
  const flat = (await scoreSample(model, data))[column] as number[];
  return labels.map((_, row) => flat.slice(row * width, (row + 1) * width));
}

describe('one against all', () => {
  it('starts each class at its own log-odds and learns it as two classes', async () => {
    const model = await fitSample(boosted({ maxIter: 1 }), data);
    expect(model.classes).toHaveLength(4);
    for (const [k, name] of model.classes.entries()) {
      const isOwn = labels.map((label) => label === name);
      const pair = withSampleColumn(data, {
        name: 'b',
        type: 'text',
        cells: isOwn.map((own) => (own ? 'yes' : 'no')),
      });
      const two = await fitSample(boosted({ maxIter: 1, labelCol: 'b' }), pair);
      expect(model.data.baseScores[k]).toBe(two.data.baseScores[0]);
      // gradients are rounded by keys of the round and the output: that of the first class is the very tree
      if (k === 0) expect(model.tree(0).toText()).toBe(two.tree(0).toText());
    }
  });

  it('scales the classes’ own probabilities to add up to 1', async () => {
    const model = await fitSample(boosted(), data);
    const raw = await vectors(model, 'rawPrediction', 4);
    const probability = await vectors(model, 'probability', 4);
    raw.forEach((margins, row) => {
      const own = margins.map((margin) => 1 / (1 + Math.exp(-margin)));
      const total = own.reduce((sum, p) => sum + p, 0);
      own.forEach((p, k) => {
        expect(probability[row]?.[k]).toBeCloseTo(p / total, 12);
      });
    });
  });

  it('measures the sum of the classes’ losses', async () => {
    const model = await fitSample(boosted(), data, { validation: data });
    const raw = await vectors(model, 'rawPrediction', 4);
    const losses = raw.map((margins, row) =>
      margins.reduce((sum, margin, k) => {
        const sign = model.classes[k] === labels[row] ? 1 : -1;
        return sum + Math.log1p(Math.exp(-sign * margin));
      }, 0),
    );
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expect(model.summary.validationLosses.at(-1)).toBeCloseTo(mean, 9);
  });

  it('is what LightGBM calls multiclassova', () => {
    const { estimator } = fromLightGBM({ objective: 'ova', num_class: 4 });
    expect(estimator.params).toMatchObject({ lossType: 'oneVsAll' });
  });
});
