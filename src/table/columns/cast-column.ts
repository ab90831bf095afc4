/**
 * Brings a column into another type by its values' meaning: numbers, booleans, text, dates, timestamps,
 * categories, vectors. A value that the type cannot hold is an error that names it, or a null where asked.
 */
import {
  type Data,
  DataType,
  DateUnit,
  type FixedSizeList,
  Float64,
  Precision,
  type TimeUnit,
  Vector,
} from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { maskOfValidity } from './bitmap.ts';
import {
  booleansOfIntegers,
  castIntegers,
  floatsOfNumbers,
  integersOfNumbers,
  type RefuseValue,
  ticksOfTimes,
} from './cast-numbers.ts';
import { castTimes } from './cast-times.ts';
import { fillNumeric, fillRounded, numericValues } from './column-values.ts';
import { conformData, dictionaryValues } from './conform-column.ts';
import {
  decimalAt,
  decimalText,
  fitsPrecision,
  parseDecimal,
  rescaledDecimal,
} from './decimal-digits.ts';
import { decimalsOfIntegers } from './decimals-of-integers.ts';
import { encodeCategories } from './encode-categories.ts';
import {
  boolColumn,
  dictionaryColumn,
  fixedSizeListColumn,
  fixedWidthColumn,
  utf8ColumnOfCodes,
} from './make-column.ts';
import { numericKind } from './numeric-kind.ts';
import {
  dateText,
  parseBoolean,
  parseDate,
  parseInteger,
  parseNumber,
  parseTimestamp,
  timestampText,
} from './parse-text.ts';
import { columnArray, type TypedArray, type TypedArrayConstructor } from './shared-buffer.ts';
import { logicalTypeName, sameType, typeName } from './type-name.ts';
import { wideOfNumbers } from './wide-ticks.ts';

/** How to cast. */
export interface CastOptions {
  /** The column's name, for errors. */
  readonly name: string;
  /** A value that does not fit is an error; else it becomes null. */
  readonly strict: boolean;
  /** Integers that float64 does not have are refused, for nobody asked for another type. */
  readonly keepsIntegers?: boolean;
}

/** By Arrow's number of the unit: naming them here would load Arrow at import. */
const ticksPerSecond: Record<TimeUnit, bigint> = {
  0: 1n,
  1: 1000n,
  2: 1_000_000n,
  3: 1_000_000_000n,
};

/** The column in another type. @throws CoppiceError `COLUMN_TYPE`, `DATA_INVALID` */
export function castData(data: Data, type: DataType, options: CastOptions): Data {
  if (sameType(data.type, type)) return data;
  if (DataType.isNull(data.type)) return conformData(data, type);
  const from = DataType.isDictionary(data.type) ? dictionaryValues(data) : data;
  if (DataType.isUtf8(type) || DataType.isDictionary(type)) return castToText(from, type, options);
  if (sameType(from.type, type)) return from;
  if (DataType.isUtf8(from.type)) return castText(from, type, options);
  if (DataType.isFixedSizeList(type) && isNumberList(from.type))
    return castToVector(from, type, options);
  if (isTime(from.type) && isTime(type)) return castTimes(from, type, refusal(type, options));
  if (numericKind(from.type) !== null && numericKind(type) !== null && !isTime(type)) {
    return castNumber(from, type, options);
  }
  const message = `column ${options.name} of type ${typeName(data.type)} must be of a type that can be cast to ${typeName(type)}; it is not`;
  throw new CoppiceError('COLUMN_TYPE', message, { context: { column: options.name } });
}

function isTime(type: DataType): boolean {
  return DataType.isTimestamp(type) || DataType.isDate(type);
}

function isNumberList(type: DataType): boolean {
  const isList = DataType.isList(type) || DataType.isFixedSizeList(type);
  return isList && numericKind(type.valueType as DataType) !== null;
}

