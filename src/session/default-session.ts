/** Tables without a Session: the default one is made on first use. */
import type { Table } from 'apache-arrow';
import type { ColumnInput, CreateTableOptions } from '../table/create-table.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { Session } from './session.ts';
import type { SessionReader } from './session-reader.ts';

/**
 * A table of values in memory, in the default session.
 *
 * @throws CoppiceError `DATA_INVALID`
 * @example
 * ```ts
 * import { createTable } from 'coppice';
 * console.log(await createTable({ x: [1, 2, 3] }).count()); // 3
 * ```
 */
export function createTable(
  columns: Readonly<Record<string, ColumnInput>> | Table,
  options: CreateTableOptions = {},
): PartitionedTable {
  return Session.default().createTable(columns, options);
}

/** Reads tables from files in the default session, as `session.read` does. */
export const read: Pick<SessionReader, 'parquet' | 'csv' | 'arrow'> = {
  parquet: async (paths, options) => await Session.default().read.parquet(paths, options),
  csv: async (paths, options) => await Session.default().read.csv(paths, options),
  arrow: async (paths, options) => await Session.default().read.arrow(paths, options),
};
