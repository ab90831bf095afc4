/**
 * The values that an expression is carried out on: numbers as float64, booleans as bytes, text as codes
 * into its distinct values (so that a function of text runs once for each distinct text).
 */
import { type Data, DataType, Float64, Int32, TimestampMillisecond, Vector } from 'apache-arrow';
import { CoppiceError, isCoppiceError } from '../../base/errors.ts';
import { bitAt, maskOfValidity } from '../columns/bitmap.ts';
import { numbersToData } from '../columns/cast-column.ts';
import { fillNumeric } from '../columns/column-values.ts';
import { encodeCategories } from '../columns/encode-categories.ts';
import { boolColumn, dictionaryColumn, utf8ColumnOfCodes } from '../columns/make-column.ts';
import type { LiteralValue } from './expression-node.ts';
import { integerType, valueKind } from './infer-type.ts';

/** Numbers, dates and timestamps, in the type's own unit. */
export interface NumberValues {
  readonly kind: 'number';
  readonly type: DataType;
  readonly values: Float64Array;
  readonly valid: Uint8Array;
  /** The exact values where float64 cannot hold them all: integers of 64 bits, which can be compared only, and times. */
  readonly wide?: BigInt64Array | BigUint64Array;
}

/** Booleans, one byte each. */
export interface BoolValues {
  readonly kind: 'bool';
  readonly values: Uint8Array;
  readonly valid: Uint8Array;
}

/** Text: row → texts[code], −1 for null. */
export interface TextValues {
  readonly kind: 'text';
  readonly codes: Int32Array;
  readonly texts: readonly string[];
}

/** Values of one expression. */
export type Values = NumberValues | BoolValues | TextValues;

/** The values of a column. */
export function valuesOfColumn(data: Data, name: string): Values {
  const kind = valueKind(data.type);
  if (kind === 'text') {
    const codes = new Int32Array(data.length);
    const texts = encodeCategories(new Vector([data]), codes, 0);
    return { kind: 'text', codes, texts };
  }
  const valid = maskOfValidity(data);
  if (kind === 'bool') {
    const bits = data.values as Uint8Array;
    const values = new Uint8Array(data.length);
    for (let i = 0; i < values.length; i++) values[i] = bitAt(bits, data.offset + i);
    return { kind: 'bool', values, valid };
  }
  const values = new Float64Array(data.length);
  if (kind === 'null') return { kind: 'number', type: new Float64(), values, valid };
  try {
    fillNumeric(new Vector([data]), values, 0, name);
  } catch (error) {
    if (!isCoppiceError(error, 'DATA_INVALID')) throw error;
    const wide = data.values as BigInt64Array;
    for (let i = 0; i < values.length; i++) values[i] = Number(wide[i]);
    return { kind: 'number', type: data.type, values, valid, wide };
  }
  if (kind === 'time' && data.values instanceof BigInt64Array && isRounded(values))
    return { kind: 'number', type: data.type, values, valid, wide: data.values };
  return { kind: 'number', type: data.type, values, valid };
}

/** Whether there are values that float64 may not have. */
export function isRounded(values: Float64Array): boolean {
  return values.some((value) => value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER);
}

/** A constant, once for each row. */
export function valuesOfLiteral(value: LiteralValue, numRows: number): Values {
  if (value === null) return { kind: 'text', codes: new Int32Array(numRows).fill(-1), texts: [] };
  if (typeof value === 'string')
    return { kind: 'text', codes: new Int32Array(numRows), texts: [value] };
  const valid = new Uint8Array(numRows).fill(1);
  if (typeof value === 'boolean') {
    return { kind: 'bool', values: new Uint8Array(numRows).fill(value ? 1 : 0), valid };
  }
  const values = new Float64Array(numRows);
  if (typeof value === 'bigint') {
    const type = integerType(value);
    const isExact = BigInt(Number(value)) === value;
    values.fill(Number(value));
    if (isExact) return { kind: 'number', type, values, valid };
    const wide = type.isSigned ? new BigInt64Array(numRows) : new BigUint64Array(numRows);
    return { kind: 'number', type, values, valid, wide: wide.fill(value) };
  }
  if (typeof value === 'object') {
    return {
      kind: 'number',
      type: new TimestampMillisecond(),
      values: values.fill(value.dateMs),
      valid,
    };
  }
  const type = Object.is(value | 0, value) ? new Int32() : new Float64();
  return { kind: 'number', type, values: values.fill(value), valid };
}

/** The column of values in a type that inferType gave for them. */
export function columnOfValues(values: Values, type: DataType): Data {
  if (values.kind === 'text') {
    const { codes, texts } = values;
    const column = DataType.isDictionary(type)
      ? dictionaryColumn(codes, texts)
      : utf8ColumnOfCodes(codes, texts);
    return column.data[0] as Data;
  }
  const valid = values.valid.includes(0) ? values.valid : undefined;
  if (values.kind === 'bool') return boolColumn(values.values, valid).data[0] as Data;
  return numbersToData(values.wide ?? values.values, values.valid, type);
}

/** True in each row that has a value. */
export function validityOfValues(values: Values): Uint8Array {
  if (values.kind !== 'text') return values.valid;
  const { codes } = values;
  const valid = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i++) valid[i] = (codes[i] as number) < 0 ? 0 : 1;
  return valid;
}

/** Numbers, also of booleans. */
export function asNumbers(values: Values): NumberValues {
  if (values.kind === 'number') return values;
  const length = values.kind === 'bool' ? values.values.length : values.codes.length;
  const numbers = new Float64Array(length);
  if (values.kind === 'bool') numbers.set(values.values);
  return { kind: 'number', type: new Float64(), values: numbers, valid: validityOfValues(values) };
}

/** Text; what has none is a constant null, as the types were checked. */
export function asText(values: Values): TextValues {
  if (values.kind === 'text') return values;
  return { kind: 'text', codes: new Int32Array(values.values.length).fill(-1), texts: [] };
}

/** Booleans; what has none is a constant null. */
export function asBools(values: Values): BoolValues {
  if (values.kind === 'bool') return values;
  const length = values.kind === 'text' ? values.codes.length : values.values.length;
  return { kind: 'bool', values: new Uint8Array(length), valid: new Uint8Array(length) };
}

/** The numbers, when float64 holds them. @throws CoppiceError `DATA_INVALID` */
export function exactNumbers(values: NumberValues, what: string): NumberValues {
  if (values.wide === undefined) return values;
  const message = `integers of the expression ${what} must lie within ±2^53 to be calculated with; got larger ones. Cast them to double, which rounds, or to string to use them as names`;
  throw new CoppiceError('DATA_INVALID', message);
}
