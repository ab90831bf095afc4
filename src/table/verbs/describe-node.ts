/**
 * Exact statistics of columns: count, missing, mean, standard deviation, minimum, maximum, the same for any
 * partitioning. Two passes in the pool: exact sums give the mean, then the exact sum of squared distances
 * from it gives the deviation.
 */

import type { RecordBatch } from 'apache-arrow';
import { type Data, type DataType, Field, Float64, Schema, Utf8, type Vector } from 'apache-arrow';
import { ExactSum } from '../../base/exact-sum.ts';
import { registerTask } from '../../cluster/task-runner.ts';
import { makeBatch } from '../columns/column-data.ts';
import { roundedValues } from '../columns/column-values.ts';
import { compareUtf8 } from '../columns/compare-text.ts';
import { encodeCategories } from '../columns/encode-categories.ts';
import { columnOf } from '../columns/feature-columns.ts';
import { float64Column, utf8Column } from '../columns/make-column.ts';
import { valueKind } from '../expressions/infer-type.ts';
import type { PartitionSpec } from '../plan/partition-spec.ts';
import { readPartition } from '../plan/read-partition.ts';

/** What one partition says about one column. */
interface ColumnSummary {
  readonly count: number;
  readonly missing: number;
  readonly sum?: BigInt64Array;
  /** What infinities sum to: 0, ±Infinity or NaN. */
  readonly infinite?: number;
  readonly min?: number | string;
  readonly max?: number | string;
}

interface SummaryPayload {
  readonly partition: PartitionSpec;
  readonly columns: readonly string[];
}

registerTask(
  'table.summarise',
  async ({ partition, columns }: SummaryPayload): Promise<ColumnSummary[]> => {
    const batch = await readPartition(partition, { columns });
    return columns.map((name) => {
      const vector = columnOf(batch, [name]);
      return valueKind(vector.type) === 'text'
        ? summariseText(vector)
        : summariseNumbers(roundedValues(vector, name));
    });
  },
);

interface DeviationPayload extends SummaryPayload {
  readonly means: readonly number[];
}

registerTask(
  'table.deviations',
  async (payload: DeviationPayload): Promise<(BigInt64Array | null)[]> => {
    const { partition, columns, means } = payload;
    const batch = await readPartition(partition, { columns });
    return columns.map((name, index) => {
      const mean = means[index] as number;
      if (!Number.isFinite(mean)) return null;
      const sum = new ExactSum();
      for (const value of roundedValues(columnOf(batch, [name]), name)) {
        if (!Number.isNaN(value)) sum.add((value - mean) * (value - mean));
      }
      return sum.toWords();
    });
  },
);

/** Runs a task for every partition and gives what each returned. */
export type RunPartitions = <T>(
  task: string,
  payload: Readonly<Record<string, unknown>>,
) => AsyncIterable<T>;

/** True for the types that describe knows. */
export function canDescribe(type: DataType): boolean {
  const kind = valueKind(type);
  return kind === 'number' || kind === 'bool' || kind === 'text';
}

