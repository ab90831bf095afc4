/**
 * The tests of one feature against the label, from exact sums: a statistic, its degrees of freedom and how likely one
 * as large is by chance. A feature that does not vary tells nothing: its statistic is 0.
 */
import { exactRatio } from '../../base/exact-ratio.ts';
import { ExactSum } from '../../base/exact-sum.ts';
import { chiSquaredTail, fisherTail } from '../../base/special-functions.ts';
import { compareUtf8 } from '../../table/columns/compare-text.ts';

/** The outcome of a test. */
export interface FeatureTest {
  /** χ² or F. */
  readonly statistic: number;
  /** How likely a statistic as large is where the feature tells nothing. */
  readonly pValue: number;
  /** For an F test the sum of both. */
  readonly degreesOfFreedom: number;
}

/** Numbers of one group. */
export interface GroupSums {
  readonly count: number;
  /** Σx in units of 2^−1074. */
  readonly sum: bigint;
  /** Σx², in units of 2^−1074. */
  readonly square: bigint;
}

/** Pairs of numbers, in units of 2^−1074. */
export interface PairSums {
  readonly count: number;
  readonly x: bigint;
  readonly y: bigint;
  readonly xx: bigint;
  readonly yy: bigint;
  readonly xy: bigint;
}

const one = 1n << 1074n;

/** Do the means of groups differ by more than chance (one-way analysis of variance)? */
export function groupTest(groups: readonly GroupSums[]): FeatureTest {
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  const total = groups.reduce((sum, group) => sum + group.sum, 0n);
  const n = BigInt(count);
  const between = new ExactSum();
  const within = new ExactSum();
  for (const group of groups) {
    const own = BigInt(group.count);
    const distance = n * group.sum - own * total;
    const scatter = own * group.square * one - group.sum * group.sum;
    between.add(exactRatio(distance * distance, n * n * own * one * one));
    within.add(exactRatio(scatter, own * one * one));
  }
  const first = groups.length - 1;
  const second = count - groups.length;
  const degreesOfFreedom = Math.max(0, count - 1);
  const explained = between.value();
  if (first < 1 || second < 1 || explained === 0)
    return { statistic: 0, pValue: 1, degreesOfFreedom };
  const statistic = explained / first / (within.value() / second);
  return { statistic, pValue: fisherTail(statistic, first, second), degreesOfFreedom };
}

/** Is the correlation of two numbers more than chance? */
export function correlationTest({ count, x, y, xx, yy, xy }: PairSums): FeatureTest {
  const n = BigInt(count);
  const together = n * xy * one - x * y;
  const both = (n * xx * one - x * x) * (n * yy * one - y * y);
  const explained = together * together;
  const degreesOfFreedom = Math.max(0, count - 2);
  if (degreesOfFreedom === 0 || explained === 0n)
    return { statistic: 0, pValue: 1, degreesOfFreedom };
  const left = both - explained;
  const statistic = left <= 0n ? Number.POSITIVE_INFINITY : exactRatio(explained * (n - 2n), left);
  return { statistic, pValue: fisherTail(statistic, 1, degreesOfFreedom), degreesOfFreedom };
}

/** Do two kinds of categories meet as often as chance has it (Pearson's χ² test of independence)? */
export function chiSquaredTest(
  counts: ReadonlyMap<string, ReadonlyMap<string, number>>,
): FeatureTest {
  const rows = [...counts.keys()].sort(compareUtf8);
  const columns = [...new Set(rows.flatMap((row) => [...(counts.get(row)?.keys() ?? [])]))];
  columns.sort(compareUtf8);
  const at = (row: string, column: string): number => counts.get(row)?.get(column) ?? 0;
  const sumOf = (list: readonly string[], count: (key: string) => number): number =>
    list.reduce((sum, key) => sum + count(key), 0);
  const ofRow = rows.map((row) => sumOf(columns, (column) => at(row, column)));
  const ofColumn = columns.map((column) => sumOf(rows, (row) => at(row, column)));
  const total = ofRow.reduce((sum, count) => sum + count, 0);
  const degreesOfFreedom = Math.max(0, (rows.length - 1) * (columns.length - 1));
  let statistic = 0;
  for (const [i, row] of rows.entries()) {
    for (const [j, column] of columns.entries()) {
      const expected = ((ofRow[i] as number) * (ofColumn[j] as number)) / total;
      const distance = at(row, column) - expected;
      statistic += (distance * distance) / expected;
    }
  }
  if (degreesOfFreedom === 0) return { statistic: 0, pValue: 1, degreesOfFreedom };
  return { statistic, pValue: chiSquaredTail(statistic, degreesOfFreedom), degreesOfFreedom };
}
