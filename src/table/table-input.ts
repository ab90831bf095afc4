/**
 * What may a table in memory be made of? Named columns, row objects, or an Arrow table of any copy of Arrow. Everything
 * else is refused by name: an iterator or a promise has no properties and would make an empty table without a word.
 */

import { type RecordBatch, Table } from 'apache-arrow';
import { checkOptions } from '../base/check-options.ts';
import { describeValue } from '../base/describe-value.ts';
import { CoppiceError } from '../base/errors.ts';
import type { TaskRunner } from '../cluster/task-runner.ts';
import type { ColumnInput } from './columns/column-input.ts';
import {
  batchFromArrow,
  batchFromColumns,
  batchFromRows,
  type CreateTableOptions,
  tableFromArrays,
  tableFromBatch,
} from './create-table.ts';
import type { PartitionedTable } from './partitioned-table.ts';

/**
 * Values of a table in memory: columns by name (arrays, typed arrays, Arrow vectors), row objects, whose columns are the
 * keys of all rows in order of first appearance, or an Arrow table.
 */
export type TableInput = Readonly<Record<string, ColumnInput>> | readonly object[] | Table;

/** A table of the values. @throws CoppiceError `PARAM_INVALID`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `DATA_INVALID` */
export function tableOfInput(
  runner: TaskRunner,
  given: TableInput,
  options: CreateTableOptions,
): PartitionedTable {
  checkOptions('createTable', options, ['numPartitions']);
  const columns = given as Readonly<Record<string, ColumnInput>>;
  const ready = isPlain(given) ? tableFromArrays(runner, columns, options) : null;
  return ready ?? tableFromBatch(runner, batchOfInput(given), options);
}

/** One batch of the values. @throws CoppiceError `PARAM_INVALID`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `DATA_INVALID` */
export function batchOfInput(given: TableInput): RecordBatch {
  if (given instanceof Table) return batchFromArrow(given);
  if (Array.isArray(given)) {
    for (const [row, value] of given.entries()) {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw unusable(value, `an object in every row, row ${row} too`);
    }
    return batchFromRows(given as readonly Readonly<Record<string, unknown>>[]);
  }
  if (isForeignTable(given)) return batchFromColumns(columnsOf(given));
  const rule =
    'an object of columns, an array of row objects or an Arrow table (rows of an iterator: await Array.fromAsync(rows); files: read.parquet(path))';
  if (!isPlain(given)) throw unusable(given, rule);
  return batchFromColumns(given as Readonly<Record<string, ColumnInput>>);
}

/** True for a table of another copy of Arrow than this library's. */
function isForeignTable(value: unknown): value is Table {
  if (typeof value !== 'object' || value === null) return false;
  const { batches, schema } = value as Partial<Table>;
  return Array.isArray(batches) && Array.isArray(schema?.fields);
}

function columnsOf(table: Table): Record<string, ColumnInput> {
  const entries = table.schema.fields.map(({ name }, i) => [name, table.getChildAt(i)]);
  return Object.fromEntries(entries) as Record<string, ColumnInput>;
}

/** True for an object of properties: no list, no bytes, nothing to wait for, no table. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return false;
  return !(
    Symbol.iterator in value ||
    Symbol.asyncIterator in value ||
    'then' in value ||
    'runner' in value
  );
}

function unusable(value: unknown, rule: string): CoppiceError {
  const message = `values of createTable must be ${rule}; got ${describeValue(value)}`;
  return new CoppiceError('PARAM_INVALID', message);
}