/** One row a statistic; numeric columns as double, others as text. */
export async function describeColumns(schema: Schema, run: RunPartitions): Promise<RecordBatch> {
  const columns = schema.fields.map((field) => field.name);
  const totals: ColumnSummary[][] = columns.map(() => []);
  for await (const part of run<ColumnSummary[]>('table.summarise', { columns })) {
    for (const [index, summary] of part.entries()) (totals[index] as ColumnSummary[]).push(summary);
  }
  const merged = totals.map(mergeSummaries);
  const numeric = schema.fields.map((field) => valueKind(field.type) !== 'text');
  const means = merged.map((total, index) => (numeric[index] === true ? total.mean : Number.NaN));
  const squares = columns.map(() => new ExactSum());
  for await (const part of run<(BigInt64Array | null)[]>('table.deviations', {
    columns: columns.filter((_, index) => numeric[index]),
    means: means.filter((_, index) => numeric[index]),
  })) {
    const targets = squares.filter((_, index) => numeric[index]);
    for (const [index, words] of part.entries()) {
      if (words !== null) (targets[index] as ExactSum).merge(ExactSum.fromWords(words));
    }
  }
  const names = ['count', 'missing', 'mean', 'stddev', 'min', 'max'];
  const fields: Field[] = [new Field('summary', new Utf8(), false)];
  const data: Data[] = [utf8Column(names).data[0] as Data];
  for (const [index, name] of columns.entries()) {
    const total = merged[index] as MergedSummary;
    if (numeric[index] === true) {
      const deviation = deviationOf(total, squares[index] as ExactSum);
      const cells = [
        total.count,
        total.missing,
        total.mean,
        deviation,
        total.min,
        total.max,
      ] as number[];
      const valid = Uint8Array.from(cells, (cell) => (cell === undefined ? 0 : 1));
      fields.push(new Field(name, new Float64(), true));
      data.push(
        float64Column(
          Float64Array.from(cells, (cell) => cell ?? 0),
          valid,
        ).data[0] as Data,
      );
    } else {
      const cells = [total.count, total.missing, null, null, total.min ?? null, total.max ?? null];
      fields.push(new Field(name, new Utf8(), true));
      data.push(
        utf8Column(cells.map((cell) => (cell === null ? null : String(cell)))).data[0] as Data,
      );
    }
  }
  return makeBatch(new Schema(fields), data, names.length);
}

interface MergedSummary {
  readonly count: number;
  readonly missing: number;
  readonly mean: number;
  readonly min: number | string | undefined;
  readonly max: number | string | undefined;
}

function mergeSummaries(parts: readonly ColumnSummary[]): MergedSummary {
  const sum = new ExactSum();
  let count = 0;
  let missing = 0;
  let infinite = 0;
  let min: number | string | undefined;
  let max: number | string | undefined;
  for (const part of parts) {
    count += part.count;
    missing += part.missing;
    infinite += part.infinite ?? 0;
    if (part.sum !== undefined) sum.merge(ExactSum.fromWords(part.sum));
    if (part.min !== undefined && (min === undefined || order(part.min, min) < 0)) min = part.min;
    if (part.max !== undefined && (max === undefined || order(part.max, max) > 0)) max = part.max;
  }
  const total = infinite === 0 ? sum.value() : infinite;
  return { count, missing, mean: count === 0 ? Number.NaN : total / count, min, max };
}

function order(a: number | string, b: number | string): number {
  if (typeof a === 'string') return compareUtf8(a, String(b));
  return a - Number(b);
}

function deviationOf(total: MergedSummary, squares: ExactSum): number | undefined {
  if (total.count < 2) return undefined;
  if (!Number.isFinite(total.mean)) return Number.NaN;
  return Math.sqrt(squares.value() / (total.count - 1));
}

function summariseNumbers(values: Float64Array): ColumnSummary {
  const sum = new ExactSum();
  let count = 0;
  let infinite = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    if (value < min) min = value;
    if (value > max) max = value;
    if (Number.isFinite(value)) sum.add(value);
    else infinite += value;
  }
  const missing = values.length - count;
  const range = count === 0 ? {} : { min, max };
  return { count, missing, sum: sum.toWords(), infinite, ...range };
}

function summariseText(vector: Vector): ColumnSummary {
  const codes = new Int32Array(vector.length);
  const texts = encodeCategories(vector, codes, 0);
  const used = new Set<number>();
  let missing = 0;
  for (const code of codes) {
    if (code < 0) missing++;
    else used.add(code);
  }
  const present = [...used].map((code) => texts[code] as string).sort(compareUtf8);
  const range =
    present.length === 0 ? {} : { min: present[0] as string, max: present.at(-1) as string };
  return { count: vector.length - missing, missing, ...range };
}