/** Lists of one length as vectors; what is missing in them is NaN. */
function castToVector(data: Data, { listSize: width }: FixedSizeList, options: CastOptions): Data {
  const { name, strict } = options;
  const all = numericValues(new Vector([data.children[0] as Data]), name);
  const ends = DataType.isList(data.type) ? data.valueOffsets : null;
  const size = DataType.isFixedSizeList(data.type) ? data.type.listSize : 0;
  const valid = maskOfValidity(data);
  const values = columnArray(Float64Array, width * data.length).fill(Number.NaN);
  for (let row = 0; row < data.length; row++) {
    if (valid[row] === 0) continue;
    const start = ends === null ? size * row : (ends[row] as number);
    const end = ends === null ? start + size : (ends[row + 1] as number);
    if (end - start === width) values.set(all.subarray(start, end), width * row);
    else if (strict) {
      const message = `column ${name} must hold ${width} values in every row to be cast to vector(${width}); got ${end - start} in row ${row} of the partition`;
      throw new CoppiceError('DATA_INVALID', message, { context: { column: name, row } });
    } else valid[row] = 0;
  }
  const mask = valid.includes(0) ? valid : undefined;
  return fixedSizeListColumn(values, width, mask).data[0] as Data;
}

function castToText(data: Data, type: DataType, options: CastOptions): Data {
  const codes = new Int32Array(data.length);
  let texts: string[];
  if (isTime(data.type)) {
    const times = data.values as ArrayLike<bigint | number>;
    texts = textsOf(data, codes, {
      at: (i) => times[i],
      text: (time) => timeText(time, data.type),
    });
  } else if (DataType.isDecimal(data.type)) {
    const { scale } = data.type;
    texts = textsOf(data, codes, {
      at: (i) => decimalAt(data.values as Uint32Array, i * data.stride, data.stride),
      text: (value) => decimalText(BigInt(value), scale),
    });
  } else if (!isNameable(data.type)) {
    if (numericKind(data.type) === null) {
      const message = `column ${options.name} of type ${typeName(data.type)} must be of a type that has a text; it has none`;
      throw new CoppiceError('COLUMN_TYPE', message, { context: { column: options.name } });
    }
    const values = new Float64Array(data.length);
    fillNumeric(new Vector([data]), values, 0, options.name);
    texts = encodeCategories(fixedWidth(values), codes, 0);
  } else texts = encodeCategories(new Vector([data]), codes, 0);
  const column = DataType.isDictionary(type)
    ? dictionaryColumn(codes, texts)
    : utf8ColumnOfCodes(codes, texts);
  return column.data[0] as Data;
}

function fixedWidth(values: Float64Array): Vector {
  return fixedWidthColumn(new Float64(), values);
}

/** Types that encodeCategories names by itself. */
function isNameable(type: DataType): boolean {
  if (DataType.isFloat(type)) return type.precision !== Precision.HALF;
  return DataType.isBool(type) || DataType.isInt(type) || logicalTypeName(type) === 'string';
}

/** Writes a code for each row; the text of a value is made once. */
function textsOf(
  data: Data,
  codes: Int32Array,
  { at, text }: { at(row: number): unknown; text(value: bigint | number): string },
): string[] {
  const texts: string[] = [];
  const known = new Map<bigint | number, number>();
  for (let i = 0; i < data.length; i++) {
    if (!data.getValid(i)) {
      codes[i] = -1;
      continue;
    }
    const value = at(i) as bigint | number;
    let code = known.get(value);
    if (code === undefined) {
      code = texts.length;
      known.set(value, code);
      texts.push(text(value));
    }
    codes[i] = code;
  }
  return texts;
}

/** The text of a stored date or timestamp. */
export function timeText(value: bigint | number, type: DataType): string {
  if (DataType.isTimestamp(type))
    return timestampText(BigInt(value), ticksPerSecond[type.unit as TimeUnit]);
  const isDay = DataType.isDate(type) && type.unit === DateUnit.DAY;
  return dateText(isDay ? Number(value) : Math.floor(Number(value) / 86_400_000));
}

