/**
 * Writes a table as Parquet: one file, or a folder with one file for each partition. Rows keep their
 * order; fields keep their metadata (the Arrow schema is stored in the file).
 */
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { writeParts } from '../files/write-parts.ts';
import { schemaToRecord } from '../schema-record.ts';
import type { TableCore } from '../table-core.ts';
import type { TableOptions } from '../table-options.ts';
import type { EncodedRowGroup, ParquetCompression } from './encode-parquet.ts';
import { parquetFormat } from './parquet-file-writer.ts';
import { refuseUnstorable } from './storable-columns.ts';

/** Options of writing Parquet. */
export interface WriteParquetOptions extends TableOptions {
  /** Replace what is at the path. */
  readonly overwrite?: boolean | undefined;
  /** How pages are compressed, `snappy` by default. */
  readonly compression?: ParquetCompression | undefined;
}

const compressions = ['none', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4'];
const rowGroupRows = 262_144;

/**
 * Writes a table as Parquet.
 *
 * @param path a name that ends in `.parquet` is one file, any other a folder
 * @throws CoppiceError `FILE_EXISTS`, `FILE_WRITE`, `ABORTED`, `PARAM_INVALID`, `UNSUPPORTED`, `DATA_INVALID`
 */
export async function writeParquet(
  table: TableCore,
  path: string,
  options: WriteParquetOptions = {},
): Promise<void> {
  const { overwrite = false, compression = 'snappy', signal, onProgress } = options;
  if (!compressions.includes(compression)) {
    const message = `compression of write.parquet must be one of ${compressions.join(', ')}; got ${describeValue(compression)}`;
    throw new CoppiceError('PARAM_INVALID', message);
  }
  refuseUnstorable(table.schema);
  const schema = schemaToRecord(table.schema);
  const payload = { schema, options: { compression, rowGroupRows } };
  await writeParts({ path, overwrite }, parquetFormat, () =>
    table.runPartitions<EncodedRowGroup[]>('table.encodeParquet', payload, {
      signal,
      onProgress,
      phase: 'write',
    }),
  );
}
