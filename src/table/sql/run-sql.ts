/**
 * Runs a SQL query by DuckDB and makes a table of its result. Tables go in and out as Parquet files in a
 * temporary folder: they are written and read column by column in the pool, DuckDB streams them, and no
 * row ever becomes an object. The folder is removed before the table is handed out.
 *
 *   named tables → <tmp>/0.parquet, … → views → COPY (query) TO <tmp>/result.parquet → columns in shared memory
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { abortedError, throwIfAborted } from '../../base/abort.ts';
import { checkOptions } from '../../base/check-options.ts';
import { reasonOf } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { fileWriteError } from '../../base/write-durably.ts';
import type { TaskRunner } from '../../cluster/task-runner.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { memoryPartition } from '../files/sources.ts';
import { readParquet } from '../parquet/read-parquet.ts';
import { writeParquet } from '../parquet/write-parquet.ts';
import { PartitionedTable, type TableOptions } from '../partitioned-table.ts';
import type { PartitionSpec } from '../plan/partition-spec.ts';
import { sourceNode } from '../plan/plan-node.ts';
import { type DuckDb, type DuckDbConnection, loadDuckDb } from './load-duckdb.ts';

/** Options of `session.sql`. */
export interface SqlOptions extends TableOptions {
  /** Tables that the query may name. */
  readonly tables?: Readonly<Record<string, PartitionedTable>> | undefined;
}

const owner = 'session.sql';

/**
 * The result of a query, in memory.
 *
 * @param query one SELECT in DuckDB's SQL; it may read files: `SELECT * FROM 'flights/*.parquet'`
 * @throws CoppiceError `DEPENDENCY_MISSING`, `PARAM_INVALID` with DuckDB's words, `FILE_WRITE`, `ABORTED`
 */
export async function sqlTable(
  runner: TaskRunner,
  query: string,
  options: SqlOptions = {},
  load: () => Promise<DuckDb> = loadDuckDb,
): Promise<PartitionedTable> {
  checkOptions(owner, options, ['tables', 'signal', 'onProgress']);
  const { tables = {}, signal } = options;
  if (typeof query !== 'string' || query.trim() === '') {
    throw paramInvalid(owner, 'query', 'one SELECT', query);
  }
  for (const [name, table] of Object.entries(tables)) {
    if (!(table instanceof PartitionedTable)) {
      throw paramInvalid(owner, `tables.${name}`, 'a table', table);
    }
  }
  const duckDb = await load();
  const folder = await mkdtemp(join(tmpdir(), 'coppice-sql-')).catch((cause: unknown) => {
    throw fileWriteError(`${tmpdir()} (TMPDIR), where tables wait for a query,`, cause);
  });
  try {
    const result = join(folder, 'result.parquet');
    const files = await writeTables(tables, folder, signal);
    const settings = { threads: String(runner.numThreads), temp_directory: join(folder, 'spill') };
    const instance = await duckDb.DuckDBInstance.create(':memory:', settings);
    try {
      const connection = await instance.connect();
      try {
        await withAbort(connection, signal, async () => {
          for (const [name, file] of files) await connection.run(viewOf(name, file));
          await checkQuery(duckDb, connection, query);
          // The line end closes a comment at the end of the query.
          const source = await withoutEnd(connection, query.replace(/^[;\s]+/, ''));
          await connection.run(`COPY (${source}\n) TO ${textLiteral(result)} (FORMAT parquet)`);
        });
      } finally {
        connection.closeSync();
      }
    } finally {
      instance.closeSync();
    }
    return await inMemory(await readParquet(runner, result, { signal }), signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeTables(
  tables: Readonly<Record<string, PartitionedTable>>,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<[name: string, file: string][]> {
  const files: [string, string][] = [];
  for (const [name, table] of Object.entries(tables)) {
    const file = join(folder, `${files.length}.parquet`);
    await writeParquet(table, file, { signal });
    files.push([name, file]);
  }
  return files;
}

function viewOf(name: string, file: string): string {
  const quoted = `"${name.replaceAll('"', '""')}"`;
  return `CREATE VIEW ${quoted} AS SELECT * FROM read_parquet(${textLiteral(file)})`;
}

function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Refuses what is not one SELECT, with DuckDB's own words about the query as it was given. */
async function checkQuery(
  duckDb: DuckDb,
  connection: DuckDbConnection,
  query: string,
): Promise<void> {
  const statements = await connection.extractStatements(query);
  if (statements.count !== 1) {
    throw paramInvalid(owner, 'query', `one statement, not ${statements.count}`, query);
  }
  const statement = await statements.prepare(0);
  const { statementType } = statement;
  statement.destroySync();
  if (statementType !== duckDb.StatementType.SELECT) {
    throw paramInvalid(owner, 'query', 'a SELECT', query);
  }
}

/** One statement without its `;` and the comments behind that, which cannot stand in brackets. */
async function withoutEnd(connection: DuckDbConnection, query: string): Promise<string> {
  const countOf = async (text: string): Promise<number> =>
    (await connection.extractStatements(text).catch(() => ({ count: 0 }))).count;
  for (let end = query.indexOf(';'); end >= 0; end = query.indexOf(';', end + 1)) {
    const source = query.slice(0, end);
    // what is put behind a `;` of a text or of a comment becomes part of that, and no statement
    const withAnother = `${source};SELECT 1;${query.slice(end + 1)}`;
    if ((await countOf(withAnother)) === 2 && (await countOf(source)) === 1) return source;
  }
  return query;
}

/** Runs work that ends when the signal fires; DuckDB's errors become ours. */
async function withAbort(
  connection: DuckDbConnection,
  signal: AbortSignal | undefined,
  work: () => Promise<void>,
): Promise<void> {
  throwIfAborted(signal, 'the query');
  let repeated: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    connection.interrupt();
    // an interrupt that comes before the query has begun is lost, so it is said again until the query ends
    repeated ??= setInterval(() => connection.interrupt(), 50);
  };
  signal?.addEventListener('abort', interrupt);
  try {
    await work();
  } catch (error) {
    if (error instanceof CoppiceError) throw error;
    if (signal?.aborted === true) throw abortedError('the query', signal);
    const words = reasonOf(error);
    const message = `query of ${owner} must run in DuckDB; it did not: ${words}`;
    throw new CoppiceError('PARAM_INVALID', message, { cause: error });
  } finally {
    signal?.removeEventListener('abort', interrupt);
    clearInterval(repeated);
  }
}

/** The table with all partitions read. */
async function inMemory(
  table: PartitionedTable,
  signal: AbortSignal | undefined,
): Promise<PartitionedTable> {
  const partitions: PartitionSpec[] = [];
  for await (const batch of table.batches({ signal })) {
    partitions.push({ ...memoryPartition(batch), index: partitions.length });
  }
  return new PartitionedTable(table.runner, sourceNode(table.schema, partitions));
}
