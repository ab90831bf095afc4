/**
 * Puts chunks of a column end to end with one copy and no loop over fixed-width rows.
 * The chunks may lie anywhere (WASM memory, the heap) and in any layout of their meaning; the result has
 * the table's layout (normal-type.ts). Dictionaries of chunks are united in order of first appearance.
 */
import {
  type Data,
  DataType,
  type Dictionary,
  type Field,
  type RecordBatch,
  Schema,
  Type,
} from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { copyBits, setBits, validityOf } from './columns/bitmap.ts';
import { columnData, makeBatch, withType } from './columns/column-data.ts';
import { concatDictionaries, type JoinedValidity } from './columns/concat-dictionaries.ts';
import { normalType } from './columns/normal-type.ts';
import { bitmapBytes, columnArray, type TypedArrayConstructor } from './columns/shared-buffer.ts';
import { largeBytesData, viewBytesData } from './columns/wide-strings.ts';

const maxOffset = 2 ** 31 - 1;

/** One column of the rows of every chunk, in order. */
export function concatData(type: DataType, given: readonly Data[]): Data {
  const chunks = given.filter((chunk) => chunk.length > 0);
  const target = normalType(type);
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const validity = concatValidity(chunks, length);
  switch (type.typeId) {
    case Type.Null:
      return columnData(target, length, { nullCount: length });
    case Type.Bool: {
      const values = columnArray(Uint8Array, bitmapBytes(length));
      let at = 0;
      for (const chunk of chunks) {
        const from = { bits: chunk.values as Uint8Array, offset: chunk.offset };
        copyBits(from, { bits: values, offset: at }, chunk.length);
        at += chunk.length;
      }
      return columnData(target, length, { values, ...validity });
    }
    case Type.LargeUtf8:
    case Type.LargeBinary:
      return concatData(target, chunks.map(largeBytesData));
    case Type.Utf8View:
    case Type.BinaryView:
      return concatData(target, chunks.map(viewBytesData));
    case Type.Utf8:
    case Type.Binary:
      return concatBytes(target, chunks, length);
    case Type.List:
    case Type.LargeList:
    case Type.Map:
      return concatLists(target, chunks, length);
    case Type.FixedSizeList:
    case Type.Struct:
      return concatChildren(target, type, chunks, length);
    case Type.Dictionary:
      return concatDictionaries(target as Dictionary, chunks, {
        length,
        validity,
        concat: concatData,
      });
    case Type.Union:
    case Type.DenseUnion:
    case Type.SparseUnion:
      throw new CoppiceError(
        'UNSUPPORTED',
        'the type of a column must not be a union; got a union',
      );
    default:
      return concatFixedWidth(target, chunks, length);
  }
}

/** True for columns of so many bytes a row, which need nothing but to be put end to end. */
export function isFixedWidth(type: DataType): boolean {
  switch (type.typeId) {
    case Type.Null:
    case Type.Bool:
    case Type.Dictionary:
    case Type.FixedSizeList:
    case Type.Struct:
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
    case Type.List:
    case Type.LargeList:
    case Type.Map:
    case Type.Union:
    case Type.DenseUnion:
    case Type.SparseUnion:
      return false;
    default:
      return true;
  }
}

/** One batch of the rows of every batch, in order; the batches have equal column names. */
export function concatBatches(schema: Schema, batches: readonly RecordBatch[]): RecordBatch {
  if (batches.length === 1 && batches[0] !== undefined) return batches[0];
  const numRows = batches.reduce((sum, batch) => sum + batch.numRows, 0);
  const columns = schema.fields.map((field, index) => {
    const chunks = batches.map((batch) => batch.data.children[index] as Data);
    return concatData(chunks[0]?.type ?? field.type, chunks);
  });
  const fields = schema.fields.map((field, index) => withType(field, columns[index] as Data));
  return makeBatch(new Schema(fields, schema.metadata), columns, numRows);
}

