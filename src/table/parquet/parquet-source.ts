/**
 * Reads rows of one row group of a Parquet file, in the thread that calls.
 *
 * The wanted columns are decoded in portions of bounded size, so that the decoder's memory (which never
 * shrinks) stays small however large the row group is.
 */
import {
  type Data,
  DataType,
  Dictionary,
  Field,
  Int32,
  type RecordBatch,
  Schema,
  Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
} from 'apache-arrow';
import { isUrl } from '../../base/allowed-urls.ts';
import { CoppiceError, isCoppiceError } from '../../base/errors.ts';
import { makeBatch, withType } from '../columns/column-data.ts';
import { type ConstantColumn, constantColumn } from '../columns/constant-column.ts';
import { findPlace } from '../columns/find-column.ts';
import { hasDictionary, normalType } from '../columns/normal-type.ts';
import { widenData } from '../columns/widen-column.ts';
import { concatData } from '../concat-rows.ts';
import { type FileBytes, type FileIdentity, nameOfFile, withPart } from '../files/file-bytes.ts';
import { keepingRanges } from '../files/kept-ranges.ts';
import { withBytes } from '../files/open-file.ts';
import { registerSource, type SourceRequest } from '../files/sources.ts';
import type { SourceSpec } from '../plan/partition-spec.ts';
import { freshColumn } from '../plan/shared-batch.ts';
import { type FieldRecord, fieldFromRecord, type SchemaRecord } from '../schema-record.ts';
import { checkRowCounts } from './check-row-counts.ts';
import { isKnownCodec } from './flat/chunk-pages.ts';
import { seemsSparse } from './flat/fill-flat.ts';
import { flatlyRead, readFlatColumn } from './flat/read-flat.ts';
import { type ColumnChunk, columnChunks, notParquet } from './footer.ts';
import {
  cleanField,
  type OpenedFile,
  ofKnownTypes,
  openedFile,
  plannedFile,
  tableColumns,
} from './opened-file.ts';
import { callParquetWasm } from './parquet-wasm.ts';
import { sliceFile } from './slice-file.ts';

/** Rows [firstRow, firstRow + numRows) of one row group. */
export interface ParquetSource extends SourceSpec {
  readonly kind: 'parquet';
  readonly file: FileIdentity;
  readonly rowGroup: number;
  readonly firstRow: number;
  readonly numRows: number;
  /** Columns whose values stand in the path (`key=value` folders). */
  readonly constants: readonly ConstantColumn[];
  /** Columns that this file stores in another layout than the table. */
  readonly conforms: readonly FieldRecord[];
}

/** What planning needs to know about a file. */
export interface ParquetInfo {
  readonly file: FileIdentity;
  readonly schema: SchemaRecord;
  readonly rowGroups: readonly { readonly numRows: number; readonly totalBytes: number }[];
}

const portionBytes = 32 << 20;
/** Arrow compares every column of a batch with every other when it makes one. */
const portionColumns = 256;
/** What the decoder says of deltas in longer miniblocks than most writers make, such as those of DuckDB. */
const cannotSkip = /cannot skip miniblock/;
/** What it says of deltas beyond the type's range, which others write where integers lie far apart. */
const wrapsAround = /'min_delta' too large/;
const asV1 =
  'differences of its 32-bit integers take more than 32 bits: write it without deltas, with DuckDB as PARQUET_VERSION v1';
const noFields: ReadonlySet<string> = new Set();

/**
 * The columns and row groups of a file, or null where only the decoder knows them and it is not to be asked.
 * @throws CoppiceError `FILE_FORMAT`, `FILE_NOT_FOUND`, `UNSUPPORTED`
 */
export async function parquetInfo(path: string, asksDecoder = true): Promise<ParquetInfo | null> {
  return await withBytes(path, undefined, (file) =>
    naming(path, undefined, async () => {
      const known = await openedFile(file, asksDecoder);
      if (known === null) return null;
      const { footer } = known;
      await checkRowCounts(file, footer);
      const rowGroups = footer.rowGroups.map(({ numRows, totalBytes }) => ({
        numRows,
        totalBytes,
      }));
      const identity = { ...file.identity, contents: known.contents };
      return { file: identity, schema: tableColumns(known), rowGroups };
    }),
  );
}

/** Loads what this thread will decode a file with: the decoder, unless all of it is read flatly. */
export async function startDecoder(path: string): Promise<void> {
  await withBytes(path, undefined, async (file) => {
    const { footer, flat } = await openedFile(file);
    const isFlat = footer.rowGroups.every(({ numRows }, group) => {
      const chunks = columnChunks(footer, group, file.identity.size);
      const here = flatlyRead(chunks, numRows, flat);
      const isHere = (chunk: ColumnChunk): boolean =>
        here.has(chunk) || seemsSparse(chunk, numRows);
      return chunks.every((chunk) => isHere(chunk) && isKnownCodec(chunk));
    });
    if (!isFlat) callParquetWasm(() => Schema.prototype);
  });
}

