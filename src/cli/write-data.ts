/** Writes the table of `--out`, in the format that its name stands for. */
import { existsSync } from 'node:fs';
import { CoppiceError } from '../base/errors.ts';
import type { OnProgress } from '../base/progress.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { formatOfName } from './read-data.ts';

/** How to write. */
export interface WriteDataOptions {
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/**
 * Refuses a path that exists, before any work is done for it.
 *
 * @throws CoppiceError `FILE_EXISTS`
 */
export function refuseExistingPath(path: string, overwrite: boolean): void {
  if (overwrite || !existsSync(path)) return;
  throw new CoppiceError(
    'FILE_EXISTS',
    `${path} exists already: give another path, or --overwrite to replace it`,
    { context: { file: path } },
  );
}

/**
 * Writes a table: `.csv` and `.tsv` as CSV, `.arrow`, `.feather` and `.ipc` as Arrow, any other name as
 * Parquet, a file or a folder.
 *
 * @throws CoppiceError `FILE_EXISTS`, `FILE_WRITE`
 */
export async function writeData(
  table: PartitionedTable,
  path: string,
  options: WriteDataOptions,
): Promise<void> {
  await table.write[formatOfName(path) ?? 'parquet'](path, options);
}
