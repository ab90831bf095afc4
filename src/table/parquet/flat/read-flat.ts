/**
 * Reads flat columns of a small row group, and of a large one numbers that are stored as they are, without the
 * decoder's module, of which compiling and warming up takes longer than such columns do: numbers and text by
 * dictionary, uncompressed or by Snappy, as most writers make them. What it does not know it leaves to the decoder,
 * and what is broken too, so there is one voice for errors.
 */
import { isUtf8 } from 'node:buffer';
import {
  type Data,
  type DataType,
  Dictionary,
  Field,
  Int32,
  makeVector,
  Precision,
  Type,
  Utf8,
} from 'apache-arrow';
import { isCoppiceError } from '../../../base/errors.ts';
import { bitAt } from '../../columns/bitmap.ts';
import { columnData } from '../../columns/column-data.ts';
import type { TypedArray } from '../../columns/shared-buffer.ts';
import type { TypeRecord } from '../../schema-record.ts';
import type { ColumnChunk, ParquetFooter } from '../footer.ts';
import { type ColumnPage, chunkPages, sharedRoom } from './chunk-pages.ts';
import { type FlatColumn, flatColumns } from './flat-schema.ts';
import { type FlatValues, flatCodes, flatNumbers } from './flat-values.ts';

/** Of row groups of more values than this the decoder reads what is not stored as it is: it is quicker once it runs. */
const mostValues = 1 << 21;

/** The columns of a file, where all are flat; null also where the footer is broken. */
export function flatColumnsOf(footer: ParquetFooter): ReadonlyMap<string, FlatColumn> | null {
  return unlessBroken(() => flatColumns(footer));
}

/** The first `limit` rows of a column of a row group, of the bytes of its chunk; null where the decoder has to read it. */
export function readFlatColumn(
  bytes: Uint8Array,
  chunk: ColumnChunk,
  column: FlatColumn,
  wanted: { readonly numRows: number; readonly limit: number; readonly asDictionary: boolean },
): [Field, Data] | null {
  return unlessBroken(() => {
    const pages = chunkPages(
      chunk,
      bytes,
      column.record.nullable,
      sharedRoom(chunk.uncompressedBytes),
    );
    if (pages === null) return null;
    const { numRows, limit } = wanted;
    if (column.isText) return textColumn(pages, column.field, wanted);
    const values = flatNumbers(pages, numRows, column.width);
    if (values === null) return null;
    const numbers = numbersOf(column.record.type, values.words).subarray(0, limit);
    return [column.field, dataOf(column.field.type, limit, numbers, values)];
  });
}

/** The chunks, all of one row group, that are read quicker here. */
export function flatlyRead(
  chunks: readonly ColumnChunk[],
  numRows: number,
  flat: ReadonlyMap<string, FlatColumn> | null,
): ReadonlySet<ColumnChunk> {
  if (flat === null) return new Set();
  const isAsIs = (chunk: ColumnChunk): boolean =>
    flat.get(chunk.path[0] as string)?.isText === false && isStoredAsIs(chunk, numRows);
  const asIs = chunks.filter(isAsIs);
  return new Set(numRows * (chunks.length - asIs.length) <= mostValues ? chunks : asIs);
}

/**
 * Numbers by themselves, which did not become smaller, as measurements don't: to read them is to copy them. Codes of
 * a dictionary take less than four bytes a row.
 */
function isStoredAsIs({ length, uncompressedBytes }: ColumnChunk, numRows: number): boolean {
  return uncompressedBytes >= 4 * numRows && length >= 0.9 * uncompressedBytes;
}

/** Words as the values of a type; null bits of them stand for nothing. */
export function numbersOf(
  { typeId, precision, bitWidth, isSigned }: TypeRecord,
  words: Int32Array,
): TypedArray {
  if (typeId === Type.Float) {
    const isSingle = precision === Precision.SINGLE;
    return isSingle ? new Float32Array(words.buffer) : new Float64Array(words.buffer);
  }
  if (bitWidth === 64) return new BigInt64Array(words.buffer);
  if (bitWidth === 32) return words;
  if (bitWidth === 16) return isSigned === true ? new Int16Array(words) : new Uint16Array(words);
  return isSigned === true ? new Int8Array(words) : new Uint8Array(words);
}

