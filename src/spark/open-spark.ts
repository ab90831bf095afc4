/** A session on Spark: opens the connection and knows the ways to tables. `Session.spark` hands them out. */
import { throwIfAborted } from '../base/abort.ts';
import { checkOptions } from '../base/check-options.ts';
import { CoppiceError } from '../base/errors.ts';
import type { TaskRunner } from '../cluster/task-runner.ts';
import { defineParams, type Options } from '../params/define-params.ts';
import { float, int, str, strings } from '../params/kinds.ts';
import { resolveParams } from '../params/resolve-params.ts';
import type { CreateTableOptions } from '../table/create-table.ts';
import { PartitionedTable, type TableOptions } from '../table/partitioned-table.ts';
import { checkNumPartitions } from '../table/plan/check-partitions.ts';
import type { SqlOptions } from '../table/sql/run-sql.ts';
import { batchOfInput, type TableInput } from '../table/table-input.ts';
import { parseSparkUrl, type SparkAddress, type SparkTls } from './connect/connect-url.ts';
import type { Relation } from './connect/messages.ts';
import { SparkConnect } from './connect/spark-connect.ts';
import { uuidOf } from './gang/named-work.ts';
import { encodePlain } from './rows/encode-plain.ts';
import { openQuery, openRows } from './rows/open-rows.ts';
import type { SparkRows } from './rows/spark-rows.ts';
import { sparkNode } from './rows/spark-table.ts';
import { widened } from './rows/wider-types.ts';
import { SparkHost } from './spark-host.ts';
import { SparkRunner } from './spark-runner.ts';

const sparkParams = defineParams('Session.spark', {
  /** The Spark Connect server: `sc://host:port`, with `/;key=value` pairs as Spark's own clients take them. */
  url: str({ since: '0.1.0' }),
  /** Members of a gang, each a Spark task with a Node process. */
  executors: int({ default: 2, min: 1, max: 1024, since: '0.1.0' }),
  /** Threads of each member; give Spark's tasks as many cores (`spark.task.cpus`). */
  threadsPerExecutor: int({ default: 1, min: 1, max: 1024, since: '0.1.0' }),
  /** The server's token; by default that of the url, or of the variable SPARK_CONNECT_AUTHENTICATE_TOKEN. */
  token: str({ since: '0.1.0' }),
  /** The command that starts Node on the workers. */
  node: str({ default: 'node', since: '0.1.0' }),
  /** Arguments of Node on the workers. */
  nodeArgs: strings({ default: [], minLength: 0, since: '0.1.0' }),
  /** Seconds that a member waits for another before it counts as lost. */
  timeout: float({ default: 60, min: 0.1, since: '0.1.0' }),
  /** Seconds that a gang waits for free slots. */
  slotTimeout: float({ default: 60, min: 1, since: '0.1.0' }),
  /** Seconds after which a fit of boosted trees brings its rounds here and goes on from them in another Spark job. */
  checkpointSeconds: float({ default: 60, min: 0.1, since: '0.1.0' }),
  /** A name with which running work outlives its driver: the same fit in a new session of this name takes it up. */
  name: str({ since: '0.1.0' }),
  /** The minor version of the workers' Python; where it is another one, Spark says so and the plan is sent again. */
  pythonVersion: str({ default: '3.11', since: '0.1.0' }),
});

/** Options of {@link Session.spark}. @interface */
export type SparkOptions = Options<typeof sparkParams.schema> & {
  /** Certificates of an encrypted connection; `true` for the system's authorities, `false` for none. */
  readonly tls?: SparkTls | boolean | undefined;
  /** Is told what members write to stderr, when their job is done; by default it goes to this process's. */
  readonly onLog?: ((member: string, text: string) => void) | undefined;
};

/** What a session on Spark is made of. */
export interface SparkParts {
  readonly runner: SparkRunner;
  parquet(paths: string | readonly string[], options: TableOptions): Promise<PartitionedTable>;
  table(name: string): Promise<PartitionedTable>;
  sql(query: string, options?: SqlOptions): Promise<PartitionedTable>;
  createTable(values: TableInput, options: CreateTableOptions): PartitionedTable;
  close(): Promise<void>;
}

/**
 * Opens a session on a Spark Connect server.
 *
 * @param local runs what is done on this machine
 * @throws CoppiceError `PARAM_INVALID`, `DEPENDENCY_MISSING`, `UNAUTHENTICATED`, `EXECUTOR_LOST`, `UNSUPPORTED`
 */
