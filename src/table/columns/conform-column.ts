/**
 * Brings a column into another layout of the same meaning: a dictionary into its values and back, and a
 * column that is all null into a column of any type. Files of one data set, and the two sides of a
 * union, may differ in these.
 */
import { type Data, DataType, type Field, type RecordBatch, Schema, Vector } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { concatData } from '../concat-rows.ts';
import { takeData } from '../take-rows.ts';
import { bitAt, validityOf } from './bitmap.ts';
import { columnData, makeBatch } from './column-data.ts';
import { encodeCategories } from './encode-categories.ts';
import { findPlace } from './find-column.ts';
import { dictionaryColumn } from './make-column.ts';
import { bitmapBytes, columnArray, type TypedArrayConstructor } from './shared-buffer.ts';
import { logicalTypeName, sameType, typeName } from './type-name.ts';

/** True when {@link conformData} can bring a column of one type into the other. */
export function canConform(from: DataType, to: DataType): boolean {
  if (DataType.isNull(from) || sameType(from, to)) return true;
  const isPlain = !DataType.isStruct(from) && !DataType.isStruct(to);
  return isPlain && logicalTypeName(from) === logicalTypeName(to);
}

/** The column in the layout of the type. @throws CoppiceError `COLUMN_TYPE` */
export function conformData(data: Data, type: DataType): Data {
  if (sameType(data.type, type)) return data;
  if (DataType.isNull(data.type)) return nullData(type, data.length);
  if (DataType.isDictionary(data.type) && !DataType.isDictionary(type)) {
    return conformData(dictionaryValues(data), type);
  }
  if (DataType.isDictionary(type) && DataType.isUtf8(data.type)) {
    const codes = columnArray(Int32Array, data.length);
    const values = encodeCategories(new Vector([data]), codes, 0);
    return dictionaryColumn(codes, values).data[0] as Data;
  }
  const message = `type of a column must be ${typeName(type)}; got ${typeName(data.type)}`;
  throw new CoppiceError('COLUMN_TYPE', message);
}

/** The batch with its columns, by name, in the layouts and order of a schema. */
export function conformBatch(batch: RecordBatch, schema: Schema): RecordBatch {
  const fields: Field[] = [];
  const columns: Data[] = [];
  for (const field of schema.fields) {
    const index = findPlace(batch.schema.fields, field.name);
    const data = batch.data.children[index];
    if (data === undefined) continue;
    fields.push(field);
    columns.push(conformData(data, field.type));
  }
  return makeBatch(new Schema(fields, schema.metadata), columns, batch.numRows);
}

/** The values of a dictionary column, one a row. */
export function dictionaryValues(data: Data): Data {
  const vector = data.dictionary as Vector;
  const dictionary = concatData(vector.type, vector.data);
  const codes = data.values as Int32Array;
  const bits = validityOf(data);
  if (bits === null && dictionary.nullCount === 0)
    return takeData(dictionary, codes.subarray(0, data.length));
  // A row without a value takes a null: the one after the last value.
  const withNull = concatData(dictionary.type, [dictionary, nullData(dictionary.type, 1)]);
  const rows = new Int32Array(data.length);
  for (let i = 0; i < rows.length; i++) {
    const isValid = bits === null || bitAt(bits, data.offset + i) === 1;
    rows[i] = isValid ? (codes[i] as number) : dictionary.length;
  }
  return takeData(withNull, rows);
}

/** A batch without rows. */
export function emptyBatch(schema: Schema): RecordBatch {
  const columns = schema.fields.map((field) => nullData(field.type, 0));
  return makeBatch(schema, columns, 0);
}

/** A column of nothing but nulls. */
export function nullData(type: DataType, length: number): Data {
  if (DataType.isNull(type)) return columnData(type, length, { nullCount: length });
  const validity = { nullCount: length, nullBitmap: columnArray(Uint8Array, bitmapBytes(length)) };
  const children = ((type.children ?? []) as Field[]).map((field) => {
    if (DataType.isList(type) || DataType.isMap(type)) return nullData(field.type, 0);
    return nullData(field.type, DataType.isFixedSizeList(type) ? length * type.listSize : length);
  });
  const hasOffsets = DataType.isUtf8(type) || DataType.isBinary(type);
  if (hasOffsets || DataType.isList(type) || DataType.isMap(type)) {
    const valueOffsets = columnArray(Int32Array, length + 1);
    const values = hasOffsets ? { values: columnArray(Uint8Array, 0) } : {};
    return columnData(type, length, { ...validity, valueOffsets, ...values }, { children });
  }
  if (children.length > 0 || DataType.isStruct(type))
    return columnData(type, length, validity, { children });
  if (DataType.isDictionary(type)) {
    const dictionary = new Vector([nullData(type.dictionary as DataType, 0)]);
    const values = columnArray(Int32Array, length);
    return columnData(type, length, { ...validity, values }, { dictionary });
  }
  const isBool = DataType.isBool(type);
  const { stride } = columnData(type, 0, {});
  const ArrayType = type.ArrayType as TypedArrayConstructor;
  const values = columnArray(ArrayType, isBool ? bitmapBytes(length) : length * stride);
  return columnData(type, length, { ...validity, values });
}
