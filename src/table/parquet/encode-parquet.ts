/**
 * Encodes a batch as Parquet row groups, in the thread that calls: each is made as a small Parquet file in
 * memory, of which parquet-file-writer.ts takes the row group. So any thread can encode any partition, and
 * partitions of one file are encoded side by side.
 */
import {
  type Data,
  DataType,
  type Field,
  type RecordBatch,
  Schema,
  Table,
  tableToIPC,
} from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { makeBatch, withType } from '../columns/column-data.ts';
import { conformBatch } from '../columns/conform-column.ts';
import { concatData } from '../concat-rows.ts';
import { freshBatch } from '../plan/shared-batch.ts';
import { sliceRows } from '../take-rows.ts';
import { callParquetWasm, type ParquetWasm } from './parquet-wasm.ts';
import { storableBatch } from './storable-columns.ts';

/** How Parquet pages are compressed. */
export type ParquetCompression = 'none' | 'snappy' | 'gzip' | 'brotli' | 'zstd' | 'lz4';

/** A small Parquet file in memory. */
export interface EncodedRowGroup {
  readonly bytes: Uint8Array;
  readonly numRows: number;
}

/** How to encode. */
export interface EncodeOptions {
  readonly compression: ParquetCompression;
  readonly rowGroupRows: number;
}

/** The row groups of a batch; one without rows when the batch has none. @throws CoppiceError `DATA_INVALID` */
export function encodeParquet(
  given: RecordBatch,
  schema: Schema,
  options: EncodeOptions,
): EncodedRowGroup[] {
  // Fresh Arrow objects: a column that stands in a table twice must not share a dictionary's id.
  const batch = storableBatch(freshBatch(conformBatch(given, schema)));
  checkNulls(batch);
  const encoded: EncodedRowGroup[] = [];
  for (let start = 0; start === 0 || start < batch.numRows; start += options.rowGroupRows) {
    const rows = sliceRows(batch, start, Math.min(batch.numRows, start + options.rowGroupRows));
    encoded.push({ bytes: encodeRows(compact(rows), options.compression), numRows: rows.numRows });
  }
  return encoded;
}

function encodeRows(batch: RecordBatch, compression: ParquetCompression): Uint8Array {
  const stream = tableToIPC(new Table(batch.schema, [batch]), 'stream');
  return callParquetWasm((module) => {
    const table = module.Table.fromIPCStream(stream);
    return module.writeParquet(table, properties(module, batch, compression));
  });
}

function properties(module: ParquetWasm, batch: RecordBatch, compression: ParquetCompression) {
  const codes = {
    none: module.Compression.UNCOMPRESSED,
    snappy: module.Compression.SNAPPY,
    gzip: module.Compression.GZIP,
    brotli: module.Compression.BROTLI,
    zstd: module.Compression.ZSTD,
    lz4: module.Compression.LZ4_RAW,
  };
  let builder = new module.WriterPropertiesBuilder()
    .setCompression(codes[compression])
    .setStatisticsEnabled(module.EnabledStatistics.Chunk)
    .setMaxRowGroupSize(Math.max(1, batch.numRows));
  // A dictionary of floats only costs time: nearly every value is new.
  for (const path of floatPaths(batch.schema.fields, '')) {
    builder = builder.setColumnDictionaryEnabled(path, false);
  }
  return builder.build();
}

function* floatPaths(fields: readonly Field[], prefix: string): Generator<string> {
  for (const field of fields) {
    const type = field.type as DataType;
    const path = `${prefix}${field.name}`;
    if (DataType.isFloat(type)) yield path;
    else if (DataType.isStruct(type)) yield* floatPaths(type.children as Field[], `${path}.`);
    // Parquet names the inside of a list `list.item`.
    else if (DataType.isFixedSizeList(type)) {
      const [item] = type.children as Field[];
      if (item !== undefined && DataType.isFloat(item.type)) yield `${path}.list.${item.name}`;
    }
  }
}

/** The batch with columns that begin at row 0: slices carry bit offsets that not every encoder minds. */
function compact(batch: RecordBatch): RecordBatch {
  const columns = batch.data.children.map((data) =>
    isCompact(data) ? data : concatData(data.type, [data]),
  );
  const fields = batch.schema.fields.map((field, index) => withType(field, columns[index] as Data));
  return makeBatch(new Schema(fields, batch.schema.metadata), columns, batch.numRows);
}

function isCompact(data: Data): boolean {
  const offsets = data.valueOffsets as Int32Array | undefined;
  const startsAtZero = data.offset === 0 && (offsets === undefined || (offsets[0] ?? 0) === 0);
  return startsAtZero && data.children.every(isCompact);
}

function checkNulls(batch: RecordBatch): void {
  for (const [index, field] of batch.schema.fields.entries()) {
    const data = batch.data.children[index] as Data;
    if (field.nullable || data.nullCount === 0) continue;
    const message = `column ${field.name} must have no nulls, as its schema says; got ${data.nullCount}`;
    throw new CoppiceError('DATA_INVALID', message, { context: { column: field.name } });
  }
}
