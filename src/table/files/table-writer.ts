/** `table.write`: tables into files. */
import { checkOptions, checkPath } from '../../base/check-options.ts';
import { type WriteArrowOptions, writeArrow } from '../arrow-ipc/write-arrow.ts';
import { type WriteCsvOptions, writeCsv } from '../csv/write-csv.ts';
import { type WriteParquetOptions, writeParquet } from '../parquet/write-parquet.ts';
import type { TableCore } from '../table-core.ts';

const common = ['overwrite', 'signal', 'onProgress'] as const;

/** Writes a table. */
export class TableWriter {
  readonly #table: TableCore;

  /** @internal */
  constructor(table: TableCore) {
    this.#table = table;
  }

  /**
   * Writes Parquet: a path that ends in `.parquet` is one file, any other a folder with one file for each
   * partition. Rows keep their order and fields their metadata; nothing is left of a write that fails.
   *
   * @throws CoppiceError `FILE_EXISTS`, `FILE_WRITE`, `ABORTED`, and what reading the table throws
   * @example
   * ```ts
   * import { createTable } from 'coppice';
   * await createTable({ x: [1, 2, 3] }).write.parquet('numbers.parquet', { overwrite: true });
   * ```
   */
  async parquet(path: string, options: WriteParquetOptions = {}): Promise<void> {
    checkPath('write.parquet', path);
    checkOptions('write.parquet', options, [...common, 'compression']);
    await writeParquet(this.#table, path, options);
  }

  /**
   * Writes CSV: a path that ends in `.csv`, `.tsv` or `.txt` is one file, any other a folder with one file
   * for each partition. Missing values become empty cells; vectors and structs become JSON.
   *
   * @throws CoppiceError `FILE_EXISTS`, `FILE_WRITE`, `ABORTED`, and what reading the table throws
   */
  async csv(path: string, options: WriteCsvOptions = {}): Promise<void> {
    checkPath('write.csv', path);
    checkOptions('write.csv', options, [...common, 'delimiter', 'header']);
    await writeCsv(this.#table, path, options);
  }

  /**
   * Writes Arrow IPC: a path that ends in `.arrow`, `.feather` or `.ipc` is one file, in `.arrows` one
   * stream, any other a folder with one file for each partition.
   *
   * @throws CoppiceError `FILE_EXISTS`, `FILE_WRITE`, `ABORTED`, and what reading the table throws
   */
  async arrow(path: string, options: WriteArrowOptions = {}): Promise<void> {
    checkPath('write.arrow', path);
    checkOptions('write.arrow', options, common);
    await writeArrow(this.#table, path, options);
  }
}
