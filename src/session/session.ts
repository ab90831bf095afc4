/**
 * Where work runs. `Session.local` is a pool of worker threads on this machine; one is made on first use
 * when a script never mentions Session, and it keeps no script alive.
 */
import { availableParallelism } from 'node:os';
import { CoppiceError } from '../base/errors.ts';
import type { GangRunner } from '../cluster/gang-runner.ts';
import { closedError } from '../cluster/threads/admission-queue.ts';
import { ThreadPool } from '../cluster/threads/thread-pool.ts';
import { defineParams, type Options } from '../params/define-params.ts';
import { int, oneOf } from '../params/kinds.ts';
import { resolveParams } from '../params/resolve-params.ts';
import type { SparkOptions, SparkParts } from '../spark/open-spark.ts';
import type { CreateTableOptions } from '../table/create-table.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { type SqlOptions, sqlTable } from '../table/sql/run-sql.ts';
import { type TableInput, tableOfInput } from '../table/table-input.ts';
import { type ConnectOptions, connectExecutors } from './connect.ts';
import { type Explainable, type ExplainOptions, explainFit } from './explain-fit.ts';
import type { FitExplanation } from './fit-explanation.ts';
import { SessionReader } from './session-reader.ts';
import { openSparkBackend } from './spark-backend.ts';
import { SparkReader } from './spark-reader.ts';
import { workerUrl } from './worker-url.ts';

const sessionParams = defineParams('Session', {
  /** Worker threads; by default as many as the machine has cores for this process. */
  threads: int({ min: 1, max: 1024, since: '0.1.0' }),
  /** Where trees are trained unless an estimator's own `device` says otherwise; the model is the same. */
  device: oneOf(['cpu', 'gpu', 'auto'], { default: 'cpu', since: '0.1.0' }),
});

/** Options of {@link Session.local}. @interface */
export type SessionOptions = Options<typeof sessionParams.schema>;

