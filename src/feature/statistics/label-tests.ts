/**
 * Does a feature tell something of the label? Executor: `feature.labelTests` adds one partition up, in whole numbers
 * (counts, and values in units of 2^−1074). Driver: adds the partitions up and tests each feature alone: a χ² test of
 * two categories, an F test of numbers within groups, an F test of the correlation of two numbers.
 */
import { CoppiceError } from '../../base/errors.ts';
import { exactUnits } from '../../base/exact-ratio.ts';
import { ExactSum } from '../../base/exact-sum.ts';
import {
  type GatherOptions,
  gatherPartitions,
  type PartitionTask,
} from '../../pipeline/gather-partitions.ts';
import { labelKey, readLabels } from '../../pipeline/label-values.ts';
import { columnOf, encodeCategories, numericValues } from '../../table/columns/column-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { readPartition } from '../../table/plan/read-partition.ts';
import {
  chiSquaredTest,
  correlationTest,
  type FeatureTest,
  type GroupSums,
  groupTest,
  type PairSums,
} from '../selection/test-features.ts';
import { largestSquared } from './column-moments.ts';

/** A feature and how its values are taken. */
export interface TestedFeature {
  readonly path: readonly string[];
  readonly isCategory: boolean;
}

/** What is tested. */
export interface TestRequest {
  readonly owner: string;
  readonly features: readonly TestedFeature[];
  readonly labelCol: string;
  readonly labelIsClass: boolean;
}

type Part =
  | { readonly kind: 'groups'; readonly groups: ReadonlyMap<string, GroupSums> }
  | { readonly kind: 'counts'; readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>> }
  | { readonly kind: 'pairs'; readonly pairs: PairSums };

/**
 * Each feature's test; rows in which the feature is missing take no part in its own.
 *
 * @throws CoppiceError `LABEL_INVALID`, `DATA_INVALID` for an infinite value
 */
export async function labelTests(
  table: PartitionedTable,
  request: TestRequest,
  options: GatherOptions = {},
): Promise<FeatureTest[]> {
  let totals: readonly Part[] | null = null;
  for await (const parts of gatherPartitions<Part[]>(
    table,
    'feature.labelTests',
    request,
    options,
  )) {
    const before: readonly Part[] | null = totals;
    totals = before === null ? parts : parts.map((part, i) => together(before[i] as Part, part));
  }
  return (totals ?? []).map((total) => {
    if (total.kind === 'groups') return groupTest([...total.groups.values()]);
    return total.kind === 'pairs' ? correlationTest(total.pairs) : chiSquaredTest(total.counts);
  });
}

function together(a: Part, b: Part): Part {
  if (a.kind === 'pairs' && b.kind === 'pairs') {
    const { pairs: left } = a;
    const { pairs: right } = b;
    const pairs = {
      count: left.count + right.count,
      x: left.x + right.x,
      y: left.y + right.y,
      xx: left.xx + right.xx,
      yy: left.yy + right.yy,
      xy: left.xy + right.xy,
    };
    return { kind: 'pairs', pairs };
  }
  if (a.kind === 'groups' && b.kind === 'groups') {
    const groups = new Map(a.groups);
    for (const [key, { count, sum, square }] of b.groups) {
      const known = groups.get(key) ?? { count: 0, sum: 0n, square: 0n };
      groups.set(key, {
        count: known.count + count,
        sum: known.sum + sum,
        square: known.square + square,
      });
    }
    return { kind: 'groups', groups };
  }
  if (a.kind === 'counts' && b.kind === 'counts') {
    const counts = new Map([...a.counts].map(([key, own]) => [key, new Map(own)]));
    for (const [key, own] of b.counts) {
      const known = counts.get(key) ?? new Map<string, number>();
      for (const [label, count] of own) known.set(label, (known.get(label) ?? 0) + count);
      counts.set(key, known);
    }
    return { kind: 'counts', counts };
  }
  throw new CoppiceError('INTERNAL', 'partitions were tested in different ways');
}

interface Coded {
  readonly codes: Int32Array;
  readonly names: readonly string[];
}

