/** Writes a table as CSV: one file, or a folder with one file for each partition. Rows keep their order. */
import type { FileSink } from '../files/file-sink.ts';
import { type FileFormat, isFilePath, writeParts } from '../files/write-parts.ts';
import { schemaToRecord } from '../schema-record.ts';
import type { TableCore } from '../table-core.ts';
import type { TableOptions } from '../table-options.ts';
import { checkDelimiter } from './csv-dialect.ts';
import { csvLine, type EncodeCsvOptions } from './encode-csv.ts';

/** Options of writing CSV. */
export interface WriteCsvOptions extends TableOptions {
  /** Replace what is at the path. */
  readonly overwrite?: boolean | undefined;
  /** What stands between cells: by default a tab in files named .tsv, else a comma. */
  readonly delimiter?: string | undefined;
  /** Write the names of the columns as the first line, true by default. */
  readonly header?: boolean | undefined;
}

/**
 * Writes a table as CSV.
 *
 * @param path a name that ends in `.csv`, `.tsv` or `.txt` is one file, any other a folder
 * @throws CoppiceError `FILE_EXISTS`, `FILE_WRITE`, `ABORTED`, `PARAM_INVALID`
 */
export async function writeCsv(
  table: TableCore,
  path: string,
  options: WriteCsvOptions = {},
): Promise<void> {
  const { overwrite = false, header = true, signal, onProgress } = options;
  const delimiter = options.delimiter ?? (isFilePath(path, ['.tsv']) ? '\t' : ',');
  checkDelimiter(delimiter, 'write.csv');
  const encode: EncodeCsvOptions = { delimiter };
  const payload = { schema: schemaToRecord(table.schema), options: encode };
  const head = header ? csvLine(table.columns, encode) : '';
  await writeParts({ path, overwrite }, csvFormat(head), () =>
    table.runPartitions<Uint8Array>('table.encodeCsv', payload, {
      signal,
      onProgress,
      phase: 'write',
    }),
  );
}

function csvFormat(head: string): FileFormat<Uint8Array> {
  return {
    extensions: ['.csv', '.tsv', '.txt'],
    begin: async (sink: FileSink) => {
      if (head !== '') await sink.write(Buffer.from(head));
      return { part: async (bytes) => await sink.write(bytes), end: async () => undefined };
    },
  };
}
