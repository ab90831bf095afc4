/**
 * What is in a Parquet file, read from its footer without WebAssembly: how many row groups, how many
 * rows each has, and where its column chunks lie. Row groups are decoded one by one, when needed, so that
 * a file of a thousand columns and groups costs no more than the groups that are read.
 *
 *   PAR1 | column chunks of row group 0 | … | footer (FileMetaData) | footer length, 4 bytes | PAR1
 *
 * Fields: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
import { CoppiceError } from '../../base/errors.ts';
import { type FileBytes, readBytes } from '../files/file-bytes.ts';
import { otherThanText, tellingBytes } from '../files/other-format.ts';
import {
  numberIn,
  type RawField,
  type ThriftList,
  ThriftReader,
  type ThriftStruct,
  type ThriftValue,
  thriftTypes,
} from './thrift.ts';

/** Field ids of FileMetaData. */
export const fileFields = {
  schema: 2,
  numRows: 3,
  rowGroups: 4,
  keyValues: 5,
  columnOrders: 7,
  encryption: 8,
} as const;
/** Field ids of SchemaElement. */
export const elementFields = { name: 4, numChildren: 5 } as const;
/** Field ids of RowGroup. */
export const groupFields = {
  columns: 1,
  totalBytes: 2,
  numRows: 3,
  fileOffset: 5,
  ordinal: 7,
} as const;
/** Field ids of ColumnChunk; 4 to 7 are the places of page indexes. */
export const chunkFields = { filePath: 1, fileOffset: 2, metadata: 3, encrypted: 9 } as const;
/** Field ids of ColumnMetaData. */
export const columnFields = {
  path: 3,
  numValues: 5,
  uncompressedBytes: 6,
  compressedBytes: 7,
  dataOffset: 9,
  indexOffset: 10,
  dictionaryOffset: 11,
  bloomOffset: 14,
  bloomLength: 15,
} as const;

/** The place of one row group in the footer. */
export interface GroupPlace {
  readonly start: number;
  readonly numRows: number;
  readonly totalBytes: number;
  /** Where the list of its columns begins; −1 without one. */
  readonly columns: number;
}

/** A footer that is decoded as far as its row groups' places. */
export interface ParquetFooter {
  readonly bytes: Uint8Array;
  readonly fields: ReadonlyMap<number, RawField>;
  readonly rowGroups: readonly GroupPlace[];
}

/** One column chunk of a row group. */
export interface ColumnChunk {
  /** The column's name, then those of nested fields. */
  readonly path: readonly string[];
  readonly struct: ThriftStruct;
  readonly metadata: ThriftStruct;
  readonly start: number;
  readonly length: number;
  readonly uncompressedBytes: number;
}

/** The mark at both ends of a file. */
export const magic = 'PAR1';
/** Bytes of the footer's length and the closing mark. */
export const tailBytes = 8;

/** The footer of an open file. @throws CoppiceError `FILE_FORMAT` */
export async function readFooter(file: FileBytes): Promise<ParquetFooter> {
  const { size } = file.identity;
  if (size < tailBytes + magic.length) throw notParquet(`it has ${size} bytes`);
  const tail = await readBytes(file, size - tailBytes, tailBytes);
  const mark = Buffer.from(tail.subarray(4)).toString('latin1');
  if (mark === 'PARE') throw notParquet('its footer is encrypted');
  if (mark !== magic) throw notParquet(await whatItIs(file));
  const length = new DataView(tail.buffer).getUint32(0, true);
  if (length > size - tailBytes - magic.length)
    throw notParquet('its footer is longer than the file');
  return parseFooter(await readBytes(file, size - tailBytes - length, length));
}

/** What a file is whose end is not that of a Parquet file. */
async function whatItIs(file: FileBytes): Promise<string> {
  const head = await readBytes(file, 0, Math.min(file.identity.size, tellingBytes));
  const isBegun = Buffer.from(head.subarray(0, 4)).toString('latin1') === magic;
  const other = isBegun ? null : otherThanText(head);
  return other ?? 'it does not end with PAR1 (was it cut off?)';
}

/** The footer of its bytes. */
export function parseFooter(bytes: Uint8Array): ParquetFooter {
  const fields = new ThriftReader(bytes).rawStruct();
  if (fields.has(fileFields.encryption)) throw notParquet('it is encrypted');
  const place = fields.get(fileFields.rowGroups);
  if (place === undefined || !fields.has(fileFields.schema))
    throw notParquet('its footer is not one of Parquet');
  const reader = new ThriftReader(bytes, place.start);
  const rowGroups: GroupPlace[] = [];
  const { count } = reader.listHead();
  for (let i = 0; i < count; i++) {
    const start = reader.position;
    const group = reader.rawStruct();
    rowGroups.push({
      start,
      numRows: numberAt(bytes, group.get(groupFields.numRows)),
      totalBytes: numberAt(bytes, group.get(groupFields.totalBytes)),
      columns: group.get(groupFields.columns)?.start ?? -1,
    });
  }
  return { bytes, fields, rowGroups };
}

/** What was decoded last; a row group of thousands of columns is read in many pieces. */
let known: {
  readonly footer: ParquetFooter;
  readonly rowGroup: number;
  readonly group: ThriftStruct;
  chunks: readonly ColumnChunk[] | null;
} | null = null;

