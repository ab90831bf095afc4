/**
 * How a batch crosses a thread. Arrow objects do not survive postMessage, typed arrays do: a SharedBatch
 * is the tree of a batch's buffers with its schema as plain data, and the other side rebuilds the Arrow
 * objects around the same bytes.
 *
 * Batches that stay (plans, cached tables) lie in shared memory and cross as handles; batches that stream by do not,
 * because only memory of a thread's own is freed in time (shared-buffer.ts): the thread that read one gives its
 * memory away, or the message copies it.
 *
 *   SharedBatch { numRows, schema, columns: [ { values, valueOffsets, nullBitmap, children, dictionary } ] }
 */
import {
  Data,
  type DataType,
  type Dictionary,
  Field,
  type RecordBatch,
  Vector,
} from 'apache-arrow';
import { makeBatch } from '../columns/column-data.ts';
import { type TypedArray, toOwned, toShared, wholeBuffers } from '../columns/shared-buffer.ts';
import { concatData } from '../concat-rows.ts';
import {
  type FieldRecord,
  fieldFromRecord,
  fieldToRecord,
  type SchemaRecord,
  schemaFromRecord,
  schemaToRecord,
} from '../schema-record.ts';

/** One column's buffers. */
export interface SharedColumn {
  readonly length: number;
  /** Bits of the bitmap and of boolean values before the first row. */
  readonly offset: number;
  readonly nullCount: number;
  readonly values?: TypedArray;
  readonly valueOffsets?: Int32Array;
  readonly nullBitmap?: Uint8Array;
  readonly children: readonly SharedColumn[];
  readonly dictionary?: SharedColumn;
}

/** A batch as plain data, for a structured clone. */
export interface SharedBatch {
  readonly numRows: number;
  readonly schema: SchemaRecord;
  readonly columns: readonly SharedColumn[];
}

/** The buffers of a batch for keeps; those outside shared memory are copied into it once, whoever shares them. */
export function batchToShared(batch: RecordBatch): SharedBatch {
  const copies = new Map<TypedArray, TypedArray>();
  return toRecord(batch, (array) => {
    const copy = copies.get(array) ?? toShared(array);
    copies.set(array, copy);
    return copy as typeof array;
  });
}

/** The buffers of a batch that only passes by; the message that takes them copies them. */
export function batchToMessage(batch: RecordBatch): SharedBatch {
  return toRecord(batch, toOwned);
}

/**
 * The memory that the rows of a message lie in, which is the message's alone: a batch is made anew for each request.
 * Dictionaries are left out, for steps keep theirs.
 */
export function buffersOfRows(message: SharedBatch): ArrayBuffer[] {
  const arrays: (TypedArray | undefined)[] = [];
  const add = (column: SharedColumn): void => {
    arrays.push(column.values, column.valueOffsets, column.nullBitmap);
    column.children.forEach(add);
  };
  message.columns.forEach(add);
  return wholeBuffers(arrays);
}

/**
 * The same columns under Arrow objects of their own, to be encoded: no two share a dictionary's id, nor memory, for Arrow's
 * writer takes neighbours that do (one array given twice, a copied column) for one stretch of bytes and writes it once.
 */
export function freshBatch(batch: RecordBatch): RecordBatch {
  return batchFromShared(toRecord(batch, copyOfOverlaps()));
}

/** Copies what shares memory with an array before it. */
function copyOfOverlaps(): Place {
  const taken = new Map<ArrayBufferLike, [start: number, end: number][]>();
  return (array) => {
    const { buffer, byteOffset: start, byteLength } = array;
    const end = start + byteLength;
    const ranges = taken.get(buffer) ?? [];
    if (ranges.some(([from, to]) => start < to && from < end)) return array.slice() as typeof array;
    ranges.push([start, end]);
    taken.set(buffer, ranges);
    return array;
  };
}