/** Each distinct text is read once. */
function castText(data: Data, type: DataType, options: CastOptions): Data {
  const codes = new Int32Array(data.length);
  const texts = encodeCategories(new Vector([data]), codes, 0);
  const read = textReader(type);
  if (read === undefined) {
    const message = `column ${options.name} of type string must be of a type that can be cast to ${typeName(type)}; it is not`;
    throw new CoppiceError('COLUMN_TYPE', message, { context: { column: options.name } });
  }
  const values = texts.map((text) => read(text.trim()));
  const bad = values.indexOf(undefined);
  if (bad >= 0 && options.strict) throw notHeld(JSON.stringify(texts[bad]), type, options);
  const valid = new Uint8Array(data.length);
  const slots = new Array<number | bigint>(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = (codes[i] as number) < 0 ? undefined : values[codes[i] as number];
    valid[i] = value === undefined ? 0 : 1;
    slots[i] = value ?? 0;
  }
  return numbersToData(slots, valid, type);
}

function textReader(type: DataType): ((text: string) => number | bigint | undefined) | undefined {
  if (DataType.isBool(type)) return (text) => numberOf(parseBoolean(text));
  if (DataType.isFloat(type)) return parseNumber;
  if (DataType.isInt(type)) {
    return (text) => {
      const value = parseInteger(text);
      return value !== undefined && fits(value, type) ? value : undefined;
    };
  }
  if (DataType.isDecimal(type)) {
    return (text) => {
      const value = parseDecimal(text, type.scale);
      return value !== undefined && fitsPrecision(value, type.precision) ? value : undefined;
    };
  }
  if (DataType.isDate(type)) {
    const ticks = type.unit === DateUnit.DAY ? 1 : 86_400_000;
    return (text) => {
      const days = parseDate(text);
      return days === undefined ? undefined : days * ticks;
    };
  }
  if (DataType.isTimestamp(type)) {
    const perSecond = ticksPerSecond[type.unit as TimeUnit];
    return (text) => {
      const micros = parseTimestamp(text);
      return micros === undefined ? undefined : rescale(BigInt(micros), 1_000_000n, perSecond);
    };
  }
  return undefined;
}

function castNumber(given: Data, type: DataType, options: CastOptions): Data {
  const data = DataType.isFloat(type) ? given : ticksOfTimes(given);
  if (DataType.isInt(data.type)) {
    if (DataType.isBool(type)) return booleansOfIntegers(data);
    if (DataType.isInt(type)) return castIntegers(data, type, refusal(type, options));
    if (DataType.isDecimal(type) && type.scale >= 0)
      return decimalsOfIntegers(data, type, refusal(type, options));
  }
  if (!DataType.isFloat(type) && hasDigits(data, type)) return castDigits(data, type, options);
  const values = columnArray(Float64Array, data.length);
  const valid = maskOfValidity(data);
  const read = options.keepsIntegers === true ? fillNumeric : fillRounded;
  read(new Vector([data]), values, 0, options.name);
  if (DataType.isInt(type)) return integersOfNumbers(values, valid, type, refusal(type, options));
  if (DataType.isFloat(type) && type.precision !== Precision.HALF)
    return floatsOfNumbers(values, valid, type);
  const slots = new Array<number | bigint>(data.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    slots[i] = 0;
    if (valid[i] === 0) continue;
    let slot: number | bigint | undefined = value;
    if (DataType.isBool(type)) slot = Number.isNaN(value) ? undefined : numberOf(value !== 0);
    else if (DataType.isDecimal(type)) slot = decimalOf(value, type);
    if (slot !== undefined) slots[i] = slot;
    else if (options.strict && !Number.isNaN(value)) throw notHeld(String(value), type, options);
    else valid[i] = 0;
  }
  return numbersToData(slots, valid, type);
}

function refusal(type: DataType, options: CastOptions): RefuseValue {
  return options.strict ? (value) => notHeld(value, type, options) : null;
}

/** Whether float64 would lose digits on the way. */
function hasDigits({ type }: Data, to: DataType): boolean {
  return DataType.isDecimal(type) || (DataType.isInt(type) && DataType.isDecimal(to));
}

