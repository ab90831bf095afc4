/**
 * SQL over DuckDB, an optional dependency: joins, groups, windows, and files and dialects that DuckDB
 * reads. Tables go in and the result comes out as Parquet in a temporary folder, so that nothing is
 * copied value by value and types are kept; the result is then held in shared memory.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import type { TaskRunner } from '../../cluster/task-runner.ts';
import { readParquet } from '../parquet/read-parquet.ts';
import { writeParquet } from '../parquet/write-parquet.ts';
import { PartitionedTable, type TableOptions } from '../partitioned-table.ts';
import { sourceNode } from '../plan-node.ts';
import { batchFromShared, type SharedBatch } from '../shared-batch.ts';
import { memoryPartition } from '../sources.ts';

/** Options of SQL. */
export interface SqlOptions extends TableOptions {
  /** Tables that the query may name. */
  readonly tables?: Readonly<Record<string, PartitionedTable>> | undefined;
}

type DuckDb = typeof import('@duckdb/node-api');
type Connection = Awaited<
  ReturnType<Awaited<ReturnType<DuckDb['DuckDBInstance']['create']>>['connect']>
>;

/**
 * The rows of a query.
 *
 * @param query one SELECT (or FROM, VALUES, …) in DuckDB's SQL; files are named in quotes
 * @throws CoppiceError `DEPENDENCY_MISSING`, `PARAM_INVALID` with DuckDB's words, `ABORTED`
 */
export async function runSql(
  runner: TaskRunner,
  query: string,
  options: SqlOptions = {},
): Promise<PartitionedTable> {
  if (typeof query !== 'string' || query.trim() === '') {
    throw new CoppiceError(
      'PARAM_INVALID',
      `query of sql must be a text; got ${describeValue(query)}`,
    );
  }
  const { tables = {}, signal } = options;
  checkSignal(signal);
  const duckDb = await importDuckDb();
  const folder = await mkdtemp(join(tmpdir(), 'coppice-sql-'));
  try {
    const views: [string, string][] = [];
    for (const [index, [name, table]] of Object.entries(tables).entries()) {
      const path = join(folder, `table-${index}.parquet`);
      await writeParquet(table, path, { signal });
      views.push([name, path]);
    }
    const result = join(folder, 'result.parquet');
    const statement = `COPY (${query.trim().replace(/;\s*$/, '')}\n) TO ${text(result)} (FORMAT parquet)`;
    await withConnection(duckDb, runner.numThreads, async (connection) => {
      for (const [name, path] of views) {
        await run(
          connection,
          `CREATE VIEW ${identifier(name)} AS FROM read_parquet(${text(path)})`,
          signal,
        );
      }
      await run(connection, statement, signal);
    });
    return await inMemory(await readParquet(runner, result, { signal }), signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function importDuckDb(): Promise<DuckDb> {
  try {
    return await import('@duckdb/node-api');
  } catch (cause) {
    const message =
      'sql needs the package @duckdb/node-api, which is not installed: npm install @duckdb/node-api';
    throw new CoppiceError('DEPENDENCY_MISSING', message, { cause });
  }
}

async function withConnection(
  duckDb: DuckDb,
  numThreads: number,
  use: (connection: Connection) => Promise<void>,
): Promise<void> {
  const instance = await duckDb.DuckDBInstance.create(':memory:', { threads: String(numThreads) });
  try {
    const connection = await instance.connect();
    try {
      await use(connection);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

async function run(
  connection: Connection,
  statement: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  checkSignal(signal);
  const interrupt = (): void => connection.interrupt();
  signal?.addEventListener('abort', interrupt);
  try {
    await connection.run(statement);
  } catch (cause) {
    checkSignal(signal);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CoppiceError(
      'PARAM_INVALID',
      `query of sql must be one that DuckDB can run; it says: ${why}`,
      { cause },
    );
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
}

async function inMemory(
  table: PartitionedTable,
  signal: AbortSignal | undefined,
): Promise<PartitionedTable> {
  const partitions = [];
  for await (const shared of table.runPartitions<SharedBatch>(
    'table.readPartition',
    {},
    { signal },
  )) {
    partitions.push(memoryPartition(batchFromShared(shared)));
  }
  return new PartitionedTable(table.runner, sourceNode(table.schema, partitions));
}

function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new CoppiceError('ABORTED', 'the query was aborted by its caller', {
    cause: signal.reason,
  });
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
