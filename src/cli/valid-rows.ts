/** The rows of `--valid`, checked under that name: the estimators know them as a table like the one to learn from. */
import { checkSchema } from '../pipeline/check-schema.ts';
import { logicalSchema } from '../pipeline/logical-schema.ts';
import type { Session } from '../session/session.ts';
import { requireField } from '../table/columns/find-column.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { withComputedRoles } from './computed-columns.ts';
import type { FitCommandOptions } from './fit-options.ts';
import { labelledRows, labelNames } from './label-kind.ts';
import { readData } from './read-data.ts';

/**
 * Reads the table to watch; undefined where none is named.
 *
 * @param table the rows to learn from, for the names of the labels
 * @throws CoppiceError `COLUMN_NOT_FOUND`, and see {@link readData}
 */
export async function readValid(
  session: Session,
  options: FitCommandOptions,
  table: PartitionedTable,
): Promise<PartitionedTable | undefined> {
  if (options.valid === undefined) return undefined;
  const like = logicalSchema(table.schema);
  const read = await readData(session, options.valid, { ...options, like });
  const valid = await withComputedRoles(read, options);
  for (const name of labelNames(table, options.label ?? []))
    requireField(valid.schema, name, '--valid');
  return labelledRows(valid, options);
}

/** Refuses a table to watch without the columns that are learned of. @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH` */
export function checkValid(
  valid: PartitionedTable | undefined,
  table: PartitionedTable,
  features: readonly string[],
): void {
  if (valid === undefined) return;
  const given = features.filter((name) => table.columns.includes(name));
  checkSchema('--valid', logicalSchema(table.select(...given).schema), valid.schema);
}
