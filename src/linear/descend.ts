/**
 * Fits a classifier's coefficients, as every rank does it: scales the features to deviation 1 by scaling their
 * coefficients, starts at the classes' shares, and minimises mean loss plus penalty as Spark defines them:
 *
 *   1/Σw · Σ w loss  +  regParam · ((1 − elasticNetParam)/2 · ‖β‖² + elasticNetParam · ‖β‖₁)
 *
 * where β are the coefficients of scaled features (standardization) or of the features as they are. Intercepts
 * are never penalised; a constant feature's coefficient is 0.
 */
import { log } from '../base/portable-math.ts';
import { blockRows } from '../training/ingest/shard-rows.ts';
import { ProgressPace } from '../training/progress-pace.ts';
import type { RankEnvironment } from '../training/rank-environment.ts';
import { centreRows, type RowStatistics } from './centre-rows.ts';
import { FoldedSums } from './folded-sums.ts';
import type { LinearRows } from './linear-rows.ts';
import type { LinearLearner, LinearResult } from './messages.ts';
import { type Minimum, minimise } from './minimise.ts';
import { type LossKind, RowLosses } from './row-losses.ts';

/** How many margins a logistic model has. */
export function numMargins(family: LinearLearner['family'], numClasses: number): number {
  return family === 'binomial' || (family === 'auto' && numClasses <= 2) ? 1 : numClasses;
}

/** Fits it. */
export async function descend(
  environment: RankEnvironment,
  rows: LinearRows,
  learner: LinearLearner,
): Promise<LinearResult> {
  const { fitIntercept } = learner;
  const numClasses = rows.classes.length;
  const numOutputs = learner.kind === 'squaredHinge' ? 1 : numMargins(learner.family, numClasses);
  const isBinomial = numOutputs === 1;
  const kind: LossKind =
    learner.kind === 'squaredHinge' ? 'squaredHinge' : isBinomial ? 'logistic' : 'softmax';
  const numFeatures = rows.columns.length;
  if (numClasses === 1) {
    const { classes, numAll: numRows } = rows;
    const [coefficients, intercepts] = [new Float64Array(numFeatures), new Float64Array(1)];
    return { classes, numRows, coefficients, intercepts, objectiveHistory: [] };
  }
  const statistics = await centreRows(environment, rows, {
    takeOut: fitIntercept,
    labelIsNumber: false,
  });
  const shares = await classShares(environment, rows, statistics.totalWeight);
  const { totalWeight, bounds } = statistics;
  const losses = await RowLosses.over(environment, { rows, kind, numOutputs, bounds, totalWeight });
  const width = numFeatures + 1;
  const scales = scalesOf(statistics);
  const { l1, l2 } = penalties(learner, scales, numOutputs);
  const start = new Float64Array(numOutputs * width);
  if (fitIntercept && learner.kind === 'logistic') {
    for (let k = 0; k < numOutputs; k++)
      start[k * width + numFeatures] = firstIntercept(shares, k, isBinomial);
  }
  const isOpen = (at: number): boolean =>
    at % width === numFeatures ? fitIntercept : scales[at % width] !== 0;
  const factorOf = (at: number): number =>
    at % width === numFeatures ? 1 : (scales[at % width] as number);
  const pace = new ProgressPace();
  const minimum = await minimise({
    evaluate: async (point) => {
      const { loss, slopes } = await losses.evaluate(point.map((x, at) => x * factorOf(at)));
      let value = loss;
      const gradient = slopes.map((slope, at) => {
        if (!isOpen(at)) return 0;
        const x = point[at] as number;
        const factor = l2[at] as number;
        value += 0.5 * factor * x * x;
        return slope * factorOf(at) + factor * x;
      });
      return { value, gradient };
    },
    onStep: (done) => {
      const { maxIter: total } = learner;
      const progress = { phase: 'train', done, total, message: 'steps' } as const;
      if (pace.isDue(progress)) environment.progress(progress);
    },
    start,
    absolute: l1,
    nonnegative: Uint8Array.from(start, (_, at) =>
      learner.nonnegative && at % width !== numFeatures ? 1 : 0,
    ),
    maxIter: learner.maxIter,
    tol: learner.tol,
  });
  return finish(rows, statistics, { learner, scales, numOutputs, minimum });
}

/** 1 / deviation, 0 for a constant feature; the deviation is the unbiased one of weighted rows. */
function scalesOf({ scatter, totalWeight, squaredWeight }: RowStatistics): Float64Array {
  const freedom = totalWeight - squaredWeight / totalWeight;
  return scatter.map((sum) => (sum > 0 && freedom > 0 ? 1 / Math.sqrt(sum / freedom) : 0));
}

