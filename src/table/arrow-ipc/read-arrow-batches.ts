/**
 * Reads some batches of an Arrow IPC file into shared columns, in the thread that calls.
 *
 * The bytes may be anything, and arrow-js's reader believes what it reads: so the messages go through
 * arrow-rs first, which checks every buffer, and what comes out of it is read by arrow-js.
 */
import {
  type Data,
  type Field,
  type RecordBatch,
  Schema,
  type Table,
  tableFromIPC,
} from 'apache-arrow';
import { CoppiceError, isCoppiceError } from '../../base/errors.ts';
import { makeBatch, withType } from '../columns/column-data.ts';
import { type ConstantColumn, constantColumn } from '../columns/constant-column.ts';
import { findPlace } from '../columns/find-column.ts';
import { normalField } from '../columns/normal-type.ts';
import { widenData } from '../columns/widen-column.ts';
import { concatData } from '../concat-rows.ts';
import type { FileIdentity } from '../files/file-bytes.ts';
import { withFile } from '../files/open-file.ts';
import { readFully } from '../files/read-fully.ts';
import type { SourceRequest } from '../files/sources.ts';
import { ofKnownTypes } from '../parquet/opened-file.ts';
import { callParquetWasm, dropInstance, parquetWasmBytes } from '../parquet/parquet-wasm.ts';
import type { SourceSpec } from '../plan/partition-spec.ts';
import { freshColumn } from '../plan/shared-batch.ts';
import {
  type FieldRecord,
  fieldFromRecord,
  fieldToRecord,
  type SchemaRecord,
} from '../schema-record.ts';
import { sliceRows } from '../take-rows.ts';
import { decompressMessage } from './decompress-message.ts';
import { endOfStream, framed, ipcLayout, type MessagePlace, notArrow } from './ipc-messages.ts';

/** Some messages of a file: dictionaries, then batches that use them. */
export interface ArrowSource extends SourceSpec {
  readonly kind: 'arrow';
  readonly file: FileIdentity;
  readonly schema: Uint8Array;
  readonly messages: readonly MessagePlace[];
  readonly numRows: number;
  /** Columns whose values stand in the path (`key=value` folders). */
  readonly constants: readonly ConstantColumn[];
  /** Columns that this file stores in another layout than the table. */
  readonly conforms: readonly FieldRecord[];
}

/** What planning needs to know about a file. */
export interface ArrowInfo {
  readonly file: FileIdentity;
  readonly schema: SchemaRecord;
  /** The schema's message, for {@link ArrowSource}. */
  readonly schemaMessage: Uint8Array;
  readonly messages: readonly MessagePlace[];
}

const largeHeapBytes = 1 << 30;

/** The columns and batches of a file. @throws CoppiceError `FILE_FORMAT`, `FILE_NOT_FOUND`, `UNSUPPORTED` */
export async function arrowInfo(path: string): Promise<ArrowInfo> {
  return withFile(path, undefined, (fd, file) =>
    naming(path, () => {
      const { schema, messages } = ipcLayout(fd, file.size);
      const table = decode([framed(schema), endOfStream]);
      const fields = table.schema.fields.map((field) => fieldToRecord(normalField(field)));
      const record = { fields, metadata: [...table.schema.metadata] };
      return { file, schema: record, schemaMessage: schema, messages };
    }),
  );
}

/** See the header. */
export async function readArrowBatches(
  source: ArrowSource,
  request: SourceRequest,
): Promise<RecordBatch> {
  const { file } = source;
  return withFile(file.path, file, (fd) =>
    naming(file.path, () => readBatches(fd, source, request)),
  );
}

function readBatches(fd: number, source: ArrowSource, request: SourceRequest): RecordBatch {
  const parts: Uint8Array[] = [framed(source.schema)];
  for (const place of source.messages) {
    const bytes = readFully(fd, place.start, place.metadataBytes + place.bodyBytes);
    const message = decompressMessage({
      metadata: bytes.subarray(0, place.metadataBytes),
      body: bytes.subarray(place.metadataBytes),
    });
    parts.push(framed(message.metadata), message.body);
  }
  const table = decode([...parts, endOfStream]);
  if (table.numRows !== source.numRows) {
    throw notArrow(`its batches must have ${source.numRows} rows; got ${table.numRows}`);
  }
  const { numRows } = source;
  const columns = request.columns.map((name) => columnOf(table, name, source));
  const schema = new Schema(columns.map(([field]) => field));
  const data = columns.map(([, column]) => column);
  const batch = makeBatch(schema, data, numRows);
  const { start = 0, end = numRows } = request.rows ?? {};
  return sliceRows(batch, start, Math.min(end, numRows));
}

function columnOf(table: Table, name: string, source: ArrowSource): [Field, Data] {
  const constant = source.constants[findPlace(source.constants, name)];
  if (constant !== undefined) return constantColumn(constant, source.numRows);
  const index = findPlace(table.schema.fields, name);
  const field = table.schema.fields[index];
  if (field === undefined) throw notArrow(`it has no column "${name}"`);
  const chunks = table.batches.map((batch) => batch.data.children[index] as Data);
  // with dictionary ids of this thread: the file's could be those of another column here
  const data = freshColumn(concatData(field.type, chunks));
  const conforms = source.conforms[findPlace(source.conforms, name)];
  if (conforms === undefined) return [withType(field, data), data];
  const target = fieldFromRecord(conforms);
  return [target, widenData(data, target.type, target.name)];
}

/** The table of a stream, checked by arrow-rs. */
function decode(parts: readonly Uint8Array[]): Table {
  const stream = Buffer.concat(parts);
  const bytes = callParquetWasm((module) => module.Table.fromIPCStream(stream).intoIPCStream());
  // The module's memory never shrinks: one large batch must not be paid for ever after.
  if (parquetWasmBytes() > largeHeapBytes) dropInstance();
  return ofKnownTypes(() => tableFromIPC(bytes));
}

/** Gives errors about a file's bytes the name of the file. */
function naming<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isAboutBytes =
      isCoppiceError(error, 'FILE_FORMAT') ||
      isCoppiceError(error, 'UNSUPPORTED') ||
      isCoppiceError(error, 'MEMORY_LIMIT');
    if (!isAboutBytes) throw error;
    const message = `the file ${path} must be readable Arrow IPC; ${error.message}`;
    throw new CoppiceError(error.code, message, { context: { file: path }, cause: error });
  }
}
