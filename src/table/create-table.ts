/** Tables of values that are in memory already: arrays, typed arrays, row objects, Arrow tables. */
import {
  type DataType,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  type RecordBatch,
  Schema,
  type Table,
  TimestampMillisecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Vector,
} from 'apache-arrow';
import { describeValue } from '../base/describe-value.ts';
import { CoppiceError } from '../base/errors.ts';
import type { TaskRunner } from '../cluster/task-runner.ts';
import { makeBatch, withType } from './column-data.ts';
import { concatBatches, concatData } from './concat-rows.ts';
import {
  batchOfColumns,
  boolColumn,
  fixedWidthColumn,
  float32Column,
  utf8Column,
} from './make-column.ts';
import { normalType } from './normal-type.ts';
import { PartitionedTable } from './partitioned-table.ts';
import { sourceNode } from './plan-node.ts';
import { schemaToRecord } from './schema-record.ts';
import { batchFromShared, batchToShared } from './shared-batch.ts';
import { sharedArray, type TypedArray } from './shared-buffer.ts';
import { memoryPartition } from './sources.ts';
import { sliceRows } from './take-rows.ts';

/** The values of one column: a typed array, an Arrow vector, or an array of one kind of value and nulls. */
export type ColumnInput =
  | TypedArray
  | Vector
  | readonly (number | null | undefined)[]
  | readonly (string | null | undefined)[]
  | readonly (boolean | null | undefined)[]
  | readonly (bigint | null | undefined)[]
  | readonly (Date | null | undefined)[];

/** Options of tables made from memory. */
export interface CreateTableOptions {
  /** How many partitions to divide the rows into; by default one a thread, fewer for few rows. */
  readonly numPartitions?: number | undefined;
}

const rowsWorthAPartition = 8192;

/**
 * A table of named columns of equal length.
 *
 * Numbers in plain arrays become `double`, dates `timestamp(ms)`, bigints `bigint`; null and undefined
 * are missing values.
 * @throws CoppiceError `COLUMN_TYPE`, `DATA_INVALID`, `PARAM_INVALID`
 */
export function tableFromColumns(
  runner: TaskRunner,
  columns: Readonly<Record<string, ColumnInput>>,
  options: CreateTableOptions = {},
): PartitionedTable {
  const vectors = Object.entries(columns).map(
    ([name, values]) => [name, columnOfInput(name, values)] as const,
  );
  const length = vectors[0]?.[1].length ?? 0;
  for (const [name, vector] of vectors) {
    if (vector.length === length) continue;
    const message = `columns of a table must have one length, ${length}; got ${vector.length} in column ${name}`;
    throw new CoppiceError('DATA_INVALID', message, { context: { column: name } });
  }
  return tableFromBatch(runner, batchOfColumns(vectors), options);
}

/** A table of row objects; the columns are the keys of all rows, in order of first appearance. */
export function tableFromRows(
  runner: TaskRunner,
  rows: readonly Readonly<Record<string, unknown>>[],
  options: CreateTableOptions = {},
): PartitionedTable {
  const names = new Set<string>();
  for (const row of rows) for (const name of Object.keys(row)) names.add(name);
  const vectors = [...names].map((name) => {
    const cells = rows.map((row) => row[name]) as (number | null)[];
    return [name, columnOfInput(name, cells)] as const;
  });
  return tableFromBatch(runner, batchOfColumns(vectors), options);
}

/**
 * A table of an Arrow table's rows; columns outside shared memory are copied into it once.
 *
 * @throws CoppiceError `UNSUPPORTED`, `COLUMN_EXISTS`, `PARAM_INVALID`
 */
export function tableFromArrow(
  runner: TaskRunner,
  table: Table,
  options: CreateTableOptions = {},
): PartitionedTable {
  const batches = table.batches.map(normalBatch);
  const names = new Set<string>();
  for (const field of table.schema.fields) {
    if (names.has(field.name)) {
      const message = `columns of a table must have distinct names; got "${field.name}" twice`;
      throw new CoppiceError('COLUMN_EXISTS', message, { context: { column: field.name } });
    }
    names.add(field.name);
  }
  const empty = makeBatch(table.schema, [], 0);
  const whole =
    batches.length === 0
      ? normalBatch(empty)
      : concatBatches((batches[0] as RecordBatch).schema, batches);
  return tableFromBatch(runner, whole, options);
}

/** A table of one batch of normal types. */
export function tableFromBatch(
  runner: TaskRunner,
  given: RecordBatch,
  options: CreateTableOptions = {},
): PartitionedTable {
  const batch = batchFromShared(batchToShared(given));
  const schema = schemaToRecord(batch.schema);
  const numRows = batch.numRows;
  const fitting = Math.min(runner.numThreads, Math.ceil(numRows / rowsWorthAPartition));
  const numPartitions = checkNumPartitions(
    options.numPartitions ?? Math.max(1, fitting),
    'createTable',
  );
  const cuts = Array.from({ length: numPartitions + 1 }, (_, i) =>
    Math.floor((numRows * i) / numPartitions),
  );
  const partitions = cuts.slice(1).map((end, i) => ({
    ...memoryPartition(sliceRows(batch, cuts[i] as number, end), schema),
    index: i,
  }));
  return new PartitionedTable(runner, sourceNode(batch.schema, partitions));
}