export async function openSpark(given: SparkOptions, local: TaskRunner): Promise<SparkParts> {
  const { tls, onLog, ...options } = given;
  const params = resolveParams(sparkParams, options);
  const url = params.url ?? process.env['SPARK_REMOTE'];
  if (url === undefined) {
    throw new CoppiceError(
      'PARAM_INVALID',
      'url of Session.spark must be given, or the variable SPARK_REMOTE be set',
    );
  }
  const token = params.token ?? process.env['SPARK_CONNECT_AUTHENTICATE_TOKEN'];
  const address = namedAddress(parseSparkUrl(url, { token, tls }), params.name);
  const client = await SparkConnect.open(address, typeof tls === 'object' ? tls : undefined);
  checkVersion(client.version);
  // times cross as UTC, and what cannot be computed is an error, as here
  await client.configure({ 'spark.sql.session.timeZone': 'UTC' });
  const host = new SparkHost(
    client,
    {
      numMembers: params.executors,
      threadsPerMember: params.threadsPerExecutor,
      node: params.node,
      nodeArgs: params.nodeArgs,
      timeoutMs: params.timeout * 1000,
      slotTimeoutMs: params.slotTimeout * 1000,
      legMs: params.checkpointSeconds * 1000,
      pythonVersion: params.pythonVersion,
      isNamed: address.sessionId !== null,
      onLog: onLog ?? ((member, text) => void process.stderr.write(`${member}: ${text}\n`)),
      ...filesOfMembers(),
    },
    local,
  );
  const runner = new SparkRunner(host);
  const tableOf = (rows: SparkRows): PartitionedTable =>
    new PartitionedTable(runner, sparkNode(host, rows));
  return {
    runner,
    parquet: async (paths, { signal }) => {
      const list = typeof paths === 'string' ? [paths] : paths;
      const data_source = { format: 'parquet', paths: list, options: {} };
      return tableOf(await openRows(client, { read: { data_source } }, list.join(', '), signal));
    },
    table: async (name) => {
      const relation: Relation = { read: { named_table: { unparsed_identifier: name } } };
      return tableOf(await openRows(client, relation, `the table ${name}`));
    },
    sql: async (query, options = {}) => {
      checkSqlOptions(options);
      return tableOf(await openQuery(client, query, options.signal));
    },
    createTable: (values, options) => {
      checkOptions('createTable', options, ['numPartitions']);
      const numPartitions = checkNumPartitions(
        options.numPartitions ?? host.numMembers,
        'createTable',
      );
      const { rows, operators, schema } = encodePlain(widened(batchOfInput(values)));
      const steps = { operators, schema };
      return new PartitionedTable(runner, sparkNode(host, rows, steps, numPartitions));
    },
    close: async () => client.close({ release: address.sessionId === null }),
  };
}

/** The address of a named session: everyone who knows the name comes to the same one. */
function namedAddress(address: SparkAddress, name: string | undefined): SparkAddress {
  return name === undefined ? address : { ...address, sessionId: uuidOf(`session ${name}`) };
}

/** Where the members' files lie: beside the bundle of this package, whether this module runs from it or as source. */
function filesOfMembers(moduleUrl: string = import.meta.url): { bundle: URL; shim: URL } {
  const isBundled = !moduleUrl.includes('/spark/open-spark.');
  const root = isBundled ? '../../../' : '../../';
  return {
    bundle: new URL(`${root}dist/bundle/spark/`, moduleUrl),
    shim: new URL(`${root}spark/coppice_shim.py`, moduleUrl),
  };
}

function checkVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 3 || (major === 3 && minor >= 5)) return;
  throw new CoppiceError('UNSUPPORTED', `Spark must be of version 3.5 or later; got ${version}`);
}

/** Refuses what a query of Spark's would not look at. */
export function checkSqlOptions(options: SqlOptions): void {
  checkOptions('session.sql', options, ['tables', 'signal', 'onProgress']);
  throwIfAborted(options.signal, 'the query');
  if (Object.keys(options.tables ?? {}).length === 0) return;
  throw new CoppiceError(
    'UNSUPPORTED',
    'tables of session.sql must be left out on Spark, whose queries name those of its catalog and files (parquet.`folder`): write a table into a file and name that',
    { context: { owner: 'session.sql', param: 'tables' } },
  );
}
