/** Which types are read as numbers, and at which width. */
import { DataType, Precision } from 'apache-arrow';

/** True for dates, timestamps, times of day and durations: numbers to a feature, but neither measures nor classes. */
export function isTimeType(type: DataType): boolean {
  return (
    DataType.isDate(type) ||
    DataType.isTimestamp(type) ||
    DataType.isTime(type) ||
    DataType.isDuration(type)
  );
}

/** How a column of the type is read: as float32, as float64, or not as numbers (null). */
export function numericKind(type: DataType): 'f32' | 'f64' | null {
  if (DataType.isFloat(type)) return type.precision === Precision.DOUBLE ? 'f64' : 'f32';
  const isNumber =
    DataType.isInt(type) ||
    DataType.isBool(type) ||
    DataType.isDecimal(type) ||
    DataType.isDate(type) ||
    DataType.isTimestamp(type) ||
    DataType.isTime(type) ||
    DataType.isDuration(type) ||
    DataType.isNull(type);
  return isNumber ? 'f64' : null;
}
