/**
 * One integer for each row, equal for rows with equal values: what distinct compares. Columns are taken
 * one after another; each pair (code so far, value) gets a code of its own. Null and NaN count as one
 * value, −0 and 0 too.
 */
import {
  type Data,
  DataType,
  type Field,
  Int32,
  Int64,
  type RecordBatch,
  Utf8,
  Vector,
} from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { columnData } from '../columns/column-data.ts';
import { encodeCategories } from '../columns/encode-categories.ts';
import { columnOf } from '../columns/feature-columns.ts';
import { typeName } from '../columns/type-name.ts';

/** Codes of the rows, from 0 in order of first appearance, and how many there are. */
export function rowCodes(
  batch: RecordBatch,
  columns: readonly string[],
): { codes: Int32Array; numCodes: number } {
  let codes: Int32Array = new Int32Array(batch.numRows);
  let numCodes = Math.min(1, batch.numRows);
  for (const path of columns.flatMap((name) => leafPaths(batch, name))) {
    const values = valueCodes(columnOf(batch, path).data[0] as Data, path.join('.'));
    ({ codes, numCodes } = combine(codes, values));
  }
  return { codes, numCodes };
}

/** The position of the first row of each code, ascending. */
export function firstOfEach(codes: Int32Array, numCodes: number): Uint32Array {
  const firsts = new Uint32Array(numCodes);
  let seen = 0;
  // Codes are numbered by first appearance, so the next new code is always `seen`.
  for (let i = 0; i < codes.length && seen < numCodes; i++)
    if (codes[i] === seen) firsts[seen++] = i;
  return firsts;
}

function leafPaths(batch: RecordBatch, name: string): string[][] {
  const field = batch.schema.fields.find((other) => other.name === name);
  const type = field?.type as DataType;
  if (DataType.isStruct(type)) return (type.children as Field[]).map((child) => [name, child.name]);
  if (DataType.isFixedSizeList(type))
    return Array.from({ length: type.listSize }, (_, i) => [name, String(i)]);
  return [[name]];
}

function valueCodes(data: Data, name: string): Int32Array {
  const codes = new Int32Array(data.length);
  encodeCategories(new Vector([comparable(data, name)]), codes, 0);
  return codes;
}

/** The same bytes under a type that encodeCategories reads. */
function comparable(data: Data, name: string): Data {
  const { type } = data;
  const isWide = data.values instanceof BigInt64Array;
  const isTime = DataType.isDate(type) || DataType.isTime(type) || DataType.isTimestamp(type);
  if (isTime || DataType.isDuration(type))
    return data.clone((isWide ? new Int64() : new Int32()) as never);
  if (DataType.isBinary(type)) return data.clone(new Utf8() as never);
  const isBytes = DataType.isDecimal(type) || DataType.isFixedSizeBinary(type);
  const isHalf = DataType.isFloat(type) && data.values instanceof Uint16Array;
  if (isBytes || isHalf) return asBytes(data);
  if (DataType.isList(type) || DataType.isMap(type) || DataType.isStruct(type)) {
    const message = `column ${name} of distinct must have single values; got ${typeName(type)}`;
    throw new CoppiceError('COLUMN_TYPE', message, { context: { column: name } });
  }
  return data;
}

function asBytes(data: Data): Data {
  const values = data.values as Uint8Array;
  const width = values.BYTES_PER_ELEMENT * data.stride;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, data.length * width);
  const valueOffsets = Int32Array.from({ length: data.length + 1 }, (_, i) => i * width);
  const text = columnData(new Utf8(), data.length, { values: bytes, valueOffsets });
  const bits = data.nullBitmap as Uint8Array | undefined;
  if (bits === undefined || data.nullCount === 0) return text;
  const buffers = { 0: valueOffsets, 1: bytes, 2: bits } as never;
  return text.clone(text.type, data.offset, data.length, data.nullCount, buffers);
}

function combine(left: Int32Array, right: Int32Array): { codes: Int32Array; numCodes: number } {
  let width = 1;
  for (let i = 0; i < right.length; i++) width = Math.max(width, (right[i] as number) + 2);
  const known = new Map<number, number>();
  const codes = new Int32Array(left.length);
  for (let i = 0; i < codes.length; i++) {
    const key = (left[i] as number) * width + (right[i] as number) + 1;
    let code = known.get(key);
    if (code === undefined) {
      code = known.size;
      known.set(key, code);
    }
    codes[i] = code;
  }
  return { codes, numCodes: known.size };
}
