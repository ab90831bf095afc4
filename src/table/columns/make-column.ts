/**
 * Makes columns out of typed arrays without a loop over rows: what estimators, models and feature stages
 * write. The arrays become the columns as they are; they must not be written to afterwards.
 *
 * `valid` is a mask of one byte a row, 0 where the row is null; without it no row is null.
 */
import {
  Bool,
  type DataType,
  Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  type RecordBatch,
  Schema,
  Struct,
  Utf8,
  Vector,
} from 'apache-arrow';
import { concatData } from '../concat-rows.ts';
import { bitmapOfMask } from './bitmap.ts';
import { type ColumnBuffers, columnData, makeBatch } from './column-data.ts';
import { columnArray, type TypedArray } from './shared-buffer.ts';

/** A float64 column. */
export function float64Column(values: Float64Array, valid?: Uint8Array): Vector {
  return fixedWidthColumn(new Float64(), values, valid);
}

/** A float32 column. */
export function float32Column(values: Float32Array, valid?: Uint8Array): Vector {
  return fixedWidthColumn(new Float32(), values, valid);
}

/** An int32 column. */
export function int32Column(values: Int32Array, valid?: Uint8Array): Vector {
  return fixedWidthColumn(new Int32(), values, valid);
}

/** A column of any type whose values are one number a row; the array is that of the type. */
export function fixedWidthColumn(type: DataType, values: TypedArray, valid?: Uint8Array): Vector {
  const buffers = { values, ...validity(valid) };
  return new Vector([columnData(type, values.length, buffers)]);
}

/** A boolean column of one byte a row, 0 for false. */
export function boolColumn(values: Uint8Array, valid?: Uint8Array): Vector {
  const buffers = { values: bitmapOfMask(values), ...validity(valid) };
  return new Vector([columnData(new Bool(), values.length, buffers)]);
}

/** A column of strings, one a row; null where there is none. Meant for short lists. */
export function utf8Column(values: readonly (string | null)[]): Vector {
  const encoder = new TextEncoder();
  const cells = values.map((value) => encoder.encode(value ?? ''));
  const valueOffsets = columnArray(Int32Array, values.length + 1);
  for (const [i, cell] of cells.entries()) {
    valueOffsets[i + 1] = (valueOffsets[i] as number) + cell.length;
  }
  const bytes = columnArray(Uint8Array, valueOffsets[values.length] as number);
  for (const [i, cell] of cells.entries()) bytes.set(cell, valueOffsets[i] as number);
  const valid = Uint8Array.from(values, (value) => (value === null ? 0 : 1));
  const buffers = { values: bytes, valueOffsets, ...validity(valid) };
  return new Vector([columnData(new Utf8(), values.length, buffers)]);
}

/** A column of strings: `values[codes[row]]` in each row, null where the code is negative. */
export function utf8ColumnOfCodes(codes: Int32Array, values: readonly string[]): Vector {
  const encoder = new TextEncoder();
  const cells = values.map((value) => encoder.encode(value));
  const valueOffsets = columnArray(Int32Array, codes.length + 1);
  let total = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    total += code < 0 ? 0 : (cells[code] as Uint8Array).length;
    valueOffsets[i + 1] = total;
  }
  const bytes = columnArray(Uint8Array, total);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    if (code >= 0) bytes.set(cells[code] as Uint8Array, valueOffsets[i] as number);
  }
  const valid = validCodes(codes);
  const buffers = { values: bytes, valueOffsets, ...validity(valid) };
  return new Vector([columnData(new Utf8(), codes.length, buffers)]);
}

/** A dictionary column: row → values[code], null where the code is negative. */
export function dictionaryColumn(codes: Int32Array, values: readonly string[] | Vector): Vector {
  const dictionary = values instanceof Vector ? values : utf8Column(values);
  const valid = validCodes(codes);
  const kept = valid === undefined ? codes : codes.map((code) => Math.max(0, code));
  const type = new Dictionary(dictionary.type as DataType, new Int32());
  const buffers = { values: kept, ...validity(valid) };
  return new Vector([columnData(type, codes.length, buffers, { dictionary })]);
}

/** A column of vectors: row i holds values[i · width, (i + 1) · width). */
export function fixedSizeListColumn(
  values: Float64Array | Float32Array,
  width: number,
  valid?: Uint8Array,
): Vector {
  const item = values instanceof Float64Array ? new Float64() : new Float32();
  const child = columnData(item, values.length, { values: values });
  const type = new FixedSizeList(width, new Field('item', item, false));
  const length = width === 0 ? 0 : values.length / width;
  const buffers = { ...validity(valid) };
  return new Vector([columnData(type, length, buffers, { children: [child] })]);
}

/** A struct column whose children are the given columns; nothing is copied. */
export function structColumn(
  columns: readonly (readonly [string, Vector])[],
  numRows: number,
): Vector {
  const fields = columns.map(([name, column]) => new Field(name, column.type, true));
  const children = columns.map(([, column]) => onlyChunk(column));
  return new Vector([columnData(new Struct(fields), numRows, {}, { children })]);
}

/** A batch of named columns of one length. */
export function batchOfColumns(columns: readonly (readonly [string, Vector])[]): RecordBatch {
  const fields = columns.map(([name, column]) => new Field(name, column.type, true));
  const children = columns.map(([, column]) => onlyChunk(column));
  return makeBatch(new Schema(fields), children, children[0]?.length ?? 0);
}

/** Columns from which on those of a batch are found by a table of names. */
const manyColumns = 32;

/** The batch with columns replaced in place, or added at the end; nothing is copied. */
export function withColumns(
  batch: RecordBatch,
  columns: readonly (readonly [Field, Vector])[],
): RecordBatch {
  const fields = [...batch.schema.fields];
  const children = [...batch.data.children];
  const places =
    columns.length < manyColumns ? null : new Map(fields.map(({ name }, place) => [name, place]));
  for (const [field, column] of columns) {
    const { name } = field;
    const known =
      places === null ? fields.findIndex((other) => other.name === name) : (places.get(name) ?? -1);
    const at = known < 0 ? fields.length : known;
    places?.set(name, at);
    fields[at] = new Field(field.name, column.type, field.nullable, field.metadata);
    children[at] = onlyChunk(column);
  }
  return makeBatch(new Schema(fields, batch.schema.metadata), children, batch.numRows);
}

function onlyChunk(column: Vector) {
  const chunk = column.data.length === 1 ? column.data[0] : undefined;
  return chunk ?? concatData(column.type, column.data);
}

function validCodes(codes: Int32Array): Uint8Array | undefined {
  let hasNull = false;
  for (let i = 0; i < codes.length && !hasNull; i++) hasNull = (codes[i] as number) < 0;
  return hasNull ? Uint8Array.from(codes, (code) => (code < 0 ? 0 : 1)) : undefined;
}

function validity(valid: Uint8Array | undefined): ColumnBuffers {
  return valid === undefined ? {} : { nullCount: -1, nullBitmap: bitmapOfMask(valid) };
}
