/**
 * Mean and deviation of numeric columns. Executor: `feature.moments` adds one partition up exactly.
 * Driver: merges the sums and rounds once, so the result does not depend on order or partitioning, and a
 * variance loses nothing to cancellation.
 */

import { CoppiceError } from '../../base/errors.ts';
import { exactRatio, exactUnits } from '../../base/exact-ratio.ts';
import { ExactSum } from '../../base/exact-sum.ts';
import { registerTask } from '../../cluster/task-runner.ts';
import {
  type GatherOptions,
  gatherPartitions,
  type PartitionTask,
} from '../../pipeline/gather-partitions.ts';
import { columnOf, roundedValues } from '../../table/columns/column-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { readPartition } from '../../table/plan/read-partition.ts';

/** A numeric column, or a part of a nested one. */
export interface NumericSource {
  /** The column's name, then the child's name or the element's number. */
  readonly path: readonly string[];
  /** A number that counts as missing, besides null and NaN. */
  readonly missingValue?: number;
}

/** What is known of one column; missing values take no part. */
export interface Moments {
  readonly count: number;
  /** NaN for no values. */
  readonly mean: number;
  /** The corrected sample variance; 0 for fewer than two values. */
  readonly variance: number;
  /** The square root of the variance. */
  readonly deviation: number;
}

/** Squares of larger numbers may leave the range of float64, and a variance of them would be anything. */
export const largestSquared = 2 ** 500;

/** A variance of values whose deviation is smaller loses digits, or is 0 though they differ. */
const leastDeviation = 2 ** -480;

interface Request {
  readonly owner: string;
  readonly sources: readonly NumericSource[];
  /** The largest magnitude that a value may have. */
  readonly largest: number;
}

interface Part {
  readonly count: number;
  readonly sum: BigInt64Array;
  readonly sumOfSquares: BigInt64Array;
  readonly least: number;
  readonly greatest: number;
}

/**
 * Mean and deviation of each column.
 *
 * @param options.meansOnly  means are asked for only: any finite number may be there, and deviations mean nothing
 * @throws CoppiceError `DATA_INVALID` for an infinite value, or one whose square would be, and for values that differ by so
 *   little that their variance is below the range of float64
 */
export async function columnMoments(
  table: PartitionedTable,
  owner: string,
  sources: readonly NumericSource[],
  options: GatherOptions & { readonly meansOnly?: boolean } = {},
): Promise<Moments[]> {
  const { meansOnly = false, ...gathering } = options;
  const totals = sources.map(() => ({
    count: 0,
    sum: new ExactSum(),
    sumOfSquares: new ExactSum(),
    least: Number.POSITIVE_INFINITY,
    greatest: Number.NEGATIVE_INFINITY,
  }));
  const largest = meansOnly ? Number.MAX_VALUE : largestSquared;
  const request: Request = { owner, sources, largest };
  for await (const parts of gatherPartitions<Part[]>(
    table,
    'feature.moments',
    request,
    gathering,
  )) {
    for (const [index, part] of parts.entries()) {
      const total = totals[index] as Total;
      total.count += part.count;
      total.sum.merge(ExactSum.fromWords(part.sum));
      total.sumOfSquares.merge(ExactSum.fromWords(part.sumOfSquares));
      total.least = Math.min(total.least, part.least);
      total.greatest = Math.max(total.greatest, part.greatest);
    }
  }
  return totals.map((total, index) => {
    const moments = momentsOf(total);
    const isTiny = total.greatest > total.least && moments.deviation < leastDeviation;
    if (!meansOnly && isTiny)
      throw tooAlike(owner, (sources[index] as NumericSource).path.join('.'));
    return moments;
  });
}

interface Total {
  count: number;
  readonly sum: ExactSum;
  readonly sumOfSquares: ExactSum;
  least: number;
  greatest: number;
}

function momentsOf({ count, sum, sumOfSquares }: Total): Moments {
  const n = BigInt(count);
  const one = 1n << 1074n;
  const sumUnits = exactUnits(sum);
  const mean = exactRatio(sumUnits, n * one);
  if (count < 2) return { count, mean, variance: 0, deviation: 0 };
  // n Σx² − (Σx)², exact in units of 2^−2148
  const scatter = n * exactUnits(sumOfSquares) * one - sumUnits * sumUnits;
  const variance = Math.max(0, exactRatio(scatter, n * (n - 1n) * one * one));
  return { count, mean, variance, deviation: Math.sqrt(variance) };
}

registerTask('feature.moments', async (task: PartitionTask<Request>): Promise<Part[]> => {
  const { owner, sources, largest } = task.request;
  const columns = [...new Set(sources.map((source) => String(source.path[0])))];
  const batch = await readPartition(task.partition, { columns });
  return sources.map(({ path, missingValue }) => {
    const name = path.join('.');
    const sum = new ExactSum();
    const sumOfSquares = new ExactSum();
    let count = 0;
    let least = Number.POSITIVE_INFINITY;
    let greatest = Number.NEGATIVE_INFINITY;
    for (const value of roundedValues(columnOf(batch, path), name)) {
      if (Number.isNaN(value) || value === missingValue) continue;
      if (Math.abs(value) > largest) throw tooLarge(owner, name, value);
      count++;
      if (value < least) least = value;
      if (value > greatest) greatest = value;
      sum.add(value);
      sumOfSquares.addProduct(value, value);
    }
    return { count, sum: sum.toWords(), sumOfSquares: sumOfSquares.toWords(), least, greatest };
  });
});

function tooLarge(owner: string, column: string, value: number): CoppiceError {
  const wanted = Number.isFinite(value)
    ? 'numbers of magnitude up to 2^500 for a variance'
    : 'finite numbers for a mean';
  const remedy = Number.isFinite(value) ? ': divide the column first' : '';
  const message = `column ${column} given to ${owner} must hold ${wanted}; got ${value}${remedy}`;
  return new CoppiceError('DATA_INVALID', message, { context: { owner, column } });
}

function tooAlike(owner: string, column: string): CoppiceError {
  const message =
    `column ${column} given to ${owner} must hold numbers whose standard deviation is 0 or at least 2^-480; ` +
    'got others, whose variance float64 cannot hold: multiply the column first';
  return new CoppiceError('DATA_INVALID', message, { context: { owner, column } });
}
