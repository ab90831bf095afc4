/** Tables of values that are in memory already: arrays, typed arrays, row objects, Arrow tables. */
import { type DataType, Field, type RecordBatch, Schema, type Table } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import type { TaskRunner } from '../cluster/task-runner.ts';
import { makeBatch, withType } from './columns/column-data.ts';
import {
  type ColumnInput,
  columnOfInput,
  recordOfArray,
  typeOfArray,
} from './columns/column-input.ts';
import { batchOfColumns } from './columns/make-column.ts';
import { normalType } from './columns/normal-type.ts';
import { type TypedArray, toShared } from './columns/shared-buffer.ts';
import { concatBatches, concatData } from './concat-rows.ts';
import { memoryPartition, partitionOfBatch } from './files/sources.ts';
import { PartitionedTable } from './partitioned-table.ts';
import { checkNumPartitions } from './plan/check-partitions.ts';
import { describedNode, sourceNode } from './plan/plan-node.ts';
import { batchFromShared, batchToShared, type SharedColumn } from './plan/shared-batch.ts';
import { type FieldRecord, schemaToRecord } from './schema-record.ts';
import { sliceRows } from './take-rows.ts';

export type { ColumnInput };

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
  return (
    tableFromArrays(runner, columns, options) ??
    tableFromBatch(runner, batchFromColumns(columns), options)
  );
}

/** A table of typed arrays of equal length, which needs nothing of Arrow's until somebody asks for its schema; null of other columns. */
export function tableFromArrays(
  runner: TaskRunner,
  columns: Readonly<Record<string, ColumnInput>>,
  options: CreateTableOptions,
): PartitionedTable | null {
  const fields: FieldRecord[] = [];
  const given: TypedArray[] = [];
  for (const [name, values] of Object.entries(columns)) {
    const type = recordOfArray(values);
    if (type === null) return null;
    fields.push({ name, nullable: true, metadata: [], type });
    given.push(values as TypedArray);
  }
  const numRows = given[0]?.length ?? 0;
  if (given.length === 0 || given.some(({ length }) => length !== numRows)) return null;
  const copies = new Map([...new Set(given)].map((array) => [array, toShared(array)] as const));
  const arrays = given.map((array) => copies.get(array) as TypedArray);
  const record = { fields, metadata: [] };
  const cuts = cutsOf(numRows, runner, options);
  const partitions = cuts.slice(1).map((end, i) => {
    const start = cuts[i] as number;
    const shared = arrays.map((array): SharedColumn => {
      const values = array.subarray(start, end);
      return { length: end - start, offset: 0, nullCount: 0, values, children: [] };
    });
    const batch = { numRows: end - start, schema: record, columns: shared };
    return { ...partitionOfBatch(batch), index: i };
  });
  const makeSchema = (): Schema =>
    new Schema(
      fields.map(({ name }, i) => new Field(name, typeOfArray(arrays[i]) as DataType, true)),
    );
  return new PartitionedTable(runner, describedNode(record, makeSchema, partitions));
}

/** A batch of named columns of equal length. @throws CoppiceError `COLUMN_TYPE`, `DATA_INVALID` */
export function batchFromColumns(columns: Readonly<Record<string, ColumnInput>>): RecordBatch {
  const vectors = Object.entries(columns).map(
    ([name, values]) => [name, columnOfInput(name, values)] as const,
  );
  const length = vectors[0]?.[1].length ?? 0;
  for (const [name, vector] of vectors) {
    if (vector.length === length) continue;
    const message = `columns of a table must have one length, ${length}; got ${vector.length} in column ${name}`;
    throw new CoppiceError('DATA_INVALID', message, { context: { column: name } });
  }
  return batchOfColumns(vectors);
}

/** A batch of row objects; the columns are the keys of all rows, in order of first appearance. */
export function batchFromRows(rows: readonly Readonly<Record<string, unknown>>[]): RecordBatch {
  const names = new Set<string>();
  for (const row of rows) for (const name of Object.keys(row)) names.add(name);
  const vectors = [...names].map((name) => {
    const cells = rows.map((row) => row[name]) as (number | null)[];
    return [name, columnOfInput(name, cells)] as const;
  });
  return batchOfColumns(vectors);
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
  return tableFromBatch(runner, batchFromArrow(table), options);
}

/** A batch of an Arrow table's rows, of normal types. @throws CoppiceError `UNSUPPORTED`, `COLUMN_EXISTS` */
export function batchFromArrow(table: Table): RecordBatch {
  // what Arrow makes of columns without rows may lack their data
  const batches = table.batches.filter(({ numRows }) => numRows > 0).map(normalBatch);
  const names = new Set<string>();
  for (const field of table.schema.fields) {
    if (names.has(field.name)) {
      const message = `columns of a table must have distinct names; got "${field.name}" twice`;
      throw new CoppiceError('COLUMN_EXISTS', message, { context: { column: field.name } });
    }
    names.add(field.name);
  }
  const empty = makeBatch(table.schema, [], 0);
  return batches.length === 0
    ? normalBatch(empty)
    : concatBatches((batches[0] as RecordBatch).schema, batches);
}

/** A table of one batch of normal types. */
export function tableFromBatch(
  runner: TaskRunner,
  given: RecordBatch,
  options: CreateTableOptions = {},
): PartitionedTable {
  const batch = batchFromShared(batchToShared(given));
  const schema = schemaToRecord(batch.schema);
  const cuts = cutsOf(batch.numRows, runner, options);
  const partitions = cuts.slice(1).map((end, i) => ({
    ...memoryPartition(sliceRows(batch, cuts[i] as number, end), schema),
    index: i,
  }));
  return new PartitionedTable(runner, sourceNode(batch.schema, partitions));
}

/** Where the rows are divided into partitions. */
function cutsOf(
  numRows: number,
  { numThreads }: TaskRunner,
  { numPartitions }: CreateTableOptions,
): number[] {
  const fitting = Math.min(numThreads, Math.ceil(numRows / rowsWorthAPartition));
  const numParts = checkNumPartitions(numPartitions ?? Math.max(1, fitting), 'createTable');
  return Array.from({ length: numParts + 1 }, (_, i) => Math.floor((numRows * i) / numParts));
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
