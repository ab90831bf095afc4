/**
 * The sums that regression metrics need, all exact: products of weights and values are added with their
 * rounding errors, so that the sum of squares about the mean follows from them without cancellation.
 */

import { exactRatio, exactUnits, ratioOf } from '../../base/exact-ratio.ts';
import { ExactSum } from '../../base/exact-sum.ts';
import { exp, log } from '../../base/portable-math.ts';
import type { LossMetric, LossRequest } from './loss-metrics.ts';

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

/** The words of each sum, cloneable, in the order of the names; none for a loss that does not fit a row. */
export type RegressionPart = readonly BigInt64Array[];

/** Adds up one partition; a row of weight 0 takes no part. */
export async function sumRegression(
  labels: Float64Array,
  predictions: Float64Array,
  weights: Float64Array | null,
  losses: LossRequest,
): Promise<RegressionPart> {
  const lossSums = losses.names.map((): ExactSum | null => new ExactSum());
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
    losses.names.forEach((name, i) => {
      const loss = lossOfRow(name, label, prediction, losses);
      if (Number.isFinite(weight * loss)) lossSums[i]?.addProduct(weight, loss);
      else lossSums[i] = null;
    });
  }
  const noSum = new BigInt64Array(0);
  return [...sums, ...lossSums].map((sum) => sum?.toWords() ?? noSum);
}

/** What a metric averages; NaN where it is not made for such a label or prediction. */
function lossOfRow(
  name: LossMetric,
  label: number,
  prediction: number,
  { quantileLevel, tweediePower }: LossRequest,
): number {
  const difference = label - prediction;
  if (name === 'pinballLoss')
    return difference >= 0 ? quantileLevel * difference : (quantileLevel - 1) * difference;
  if (name === 'rmsle') {
    if (!(prediction > -1)) return Number.NaN;
    const distance = logOfOneAnd(difference / (1 + prediction));
    return distance * distance;
  }
  const isSound = prediction > 0 && (name === 'gammaDeviance' ? label > 0 : label >= 0);
  if (!isSound) return Number.NaN;
  // by the relative difference, which loses nothing where the two are close
  const relative = difference / prediction;
  if (name === 'gammaDeviance') return -2 * logLessItself(relative);
  if (name === 'poissonDeviance') {
    if (label === 0) return 2 * prediction;
    const least = (1 + relative) * logLessItself(relative) + relative * relative;
    return 2 * prediction * least;
  }
  const [up, down] = [2 - tweediePower, 1 - tweediePower];
  const atPrediction = exp(down * log(prediction));
  const ofLabel = label === 0 ? 0 : exp(up * log(label)) / (up * down);
  return 2 * (ofLabel - (label * atPrediction) / down + (prediction * atPrediction) / up);
}

/** log(1 + x) − x. */
function logLessItself(x: number): number {
  if (Math.abs(x) > 0.2) return log(1 + x) - x;
  // log(1 + x) = 2 (s + s³ / 3 + s⁵ / 5 + …)
  const s = x / (2 + x);
  const square = s * s;
  let sum = 0;
  for (let k = 19; k >= 3; k -= 2) sum = sum * square + 1 / k;
  return 2 * s * square * sum - x * s;
}

/** log(1 + x), also of small x; NaN from −1 down. */
function logOfOneAnd(x: number): number {
  if (!(x > -1)) return Number.NaN;
  const sum = 1 + x;
  return sum === 1 ? x : (log(sum) * x) / (sum - 1);
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

/** Spark's regression metrics, the relative error, and losses that were asked for and fit the data. */
export interface RegressionMetrics {
  readonly rmse: number;
  readonly mse: number;
  readonly r2: number;
  readonly mae: number;
  /** The mean of |label − prediction| / max(|label|, 1). */
  readonly mape: number;
  /** Explained variance: the mean squared distance of predictions from the labels' mean. */
  readonly var: number;
  /** The root of the mean squared distance of log(1 + label) and log(1 + prediction). */
  readonly rmsle?: number;
  /** The mean loss of a quantile. */
  readonly pinballLoss?: number;
  readonly poissonDeviance?: number;
  readonly gammaDeviance?: number;
  readonly tweedieDeviance?: number;
}

/**
 * The metrics of all partitions; NaN when no row has a weight.
 *
 * @param throughOrigin r2 is taken about 0 instead of about the labels' mean
 */
export async function regressionMetrics(
  parts: readonly RegressionPart[],
  throughOrigin: boolean,
  losses: readonly LossMetric[],
): Promise<RegressionMetrics> {
  const totals = [...sumNames, ...losses].map((_, index) => {
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
    ...Object.fromEntries(
      losses.flatMap((name, i) => {
        const at = sumNames.length + i;
        if (parts.some((part) => part[at]?.length === 0)) return [];
        const mean = ratioOf(totals[at] as ExactSum, sum('weight'));
        return [[name, name === 'rmsle' ? Math.sqrt(mean) : mean]];
      }),
    ),
  };
}
