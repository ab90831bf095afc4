/** Columns with one value in every row: what the folders of a partitioned data set say (`key=value`). */
import { type Data, DataType, Field } from 'apache-arrow';
import { type TypeRecord, typeFromRecord } from '../schema-record.ts';
import { nullData } from './conform-column.ts';
import { dictionaryColumn, fixedWidthColumn } from './make-column.ts';
import { columnArray, type TypedArrayConstructor } from './shared-buffer.ts';

/** A column and its one value: a number for numeric types, text for a dictionary of text, or null. */
export interface ConstantColumn {
  readonly name: string;
  readonly type: TypeRecord;
  readonly value: string | number | null;
}

/** The column of a constant. */
export function constantColumn(constant: ConstantColumn, numRows: number): [Field, Data] {
  const { name, value } = constant;
  const type = typeFromRecord(constant.type);
  const field = new Field(name, type, true);
  if (value === null) return [field, nullData(type, numRows)];
  if (typeof value === 'string') {
    const codes = columnArray(Int32Array, numRows);
    return [field, dictionaryColumn(codes, [value]).data[0] as Data];
  }
  const values = columnArray(type.ArrayType as TypedArrayConstructor<Float64Array>, numRows);
  const isWide = DataType.isInt(type) && type.bitWidth === 64;
  values.fill(isWide ? (BigInt(value) as never) : value);
  return [field, fixedWidthColumn(type, values).data[0] as Data];
}