/** Where a session's work runs. */
export interface SessionRunner extends GangRunner {
  close(): Promise<void>;
}

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
  /** Worker threads of the session, of all its executors where it has such. */
  readonly threads: number;
  /** Reads tables from files. */
  readonly read: SessionReader;
  /** True where executors read files, under paths as they see them. */
  readonly readsElsewhere: boolean;
  readonly #runner: SessionRunner;
  readonly #spark: SparkParts | null;

  /** @internal Sessions are made by {@link Session.local}, {@link Session.connect} and {@link Session.spark}. */
  constructor(runner: SessionRunner, spark: SparkParts | null = null) {
    this.#runner = runner;
    this.#spark = spark;
    this.threads = spark?.runner.numThreads ?? runner.numThreads;
    this.read = spark === null ? new SessionReader(runner) : new SparkReader(runner, spark);
    this.readsElsewhere = spark !== null || runner.readsElsewhere === true;
  }

  /**
   * A session of worker threads on this machine.
   *
   * @throws CoppiceError `PARAM_INVALID`
   */
  static async local(options: SessionOptions = {}): Promise<Session> {
    return localSession(options);
  }

  /**
   * A session on executors, which other machines run with `coppice executor`. Files are read by the executors, each
   * its own rows, under paths as they see them; tables made here travel to them. Models are those of one thread.
   *
   * @param addresses `host:port` of each executor; ranks are dealt in this order. Or a folder in which `world` executors
   *   announce themselves that a launcher started
   * @throws CoppiceError `EXECUTOR_LOST`, `EXECUTOR_BUSY`, `ACCESS_DENIED`, `PROTOCOL`, `PARAM_INVALID`, `FILE_NOT_FOUND`
   */
  static async connect(
    addresses: readonly string[] | string,
    options: ConnectOptions = {},
  ): Promise<Session> {
    return new Session(await connectExecutors(addresses, options));
  }

  /**
   * A session on Apache Spark, through a Spark Connect server: Spark reads the data and starts a Node process in
   * each of its tasks; models are the same, byte for byte. Needs the packages `@grpc/grpc-js` and
   * `@grpc/proto-loader` here, `node` and pyarrow on the workers. See docs/guides/spark.md.
   *
   * @throws CoppiceError `PARAM_INVALID`, `DEPENDENCY_MISSING`, `UNAUTHENTICATED`, `EXECUTOR_LOST`, `UNSUPPORTED`
   */
  static async spark(options: SparkOptions = {}): Promise<Session> {
    const pool = new ThreadPool(availableParallelism(), workerUrl());
    try {
      return new Session(pool, await openSparkBackend(options, pool));
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  /** The session that is used where none was named; made on first use. */
  static default(): Session {
    defaultSession ??= localSession({});
    return defaultSession;
  }

  /**
   * A table of values in memory: columns by name, row objects, or an Arrow table.
   *
   * @throws CoppiceError `PARAM_INVALID`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `DATA_INVALID` for columns of several lengths,
   *   `SESSION_CLOSED`
   */
  createTable(values: TableInput, options: CreateTableOptions = {}): PartitionedTable {
    if (this.#runner.isClosed === true) throw closedError();
    if (this.#spark !== null) return this.#spark.createTable(values, options);
    return tableOfInput(this.#runner, values, options);
  }

  /**
   * The result of a SQL query as a table: joins, groupings and windows. In a session on Spark by Spark, in its
   * SQL; else by DuckDB, into memory, which needs the package `@duckdb/node-api`.
   *
   * @param query one SELECT; in DuckDB's SQL it may name files and the tables in `options.tables`
   * @throws CoppiceError `DEPENDENCY_MISSING`, `PARAM_INVALID` with DuckDB's words, `PARAM_UNKNOWN`, `FILE_WRITE`, `ABORTED`;
   *   `UNSUPPORTED` for `tables` on Spark
   */
  async sql(query: string, options: SqlOptions = {}): Promise<PartitionedTable> {
    if (this.#spark !== null) return await this.#spark.sql(query, options);
    return await sqlTable(this.#runner, query, options);
  }

  /**
   * A table that Spark's catalog knows by name.
   *
   * @throws CoppiceError `UNSUPPORTED` in a session that is not on Spark, `EXECUTOR_FAILED` in Spark's words
   */
  async table(name: string): Promise<PartitionedTable> {
    if (this.#spark !== null) return await this.#spark.table(name);
    throw new CoppiceError(
      'UNSUPPORTED',
      `session.table needs a catalog, which only a session of Session.spark has; got the name ${name}; read files by session.read`,
    );
  }

  /**
   * What a fit would cost on executors that are not there: meetings, bytes and seconds a tree. A few trees are grown
   * in one thread as the ranks of so many executors, so bytes and meetings are theirs exactly; the seconds come of a
   * simulation that replays them over the links that you name. See docs/scaling.md.
   *
   * @throws CoppiceError `PARAM_INVALID`, `UNSUPPORTED` where nothing grows trees, and what `fit` throws
   * @example
   * ```ts
   * import { GBTRegressor, Session } from 'coppice';
   * const session = await Session.local({ threads: 1 });
   * const x = Array.from({ length: 30_000 }, (_, i) => Math.sin(i));
   * const table = session.createTable({ x, label: x.map((value) => value * value) });
   * const estimator = new GBTRegressor({ featuresCols: ['x'], maxDepth: 4, maxIter: 20 });
   * const told = await session.explain(estimator, table, { executors: [1, 2], latencyMs: 0.5 });
   * console.log(told.scales.map(({ executors }) => executors)); // [ 1, 2 ]
   * console.log(String(told).split('\n')[0]); // executors  meetings      bytes  seconds   (a tree)
   * await session.close();
   * ```
   */
  async explain(
    estimator: Explainable,
    table: PartitionedTable,
    options: ExplainOptions = {},
  ): Promise<FitExplanation> {
    if (this.#spark !== null) {
      throw new CoppiceError(
        'UNSUPPORTED',
        'session.explain rehearses fits where the data is read by threads; got a session on Spark; use Session.local with a part of the data',
      );
    }
    return await explainFit(this.#runner, estimator, table, options);
  }

  /** Ends the threads; jobs under way reject with `SESSION_CLOSED`. */
  async close(): Promise<void> {
    if (defaultSession === this) defaultSession = null;
    try {
      await this.#spark?.close();
    } finally {
      await this.#runner.close();
    }
  }

  /** The same as close, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function localSession(options: SessionOptions): Session {
  const { threads, device } = resolveParams(sessionParams, options);
  return new Session(new ThreadPool(threads ?? availableParallelism(), workerUrl(), { device }));
}
