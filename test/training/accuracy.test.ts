/**
 * Does rounding gradients to integers cost accuracy? Targets that are hard on it (a heavy tail, a class of one row in 100,000,
 * large weights) against a trainer that never rounds. That the training loss never rises is in training-loss.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { normalOf, randomNumbers, withWeights } from '../tools/random-data.ts';
import type { SampleData } from '../tools/sample-data.ts';
import { fitSample, predictedNumbers, scoreSample } from './fit-sample.ts';
import { trainInFloats } from './float-trainer.ts';

function sampleOf(columns: readonly Float64Array[], labels: Float64Array): SampleData {
  return [
    ...columns.map((column, f) => ({
      name: `x${f}`,
      type: 'float64' as const,
      cells: [...column],
    })),
    { name: 'y', type: 'float64', cells: [...labels] },
  ];
}

function normalColumns(count: number, numRows: number, random: () => number): Float64Array[] {
  return Array.from({ length: count }, () =>
    Float64Array.from({ length: numRows }, () => normalOf(random)),
  );
}

function logLoss(labels: Float64Array, probabilities: readonly number[]): number {
  let sum = 0;
  labels.forEach((label, i) => {
    const p = probabilities[i] as number;
    sum -= Math.log(label === 1 ? p : 1 - p);
  });
  return sum / labels.length;
}

/** NaN labels are left out. */
function meanSquare(labels: Float64Array, predictions: ArrayLike<number>): number {
  let sum = 0;
  labels.forEach((label, i) => {
    if (!Number.isNaN(label)) sum += (label - (predictions[i] as number)) ** 2;
  });
  return sum / labels.length;
}

describe('the loss on integers against the loss on floats', () => {
  const grown = { maxIter: 30, stepSize: 0.1, maxLeaves: 31, lambda: 0, minInstancesPerNode: 5 };

  it('is within 0.5 % for lognormal targets of sigma 3', async () => {
    for (const seed of [1, 4, 6, 9]) {
      const random = randomNumbers(seed);
      const numRows = 12_000;
      const columns = normalColumns(3, numRows, random);
      const labels = Float64Array.from({ length: numRows }, (_, i) => {
        const [a, b] = [columns[0]?.[i] as number, columns[1]?.[i] as number];
        return Math.exp(3 * (0.8 * a + 0.4 * Math.sin(3 * b) + 0.45 * normalOf(random)));
      });
      const options = { ...grown, minSumHessian: 0 };
      const scores = trainInFloats(columns, { labels }, { ...options, objective: 'squared' });
      const data = sampleOf(columns, labels);
      const featuresCols = ['x0', 'x1', 'x2'];
      const model = await fitSample(
        { name: 'GBTRegressor', options: { ...options, featuresCols, labelCol: 'y' } },
        data,
      );
      const expected = meanSquare(labels, scores);
      const found = meanSquare(labels, await predictedNumbers(model, data));
      expect(Math.abs(found / expected - 1)).toBeLessThan(0.005);
    }
  });

  it('is within 0.5 % for weights of which a few are 100,000 times the others', async () => {
    const random = randomNumbers(2);
    const numRows = 12_000;
    const columns = normalColumns(3, numRows, random);
    const weights = Float64Array.from({ length: numRows }, (_, i) =>
      i % 4000 === 7 ? 1e5 * random() : random(),
    );
    const labels = Float64Array.from({ length: numRows }, (_, i) => {
      const [a, b] = [columns[0]?.[i] as number, columns[1]?.[i] as number];
      return a + Math.sin(3 * b) + normalOf(random);
    });
    const options = { ...grown, minSumHessian: 1e-3 };
    const scores = trainInFloats(
      columns,
      { labels, weights },
      { ...options, objective: 'squared' },
    );
    const data = withWeights(sampleOf(columns, labels), [...weights]);
    const featuresCols = ['x0', 'x1', 'x2'];
    const roles = { labelCol: 'y', weightCol: 'w' };
    const model = await fitSample(
      { name: 'GBTRegressor', options: { ...options, ...roles, featuresCols } },
      data,
    );
    // the light rows must be met as well as the heavy ones
    const light = labels.map((label, i) => ((weights[i] as number) < 2 ? label : Number.NaN));
    const predictions = await predictedNumbers(model, data);
    const expected = meanSquare(light, scores);
    expect(Math.abs(meanSquare(light, predictions) / expected - 1)).toBeLessThan(0.005);
  });

  it('is within 0.5 % for a class of one row in 100,000', async () => {
    const random = randomNumbers(4);
    const numRows = 200_000;
    const columns = Array.from({ length: 3 }, () =>
      Float64Array.from({ length: numRows }, () => random()),
    );
    const labels = new Float64Array(numRows);
    // two rows, in corners that splits can find
    for (const row of [1234, 150_001]) {
      labels[row] = 1;
      (columns[0] as Float64Array)[row] = 0.99 + 0.01 * random();
      (columns[1] as Float64Array)[row] = 0.01 * random();
    }
    const options = {
      maxIter: 12,
      stepSize: 0.1,
      maxLeaves: 7,
      lambda: 0,
      minInstancesPerNode: 1,
      minSumHessian: 1e-9,
    };
    const scores = trainInFloats(columns, { labels }, { ...options, objective: 'logistic' });
    const data = sampleOf(columns, labels);
    const featuresCols = ['x0', 'x1', 'x2'];
    const model = await fitSample(
      { name: 'GBTClassifier', options: { ...options, featuresCols, labelCol: 'y' } },
      data,
    );
    const flat = (await scoreSample(model, data))['probability'] as number[];
    const found = logLoss(
      labels,
      flat.filter((_, i) => i % 2 === 1),
    );
    const expected = logLoss(
      labels,
      [...scores].map((score) => 1 / (1 + Math.exp(-score))),
    );
    const mean = 2 / numRows;
    const start = -mean * Math.log(mean) - (1 - mean) * Math.log(1 - mean);
    expect(expected).toBeLessThan(0.9 * start);
    expect(Math.abs(found / expected - 1)).toBeLessThan(0.005);
  });
});