/** The number of partitions that a caller asked for. @throws CoppiceError `PARAM_INVALID` */
export function checkNumPartitions(value: number, owner: string): number {
  if (Number.isInteger(value) && value >= 1 && value <= 1_000_000) return value;
  const message = `numPartitions of ${owner} must be an integer from 1 to 1000000; got ${describeValue(value)}`;
  throw new CoppiceError('PARAM_INVALID', message);
}

/** The batch with columns of normal types. */
export function normalBatch(batch: RecordBatch): RecordBatch {
  const columns = batch.data.children.map((column) =>
    normalType(column.type) === column.type ? column : concatData(column.type, [column]),
  );
  const fields = batch.schema.fields.map((field, i) => {
    const column = columns[i];
    return column === undefined
      ? field.clone({ type: normalType(field.type) })
      : withType(field, column);
  });
  return makeBatch(new Schema(fields, batch.schema.metadata), columns, batch.numRows);
}

/** One column of the values that a user handed in. @throws CoppiceError `COLUMN_TYPE` */
export function columnOfInput(name: string, values: ColumnInput): Vector {
  if (values instanceof Vector) {
    return new Vector([concatData(values.type as DataType, values.data)]);
  }
  if (values instanceof Float32Array) return float32Column(values);
  if (ArrayBuffer.isView(values)) return typedColumn(name, values as TypedArray);
  return arrayColumn(name, values as readonly unknown[]);
}

const integerTypes: readonly [new (length: number) => TypedArray, () => DataType][] = [
  [Float64Array, () => new Float64()],
  [Int8Array, () => new Int8()],
  [Int16Array, () => new Int16()],
  [Int32Array, () => new Int32()],
  [BigInt64Array, () => new Int64()],
  [Uint8Array, () => new Uint8()],
  [Uint16Array, () => new Uint16()],
  [Uint32Array, () => new Uint32()],
  [BigUint64Array, () => new Uint64()],
];

function typedColumn(name: string, values: TypedArray): Vector {
  for (const [ArrayType, makeType] of integerTypes) {
    if (values instanceof ArrayType) return fixedWidthColumn(makeType(), values);
  }
  throw mixedColumn(name, values, 'a typed array of numbers');
}

function arrayColumn(name: string, cells: readonly unknown[]): Vector {
  const first = cells.find((cell) => cell !== null && cell !== undefined);
  const kind = first instanceof Date ? 'date' : typeof first;
  const odd = cells.find(
    (cell) =>
      cell !== null && cell !== undefined && (cell instanceof Date ? 'date' : typeof cell) !== kind,
  );
  if (odd !== undefined) throw mixedColumn(name, odd, `of one kind, ${kind}`);
  const valid = Uint8Array.from(cells, (cell) => (cell === null || cell === undefined ? 0 : 1));
  const hasNull = valid.includes(0);
  const mask = hasNull ? valid : undefined;
  switch (kind) {
    case 'undefined':
    case 'number':
      return fixedWidthColumn(new Float64(), filled(Float64Array, cells as number[], 0), mask);
    case 'bigint':
      return fixedWidthColumn(new Int64(), filled(BigInt64Array, cells as bigint[], 0n), mask);
    case 'date': {
      const times = cells.map((cell) => (cell instanceof Date ? dateTime(name, cell) : 0n));
      return fixedWidthColumn(new TimestampMillisecond(), filled(BigInt64Array, times, 0n), mask);
    }
    case 'boolean':
      return boolColumn(Uint8Array.from(cells as boolean[], Number), mask);
    case 'string':
      return utf8Column(cells.map((cell) => (cell as string | undefined) ?? null));
    default:
      throw mixedColumn(name, first, 'numbers, strings, booleans, bigints or dates');
  }
}

function filled<T extends Float64Array | BigInt64Array>(
  ArrayType: new (buffer: ArrayBufferLike) => T,
  cells: readonly (number | bigint | null | undefined)[],
  missing: number | bigint,
): T {
  const values = sharedArray(ArrayType as never, cells.length) as unknown as (number | bigint)[];
  for (let i = 0; i < cells.length; i++) values[i] = cells[i] ?? missing;
  return values as unknown as T;
}

function dateTime(name: string, date: Date): bigint {
  const time = date.getTime();
  if (Number.isNaN(time)) throw mixedColumn(name, 'Invalid Date', 'valid dates');
  return BigInt(time);
}

function mixedColumn(name: string, value: unknown, rule: string): CoppiceError {
  const message = `values of column ${name} must be ${rule}; got ${describeValue(value)}`;
  return new CoppiceError('COLUMN_TYPE', message, { context: { column: name } });
}
