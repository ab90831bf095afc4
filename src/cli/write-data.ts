/** Writes the table of `--out`, in the format that its name stands for. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CoppiceError } from '../base/errors.ts';
import type { OnProgress } from '../base/progress.ts';
import { othernessOf } from '../base/switch-in.ts';
import { isSavedStage } from '../pipeline/stage-writer.ts';
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
 * Refuses a place where no model could be saved, before one is trained for it.
 *
 * @throws CoppiceError `FILE_EXISTS`, `FILE_WRITE`
 */
export async function checkModelPath(path: string, overwrite: boolean): Promise<void> {
  if (path === '')
    throw new CoppiceError('USAGE', '--model must be the path of a folder; got an empty text');
  refuseExistingPath(path, overwrite);
  if (existsSync(path) && !(await isSavedStage(path))) {
    throw new CoppiceError(
      'FILE_EXISTS',
      `${path} exists and is ${await othernessOf(path, 'a saved stage')}`,
      { context: { file: path } },
    );
  }
  let folder = dirname(resolve(path));
  while (!existsSync(folder)) folder = dirname(folder);
  const why = statSync(folder).isDirectory() ? unwritable(folder) : 'it is no folder';
  if (why === null) return;
  throw new CoppiceError(
    'FILE_WRITE',
    `${path} cannot be written below ${folder}: ${why}; give another path`,
    { context: { file: path } },
  );
}

/** Why this process may not make a folder there; null if it may. */
function unwritable(folder: string): string | null {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Endings of other formats, for which a folder of Parquet files would be a surprise. */
const otherFormats = /\.(gz|zst|zip|bz2|xz|json|jsonl|ndjson|xlsx?|orc|avro|db|duckdb)$/i;

/** True for a path that is no place for a file, which gets its name by a rename once it is whole. */
export function isStream(path: string): boolean {
  return path === '-' || /^\/dev\/(std|fd\/|null$|tty)/.test(path);
}

/**
 * Refuses a name for `--out` that stands for what cannot be written.
 *
 * @throws CoppiceError `USAGE`
 */
export function checkTableName(path: string): void {
  if (path === '') throw new CoppiceError('USAGE', '--out must be a path; got an empty text');
  if (!isStream(path) && !otherFormats.test(path)) return;
  throw new CoppiceError(
    'USAGE',
    `--out must be a file named .parquet, .csv, .tsv or .arrow, or a folder for Parquet files; got ${path}`,
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
