import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ExactSum } from '../../src/base/exact-sum.ts';
import { exp, log } from '../../src/base/portable-math.ts';
import {
  type LossMetric,
  type LossRequest,
  lossMetricNames,
} from '../../src/evaluation/parts/loss-metrics.ts';
import { sumRegression } from '../../src/evaluation/parts/regression-sums.ts';

const request: LossRequest = { names: lossMetricNames, quantileLevel: 0.3, tweediePower: 1.2 };

/** The loss of one row by its definition; NaN where it is not made for such a row. */
function lossOf(name: LossMetric, label: number, prediction: number): number {
  const difference = label - prediction;
  const relative = difference / prediction;
  const logLess = (x: number): number => {
    if (Math.abs(x) > 0.2) return log(1 + x) - x;
    const s = x / (2 + x);
    let sum = 0;
    for (let k = 19; k >= 3; k -= 2) sum = sum * (s * s) + 1 / k;
    return 2 * s * (s * s) * sum - x * s;
  };
  const logPlus = (x: number): number => (1 + x === 1 ? x : (log(1 + x) * x) / (1 + x - 1));
  if (name === 'pinballLoss') return difference >= 0 ? 0.3 * difference : (0.3 - 1) * difference;
  if (name === 'rmsle') {
    const ratio = difference / (1 + prediction);
    return prediction > -1 && ratio > -1 ? logPlus(ratio) * logPlus(ratio) : Number.NaN;
  }
  if (!(prediction > 0 && label >= 0)) return Number.NaN;
  if (name === 'gammaDeviance') return label > 0 ? -2 * logLess(relative) : Number.NaN;
  if (name === 'poissonDeviance') {
    const least = (1 + relative) * logLess(relative) + relative * relative;
    return label === 0 ? 2 * prediction : 2 * prediction * least;
  }
  const [up, down] = [2 - 1.2, 1 - 1.2];
  const power = exp(down * log(prediction));
  const own = label === 0 ? 0 : exp(up * log(label)) / (up * down);
  return 2 * (own - (label * power) / down + (prediction * power) / up);
}

/** The sums, row by row; no words for a loss that does not fit a row. */
function sumByRows(
  labels: Float64Array,
  predictions: Float64Array,
  weights: Float64Array | null,
): BigInt64Array[] {
  const sums = Array.from({ length: 8 }, () => new ExactSum());
  const lossSums = lossMetricNames.map((): ExactSum | null => new ExactSum());
  labels.forEach((label, row) => {
    const weight = weights?.[row] ?? 1;
    if (weight === 0) return;
    const prediction = predictions[row] as number;
    const difference = label - prediction;
    const relative = Math.abs(difference) / Math.max(Math.abs(label), 1);
    const terms = [1, label, null, prediction, null, Math.abs(difference), null, relative];
    const squares = [null, null, label, null, prediction, null, difference, null];
    sums.forEach((sum, i) => {
      const square = squares[i];
      if (square == null) sum.addProduct(weight, terms[i] as number);
      // weights of these tests are halves, so w·x is exact
      else sum.addProduct(weight * square, square);
    });
    lossMetricNames.forEach((name, i) => {
      const loss = lossOf(name, label, prediction);
      if (Number.isFinite(loss)) lossSums[i]?.addProduct(weight, loss);
      else lossSums[i] = null;
    });
  });
  return [...sums, ...lossSums].map((sum) => sum?.toWords() ?? new BigInt64Array(0));
}

it('adds up blocks of rows as it would add row by row', async () => {
  const number = fc.double({ min: 0, max: 50, noNaN: true });
  const rowOf = fc.record({
    label: fc.oneof(number, fc.constantFrom(0, 1, 7)),
    prediction: fc.oneof(number, fc.constant(1)),
    weight: fc.constantFrom(0, 0.5, 1, 2),
  });
  const strange = fc.option(fc.constantFrom([-3, 2], [3, -2], [0, 5], [5, 0]), { nil: null });
  await fc.assert(
    fc.asyncProperty(
      fc.array(rowOf, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(1, 511, 512, 513, 1300),
      fc.boolean(),
      strange,
      async (rows, length, isWeighted, odd) => {
        const pick = (key: 'label' | 'prediction' | 'weight'): Float64Array =>
          Float64Array.from({ length }, (_, i) => rows[(i * 7) % rows.length]?.[key] ?? 1);
        const [labels, predictions] = [pick('label'), pick('prediction')];
        if (odd !== null) {
          labels[length >> 1] = odd[0] as number;
          predictions[length >> 1] = odd[1] as number;
        }
        const weights = isWeighted ? pick('weight') : null;
        expect(await sumRegression(labels, predictions, weights, request)).toEqual(
          sumByRows(labels, predictions, weights),
        );
      },
    ),
    { numRuns: 200 },
  );
});
