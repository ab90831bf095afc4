/** Zeros that stand for "not there", as in counts of words or sums of months without a payment. */
import { DataType } from 'apache-arrow';

/** True for columns of numbers that can be 0; dates and booleans have no such zero. */
export function hasZeros(type: DataType): boolean {
  return DataType.isInt(type) || DataType.isFloat(type) || DataType.isDecimal(type);
}

/** Turns zeros of either sign into missing values, in place. */
export function zerosAsMissing(values: Float32Array | Float64Array): void {
  for (let i = 0; i < values.length; i++) if (values[i] === 0) values[i] = Number.NaN;
}
