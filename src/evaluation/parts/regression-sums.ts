/**
 * The sums that regression metrics need, all exact: products of weights and values are added with their
 * rounding errors, so that the sum of squares about the mean follows from them without cancellation.
 */

import { exactRatio, exactUnits, ratioOf } from '../../base/exact-ratio.ts';
import { ExactSum } from '../../base/exact-sum.ts';

const sumNames = [
  'weight',
  'label',
  'labelSquared',
  'prediction',
  'predictionSquared',
  'error',
  'errorSquared',
  'relativeError',
] as const;

type SumName = (typeof sumNames)[number];

/** The words of each sum, cloneable, in the order of the names. */
export type RegressionPart = readonly BigInt64Array[];

/** Adds up one partition; a row of weight 0 takes no part. */
export function sumRegression(
  labels: Float64Array,
  predictions: Float64Array,
  weights: Float64Array | null,
): RegressionPart {
  const sums = sumNames.map(() => new ExactSum());
  const [
    weightSum,
    labelSum,
    labelSquared,
    predictionSum,
    predictionSquared,
    error,
    errorSquared,
    relativeError,
  ] = sums as [ExactSum, ExactSum, ExactSum, ExactSum, ExactSum, ExactSum, ExactSum, ExactSum];
  for (let row = 0; row < labels.length; row++) {
    const weight = weights === null ? 1 : (weights[row] as number);
    if (weight === 0) continue;
    const label = labels[row] as number;
    const prediction = predictions[row] as number;
    const difference = label - prediction;
    weightSum.add(weight);
    labelSum.addProduct(weight, label);
    predictionSum.addProduct(weight, prediction);
    addWeightedSquare(labelSquared, weight, label);
    addWeightedSquare(predictionSquared, weight, prediction);
    error.addProduct(weight, Math.abs(difference));
    addWeightedSquare(errorSquared, weight, difference);
    relativeError.addProduct(weight, Math.abs(difference) / Math.max(Math.abs(label), 1));
  }
  return sums.map((sum) => sum.toWords());
}

/** Adds w·x², with x² as a pair of doubles. */
function addWeightedSquare(sum: ExactSum, weight: number, x: number): void {
  if (weight === 1) {
    sum.addProduct(x, x);
    return;
  }
  const high = weight * x;
  if (!Number.isFinite(high * x)) {
    sum.add(high * x);
    return;
  }
  sum.addProduct(high, x);
  sum.addProduct(productError(weight, x, high), x);
}

/** What the rounded product leaves out (Dekker's splitting). */
function productError(a: number, b: number, product: number): number {
  const aWide = 134217729 * a;
  const bWide = 134217729 * b;
  const aHigh = aWide - (aWide - a);
  const bHigh = bWide - (bWide - b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** Spark's regression metrics, and the relative error. */
export interface RegressionMetrics {
  readonly rmse: number;
  readonly mse: number;
  readonly r2: number;
  readonly mae: number;
  /** The mean of |label − prediction| / max(|label|, 1). */
  readonly mape: number;
  /** Explained variance: the mean squared distance of predictions from the labels' mean. */
  readonly var: number;
}

/**
 * The metrics of all partitions; NaN when no row has a weight.
 *
 * @param throughOrigin r2 is taken about 0 instead of about the labels' mean
 */
export function regressionMetrics(
  parts: readonly RegressionPart[],
  throughOrigin: boolean,
): RegressionMetrics {
  const totals = sumNames.map((_, index) => {
    const total = new ExactSum();
    for (const part of parts) total.merge(ExactSum.fromWords(part[index] as BigInt64Array));
    return total;
  });
  const sum = (name: SumName): ExactSum => totals[sumNames.indexOf(name)] as ExactSum;
  const units = (name: SumName): bigint => exactUnits(sum(name));
  const weight = units('weight');
  const label = units('label');
  const labelSquared = units('labelSquared');
  const prediction = units('prediction');
  const aboutMean = weight * labelSquared - label * label;
  const explained = weight * units('predictionSquared') - 2n * label * prediction + label * label;
  const mse = ratioOf(sum('errorSquared'), sum('weight'));
  const unexplained = throughOrigin
    ? exactRatio(units('errorSquared'), labelSquared)
    : exactRatio(units('errorSquared') * weight, aboutMean);
  return {
    rmse: Math.sqrt(mse),
    mse,
    r2: 1 - unexplained,
    mae: ratioOf(sum('error'), sum('weight')),
    mape: ratioOf(sum('relativeError'), sum('weight')),
    var: exactRatio(explained, weight * weight),
  };
}
