/** Which columns a stage for numbers takes. */
import type { DataType, Field } from 'apache-arrow';
import { columnTypeError } from '../pipeline/check-schema.ts';
import { isTimeType, numericKind } from '../table/columns/numeric-kind.ts';

/** Refuses a column that does not hold plain numbers (integers, floats, decimals, booleans). */
export function requireNumber(owner: string, field: Field): void {
  const type = field.type as DataType;
  const isNumber = numericKind(type) !== null && !isTimeType(type);
  if (!isNumber) throw columnTypeError(owner, 'an input', field, 'a number');
}
