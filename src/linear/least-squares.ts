/**
 * Fits a number by least squares, as every rank does it: adds up the products of all pairs of columns around
 * their means (the normal equations), a meeting, and solves them. Objective as Spark defines it, with σ the
 * deviations (of all rows, not of a sample):
 *
 *   1/2Σw · Σ w (y − ŷ)²  +  regParam · ((1 − elasticNetParam)/2 · ‖β‖² / σ_label + elasticNetParam · ‖β‖₁)
 *
 * where β are the coefficients of scaled features (standardization) or of the features as they are.
 * Bounded by rows · features² / 2 products.
 */
import { Arena } from '../base/arena.ts';
import { blockRows } from '../training/ingest/shard-rows.ts';
import type { RankEnvironment } from '../training/rank-environment.ts';
import { centreRows, type RowStatistics } from './centre-rows.ts';
import { FoldedSums } from './folded-sums.ts';
import type { LinearRows } from './linear-rows.ts';
import type { LinearLearner, LinearResult } from './messages.ts';
import { type QuadraticProblem, solveQuadratic } from './solve-quadratic.ts';

/** Fits it. */
export async function fitLeastSquares(
  environment: RankEnvironment,
  rows: LinearRows,
  learner: LinearLearner,
): Promise<LinearResult> {
  const statistics = await centreRows(environment, rows, {
    takeOut: learner.fitIntercept,
    labelIsNumber: true,
  });
  const products = await addProducts(environment, rows, statistics);
  const { classes, numAll: numRows } = rows;
  const numFeatures = rows.columns.length;
  const { totalWeight, scatter, means, label } = statistics;
  const scales = scatter.map((sum) => (sum > 0 ? Math.sqrt(totalWeight / sum) : 0));
  const solved = await solveQuadratic({
    ...scaledProblem(products, scales, totalWeight),
    ...penalties(learner, scales, deviationOf(label, totalWeight)),
    nonnegative: learner.nonnegative,
    maxIter: learner.maxIter,
    tol: learner.tol,
  });
  const coefficients = solved.point.map((x, j) => x * (scales[j] as number));
  let shift = 0;
  for (let j = 0; j < numFeatures; j++) shift += (coefficients[j] as number) * (means[j] as number);
  const intercepts = Float64Array.of(learner.fitIntercept ? label.mean - shift : 0);
  return { classes, numRows, coefficients, intercepts, objectiveHistory: solved.history };
}

/** σ of the label; of a constant one its magnitude. */
function deviationOf(label: RowStatistics['label'], totalWeight: number): number {
  const deviation = Math.sqrt(label.scatter / totalWeight);
  if (deviation > 0) return deviation;
  return label.mean === 0 ? 1 : Math.abs(label.mean);
}

function penalties(
  { regParam, elasticNetParam, standardization }: LinearLearner,
  scales: Float64Array,
  labelDeviation: number,
): { l1: Float64Array; l2: Float64Array } {
  const raw = (scale: number): number => (standardization ? 1 : scale);
  return {
    l1: scales.map((scale) => regParam * elasticNetParam * raw(scale)),
    l2: scales.map(
      (scale) => ((regParam * (1 - elasticNetParam)) / labelDeviation) * raw(scale) * raw(scale),
    ),
  };
}

/** The upper triangle of Σ w x_j x_k, row by row, with the label as the last column. */
async function addProducts(
  environment: RankEnvironment,
  rows: LinearRows,
  { bounds, label }: RowStatistics,
): Promise<Float64Array> {
  const columns = [...rows.columns, rows.labels];
  const width = columns.length;
  const numSums = (width * (width + 1)) / 2;
  const base = new Arena(rows.free).top;
  const perRank = Math.ceil((FoldedSums.bytes(numSums) + 8 * blockRows) / 64) * 64 + 64;
  await environment.reserve(base + environment.numLocal * perRank, 'normal equations');
  const own = base + environment.localIndex * perRank;
  const sums = new FoldedSums(environment, own, numSums);
  const weighted = own + FoldedSums.bytes(numSums);
  const largest = [...bounds, label.bound];
  const weight = rows.weightExtremes[1];
  const limits = new Float64Array(numSums);
  let at = 0;
  for (let j = 0; j < width; j++) {
    for (let k = j; k < width; k++) {
      limits[at++] = weight * (largest[j] as number) * (largest[k] as number);
    }
  }
  sums.begin(limits, rows.numAll);
  const product = environment.f64(weighted, blockRows);
  for (const { start, count } of rows.blocks) {
    const weights = environment.f64(rows.weights + 8 * start, count);
    let next = 0;
    for (let j = 0; j < width; j++) {
      const values = environment.f64((columns[j] as number) + 8 * start, count);
      for (let i = 0; i < count; i++) product[i] = (values[i] as number) * (weights[i] as number);
      for (let k = j; k < width; k++) {
        sums.add(next++, weighted, (columns[k] as number) + 8 * start, count);
      }
    }
    environment.collective.checkAborted();
  }
  return await sums.meet();
}

/** The products per unit of weight and deviation: a symmetric matrix, a vector, and the label's own square. */
function scaledProblem(
  products: Float64Array,
  scales: Float64Array,
  totalWeight: number,
): Pick<QuadraticProblem, 'matrix' | 'vector' | 'constant'> {
  const size = scales.length;
  const matrix = new Float64Array(size * size);
  const vector = new Float64Array(size);
  let at = 0;
  for (let j = 0; j < size; j++) {
    const scale = scales[j] as number;
    for (let k = j; k < size; k++) {
      const value = ((products[at++] as number) / totalWeight) * scale * (scales[k] as number);
      matrix[j * size + k] = value;
      matrix[k * size + j] = value;
    }
    vector[j] = ((products[at++] as number) / totalWeight) * scale;
  }
  return { matrix, vector, constant: (products[at] as number) / totalWeight };
}
