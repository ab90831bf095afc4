/**
 * Where work runs. `Session.local` is a pool of worker threads on this machine; one is made on first use
 * when a script never mentions Session, and it keeps no script alive.
 */
import { availableParallelism } from 'node:os';
import { Table } from 'apache-arrow';
import { ThreadPool } from '../cluster/threads/thread-pool.ts';
import { defineParams, type Options } from '../params/define-params.ts';
import { int } from '../params/kinds.ts';
import { resolveParams } from '../params/resolve-params.ts';
import {
  type ColumnInput,
  type CreateTableOptions,
  tableFromArrow,
  tableFromColumns,
} from '../table/create-table.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { type SqlOptions, sqlTable } from '../table/sql/run-sql.ts';
import { SessionReader } from './session-reader.ts';
import { workerUrl } from './worker-url.ts';

const sessionParams = defineParams('Session', {
  /** Worker threads; by default as many as the machine has cores for this process. */
  threads: int({ min: 1, max: 1024, since: '0.1.0' }),
});

/** Options of {@link Session.local}. @interface */
export type SessionOptions = Options<typeof sessionParams.schema>;

let defaultSession: Session | null = null;

/**
 * A place to run jobs, and the way to tables.
 *
 * @example
 * ```ts
 * import { Session } from 'coppice';
 * const session = await Session.local({ threads: 2 });
 * const table = session.createTable({ x: [1, 2, 3], label: [0, 1, 1] });
 * console.log(await table.count()); // 3
 * await session.close();
 * ```
 */
export class Session {
  /** Worker threads of the session. */
  readonly threads: number;
  /** Reads tables from files. */
  readonly read: SessionReader;
  readonly #pool: ThreadPool;

  /** @internal Sessions are made by {@link Session.local}. */
  constructor(pool: ThreadPool) {
    this.#pool = pool;
    this.threads = pool.numThreads;
    this.read = new SessionReader(pool);
  }

  /**
   * A session of worker threads on this machine.
   *
   * @throws CoppiceError `PARAM_INVALID`
   */
  static async local(options: SessionOptions = {}): Promise<Session> {
    return localSession(options);
  }

  /** The session that is used where none was named; made on first use. */
  static default(): Session {
    defaultSession ??= localSession({});
    return defaultSession;
  }

  /** A table of values in memory. */
  createTable(
    columns: Readonly<Record<string, ColumnInput>> | Table,
    options: CreateTableOptions = {},
  ): PartitionedTable {
    return columns instanceof Table
      ? tableFromArrow(this.#pool, columns, options)
      : tableFromColumns(this.#pool, columns, options);
  }

  /**
   * The result of a SQL query as a table in memory: joins, groupings and windows by DuckDB. Needs the
   * package `@duckdb/node-api`.
   *
   * @param query one SELECT in DuckDB's SQL; it may name files and the tables in `options.tables`
   * @throws CoppiceError `DEPENDENCY_MISSING`, `PARAM_INVALID` with DuckDB's words, `ABORTED`
   */
  async sql(query: string, options: SqlOptions = {}): Promise<PartitionedTable> {
    return await sqlTable(this.#pool, query, options);
  }

  /** Ends the threads; jobs under way reject with `SESSION_CLOSED`. */
  async close(): Promise<void> {
    if (defaultSession === this) defaultSession = null;
    await this.#pool.close();
  }

  /** The same as close, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function localSession(options: SessionOptions): Session {
  const { threads } = resolveParams(sessionParams, options);
  return new Session(new ThreadPool(threads ?? availableParallelism(), workerUrl()));
}
