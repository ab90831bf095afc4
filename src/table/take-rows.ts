/**
 * Picks rows of a column or batch by position: the gather behind filter, sample,
 * orderBy and distinct. Columns have the table's layouts (normal-type.ts).
 */
import { type Data, DataType, type RecordBatch, Schema, Type } from 'apache-arrow';
import { bitAt, validityOf } from './columns/bitmap.ts';
import { columnData, makeBatch, withType } from './columns/column-data.ts';
import { normalType } from './columns/normal-type.ts';
import {
  bitmapBytes,
  columnArray,
  type TypedArray,
  type TypedArrayConstructor,
} from './columns/shared-buffer.ts';
import { concatData } from './concat-rows.ts';

/** Row positions, each less than the number of rows. */
export type RowIndices = Int32Array | Uint32Array;

/** The batch of the rows at `indices`, in that order. */
export function takeRows(batch: RecordBatch, indices: RowIndices): RecordBatch {
  const columns = batch.data.children.map((column) => takeData(column, indices));
  const fields = batch.schema.fields.map((field, index) => withType(field, columns[index] as Data));
  return makeBatch(new Schema(fields, batch.schema.metadata), columns, indices.length);
}

/** The rows of a batch whose byte in the mask is not 0. */
export function filterRows(batch: RecordBatch, mask: Uint8Array): RecordBatch {
  const indices = positionsOf(mask);
  return indices.length === batch.numRows ? batch : takeRows(batch, indices);
}

/** Rows [start, end) of a batch; nothing is copied. */
export function sliceRows(batch: RecordBatch, start: number, end: number): RecordBatch {
  if (start === 0 && end === batch.numRows) return batch;
  const length = Math.max(0, end - start);
  const columns = batch.data.children.map((column) => column.slice(start, length));
  return makeBatch(batch.schema, columns, length);
}

/** The positions of the bytes that are not 0, ascending. */
export function positionsOf(mask: Uint8Array): Int32Array {
  let count = 0;
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) count++;
  const positions = new Int32Array(count);
  let at = 0;
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) positions[at++] = i;
  return positions;
}

/** The column of the rows at `indices`. */
export function takeData(given: Data, indices: RowIndices): Data {
  const data = normalType(given.type) === given.type ? given : concatData(given.type, [given]);
  const length = indices.length;
  const validity = takeValidity(data, indices);
  const { type } = data;
  switch (type.typeId) {
    case Type.Null:
      return columnData(type, length, { nullCount: length });
    case Type.Bool: {
      const values = takeBits(data.values as Uint8Array, data.offset, indices);
      return columnData(type, length, { values, ...validity });
    }
    case Type.Utf8:
    case Type.Binary:
      return takeBytes(data, indices, validity);
    case Type.List:
    case Type.Map:
      return takeLists(data, indices, validity);
    case Type.FixedSizeList:
    case Type.Struct: {
      const inner = DataType.isFixedSizeList(type) ? widen(indices, type.listSize) : indices;
      const children = data.children.map((child) => takeData(child, inner));
      return columnData(type, length, validity, { children });
    }
    default:
      return takeFixedWidth(data, indices, validity);
  }
}

interface TakenValidity {
  readonly nullCount: number;
  readonly nullBitmap?: Uint8Array;
}

function takeValidity(data: Data, indices: RowIndices): TakenValidity {
  const bits = validityOf(data);
  if (bits === null) return { nullCount: 0 };
  return { nullCount: -1, nullBitmap: takeBits(bits, data.offset, indices) };
}

function takeBits(bits: Uint8Array, offset: number, indices: RowIndices): Uint8Array {
  const taken = columnArray(Uint8Array, bitmapBytes(indices.length));
  for (let i = 0; i < indices.length; i++) {
    const bit = bitAt(bits, offset + (indices[i] as number));
    taken[i >> 3] = (taken[i >> 3] as number) | (bit << (i & 7));
  }
  return taken;
}

function takeFixedWidth(data: Data, indices: RowIndices, validity: TakenValidity): Data {
  const { stride, type } = data;
  const source = data.values as Float64Array;
  const ArrayType = source.constructor as TypedArrayConstructor<TypedArray>;
  const values = columnArray(ArrayType, indices.length * stride) as Float64Array;
  if (stride === 1) {
    for (let i = 0; i < indices.length; i++) values[i] = source[indices[i] as number] as number;
  } else {
    for (let i = 0; i < indices.length; i++) {
      const from = (indices[i] as number) * stride;
      for (let j = 0; j < stride; j++) values[i * stride + j] = source[from + j] as number;
    }
  }
  const parts = data.dictionary === undefined ? {} : { dictionary: data.dictionary };
  const buffers = { values, ...validity };
  return columnData(type, indices.length, buffers, parts);
}

function takeBytes(data: Data, indices: RowIndices, validity: TakenValidity): Data {
  const offsets = data.valueOffsets as Int32Array;
  const source = data.values as Uint8Array;
  const valueOffsets = columnArray(Int32Array, indices.length + 1);
  let total = 0;
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i] as number;
    total += (offsets[row + 1] as number) - (offsets[row] as number);
    valueOffsets[i + 1] = total;
  }
  const values = columnArray(Uint8Array, total);
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i] as number;
    const start = offsets[row] as number;
    const end = offsets[row + 1] as number;
    let at = valueOffsets[i] as number;
    for (let j = start; j < end; j++) values[at++] = source[j] as number;
  }
  const buffers = { values, valueOffsets, ...validity };
  return columnData(data.type, indices.length, buffers);
}

function takeLists(data: Data, indices: RowIndices, validity: TakenValidity): Data {
  const offsets = data.valueOffsets as Int32Array;
  const valueOffsets = columnArray(Int32Array, indices.length + 1);
  const inner: number[] = [];
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i] as number;
    for (let j = offsets[row] as number; j < (offsets[row + 1] as number); j++) inner.push(j);
    valueOffsets[i + 1] = inner.length;
  }
  const children = [takeData(data.children[0] as Data, Int32Array.from(inner))];
  const buffers = { valueOffsets, ...validity };
  return columnData(data.type, indices.length, buffers, { children });
}

function widen(indices: RowIndices, width: number): RowIndices {
  const wide = new Uint32Array(indices.length * width);
  for (let i = 0; i < indices.length; i++) {
    for (let j = 0; j < width; j++) wide[i * width + j] = (indices[i] as number) * width + j;
  }
  return wide;
}
