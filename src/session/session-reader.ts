/** `session.read`: tables from files. */
import { checkOptions } from '../base/check-options.ts';
import type { TaskRunner } from '../cluster/task-runner.ts';
import { readArrow } from '../table/arrow-ipc/read-arrow.ts';
import { type ReadCsvOptions, readCsv } from '../table/csv/read-csv.ts';
import { readParquet } from '../table/parquet/read-parquet.ts';
import type { PartitionedTable, TableOptions } from '../table/partitioned-table.ts';

const common = ['signal', 'onProgress'] as const;
const csvOptions = [
  ...['header', 'delimiter', 'columnNames', 'nullValues', 'trim', 'schema'],
  ...common,
] as const;

/** Reads tables from files, lazily: nothing but schemas is read before the rows are wanted. */
export class SessionReader {
  readonly #runner: TaskRunner;

  /** @internal */
  constructor(runner: TaskRunner) {
    this.#runner = runner;
  }

  /**
   * A table over Parquet: a file, a list of files, a glob, or a folder (`key=value` folders become columns). A file may
   * be a URL of http or https, of which only the wanted row groups and columns are fetched, by ranges. A key that is a
   * column of the files too is taken from the folders, as in Spark and DuckDB.
   *
   * @throws CoppiceError `FILE_NOT_FOUND`, `FILE_FORMAT`, `FILE_FETCH`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`, `ACCESS_DENIED`
   */
  async parquet(
    paths: string | readonly string[],
    options: TableOptions = {},
  ): Promise<PartitionedTable> {
    checkOptions('read.parquet', options, common);
    return await readParquet(this.#runner, paths, options);
  }

  /**
   * A table over CSV: a file, a list of files, a glob, or a folder. The types of columns are read off a
   * sample of the rows where `schema` does not name them; `schema` of the table shows them.
   *
   * @throws CoppiceError `FILE_NOT_FOUND`, `FILE_FORMAT`, `SCHEMA_MISMATCH`, `COLUMN_NOT_FOUND`, `PARAM_INVALID`
   */
  async csv(
    paths: string | readonly string[],
    options: ReadCsvOptions = {},
  ): Promise<PartitionedTable> {
    checkOptions('read.csv', options, csvOptions);
    return await readCsv(this.#runner, paths, options);
  }

  /**
   * A table over Arrow IPC, in the file format (Feather 2) or the stream format: a file, a list of files,
   * a glob, or a folder. Data compressed by lz4 are read by any Node, by zstd from Node 22.15 on.
   *
   * @throws CoppiceError `FILE_NOT_FOUND`, `FILE_FORMAT`, `SCHEMA_MISMATCH`, `UNSUPPORTED`
   */
  async arrow(
    paths: string | readonly string[],
    options: TableOptions = {},
  ): Promise<PartitionedTable> {
    checkOptions('read.arrow', options, common);
    return await readArrow(this.#runner, paths, options);
  }
}
