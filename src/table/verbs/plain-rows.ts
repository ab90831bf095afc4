/** Rows as objects of JavaScript's own values: what `take` gives, a scorer takes and JSON can say. */
import { DataType, type Field, type Table, Vector } from 'apache-arrow';
import { decimalAt } from '../columns/decimal-digits.ts';

/** A row as Arrow has it, or a struct within one. */
interface ArrowRow {
  toJSON(): Record<string, unknown>;
}

/** Each row: vectors and lists as arrays, structs as objects, decimals as numbers. */
export function plainRows(table: Table): Record<string, unknown>[] {
  return table.toArray().map((row: ArrowRow) => plainStruct(row, table.schema.fields));
}

function plainStruct(row: ArrowRow, fields: readonly Field[]): Record<string, unknown> {
  const values = row.toJSON();
  for (const { name, type } of fields) {
    if (isOdd(type as DataType)) values[name] = plainValue(values[name], type as DataType);
  }
  return values;
}

function isOdd(type: DataType): boolean {
  if (DataType.isDictionary(type)) return isOdd(type.dictionary as DataType);
  const isNested = DataType.isStruct(type) || DataType.isList(type) || DataType.isLargeList(type);
  return isNested || DataType.isFixedSizeList(type) || DataType.isDecimal(type);
}

function plainValue(value: unknown, type: DataType): unknown {
  if (value === null || value === undefined) return value;
  if (DataType.isDictionary(type)) return plainValue(value, type.dictionary as DataType);
  if (DataType.isDecimal(type)) {
    const words = value as Uint32Array;
    return Number(`${decimalAt(words, 0, words.length)}e${-type.scale}`);
  }
  if (DataType.isStruct(type)) return plainStruct(value as ArrowRow, type.children);
  if (!(value instanceof Vector)) return value;
  return Array.from(value, (item: unknown) => plainValue(item, value.type as DataType));
}
