/**
 * Which type holds the columns of two files of one data set? Writers choose types by the values of a file: whole numbers
 * become fractions where one is missing, and units of time differ between versions of a library. Every value is kept as
 * it is, or there is no such type.
 *
 *     int + wider int → the wider one      int + float → double      float + double → double
 *     timestamp(us) + timestamp(ns) → timestamp(ns), of one zone
 */
import { type Data, DataType, Float64, Int } from 'apache-arrow';
import { castData } from './cast-column.ts';
import { canConform, conformData } from './conform-column.ts';
import { sameType } from './type-name.ts';

/** The type that holds the values of both; null where there is none. */
export function widerType(a: DataType, b: DataType): DataType | null {
  if (DataType.isInt(a) && DataType.isInt(b)) return widerInteger(a, b);
  if (DataType.isFloat(a) && DataType.isFloat(b)) return a.precision > b.precision ? a : b;
  if (isNumber(a) && isNumber(b)) return new Float64();
  if (DataType.isTimestamp(a) && DataType.isTimestamp(b)) {
    if ((a.timezone ?? '') !== (b.timezone ?? '')) return null;
    return a.unit > b.unit ? a : b;
  }
  return null;
}

/** True when {@link widenData} brings every value of one type into the other, or says which it cannot. */
export function canWiden(from: DataType, to: DataType): boolean {
  if (canConform(from, to)) return true;
  const wider = widerType(from, to);
  return wider !== null && sameType(wider, to);
}

/** The column in the type of the table. @throws CoppiceError `COLUMN_TYPE`, `DATA_INVALID` */
export function widenData(data: Data, type: DataType, name: string): Data {
  if (canConform(data.type, type)) return conformData(data, type);
  return castData(data, type, { name, strict: true, keepsIntegers: true });
}

function isNumber(type: DataType): boolean {
  return DataType.isInt(type) || DataType.isFloat(type);
}

function widerInteger(a: Int, b: Int): DataType | null {
  if (a.isSigned === b.isSigned) return a.bitWidth >= b.bitWidth ? a : b;
  const [signed, unsigned] = a.isSigned ? [a, b] : [b, a];
  if (signed.bitWidth > unsigned.bitWidth) return signed;
  return unsigned.bitWidth < 64 ? new Int(true, (unsigned.bitWidth * 2) as 64) : null;
}