function concatValidity(chunks: readonly Data[], length: number): JoinedValidity {
  const nullCount = chunks.reduce((sum, chunk) => sum + chunk.nullCount, 0);
  if (nullCount === 0) return { nullCount };
  const nullBitmap = columnArray(Uint8Array, bitmapBytes(length));
  let at = 0;
  for (const chunk of chunks) {
    const bits = validityOf(chunk);
    if (bits === null) setBits(nullBitmap, at, chunk.length);
    else copyBits({ bits, offset: chunk.offset }, { bits: nullBitmap, offset: at }, chunk.length);
    at += chunk.length;
  }
  return { nullCount, nullBitmap };
}

function concatFixedWidth(type: DataType, chunks: readonly Data[], length: number): Data {
  const validity = concatValidity(chunks, length);
  const stride = chunks[0]?.stride ?? 1;
  const ArrayType = type.ArrayType as TypedArrayConstructor;
  const values = columnArray(ArrayType, length * stride);
  let at = 0;
  for (const chunk of chunks) {
    const part = (chunk.values as Uint8Array).subarray(0, chunk.length * stride);
    (values as Uint8Array).set(part, at);
    at += chunk.length * stride;
  }
  return columnData(type, length, { values, ...validity });
}

function concatBytes(type: DataType, chunks: readonly Data[], length: number): Data {
  const validity = concatValidity(chunks, length);
  let numBytes = 0;
  for (const chunk of chunks) {
    const offsets = chunk.valueOffsets as Int32Array;
    numBytes += (offsets[chunk.length] as number) - (offsets[0] as number);
  }
  if (numBytes > maxOffset) throw tooManyBytes(numBytes);
  const values = columnArray(Uint8Array, numBytes);
  const valueOffsets = columnArray(Int32Array, length + 1);
  let row = 0;
  let at = 0;
  for (const chunk of chunks) {
    const offsets = chunk.valueOffsets as Int32Array;
    const start = offsets[0] as number;
    const end = offsets[chunk.length] as number;
    values.set((chunk.values as Uint8Array).subarray(start, end), at);
    valueOffsets.set(shiftOffsets(offsets, chunk.length, at - start), row);
    row += chunk.length;
    at += end - start;
  }
  return columnData(type, length, {
    values,
    valueOffsets,
    ...validity,
  });
}

function shiftOffsets(offsets: Int32Array, length: number, shift: number): Int32Array {
  const used = offsets.subarray(0, length + 1);
  return shift === 0 ? used : used.map((offset) => offset + shift);
}

function concatLists(type: DataType, chunks: readonly Data[], length: number): Data {
  const validity = concatValidity(chunks, length);
  const valueOffsets = columnArray(Int32Array, length + 1);
  const inner: Data[] = [];
  let row = 0;
  let at = 0;
  for (const chunk of chunks) {
    const offsets = Int32Array.from(chunk.valueOffsets as ArrayLike<number>, Number);
    const start = offsets[0] as number;
    const end = offsets[chunk.length] as number;
    inner.push((chunk.children[0] as Data).slice(start, end - start));
    valueOffsets.set(shiftOffsets(offsets, chunk.length, at - start), row);
    row += chunk.length;
    at += end - start;
  }
  const childType = (type.children as Field[])[0]?.type as DataType;
  const children = [concatData(inner[0]?.type ?? childType, inner)];
  const buffers = { valueOffsets, ...validity };
  return columnData(type, length, buffers, { children });
}

function concatChildren(
  target: DataType,
  type: DataType,
  chunks: readonly Data[],
  length: number,
): Data {
  const validity = concatValidity(chunks, length);
  const width = DataType.isFixedSizeList(type) ? type.listSize : 1;
  const children = (type.children as Field[]).map((field, index) => {
    const parts = chunks.map((chunk) =>
      (chunk.children[index] as Data).slice(0, chunk.length * width),
    );
    return concatData(field.type, parts);
  });
  return columnData(target, length, validity, { children });
}

function tooManyBytes(numBytes: number): CoppiceError {
  const message = `the text of one column of one partition must be less than 2 GiB; got ${numBytes} bytes. Use more, smaller partitions (row groups)`;
  return new CoppiceError('MEMORY_LIMIT', message);
}
