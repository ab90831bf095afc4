/** Reads what `--data` names: Parquet, CSV or Arrow, by the names of the files; a URL without such a name is Parquet. */
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { isUrl } from '../base/allowed-urls.ts';
import { CoppiceError } from '../base/errors.ts';
import { typeFamily } from '../pipeline/check-schema.ts';
import { type LogicalSchema, logicalSchema } from '../pipeline/logical-schema.ts';
import type { Session } from '../session/session.ts';
import { requireField } from '../table/columns/find-column.ts';
import { defaultNullValues } from '../table/csv/csv-dialect.ts';
import { expressionOf } from '../table/expressions/parse-expression.ts';
import { findFiles, missingFile } from '../table/files/find-files.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';

/** How to read. */
export interface ReadDataOptions {
  /** Cells of CSV that are missing values besides the usual ones. */
  readonly nullValues?: readonly string[];
  /** Types of columns, by name, in place of those that the files have. */
  readonly cast?: Readonly<Record<string, string>>;
  /** Which rows: a condition in the words of SQL. */
  readonly where?: string;
}

/** Reads as {@link ReadDataOptions} say, and columns of CSV as the types that they are known by. */
export interface ReadLikeOptions extends ReadDataOptions {
  /** What a model, or another table, knows: the types of a few rows of CSV tell less. */
  readonly like?: LogicalSchema;
}

/** The formats of tables. */
export type Format = 'parquet' | 'csv' | 'arrow';

const formats: Readonly<Record<string, Format>> = {
  '.parquet': 'parquet',
  '.pq': 'parquet',
  '.csv': 'csv',
  '.tsv': 'csv',
  '.txt': 'csv',
  '.arrow': 'arrow',
  '.feather': 'arrow',
  '.ipc': 'arrow',
  '.arrows': 'arrow',
};

/** The format that a file's name stands for; null for none. */
export function formatOfName(path: string): Format | null {
  const name = isUrl(path) && URL.canParse(path) ? new URL(path).pathname : path;
  return formats[extname(name).toLowerCase()] ?? null;
}

/** The format that a file's name stands for, else the one that its first bytes tell; null for neither. */
async function formatOfFile(path: string): Promise<Format | null> {
  const named = formatOfName(path);
  if (named !== null) return named;
  if (isUrl(path)) return 'parquet';
  const file = await open(path).catch((cause: unknown) => {
    throw missingFile(path, cause);
  });
  try {
    const { buffer } = await file.read(Buffer.alloc(6), 0, 6, 0);
    if (buffer.toString('latin1', 0, 4) === 'PAR1') return 'parquet';
    return buffer.toString('latin1') === 'ARROW1' ? 'arrow' : null;
  } finally {
    await file.close();
  }
}

/**
 * The table of files, folders or globs of one format.
 *
 * @throws CoppiceError `USAGE`, `FILE_NOT_FOUND`, `FILE_FORMAT`, `SCHEMA_MISMATCH`
 */
export async function readData(
  session: Session,
  paths: readonly string[],
  options: ReadLikeOptions = {},
): Promise<PartitionedTable> {
  if (paths.includes('-')) {
    throw new CoppiceError(
      'USAGE',
      '--data must be files, folders or globs; got -: standard input is not read, write it to a file first',
    );
  }
  const found = await readFormat(session, paths, options);
  refuseLostFolders(paths, found, options.like ?? []);
  const { where } = options;
  return where === undefined ? found : found.filter(expressionOf(where, '--where'));
}

/**
 * A column that stands in the name of a folder is known only where the path begins above it, as on Spark: who scores one
 * folder of several is told how to.
 */
function refuseLostFolders(
  paths: readonly string[],
  table: PartitionedTable,
  like: LogicalSchema,
): void {
  for (const { name } of like) {
    if (table.columns.includes(name)) continue;
    for (const path of paths.filter((each) => !isUrl(each))) {
      const segments = path.split('/');
      const at = segments.findIndex((segment) => segment.startsWith(`${name}=`));
      if (at < 0) continue;
      const pattern = segments.with(at, `{${segments[at]}}`).join('/');
      throw new CoppiceError(
        'COLUMN_NOT_FOUND',
        `--data must have the column ${name}, which the name of a folder of ${path} says; names of folders are read below a folder or pattern that is given, not in it: give ${pattern}`,
        { context: { file: path, column: name } },
      );
    }
  }
}

async function readFormat(
  session: Session,
  paths: readonly string[],
  { nullValues, cast = {}, like = [] }: ReadLikeOptions,
): Promise<PartitionedTable> {
  const read = async (format: Format): Promise<PartitionedTable> => {
    if (format !== 'csv') {
      const table = await session.read[format](paths);
      checkCast(table, cast);
      return Object.keys(cast).length === 0 ? table : table.cast(cast);
    }
    const given =
      nullValues === undefined ? {} : { nullValues: [...defaultNullValues, ...nullValues] };
    const table = await session.read.csv(paths, given);
    checkCast(table, cast);
    const types = { ...knownTypes(table, like), ...cast };
    if (Object.keys(types).length === 0) return table;
    return await session.read.csv(paths, { ...given, schema: types });
  };
  if (session.readsElsewhere) return await read(formatOfPaths(paths));
  const files = findFiles(paths, Object.keys(formats)).map(({ path }) => path);
  const found = new Set<Format | null>();
  for (const file of files) found.add(await formatOfFile(file));
  const [format] = found;
  if (found.size > 1 || format === null || format === undefined) throw mixed(files);
  return await read(format);
}

function checkCast(table: PartitionedTable, cast: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(cast)) requireField(table.schema, name, '--cast');
}

/**
 * The types of columns whose cells look like something else: names that are all digits here, and numbers or times that
 * are all missing, which look like text. A cell that is no number is an error with its line.
 */
function knownTypes(table: PartitionedTable, like: LogicalSchema): Record<string, string> {
  const found = new Map(logicalSchema(table.schema).map(({ name, type }) => [name, type]));
  const types: Record<string, string> = {};
  for (const { name, type } of like) {
    const its = found.get(name);
    if (its === undefined || typeFamily(its) === typeFamily(type)) continue;
    if (type === 'string') types[name] = type;
    else if (its !== 'string') continue;
    else if (/^(boolean|date|timestamp\(\w+\))$/.test(type)) types[name] = type;
    else if (typeFamily(type) === 'number') types[name] = 'double';
  }
  return types;
}

/** The format of files that only others see: by their names, Parquet for folders and patterns without one. */
function formatOfPaths(paths: readonly string[]): Format {
  const found = new Set(paths.map((path) => formatOfName(path) ?? 'parquet'));
  const [format] = found;
  if (found.size > 1 || format === undefined) throw mixed(paths);
  return format;
}

function mixed(files: readonly string[]): CoppiceError {
  const names = [...new Set(files.map((file) => extname(file) || file))];
  return new CoppiceError(
    'FILE_FORMAT',
    `--data must be files of one format, named .parquet, .csv or .arrow; got ${names.slice(0, 5).join(', ')}`,
  );
}