/** Factors of magnitudes and squares, coordinate by coordinate. */
function penalties(
  { regParam, elasticNetParam, standardization }: LinearLearner,
  scales: Float64Array,
  numOutputs: number,
): { l1: Float64Array; l2: Float64Array } {
  const width = scales.length + 1;
  const l1 = new Float64Array(numOutputs * width);
  const l2 = new Float64Array(numOutputs * width);
  for (let at = 0; at < l1.length; at++) {
    const scale = scales[at % width];
    if (scale === undefined) continue;
    const raw = standardization ? 1 : scale;
    l1[at] = regParam * elasticNetParam * raw;
    l2[at] = regParam * (1 - elasticNetParam) * raw * raw;
  }
  return { l1, l2 };
}

/** Each class's share of the weight. */
async function classShares(
  environment: RankEnvironment,
  rows: LinearRows,
  totalWeight: number,
): Promise<Float64Array> {
  const numClasses = rows.classes.length;
  const bytes = Math.ceil((FoldedSums.bytes(numClasses) + 16 * blockRows) / 64) * 64 + 64;
  const base = Math.ceil(rows.free / 64) * 64;
  await environment.reserve(base + environment.numLocal * bytes, 'class weights');
  const own = base + environment.localIndex * bytes;
  const isClass = own + FoldedSums.bytes(numClasses);
  const sums = new FoldedSums(environment, own, numClasses);
  sums.begin(new Float64Array(numClasses).fill(rows.weightExtremes[1]), rows.numAll);
  const flags = environment.f64(isClass, blockRows);
  for (const { start, count } of rows.blocks) {
    const labels = environment.f64(rows.labels + 8 * start, count);
    for (let k = 0; k < numClasses; k++) {
      for (let i = 0; i < count; i++) flags[i] = labels[i] === k ? 1 : 0;
      sums.add(k, rows.weights + 8 * start, isClass, count);
    }
  }
  const totals = await sums.meet();
  return totals.map((total) => total / totalWeight);
}

function firstIntercept(shares: Float64Array, k: number, isBinomial: boolean): number {
  if (isBinomial) return log((shares[1] as number) / (shares[0] as number));
  let mean = 0;
  for (const share of shares) mean += log(share) / shares.length;
  return log(shares[k] as number) - mean;
}

/** Coefficients of the features as they are; of several outputs those that are free to shift have mean 0. */
function finish(
  rows: LinearRows,
  { means }: RowStatistics,
  fit: {
    readonly learner: LinearLearner;
    readonly scales: Float64Array;
    readonly numOutputs: number;
    readonly minimum: Minimum;
  },
): LinearResult {
  const { learner, scales, numOutputs, minimum } = fit;
  const numFeatures = scales.length;
  const width = numFeatures + 1;
  const coefficients = new Float64Array(numOutputs * numFeatures);
  const intercepts = new Float64Array(numOutputs);
  for (let k = 0; k < numOutputs; k++) {
    for (let j = 0; j < numFeatures; j++) {
      coefficients[k * numFeatures + j] =
        (minimum.point[k * width + j] as number) * (scales[j] as number);
    }
  }
  // a shift of all outputs changes no probability
  if (numOutputs > 1 && learner.regParam === 0 && !learner.nonnegative) {
    for (let j = 0; j < numFeatures; j++) centreOutputs(coefficients, j, numFeatures);
  }
  for (let k = 0; k < numOutputs; k++) {
    let shift = 0;
    for (let j = 0; j < numFeatures; j++) {
      shift += (coefficients[k * numFeatures + j] as number) * (means[j] as number);
    }
    intercepts[k] = learner.fitIntercept
      ? (minimum.point[k * width + numFeatures] as number) - shift
      : 0;
  }
  if (numOutputs > 1 && learner.fitIntercept) centreOutputs(intercepts, 0, 1);
  const { classes, numAll: numRows } = rows;
  return { classes, numRows, coefficients, intercepts, objectiveHistory: minimum.history };
}

/** Takes the mean out of values[at], values[at + step], … */
function centreOutputs(values: Float64Array, at: number, step: number): void {
  let sum = 0;
  let count = 0;
  for (let i = at; i < values.length; i += step) {
    sum += values[i] as number;
    count += 1;
  }
  for (let i = at; i < values.length; i += step) values[i] = (values[i] as number) - sum / count;
}
