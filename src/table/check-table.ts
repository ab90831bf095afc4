/** Is this a table? Asked where JavaScript may give anything: a promise of one, an Arrow table, rows, nothing. */
import { describeValue } from '../base/describe-value.ts';
import { CoppiceError } from '../base/errors.ts';

/** Told by what it has, for another copy of this library may have made it. */
export function isTable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'runner' in value && 'schema' in value;
}

/** Refuses a table that is none. @param role what it is for, as `given to …` @throws CoppiceError `PARAM_INVALID` */
export function checkTable(role: string, table: unknown): void {
  if (isTable(table)) return;
  const rule =
    typeof (table as { then?: unknown } | null | undefined)?.then === 'function'
      ? 'a PartitionedTable: make one by createTable, and await what session.read promises'
      : 'a PartitionedTable: make one by createTable or read one by session.read';
  const message = `table ${role} must be ${rule}; got ${describeValue(table)}`;
  throw new CoppiceError('PARAM_INVALID', message);
}
