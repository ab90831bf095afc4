import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { pointGradient, pointKinds, pointLoss } from '../../../src/kernels/point-losses.ts';
import { featureNames, randomData } from '../../tools/random-data.ts';
import { columnNamed } from '../../tools/sample-data.ts';
import { fitSample, scoreSample } from '../../training/fit-sample.ts';

const { focal } = pointKinds;
const recipe = {
  seed: 31,
  numRows: 900,
  kinds: ['float32', 'words', 'float64'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const shared = { featuresCols: featureNames(recipe), labelCol: 'b', maxIter: 8, stepSize: 0.3 };
const boosted = (options: Record<string, unknown>) =>
  ({ name: 'GBTClassifier', options: { ...shared, ...options } }) as const;

async function probabilities(model: TreeModel): Promise<number[]> {
  return ((await scoreSample(model, data))['probability'] as number[]).filter(
    (_, i) => i % 2 === 1,
  );
}

describe('focal loss', () => {
  const scores = fc.double({ min: -6, max: 6, noNaN: true });
  const gammas = fc.constantFrom(0, 0.5, 1, 2, 5);

  it('has the derivatives of what it says, and a positive second one', () => {
    fc.assert(
      fc.property(scores, gammas, fc.constantFrom(0, 1), (s, gamma, y) => {
        const p = 1 / (1 + Math.exp(y === 1 ? -s : s));
        expect(pointLoss(focal, gamma, s, y)).toBeCloseTo(-((1 - p) ** gamma) * Math.log(p), 9);
        const step = 1e-4;
        const [above, below] = [s + step, s - step];
        const slope = pointLoss(focal, gamma, above, y) - pointLoss(focal, gamma, below, y);
        const [g, h] = pointGradient(focal, gamma, s, y);
        expect(g).toBeCloseTo(slope / (2 * step), 5);
        const bend =
          (pointGradient(focal, gamma, above, y)[0] - pointGradient(focal, gamma, below, y)[0]) /
          (2 * step);
        const bound = (1 - p) ** gamma * p * (1 - p);
        expect(h).toBeCloseTo(Math.max(bend, bound), 5);
        expect(h).toBeGreaterThan(0);
      }),
    );
  });

  it('is logistic loss where gamma is 0', async () => {
    const plain = await probabilities(await fitSample(boosted({}), data));
    const model = await fitSample(boosted({ lossType: 'focal', focalGamma: 0 }), data);
    const found = await probabilities(model);
    found.forEach((value, row) => {
      expect(value).toBeCloseTo(plain[row] as number, 6);
    });
  });

  it('is measured on validation rows, and draws probabilities to the middle', async () => {
    const options = { lossType: 'focal', focalGamma: 2, earlyStoppingRounds: 8 };
    const model = await fitSample(boosted(options), data, { validation: data });
    const labels = columnNamed(data, 'b').cells.map((cell) =>
      model.classes.indexOf(cell as string),
    );
    const found = await probabilities(model);
    const losses = found.map((p, row) => {
      const own = labels[row] === 1 ? p : 1 - p;
      return -((1 - own) ** 2) * Math.log(own);
    });
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.min(...model.summary.validationLosses)).toBeCloseTo(mean(losses), 9);
    const plain = await probabilities(await fitSample(boosted({}), data));
    const reach = (values: readonly number[]): number =>
      mean(values.map((p) => Math.abs(p - mean(values))));
    expect(reach(found)).toBeLessThan(0.9 * reach(plain));
    // and yet the order of rows is about the same
    const right = found.filter((p, row) => p > 0.5 === (plain[row] as number) > 0.5).length;
    expect(right / found.length).toBeGreaterThan(0.8);
  });

  it('is of two classes', async () => {
    const fit = fitSample(boosted({ lossType: 'focal', labelCol: 'k' }), data);
    await expect(fit).rejects.toMatchObject({
      code: 'PARAM_INVALID',
      message: expect.stringMatching(/lossType of GBTClassifier .* got focal and 4 classes of k/),
    });
  });
});