registerSource<ParquetSource>('parquet', (source, request) => {
  const { file, rowGroup } = source;
  return withBytes(file.path, file, (found) =>
    naming(file.path, rowGroup, () => readRowGroup(found, source, request)),
  );
});

async function readRowGroup(
  file: FileBytes,
  source: ParquetSource,
  request: SourceRequest,
): Promise<RecordBatch> {
  const known = await plannedFile(file, source.file);
  const { footer } = known;
  const { start, end } = request.rows ?? { start: 0, end: source.numRows };
  const numRows = Math.max(0, Math.min(end, source.numRows) - start);
  const constants = new Map(source.constants.map((constant) => [constant.name, constant]));
  const stored = new Set(request.columns.filter((name) => !constants.has(name)));
  const chunks = columnChunks(footer, source.rowGroup, file.identity.size);
  const wanted = chunks.filter((chunk) => stored.has(chunk.path[0] as string));
  if (new Set(wanted.map((chunk) => chunk.path[0])).size < stored.size) {
    throw notParquet('its columns are not those that it had when it was planned');
  }
  const columns: [Field, Data][] = [];
  const options = { batchSize: numRows, offset: source.firstRow + start, limit: numRows };
  const asDictionary = textFields(known, source, request.textAsDictionary ?? noFields);
  // what cannot be read flatly would be fetched twice
  const isHere = !isUrl(source.file.path);
  const rest =
    isHere && options.offset === 0
      ? await readFlatly(file, wanted, { known, source, numRows, asDictionary }, columns)
      : wanted;
  const groupRows = footer.rowGroups[source.rowGroup]?.numRows ?? 0;
  // the other pieces of the group need the same bytes, and are read next
  const from = isHere || numRows === groupRows ? file : keepingRanges(file);
  for (const portion of portions(rest, isHere ? numRows : groupRows)) {
    const arrowSchema = decodedSchema(known, portion, asDictionary);
    const slice = { rowGroup: source.rowGroup, chunks: portion, arrowSchema };
    const table = decode(await sliceFile(from, footer, slice), options);
    columns.push(...columnsOfTable(table, source));
  }
  for (const name of request.columns) {
    const constant = constants.get(name);
    if (constant !== undefined) columns.push(constantColumn(constant, numRows));
  }
  const schema = new Schema(columns.map(([field]) => field));
  return makeBatch(
    schema,
    columns.map(([, data]) => data),
    numRows,
  );
}

interface FlatRequest {
  readonly known: OpenedFile;
  readonly source: ParquetSource;
  readonly numRows: number;
  readonly asDictionary: ReadonlySet<string>;
}

/** Reads what it can without the decoder; the chunks that are left. */
async function readFlatly(
  file: FileBytes,
  wanted: readonly ColumnChunk[],
  { known, source, numRows, asDictionary }: FlatRequest,
  columns: [Field, Data][],
): Promise<readonly ColumnChunk[]> {
  const { flat, footer } = known;
  const groupRows = footer.rowGroups[source.rowGroup]?.numRows ?? 0;
  const here = flatlyRead(wanted, groupRows, flat);
  const rest: ColumnChunk[] = [];
  for (const chunk of wanted) {
    const name = chunk.path[0] as string;
    const stored = flat?.get(name);
    const rows = { numRows: groupRows, limit: numRows, asDictionary: asDictionary.has(name) };
    const isKnown = stored !== undefined && chunk.path.length === 1 && here.has(chunk);
    const found = isKnown
      ? await withPart(file, chunk.start, chunk.length, (bytes) =>
          readFlatColumn(bytes, chunk, stored, rows),
        )
      : null;
    if (found === null) rest.push(chunk);
    else columns.push(fitting(cleanField(found[0]), found[1], source));
  }
  return rest;
}

/** A column as the table has it. */
function fitting(field: Field, data: Data, { conforms }: ParquetSource): [Field, Data] {
  const record = conforms[findPlace(conforms, field.name)];
  if (record === undefined) return [field, data];
  const target = fieldFromRecord(record);
  return [target, widenData(data, target.type, target.name)];
}

interface DecodeOptions {
  readonly batchSize: number;
  readonly offset: number;
  readonly limit: number;
}

/** The rows by way of an IPC stream: measured as fast as views of the module's memory, and made by one encoder. */
function decode(file: Uint8Array, options: DecodeOptions): Table {
  const batchSize = Math.max(1, options.batchSize);
  const read = (wanted: DecodeOptions): Table => {
    const bytes = callParquetWasm((module) =>
      module.readParquet(file, { ...wanted, batchSize }).intoIPCStream(),
    );
    return ofKnownTypes(() => tableFromIPC(bytes));
  };
  try {
    return read(options);
  } catch (error) {
    const isAboutBytes = isCoppiceError(error, 'FILE_FORMAT');
    if (isAboutBytes && wrapsAround.test(error.message))
      throw notParquet(`${error.message}; ${asV1}`);
    const isSkipped = isAboutBytes && cannotSkip.test(error.message);
    if (!isSkipped || options.offset === 0) throw error;
    // what it cannot skip it can read
    const end = options.offset + options.limit;
    return read({ ...options, offset: 0, limit: end }).slice(options.offset, end);
  }
}

