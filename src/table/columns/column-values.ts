/**
 * Reads a column as numbers, in bulk: what training, statistics and prediction feed on. Nulls become NaN.
 *
 * A column is read as float32 where it is float32 (or half) and as float64 otherwise. Dates, times and
 * timestamps count in their own unit, decimals by their value, booleans as 0 and 1.
 */
import { DataType, Precision, type Vector } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { bitAt, eachNull, validityOf } from './bitmap.ts';
import { numericKind } from './numeric-kind.ts';
import {
  fillDecimal,
  fillHalf,
  isOther,
  type NumberData,
  type NumericArray,
} from './odd-numbers.ts';
import type { TypedArray } from './shared-buffer.ts';
import { typeName } from './type-name.ts';

export { encodeCategories } from './encode-categories.ts';
export { columnOf, type FeatureColumn, featureColumns } from './feature-columns.ts';
export { type NumericArray, numericKind };

/**
 * Writes a column's values to out[offset, offset + length).
 *
 * Nulls and NaN become NaN. 64-bit integers must lie within ±2^53; timestamps in nanoseconds are rounded
 * to the nearest float64 (whole seconds are exact).
 * @throws CoppiceError `DATA_INVALID` naming column and row, `COLUMN_TYPE`
 */
export function fillNumeric(
  vector: Vector,
  out: NumericArray,
  offset: number,
  name = 'a column',
): void {
  fill(vector, out, offset, { name, mayRound: false });
}

/**
 * As {@link fillNumeric}, with 64-bit integers of any size rounded to the nearest float64: for values that are measured
 * and compared (features, labels of a regression), not told apart one by one.
 *
 * @returns true where an integer or a decimal was not the same afterwards: one of more digits than float64 has
 */
export function fillRounded(
  vector: Vector,
  out: NumericArray,
  offset: number,
  name = 'a column',
): boolean {
  return fill(vector, out, offset, { name, mayRound: true });
}

function fill(
  vector: Vector,
  out: NumericArray,
  offset: number,
  how: { readonly name: string; readonly mayRound: boolean },
): boolean {
  let at = offset;
  let hasRounded = false;
  for (const data of vector.data) {
    const rounded = fillChunk(data, out, at, { ...how, firstRow: at - offset });
    hasRounded ||= rounded;
    fillNulls(data, out, at);
    at += data.length;
  }
  return hasRounded;
}

/** A column of numbers as Arrow lays it out, with its type as Arrow's or as plain data. */
export interface PlainNumbers {
  readonly type: { readonly typeId: number };
  readonly length: number;
  readonly offset: number;
  /** −1 where nobody counted. */
  readonly nullCount: number;
  readonly values: TypedArray;
  readonly nullBitmap?: Uint8Array | undefined;
}

/** As {@link fillRounded}, of a column that is none of Arrow's objects. */
export function fillPlain(data: PlainNumbers, out: NumericArray, name: string): boolean {
  const column = data as unknown as NumberData;
  const hasRounded = fillChunk(column, out, 0, { name, mayRound: true, firstRow: 0 });
  fillNulls(column, out, 0);
  return hasRounded;
}

/** A column's values in a new array. */
export function numericValues(vector: Vector, name?: string): Float64Array {
  const out = new Float64Array(vector.length);
  fillNumeric(vector, out, 0, name);
  return out;
}

/** A column's values in a new array, integers as {@link fillRounded} has them. */
export function roundedValues(vector: Vector, name?: string): Float64Array {
  const out = new Float64Array(vector.length);
  fillRounded(vector, out, 0, name);
  return out;
}

interface Place {
  readonly name: string;
  readonly firstRow: number;
  /** Integers beyond 2^53 too. */
  readonly mayRound: boolean;
}

/** Returns true where digits were lost. */
function fillChunk(data: NumberData, out: NumericArray, at: number, place: Place): boolean {
  const { type, length } = data;
  if (DataType.isBool(type)) {
    const bits = data.values as Uint8Array;
    for (let i = 0; i < length; i++) out[at + i] = bitAt(bits, data.offset + i);
  } else if (DataType.isFloat(type) && type.precision === Precision.HALF) {
    fillHalf(data.values as Uint16Array, length, out, at);
  } else if (DataType.isDecimal(type)) {
    return fillDecimal(data, out, at);
  } else if (DataType.isNull(type)) {
    out.fill(Number.NaN, at, at + length);
  } else if (numericKind(type) === null) {
    const message = `column ${place.name} must be numeric; got ${typeName(type)}`;
    throw new CoppiceError('COLUMN_TYPE', message, { context: { column: place.name } });
  } else if (data.values instanceof BigInt64Array || data.values instanceof BigUint64Array) {
    return fillWideIntegers(data, out, at, place);
  } else {
    // Int8 to Uint32, float32, float64: the platform converts array to array.
    const values = data.values as Float64Array;
    out.set(values.length === length ? values : values.subarray(0, length), at);
  }
  return false;
}

function fillNulls(data: NumberData, out: NumericArray, at: number): void {
  const bits = validityOf(data);
  if (bits === null) return;
  eachNull(bits, data.offset, data.length, (row) => {
    out[at + row] = Number.NaN;
  });
}

/** Reads 64-bit integers as two 32-bit halves: four times as fast as by BigInt. */
function fillWideIntegers(data: NumberData, out: NumericArray, at: number, place: Place): boolean {
  const values = data.values as BigInt64Array | BigUint64Array;
  const halves = new Int32Array(values.buffer, values.byteOffset, data.length * 2);
  const isSigned = values instanceof BigInt64Array;
  const bits = validityOf(data);
  const isThere = (row: number): boolean => bits === null || bitAt(bits, data.offset + row) === 1;
  const isTime = DataType.isTimestamp(data.type) || DataType.isDuration(data.type);
  const mayRound = place.mayRound || isTime;
  let hasRounded = false;
  for (let i = 0; i < data.length; i++) {
    const low = (halves[i * 2] as number) >>> 0;
    const signedHigh = halves[i * 2 + 1] as number;
    const high = isSigned ? signedHigh : signedHigh >>> 0;
    const value = high * 4294967296 + low;
    out[at + i] = value;
    // 2^21 of the high half is 2^53; the sum above is exact within it.
    if (high < -0x200000 || high > 0x200000 || (high === 0x200000 && low !== 0)) {
      const exact = values[i] as bigint;
      if (!mayRound && isThere(i)) throw tooWide(exact, i, place);
      const rounded = Number(exact);
      out[at + i] = rounded;
      hasRounded ||= !isTime && isOther(exact, rounded) && isThere(i);
    }
  }
  return hasRounded;
}

function tooWide(value: bigint, row: number, place: Place): CoppiceError {
  const where = place.firstRow + row;
  const message =
    `integers of column ${place.name} must lie within ±2^53 to be told apart as numbers; got ${value} in row ${where} of the partition. ` +
    `Cast it to string (or to double, which rounds)`;
  return new CoppiceError('DATA_INVALID', message, { context: { column: place.name, row: where } });
}
