/** `session.read` of a session on Spark: Spark opens the files, with its own credentials, where its workers are. */
import { checkOptions } from '../base/check-options.ts';
import { CoppiceError } from '../base/errors.ts';
import type { TaskRunner } from '../cluster/task-runner.ts';
import type { PartitionedTable, TableOptions } from '../table/partitioned-table.ts';
import { SessionReader } from './session-reader.ts';

/** Who opens Parquet. */
export interface ParquetOpener {
  /** A table over files that Spark can read. */
  parquet(paths: string | readonly string[], options: TableOptions): Promise<PartitionedTable>;
}

/** See the header. */
export class SparkReader extends SessionReader {
  readonly #opener: ParquetOpener;

  /** @internal */
  constructor(runner: TaskRunner, opener: ParquetOpener) {
    super(runner);
    this.#opener = opener;
  }

  override async parquet(
    paths: string | readonly string[],
    options: TableOptions = {},
  ): Promise<PartitionedTable> {
    checkOptions('read.parquet', options, ['signal', 'onProgress']);
    return await this.#opener.parquet(paths, options);
  }

  /** @throws CoppiceError `UNSUPPORTED` */
  override async csv(): Promise<PartitionedTable> {
    throw notOnSpark('read.csv', 'csv');
  }

  /** @throws CoppiceError `UNSUPPORTED` */
  override async arrow(): Promise<PartitionedTable> {
    throw notOnSpark('read.arrow', 'arrow');
  }
}

function notOnSpark(verb: string, format: string): CoppiceError {
  return new CoppiceError(
    'UNSUPPORTED',
    `${verb} is not offered in a session on Spark; read Parquet by read.parquet, or other formats in Spark's words: session.sql('SELECT * FROM ${format}.\`path\`')`,
  );
}
