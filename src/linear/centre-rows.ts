/**
 * Mean and deviation of every feature and of the label, over all ranks; and the features around their means,
 * which makes the objective rounder and costs nothing later: the intercept takes the shift over. The sums have
 * no order (see folded-sums.ts), so neither have the means.
 */
import { Arena } from '../base/arena.ts';
import { blockRows } from '../training/ingest/shard-rows.ts';
import type { RankEnvironment } from '../training/rank-environment.ts';
import { FoldedSums } from './folded-sums.ts';
import type { LinearRows } from './linear-rows.ts';

/** What is known of the columns. */
export interface RowStatistics {
  readonly totalWeight: number;
  /** Σ w², for unbiased deviations. */
  readonly squaredWeight: number;
  /** float64[features] */
  readonly means: Float64Array;
  /** Σ w (x − mean)² of each feature. */
  readonly scatter: Float64Array;
  /** The largest magnitude in each column, as the columns are now. */
  readonly bounds: Float64Array;
  readonly label: { readonly mean: number; readonly scatter: number; readonly bound: number };
}

/** Measures the columns and, if asked, takes the means out of them. @param labelIsNumber else it stays as it is */
export async function centreRows(
  environment: RankEnvironment,
  rows: LinearRows,
  how: { readonly takeOut: boolean; readonly labelIsNumber: boolean },
): Promise<RowStatistics> {
  const columns = how.labelIsNumber ? [...rows.columns, rows.labels] : rows.columns;
  const least = [...rows.features.least, rows.labelExtremes[0]];
  const most = [...rows.features.most, rows.labelExtremes[1]];
  const width = columns.length;
  const arena = new Arena(rows.free);
  const perRank = FoldedSums.bytes(width + 2) + 64 + 3 * 8 * blockRows;
  const own = arena.top + environment.localIndex * (perRank + 64);
  await environment.reserve(arena.top + environment.numLocal * (perRank + 64), 'sums of rows');
  const scratch = new Arena(own);
  const ones = scratch.allocate(8 * blockRows);
  const shifted = scratch.allocate(8 * blockRows);
  const weighted = scratch.allocate(8 * blockRows);
  const sums = new FoldedSums(environment, scratch.allocate(0), width + 2);
  environment.f64(ones, blockRows).fill(1);

  const weight = rows.weightExtremes[1];
  const largest = Array.from({ length: width }, (_, j) => magnitude(least[j], most[j]));
  sums.begin([...largest.map((value) => weight * value), weight, weight * weight], rows.numAll);
  for (const { start, count } of rows.blocks) {
    const weights = rows.weights + 8 * start;
    columns.forEach((column, j) => {
      sums.add(j, weights, column + 8 * start, count);
    });
    sums.add(width, weights, ones, count);
    sums.add(width + 1, weights, weights, count);
  }
  const totals = await sums.meet();
  const totalWeight = totals[width] as number;
  const squaredWeight = totals[width + 1] as number;
  const means = totals.slice(0, width).map((total) => total / totalWeight);

  const spread = Array.from({ length: width }, (_, j) =>
    magnitude(
      (least[j] as number) - (means[j] as number),
      (most[j] as number) - (means[j] as number),
    ),
  );
  sums.begin([...spread.map((value) => weight * value * value), 0, 0], rows.numAll);
  const around = environment.f64(shifted, blockRows);
  const product = environment.f64(weighted, blockRows);
  for (const { start, count } of rows.blocks) {
    const weights = environment.f64(rows.weights + 8 * start, count);
    columns.forEach((column, j) => {
      const values = environment.f64(column + 8 * start, count);
      const mean = means[j] as number;
      for (let i = 0; i < count; i++) {
        const value = (values[i] as number) - mean;
        around[i] = value;
        product[i] = value * (weights[i] as number);
        if (how.takeOut) values[i] = weights[i] === 0 ? 0 : value;
      }
      sums.add(j, shifted, weighted, count);
    });
  }
  const scatter = await sums.meet();
  const numFeatures = rows.columns.length;
  return {
    totalWeight,
    squaredWeight,
    means: means.slice(0, numFeatures),
    scatter: scatter.slice(0, numFeatures),
    bounds: Float64Array.from(how.takeOut ? spread : largest).slice(0, numFeatures),
    label: {
      mean: how.labelIsNumber ? (means[numFeatures] as number) : 0,
      scatter: how.labelIsNumber ? (scatter[numFeatures] as number) : 0,
      bound: ((how.takeOut ? spread : largest)[numFeatures] as number | undefined) ?? 0,
    },
  };
}

function magnitude(least: number | undefined, most: number | undefined): number {
  return Math.max(Math.abs(least as number), Math.abs(most as number));
}