function columnsOfTable(table: Table, source: ParquetSource): [Field, Data][] {
  const columns: [Field, Data][] = [];
  const conforming = new Map(source.conforms.map((record) => [record.name, record]));
  for (const [index, given] of table.schema.fields.entries()) {
    const field = cleanField(given);
    const chunks = table.batches.map((batch) => batch.data.children[index] as Data);
    const data = joinChunks(field.type, chunks);
    const conforms = conforming.get(field.name);
    if (conforms === undefined) columns.push([withType(field, data), data]);
    else {
      const target = fieldFromRecord(conforms);
      columns.push([target, widenData(data, target.type, target.name)]);
    }
  }
  return columns;
}

/**
 * The one chunk as it is, where its layout is the table's; else the chunks end to end. Dictionaries get ids of this
 * thread: those of the stream begin at 0, as those of another stream do, and of this thread's own. What Arrow makes of
 * a stream without rows has lists and structs without children.
 */
function joinChunks(type: DataType, chunks: readonly Data[]): Data {
  const [only] = chunks;
  const isWhole = chunks.length === 1 && only !== undefined && only.length > 0 && only.offset === 0;
  const isReady = isWhole && normalType(type) === type;
  const data = isReady ? only : concatData(type, chunks);
  return hasDictionary(data.type) ? freshColumn(data) : data;
}

/** Groups of chunks, all chunks of a column together, each group of bounded size. */
function portions(chunks: readonly ColumnChunk[], numRows: number): ColumnChunk[][] {
  const byColumn = new Map<string, ColumnChunk[]>();
  for (const chunk of chunks) {
    const name = chunk.path[0] as string;
    byColumn.set(name, [...(byColumn.get(name) ?? []), chunk]);
  }
  const groups: ColumnChunk[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  let numColumns = 0;
  for (const column of byColumn.values()) {
    // Dictionary-encoded chunks grow when decoded: count at least 8 bytes a row.
    const size = column.reduce(
      (sum, chunk) => sum + chunk.length + Math.max(chunk.uncompressedBytes, numRows * 8),
      0,
    );
    if (bytes + size > portionBytes || numColumns === portionColumns) {
      groups.push([]);
      bytes = 0;
      numColumns = 0;
    }
    (groups.at(-1) as ColumnChunk[]).push(...column);
    bytes += size;
    numColumns += 1;
  }
  return groups;
}

/** Columns of text whose layout in the file is the table's. */
function textFields(
  known: OpenedFile,
  source: ParquetSource,
  asked: ReadonlySet<string>,
): ReadonlySet<string> {
  if (asked.size === 0) return noFields;
  const conforming = new Set(source.conforms.map(({ name }) => name));
  const isText = ({ name, type }: Field): boolean =>
    (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) &&
    asked.has(name) &&
    !conforming.has(name);
  return new Set(known.schema.fields.filter(isText).map(({ name }) => name));
}

/**
 * The Arrow schema of some columns as a Parquet file stores it: an IPC message in base64. Without it a
 * dictionary would be read as plain text, a list of fixed size as a list; and with it text that the file stores as a
 * dictionary is read as one, without making a string for every row.
 */
function decodedSchema(
  known: OpenedFile,
  chunks: readonly ColumnChunk[],
  asDictionary: ReadonlySet<string>,
): Uint8Array | undefined {
  const names = new Set(chunks.map((chunk) => chunk.path[0] as string));
  const isChanged = [...names].some((name) => asDictionary.has(name));
  if (!known.storesSchema && !isChanged) return undefined;
  const fields = known.schema.fields.filter((field) => names.has(field.name));
  // ids that no dictionary of the file has
  let id = Math.max(-1, ...known.schema.dictionaries.keys());
  const wanted = fields.map((field) => {
    if (!asDictionary.has(field.name)) return field;
    id += 1;
    return new Field(field.name, new Dictionary(new Utf8(), new Int32(), id), field.nullable);
  });
  const stream = tableToIPC(new Table(new Schema(wanted)), 'stream');
  // A message begins with a mark and its length, each of four bytes.
  const length = new DataView(stream.buffer, stream.byteOffset).getInt32(4, true);
  const message = Buffer.from(stream.subarray(0, 8 + length)).toString('base64');
  return Uint8Array.from(Buffer.from(message, 'latin1'));
}

/** Gives errors about a file's bytes their file and row group. */
async function naming<T>(
  path: string,
  rowGroup: number | undefined,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const isOfFile = isCoppiceError(error, 'FILE_FORMAT') || isCoppiceError(error, 'UNSUPPORTED');
    if (!isOfFile) throw error;
    const place = rowGroup === undefined ? '' : `, row group ${rowGroup}`;
    const file = nameOfFile(path);
    const message = `the file ${file} must be a readable Parquet file${place}; ${error.message}`;
    const context = rowGroup === undefined ? { file } : { file, rowGroup };
    throw new CoppiceError(error.code, message, { context, cause: error });
  }
}
