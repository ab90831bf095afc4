/** Which columns a stage for numbers takes. */
import { DataType, type Field } from 'apache-arrow';
import { columnTypeError } from '../pipeline/check-schema.ts';
import { numericKind } from '../table/columns/column-values.ts';

/** Refuses a column that does not hold plain numbers (integers, floats, decimals, booleans). */
export function requireNumber(owner: string, field: Field): void {
  const type = field.type as DataType;
  const isNumber = numericKind(type) !== null && !isTime(type);
  if (!isNumber) throw columnTypeError(owner, 'an input', field, 'a number');
}

function isTime(type: DataType): boolean {
  return (
    DataType.isDate(type) ||
    DataType.isTimestamp(type) ||
    DataType.isTime(type) ||
    DataType.isDuration(type)
  );
}