/** The same column under Arrow objects of this thread's copy of Arrow. */
export function freshColumn(data: Data): Data {
  const { type } = fieldFromRecord(fieldToRecord(new Field('', data.type, true)));
  return fromSharedColumn(
    toColumnRecord(data, (array) => array),
    type,
  );
}

type Place = <T extends TypedArray>(array: T) => T;

function toRecord(batch: RecordBatch, place: Place): SharedBatch {
  return {
    numRows: batch.numRows,
    schema: schemaToRecord(batch.schema),
    columns: batch.data.children.map((data) => toColumnRecord(data, place)),
  };
}

/** The batch around the buffers; nothing is copied. */
export function batchFromShared(shared: SharedBatch): RecordBatch {
  const schema = schemaFromRecord(shared.schema);
  const children = shared.columns.map((column, index) =>
    fromSharedColumn(column, schema.fields[index]?.type as DataType),
  );
  return makeBatch(schema, children, shared.numRows);
}

/** The batch with only the columns of the given names; nothing is copied. */
export function makeColumnSubset(batch: SharedBatch, names: readonly string[]): SharedBatch {
  const wanted = new Set(names);
  const fields: FieldRecord[] = [];
  const columns: SharedColumn[] = [];
  for (const [index, field] of batch.schema.fields.entries()) {
    if (!wanted.has(field.name)) continue;
    fields.push(field);
    columns.push(batch.columns[index] as SharedColumn);
  }
  return { numRows: batch.numRows, schema: { ...batch.schema, fields }, columns };
}

function toColumnRecord(given: Data, place: Place): SharedColumn {
  const data = isSliver(given) ? concatData(given.type, [given]) : given;
  const values = data.values as TypedArray | undefined;
  const valueOffsets = data.valueOffsets as Int32Array | undefined;
  const nullBitmap = data.nullBitmap as Uint8Array | undefined;
  const hasNulls = nullBitmap !== undefined && nullBitmap.length > 0 && data.nullCount > 0;
  const { dictionary } = data;
  return {
    length: data.length,
    offset: data.offset,
    nullCount: data.nullCount,
    ...(values === undefined ? {} : { values: place(values) }),
    ...(valueOffsets === undefined ? {} : { valueOffsets: place(valueOffsets) }),
    ...(hasNulls ? { nullBitmap: place(nullBitmap) } : {}),
    children: data.children.map((child) => toColumnRecord(child, place)),
    ...(dictionary === undefined
      ? {}
      : { dictionary: toColumnRecord(oneChunk(dictionary), place) }),
  };
}

/** True for a slice of text that uses less than half of the bytes it holds on to. */
function isSliver(data: Data): boolean {
  const offsets = data.valueOffsets as Int32Array | undefined;
  const bytes = data.values as Uint8Array | undefined;
  if (offsets === undefined || bytes === undefined || bytes.length < 1024) return false;
  if (bytes.buffer instanceof SharedArrayBuffer) return false;
  return ((offsets[data.length] ?? 0) - (offsets[0] ?? 0)) * 2 < bytes.length;
}

function oneChunk(vector: Vector): Data {
  return vector.data.length === 1 ? (vector.data[0] as Data) : concatData(vector.type, vector.data);
}

function fromSharedColumn(column: SharedColumn, type: DataType): Data {
  const children = column.children.map((child, index) =>
    fromSharedColumn(child, (type.children as { type: DataType }[])[index]?.type as DataType),
  );
  const dictionary =
    column.dictionary === undefined
      ? undefined
      : new Vector([
          fromSharedColumn(column.dictionary, (type as Dictionary).dictionary as DataType),
        ]);
  // Arrow's order of buffers: offsets, values, validity.
  const buffers = { 0: column.valueOffsets, 1: column.values, 2: column.nullBitmap } as never;
  return new Data(
    type,
    column.offset,
    column.length,
    column.nullCount,
    buffers,
    children,
    dictionary,
  );
}
