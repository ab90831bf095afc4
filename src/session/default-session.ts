/** Tables without a Session: the default one is made on first use. */
import type { CreateTableOptions } from '../table/create-table.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { TableInput } from '../table/table-input.ts';
import { Session } from './session.ts';
import type { SessionReader } from './session-reader.ts';

/**
 * A table of values in memory, in the default session: columns by name, row objects, or an Arrow table.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `DATA_INVALID` for columns of several lengths
 * @example
 * ```ts
 * import { createTable } from 'coppice';
 * console.log(await createTable({ x: [1, 2, 3] }).count()); // 3
 * console.log(await createTable([{ x: 1, city: 'Oslo' }, { x: 2 }]).count()); // 2
 * ```
 */
export function createTable(
  values: TableInput,
  options: CreateTableOptions = {},
): PartitionedTable {
  return Session.default().createTable(values, options);
}

/** Reads tables from files in the default session, as `session.read` does. */
export const read: Pick<SessionReader, 'parquet' | 'csv' | 'arrow'> = {
  parquet: async (paths, options) => await Session.default().read.parquet(paths, options),
  csv: async (paths, options) => await Session.default().read.csv(paths, options),
  arrow: async (paths, options) => await Session.default().read.arrow(paths, options),
};