/** A column of values. */
function dataOf(type: DataType, length: number, values: TypedArray, flat: FlatValues): Data {
  const nullBitmap = flat.validity;
  return columnData(type, length, { values, nullBitmap, nullCount: nullBitmap ? -1 : 0 });
}

function textColumn(
  pages: readonly ColumnPage[],
  field: Field,
  wanted: { readonly numRows: number; readonly limit: number; readonly asDictionary: boolean },
): [Field, Data] | null {
  const [first] = pages;
  if (first?.isDictionary !== true) return null;
  const dictionary = texts(first);
  if (dictionary === null) return null;
  const { numRows, limit, asDictionary } = wanted;
  const flat = flatCodes(pages, numRows, first.numValues);
  if (flat === null) return null;
  const codes = flat.words.subarray(0, limit);
  if (!asDictionary) return [field, spelledOut(dictionary, codes, flat)];
  const type = new Dictionary(new Utf8(), new Int32());
  const { valueOffsets, values } = dictionary;
  const data = columnData(type.dictionary, first.numValues, { valueOffsets, values });
  const nullBitmap = flat.validity;
  const buffers = { values: codes, nullBitmap, nullCount: nullBitmap ? -1 : 0 };
  const column = columnData(type, limit, buffers, { dictionary: makeVector(data) });
  return [new Field(field.name, type, field.nullable, field.metadata), column];
}

/** The texts of a dictionary. */
export interface Texts {
  readonly valueOffsets: Int32Array;
  readonly values: Uint8Array;
}

/** The texts of a dictionary, end to end; null where they are not what the page says, or no UTF-8. */
export function texts({ bytes, numValues }: ColumnPage): Texts | null {
  if (numValues < 0 || 4 * numValues > bytes.length) return null;
  const valueOffsets = new Int32Array(numValues + 1);
  const values = new Uint8Array(bytes.length - 4 * numValues);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let to = 0;
  for (let i = 0; i < numValues; i++) {
    if (at + 4 > bytes.length) return null;
    const length = view.getUint32(at, true);
    at += 4;
    if (at + length > bytes.length) return null;
    // a text that begins within a character
    if (length > 0 && ((bytes[at] as number) & 0xc0) === 0x80) return null;
    values.set(bytes.subarray(at, at + length), to);
    at += length;
    to += length;
    valueOffsets[i + 1] = to;
  }
  return at === bytes.length && isUtf8(values) ? { valueOffsets, values } : null;
}

/** One text a row. */
function spelledOut(dictionary: Texts, codes: Int32Array, flat: FlatValues): Data {
  const { length } = codes;
  const { validity } = flat;
  const isThere = (i: number): boolean => validity === undefined || bitAt(validity, i) === 1;
  const valueOffsets = new Int32Array(length + 1);
  let end = 0;
  for (let i = 0; i < length; i++) {
    const code = codes[i] as number;
    if (isThere(i)) {
      end +=
        (dictionary.valueOffsets[code + 1] as number) - (dictionary.valueOffsets[code] as number);
      if (end > 0x7fffffff) throw new RangeError('text of more than 2 GiB');
    }
    valueOffsets[i + 1] = end;
  }
  const values = new Uint8Array(end);
  for (let i = 0; i < length; i++) {
    if (!isThere(i)) continue;
    let from = dictionary.valueOffsets[codes[i] as number] as number;
    const stop = valueOffsets[i + 1] as number;
    for (let to = valueOffsets[i] as number; to < stop; to++)
      values[to] = dictionary.values[from++] as number;
  }
  const nullCount = validity === undefined ? 0 : -1;
  return columnData(new Utf8(), length, { valueOffsets, values, nullBitmap: validity, nullCount });
}

/** Null where the file is broken or too large: the decoder says how, but for bytes that are not those of their checksum. */
export function unlessBroken<T>(read: () => T | null): T | null {
  try {
    return read();
  } catch (error) {
    const isBroken = isCoppiceError(error, 'FILE_FORMAT') && error.context['isDamaged'] !== true;
    if (isBroken || error instanceof RangeError) return null;
    throw error;
  }
}