/** The column chunks of a row group; nobody may change them. @throws CoppiceError `FILE_FORMAT` */
export function columnChunks(
  footer: ParquetFooter,
  rowGroup: number,
  fileSize: number,
): readonly ColumnChunk[] {
  const group = groupStruct(footer, rowGroup);
  if (known !== null && known.group === group && known.chunks !== null) return known.chunks;
  const chunks = chunksOf(group, fileSize);
  if (known?.group === group) known.chunks = chunks;
  return chunks;
}

/** The first column chunk of a row group, whose others are not decoded. @throws CoppiceError `FILE_FORMAT` */
export function firstChunk(
  { bytes, rowGroups }: ParquetFooter,
  rowGroup: number,
  fileSize: number,
): ColumnChunk {
  const columns = rowGroups[rowGroup]?.columns ?? -1;
  if (columns < 0) throw noColumns();
  const reader = new ThriftReader(bytes, columns);
  const { elementType, count } = reader.listHead();
  if (elementType !== thriftTypes.struct || count === 0) throw noColumns();
  return readChunk(reader.struct(), fileSize);
}

/** Values and levels of a chunk: at least one for each row. */
export function valuesOf({ metadata }: ColumnChunk): number {
  return numberIn(metadata, columnFields.numValues);
}

function chunksOf(group: ThriftStruct, fileSize: number): ColumnChunk[] {
  const columns = group.get(groupFields.columns)?.value as ThriftList | undefined;
  if (columns?.elementType !== thriftTypes.struct) throw noColumns();
  const chunks = columns.items.map((item) => readChunk(item as ThriftStruct, fileSize));
  const numRows = numberIn(group, groupFields.numRows);
  const short = chunks.find((chunk) => valuesOf(chunk) < numRows);
  if (short !== undefined) {
    const name = short.path.join('.');
    throw notParquet(`its ${numRows} rows have ${valuesOf(short)} values in column ${name}`);
  }
  return chunks;
}

function noColumns(): CoppiceError {
  return notParquet('a row group has no columns');
}

/** A row group with all its fields; nobody may change them. */
export function groupStruct(footer: ParquetFooter, rowGroup: number): ThriftStruct {
  if (known?.footer === footer && known.rowGroup === rowGroup) return known.group;
  const place = footer.rowGroups[rowGroup];
  if (place === undefined) throw notParquet(`it has no row group ${rowGroup}`);
  const group = new ThriftReader(footer.bytes, place.start).struct();
  known = { footer, rowGroup, group, chunks: null };
  return group;
}

/** The mark that begins a file. */
export const headBytes: Uint8Array = Uint8Array.from(Buffer.from(magic, 'latin1'));

/** The key under which a file stores the Arrow schema that it was written from. */
export const arrowSchemaKey = 'ARROW:schema';

/** True when the file stores the Arrow schema that it was written from. */
export function hasArrowSchema(footer: ParquetFooter): boolean {
  const pairs = listField(footer, fileFields.keyValues);
  return pairs.some((pair) => textOf((pair as ThriftStruct).get(1)?.value) === arrowSchemaKey);
}

/** The structs of a list field of the footer. @throws CoppiceError `FILE_FORMAT` */
export function listField(footer: ParquetFooter, id: number): readonly ThriftValue[] {
  const field = footer.fields.get(id);
  if (field === undefined) return [];
  const list = new ThriftReader(footer.bytes, field.start).list();
  if (list.elementType !== thriftTypes.struct)
    throw notParquet('a list in its footer has the wrong type');
  return list.items;
}

/** The text of a value of bytes. */
export function textOf(value: ThriftValue | undefined): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : '';
}

/** The error about a file that is no readable Parquet file. */
export function notParquet(why: string): CoppiceError {
  return new CoppiceError('FILE_FORMAT', why);
}

function readChunk(struct: ThriftStruct, fileSize: number): ColumnChunk {
  if (struct.has(chunkFields.encrypted)) throw notParquet('a column of it is encrypted');
  if (struct.has(chunkFields.filePath)) throw notParquet('a column of it lies in another file');
  const metadata = struct.get(chunkFields.metadata)?.value;
  if (!(metadata instanceof Map)) throw notParquet('a column of it has no metadata');
  const number = (id: number): number => numberIn(metadata, id);
  const path = metadata.get(columnFields.path)?.value as ThriftList | undefined;
  const names = (path?.items ?? []).map(textOf);
  const dataOffset = number(columnFields.dataOffset);
  const dictionaryOffset = number(columnFields.dictionaryOffset);
  const hasDictionary = dictionaryOffset > 0 && dictionaryOffset < dataOffset;
  const start = hasDictionary ? dictionaryOffset : dataOffset;
  const length = number(columnFields.compressedBytes);
  if (names.length === 0 || start < 0 || length < 0 || start + length > fileSize) {
    throw notParquet('a column of it lies outside the file (was it cut off?)');
  }
  const uncompressedBytes = Math.max(0, number(columnFields.uncompressedBytes));
  return { path: names, struct, metadata, start, length, uncompressedBytes };
}

function numberAt(bytes: Uint8Array, field: RawField | undefined): number {
  if (field === undefined) return 0;
  // A struct of this one field, so that one reader knows how numbers are laid out.
  const struct = new Uint8Array(field.end - field.start + 2);
  struct[0] = 0x10 | field.type;
  struct.set(bytes.subarray(field.start, field.end), 1);
  const value = new ThriftReader(struct).struct().get(1)?.value;
  if (typeof value !== 'number' || value < 0) throw notParquet('a count in its footer is negative');
  return value;
}