/** Adds one partition up. */
export async function addUpPartition(task: PartitionTask<TestRequest>): Promise<Part[]> {
  const { owner, features, labelCol, labelIsClass } = task.request;
  const columns = [...new Set([...features.map(({ path }) => String(path[0])), labelCol])];
  const batch = await readPartition(task.partition, { columns });
  const label = columnOf(batch, [labelCol]);
  const numbers = (path: readonly string[]): Float64Array =>
    finite(numericValues(columnOf(batch, path), path.join('.')), path.join('.'), owner);
  const classes = labelIsClass ? readLabels(label, 'label', labelCol) : null;
  const groups: Coded | null = classes && {
    codes: classes.codes,
    names: classes.values.map((one) => String(labelKey(one))),
  };
  const targets = labelIsClass ? null : present(numbers([labelCol]), labelCol);
  return features.map(({ path, isCategory }): Part => {
    if (!isCategory) {
      const values = numbers(path);
      if (groups !== null) return { kind: 'groups', groups: sumGroups(groups, values) };
      return { kind: 'pairs', pairs: sumPairs(values, targets as Float64Array) };
    }
    const codes = new Int32Array(batch.numRows);
    const names = encodeCategories(columnOf(batch, path), codes, 0);
    if (groups !== null) return { kind: 'counts', counts: countPairs({ codes, names }, groups) };
    return { kind: 'groups', groups: sumGroups({ codes, names }, targets as Float64Array) };
  });
}

function sumGroups({ codes, names }: Coded, values: Float64Array): Map<string, GroupSums> {
  const sums = names.map(() => ({ count: 0, sum: new ExactSum(), square: new ExactSum() }));
  for (let row = 0; row < codes.length; row++) {
    const own = sums[codes[row] as number];
    const value = values[row] as number;
    if (own === undefined || Number.isNaN(value)) continue;
    own.count++;
    own.sum.add(value);
    own.square.addProduct(value, value);
  }
  const groups = new Map<string, GroupSums>();
  for (const [code, { count, sum, square }] of sums.entries()) {
    if (count === 0) continue;
    groups.set(names[code] as string, {
      count,
      sum: exactUnits(sum),
      square: exactUnits(square),
    });
  }
  return groups;
}

function sumPairs(x: Float64Array, y: Float64Array): PairSums {
  const sums = Array.from({ length: 5 }, () => new ExactSum());
  const [sumX, sumY, sumXX, sumYY, sumXY] = sums as [
    ExactSum,
    ExactSum,
    ExactSum,
    ExactSum,
    ExactSum,
  ];
  let count = 0;
  for (let row = 0; row < x.length; row++) {
    const a = x[row] as number;
    const b = y[row] as number;
    if (Number.isNaN(a)) continue;
    count++;
    sumX.add(a);
    sumY.add(b);
    sumXX.addProduct(a, a);
    sumYY.addProduct(b, b);
    sumXY.addProduct(a, b);
  }
  const [ux, uy, xx, yy, xy] = sums.map(exactUnits) as [bigint, bigint, bigint, bigint, bigint];
  return { count, x: ux, y: uy, xx, yy, xy };
}

function countPairs(feature: Coded, label: Coded): Map<string, Map<string, number>> {
  const width = label.names.length;
  const counts = new Float64Array(feature.names.length * width);
  for (let row = 0; row < feature.codes.length; row++) {
    const code = feature.codes[row] as number;
    if (code < 0) continue;
    const at = code * width + (label.codes[row] as number);
    counts[at] = (counts[at] as number) + 1;
  }
  const found = new Map<string, Map<string, number>>();
  for (const [at, count] of counts.entries()) {
    if (count === 0) continue;
    const name = feature.names[Math.floor(at / width)] as string;
    const own = found.get(name) ?? new Map<string, number>();
    own.set(label.names[at % width] as string, count);
    found.set(name, own);
  }
  return found;
}

function finite(values: Float64Array, column: string, owner: string): Float64Array {
  const row = values.findIndex((value) => Math.abs(value) > largestSquared);
  if (row < 0) return values;
  const isLarge = Number.isFinite(values[row]);
  const wanted = isLarge ? 'numbers of magnitude up to 2^500' : 'finite numbers';
  const remedy = isLarge ? ': divide the column first' : '';
  const message = `column ${column} given to ${owner} must hold ${wanted} to be tested; got ${values[row]}${remedy}`;
  throw new CoppiceError('DATA_INVALID', message, { context: { owner, column, row } });
}

function present(labels: Float64Array, column: string): Float64Array {
  const row = labels.findIndex(Number.isNaN);
  if (row < 0) return labels;
  const message = `label in column ${column} must be there in every row; got a null or NaN: drop such rows with na.drop`;
  throw new CoppiceError('LABEL_INVALID', message, { context: { column, row } });
}