/** Decimals as integers, decimals and booleans, and integers as decimals, every digit of them. */
function castDigits(data: Data, type: DataType, options: CastOptions): Data {
  const scale = DataType.isDecimal(data.type) ? data.type.scale : 0;
  const unit = 10n ** BigInt(scale);
  const valid = maskOfValidity(data);
  const slots = new Array<number | bigint>(data.length);
  for (let i = 0; i < data.length; i++) {
    slots[i] = 0n;
    if (valid[i] === 0) continue;
    const exact = DataType.isDecimal(data.type)
      ? decimalAt(data.values as Uint32Array, i * data.stride, data.stride)
      : BigInt(data.values[i] as number);
    let slot: bigint;
    if (DataType.isDecimal(type)) slot = rescaledDecimal(exact, scale, type.scale);
    else slot = DataType.isBool(type) ? BigInt(exact !== 0n) : exact / unit;
    const isHeld = DataType.isDecimal(type)
      ? fitsPrecision(slot, type.precision)
      : DataType.isBool(type) || fits(slot, type);
    if (isHeld) slots[i] = slot;
    else if (options.strict) throw notHeld(decimalText(exact, scale), type, options);
    else valid[i] = 0;
  }
  return numbersToData(slots, valid, type);
}

/** Ticks of one length as ticks of another, rounded down. */
function rescale(ticks: bigint, from: bigint, to: bigint): bigint {
  const scaled = ticks * to;
  const quotient = scaled / from;
  return scaled % from < 0n ? quotient - 1n : quotient;
}

/** A column of numbers in a type's own array: the array is filled as the type asks. */
export function numbersToData(
  slots: ArrayLike<number | bigint>,
  valid: Uint8Array,
  type: DataType,
): Data {
  const mask = valid.includes(0) ? valid : undefined;
  if (DataType.isBool(type))
    return boolColumn(Uint8Array.from(slots as number[], Number), mask).data[0] as Data;
  const isDecimal = DataType.isDecimal(type);
  const stride = isDecimal ? type.bitWidth / 32 : 1;
  const ArrayType = type.ArrayType as TypedArrayConstructor;
  const values = columnArray(ArrayType, slots.length * stride) as unknown as (number | bigint)[];
  if (isDecimal) {
    for (let i = 0; i < slots.length; i++) {
      for (let j = 0; j < stride; j++) {
        values[i * stride + j] = Number(
          (BigInt(slots[i] as bigint) >> BigInt(32 * j)) & 0xffffffffn,
        );
      }
    }
  } else if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const wide = values as unknown as BigInt64Array;
    if (slots instanceof Float64Array) wide.set(wideOfNumbers(slots));
    else for (let i = 0; i < slots.length; i++) wide[i] = BigInt(slots[i] as number);
  } else {
    for (let i = 0; i < slots.length; i++) values[i] = Number(slots[i]);
  }
  const column = fixedWidthColumn(type, values as unknown as TypedArray, mask).data[0] as Data;
  if (!isDecimal) return column;
  return column.clone(type, 0, slots.length);
}

function fits(value: bigint, type: DataType): boolean {
  if (!DataType.isInt(type)) return false;
  const wrapped = type.isSigned
    ? BigInt.asIntN(type.bitWidth, value)
    : BigInt.asUintN(type.bitWidth, value);
  return wrapped === value;
}

function decimalOf(value: number | undefined, type: DataType): bigint | undefined {
  if (value === undefined || !Number.isFinite(value) || !DataType.isDecimal(type)) return undefined;
  const unscaled = parseDecimal(String(value), type.scale);
  return unscaled !== undefined && fitsPrecision(unscaled, type.precision) ? unscaled : undefined;
}

function numberOf(value: boolean | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function notHeld(value: string, type: DataType, options: CastOptions): CoppiceError {
  const message = `values of column ${options.name} must fit ${typeName(type)} to be cast; got ${value}. Use tryCast to make such values null`;
  return new CoppiceError('DATA_INVALID', message, { context: { column: options.name } });
}
