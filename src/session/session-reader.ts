/** `session.read`: tables from files. */
import type { TaskRunner } from '../cluster/task-runner.ts';
import { readParquet } from '../table/parquet/read-parquet.ts';
import type { PartitionedTable, TableOptions } from '../table/partitioned-table.ts';

/** Reads tables from files, lazily: nothing but schemas is read before the rows are wanted. */
export class SessionReader {
  readonly #runner: TaskRunner;

  /** @internal */
  constructor(runner: TaskRunner) {
    this.#runner = runner;
  }

  /**
   * A table over Parquet: a file, a list of files, a glob, or a folder (`key=value` folders become columns).
   *
   * @throws CoppiceError `FILE_NOT_FOUND`, `FILE_FORMAT`, `SCHEMA_MISMATCH`
   */
  async parquet(
    paths: string | readonly string[],
    options: TableOptions = {},
  ): Promise<PartitionedTable> {
    return await readParquet(this.#runner, paths, options);
  }
}
