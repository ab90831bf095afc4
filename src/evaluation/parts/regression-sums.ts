/**
 * The sums that regression metrics need, all exact: products of weights and values are added with their
 * rounding errors, so that the sum of squares about the mean follows from them without cancellation.
 */

import { exactRatio, exactUnits, ratioOf } from '../../base/exact-ratio.ts';
import { ExactSum, productError } from '../../base/exact-sum.ts';
import type { LossMetric, LossRequest } from './loss-metrics.ts';
import { beginLosses, fillLosses, type RowBlock } from './row-losses.ts';

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
  const sums = new RegressionSums(losses);
  for (let row = 0; row < labels.length; ) row = sums.addBlock(labels, predictions, weights, row);
  return sums.toPart();
}

/** Rows of a block: a few arrays of that many numbers stay in the nearest cache. */
const blockRows = 512;

/** The sums, added to by blocks of rows that have a weight. */
class RegressionSums {
  readonly #request: LossRequest;
  readonly #names: (LossMetric | null)[];
  readonly #lossSums: readonly ExactSum[];
  readonly #sums = sumNames.map(() => new ExactSum());
  readonly #block = {
    numRows: 0,
    labels: new Float64Array(blockRows),
    predictions: new Float64Array(blockRows),
    differences: new Float64Array(blockRows),
    logsLess: new Float64Array(blockRows),
  } satisfies RowBlock;
  readonly #weights = new Float64Array(blockRows);
  readonly #terms = new Float64Array(blockRows);
  readonly #rests = new Float64Array(blockRows);

  constructor(request: LossRequest) {
    this.#request = request;
    this.#names = [...request.names];
    this.#lossSums = request.names.map(() => new ExactSum());
  }

  /** Adds rows from a first one on; returns the row that comes next. */
  addBlock(
    labels: Float64Array,
    predictions: Float64Array,
    weights: Float64Array | null,
    first: number,
  ): number {
    const block = this.#block;
    let row = first;
    let numRows = 0;
    for (; row < labels.length && numRows < blockRows; row++) {
      const weight = weights === null ? 1 : (weights[row] as number);
      if (weight === 0) continue;
      this.#weights[numRows] = weight;
      block.labels[numRows] = labels[row] as number;
      block.predictions[numRows] = predictions[row] as number;
      block.differences[numRows] = (labels[row] as number) - (predictions[row] as number);
      numRows++;
    }
    block.numRows = numRows;
    this.#addMoments(weights !== null);
    this.#addLosses(weights !== null);
    return row;
  }

  #addMoments(isWeighted: boolean): void {
    const [weight, label, labelSquared, prediction, predictionSquared, error, square, relative] =
      this.#sums as [
        ExactSum,
        ExactSum,
        ExactSum,
        ExactSum,
        ExactSum,
        ExactSum,
        ExactSum,
        ExactSum,
      ];
    const { numRows, labels, predictions, differences } = this.#block;
    if (isWeighted) weight.addMany(this.#weights, 0, numRows);
    else weight.add(numRows);
    this.#addTerms(label, labels, isWeighted);
    this.#addTerms(prediction, predictions, isWeighted);
    this.#addSquares(labelSquared, labels, isWeighted);
    this.#addSquares(predictionSquared, predictions, isWeighted);
    this.#addSquares(square, differences, isWeighted);
    const terms = this.#terms;
    for (let i = 0; i < numRows; i++) terms[i] = Math.abs(differences[i] as number);
    this.#addTerms(error, terms, isWeighted);
    for (let i = 0; i < numRows; i++)
      terms[i] = (terms[i] as number) / Math.max(Math.abs(labels[i] as number), 1);
    this.#addTerms(relative, terms, isWeighted);
  }

  #addLosses(isWeighted: boolean): void {
    beginLosses(this.#block, this.#names);
    const terms = this.#terms;
    const { numRows } = this.#block;
    for (const [i, name] of this.#names.entries()) {
      if (name === null) continue;
      fillLosses(name, this.#block, this.#request, terms);
      let areFinite = true;
      for (let row = 0; row < numRows; row++)
        areFinite &&= Number.isFinite((this.#weights[row] as number) * (terms[row] as number));
      if (areFinite) this.#addTerms(this.#lossSums[i] as ExactSum, terms, isWeighted);
      else this.#names[i] = null;
    }
  }

  /** Adds w·x. */
  #addTerms(sum: ExactSum, values: Float64Array, isWeighted: boolean): void {
    const { numRows } = this.#block;
    if (isWeighted) sum.addProducts(this.#weights, values, numRows);
    else sum.addMany(values, 0, numRows);
  }

  /** Adds w·x², with w·x as a pair of doubles. */
  #addSquares(sum: ExactSum, values: Float64Array, isWeighted: boolean): void {
    const { numRows } = this.#block;
    if (!isWeighted) {
      sum.addProducts(values, values, numRows);
      return;
    }
    const [weights, terms, rests] = [this.#weights, this.#terms, this.#rests];
    for (let i = 0; i < numRows; i++) {
      const weight = weights[i] as number;
      const x = values[i] as number;
      const high = weight * x;
      terms[i] = high;
      rests[i] = Number.isFinite(high * x) ? productError(weight, x, high) : 0;
    }
    sum.addProducts(terms, values, numRows);
    sum.addProducts(rests, values, numRows);
  }

  toPart(): RegressionPart {
    const noSum = new BigInt64Array(0);
    const lossWords = this.#lossSums.map((sum, i) =>
      this.#names[i] === null ? noSum : sum.toWords(),
    );
    return [...this.#sums.map((sum) => sum.toWords()), ...lossWords];
  }
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

/** The share of a spread that errors have; of none, as scikit-learn says: nothing where there is no error, else all. */
function shareOf(errors: bigint, spread: bigint): number {
  if (spread === 0n) return errors === 0n ? 0 : 1;
  return exactRatio(errors, spread);
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
    ? shareOf(units('errorSquared'), labelSquared)
    : shareOf(units('errorSquared') * weight, aboutMean);
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
