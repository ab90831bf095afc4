/**
 * Writes a table as Arrow IPC: one file, or a folder with one file for each partition. Rows keep their
 * order, columns their types and metadata. A table with categories is read twice: for the categories of
 * all partitions, then for the rows.
 */
import type { RecordBatch } from 'apache-arrow';
import { isFilePath, writeParts } from '../files/write-parts.ts';
import { batchFromShared, batchToShared, type SharedBatch } from '../plan/shared-batch.ts';
import { schemaToRecord } from '../schema-record.ts';
import type { TableCore } from '../table-core.ts';
import type { TableOptions } from '../table-options.ts';
import { arrowFormat } from './arrow-file-writer.ts';
import { dictionaryColumns, recode } from './encode-arrow.ts';

/** Options of writing Arrow IPC. */
export interface WriteArrowOptions extends TableOptions {
  /** Replace what is at the path. */
  readonly overwrite?: boolean | undefined;
}

/**
 * Writes a table as Arrow IPC, not compressed.
 *
 * @param path a name that ends in `.arrow`, `.feather` or `.ipc` is one file, in `.arrows` one stream, any
 * other a folder of files
 * @throws CoppiceError `FILE_EXISTS`, `FILE_WRITE`, `ABORTED`
 */
export async function writeArrow(
  table: TableCore,
  path: string,
  options: WriteArrowOptions = {},
): Promise<void> {
  const { overwrite = false, signal, onProgress } = options;
  const format = arrowFormat(isFilePath(path, ['.arrows']) ? 'stream' : 'file');
  await writeParts({ path, overwrite }, format, async function* () {
    const dictionaries = await unitedDictionaries(table, signal);
    const payload = { schema: schemaToRecord(table.schema), dictionaries };
    yield* table.runPartitions<Uint8Array>('table.encodeArrow', payload, {
      signal,
      onProgress,
      phase: 'write',
    });
  });
}

/** No rows, but every column's dictionary with the values of all partitions; undefined where none has one. */
async function unitedDictionaries(
  table: TableCore,
  signal: AbortSignal | undefined,
): Promise<SharedBatch | undefined> {
  const columns = dictionaryColumns(table.schema);
  if (columns.length === 0) return undefined;
  const payload = { columns, schema: schemaToRecord(table.schema) };
  let united: RecordBatch | undefined;
  const parts = table.runPartitions<SharedBatch>('table.arrowDictionaries', payload, { signal });
  for await (const shared of parts) {
    const part = batchFromShared(shared);
    united = united === undefined ? part : recode(part, united);
  }
  return united === undefined ? undefined : batchToShared(united);
}
