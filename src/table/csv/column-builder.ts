/**
 * Builds one column of cells: values go straight into a typed array that grows, at the end they are
 * copied once. Each type has one way to read a cell; a cell that it cannot read is
 * refused by `add`.
 */
import { type Data, DataType, DateUnit, TimeUnit, type Vector } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { bitmapOfMask } from '../columns/bitmap.ts';
import { columnData } from '../columns/column-data.ts';
import { boolColumn, dictionaryColumn, fixedWidthColumn } from '../columns/make-column.ts';
import {
  parseBoolean,
  parseDate,
  parseInteger,
  parseNumber,
  parseTimestamp,
} from '../columns/parse-text.ts';
import {
  columnArray,
  type TypedArray,
  type TypedArrayConstructor,
} from '../columns/shared-buffer.ts';
import { typeName } from '../columns/type-name.ts';

/** One column that grows cell by cell. */
export interface ColumnBuilder {
  /** True when spaces around a cell belong to its value. */
  readonly keepsSpaces: boolean;
  /** Adds a missing value. */
  missing(): void;
  /** Adds a cell; false when it is no value of the type. */
  add(cell: string): boolean;
  /** The column. */
  finish(): Data;
}

/** A builder for columns of a type. @throws CoppiceError `UNSUPPORTED` */
export function columnBuilder(type: DataType, name: string): ColumnBuilder {
  if (DataType.isUtf8(type)) return new TextBuilder(type);
  if (DataType.isDictionary(type) && DataType.isUtf8(type.dictionary)) return new CategoryBuilder();
  if (DataType.isBool(type)) return new BoolBuilder();
  if (DataType.isDecimal(type) && type.bitWidth === 128) return new DecimalBuilder(type);
  const parse = numberParser(type);
  if (parse !== undefined) return new ValueBuilder(type, 0, parse);
  const parseWide = bigintParser(type);
  if (parseWide !== undefined) return new ValueBuilder(type, 0n, parseWide);
  const message = `the type of column "${name}" of read.csv must be boolean, a number, string, date or timestamp; got ${typeName(type)}`;
  throw new CoppiceError('UNSUPPORTED', message, { context: { column: name } });
}

type Parse<V> = (cell: string) => V | undefined;

function numberParser(type: DataType): Parse<number> | undefined {
  if (DataType.isFloat(type) && type.ArrayType !== Uint16Array) return parseNumber;
  if (DataType.isDate(type) && type.unit === DateUnit.DAY) return parseDate;
  if (!DataType.isInt(type) || type.bitWidth > 32) return undefined;
  const low = type.isSigned ? -(2 ** (type.bitWidth - 1)) : 0;
  const high = low + 2 ** type.bitWidth - 1;
  return (cell) => {
    const value = parseNumber(cell);
    if (value === undefined || !Number.isInteger(value)) return undefined;
    return value >= low && value <= high ? value : undefined;
  };
}

function bigintParser(type: DataType): Parse<bigint> | undefined {
  if (DataType.isTimestamp(type)) return timestampParser(type.unit as TimeUnit);
  if (!DataType.isInt(type) || type.bitWidth !== 64) return undefined;
  const fits = type.isSigned ? BigInt.asIntN : BigInt.asUintN;
  return (cell) => {
    const value = parseInteger(cell);
    return value !== undefined && fits(64, value) === value ? value : undefined;
  };
}

function timestampParser(unit: TimeUnit): Parse<bigint> {
  const microsPerTick = { [TimeUnit.SECOND]: 1_000_000, [TimeUnit.MILLISECOND]: 1000 } as Record<
    number,
    number
  >;
  const ticks = microsPerTick[unit] ?? 1;
  const scale = unit === TimeUnit.NANOSECOND ? 1000n : 1n;
  return (cell) => {
    const micros = parseTimestamp(cell);
    return micros === undefined ? undefined : BigInt(Math.floor(micros / ticks)) * scale;
  };
}

/** Bytes that say which rows have a value. */
class Mask {
  numRows = 0;
  #bytes = new Uint8Array(1024);
  #hasMissing = false;

  push(isValid: boolean): void {
    if (this.numRows === this.#bytes.length) this.#bytes = grown(this.#bytes, this.numRows * 2);
    this.#bytes[this.numRows++] = isValid ? 1 : 0;
    if (!isValid) this.#hasMissing = true;
  }

  finish(): Uint8Array | undefined {
    return this.#hasMissing ? this.#bytes.subarray(0, this.numRows) : undefined;
  }
}

class ValueBuilder<V extends number | bigint> implements ColumnBuilder {
  readonly keepsSpaces = false;
  readonly #type: DataType;
  readonly #mask = new Mask();
  readonly #none: V;
  readonly #parse: Parse<V>;
  #values: TypedArray;

  constructor(type: DataType, none: V, parse: Parse<V>) {
    this.#type = type;
    this.#none = none;
    this.#parse = parse;
    this.#values = new (type.ArrayType as TypedArrayConstructor)(new ArrayBuffer(1024 * 8));
  }

  missing(): void {
    this.#push(this.#none, false);
  }

  add(cell: string): boolean {
    const value = this.#parse(cell);
    if (value === undefined) return false;
    this.#push(value, true);
    return true;
  }

  finish(): Data {
    const values = this.#values.subarray(0, this.#mask.numRows);
    return onlyData(fixedWidthColumn(this.#type, values, this.#mask.finish()));
  }

  #push(value: V, isValid: boolean): void {
    const row = this.#mask.numRows;
    if (row === this.#values.length) this.#values = grown(this.#values, row * 2);
    this.#values[row] = value as never;
    this.#mask.push(isValid);
  }
}

class BoolBuilder implements ColumnBuilder {
  readonly keepsSpaces = false;
  readonly #values = new Mask();
  readonly #mask = new Mask();

  missing(): void {
    this.#values.push(false);
    this.#mask.push(false);
  }

  add(cell: string): boolean {
    const value = parseBoolean(cell);
    if (value === undefined) return false;
    this.#values.push(value);
    this.#mask.push(true);
    return true;
  }

  finish(): Data {
    const values = this.#values.finish() ?? new Uint8Array(this.#mask.numRows).fill(1);
    return onlyData(boolColumn(values, this.#mask.finish()));
  }
}

class TextBuilder implements ColumnBuilder {
  readonly keepsSpaces = true;
  readonly #type: DataType;
  readonly #mask = new Mask();
  readonly #encoder = new TextEncoder();
  #bytes = new Uint8Array(16_384);
  #offsets = new Int32Array(1024);
  #end = 0;

  constructor(type: DataType) {
    this.#type = type;
  }

  missing(): void {
    this.#close(false);
  }

  add(cell: string): boolean {
    const needed = this.#end + cell.length * 3;
    if (needed > this.#bytes.length) this.#bytes = grown(this.#bytes, needed * 2);
    let i = 0;
    for (; i < cell.length; i++) {
      const code = cell.charCodeAt(i);
      if (code > 127) break;
      this.#bytes[this.#end + i] = code;
    }
    this.#end += i;
    if (i < cell.length) {
      const rest = this.#encoder.encodeInto(cell.slice(i), this.#bytes.subarray(this.#end));
      this.#end += rest.written;
    }
    this.#close(true);
    return true;
  }

  finish(): Data {
    const { numRows } = this.#mask;
    const valueOffsets = columnArray(Int32Array, numRows + 1);
    valueOffsets.set(this.#offsets.subarray(0, numRows + 1));
    const values = columnArray(Uint8Array, this.#end);
    values.set(this.#bytes.subarray(0, this.#end));
    const mask = this.#mask.finish();
    const validity = mask === undefined ? {} : { nullCount: -1, nullBitmap: bitmapOfMask(mask) };
    return columnData(this.#type, numRows, { valueOffsets, values, ...validity });
  }

  #close(isValid: boolean): void {
    this.#mask.push(isValid);
    const row = this.#mask.numRows;
    if (row === this.#offsets.length) this.#offsets = grown(this.#offsets, row * 2);
    this.#offsets[row] = this.#end;
  }
}

class CategoryBuilder implements ColumnBuilder {
  readonly keepsSpaces = true;
  readonly #codes = new Map<string, number>();
  #rows = new Int32Array(1024);
  #numRows = 0;

  missing(): void {
    this.#push(-1);
  }

  add(cell: string): boolean {
    let code = this.#codes.get(cell);
    if (code === undefined) {
      code = this.#codes.size;
      this.#codes.set(cell, code);
    }
    this.#push(code);
    return true;
  }

  finish(): Data {
    const codes = this.#rows.subarray(0, this.#numRows);
    return onlyData(dictionaryColumn(codes, [...this.#codes.keys()]));
  }

  #push(code: number): void {
    if (this.#numRows === this.#rows.length) this.#rows = grown(this.#rows, this.#numRows * 2);
    this.#rows[this.#numRows++] = code;
  }
}

class DecimalBuilder implements ColumnBuilder {
  readonly keepsSpaces = false;
  readonly #type: DataType;
  readonly #scale: number;
  readonly #limit: bigint;
  readonly #mask = new Mask();
  #words = new BigInt64Array(2048);

  constructor(type: DataType & { readonly scale: number; readonly precision: number }) {
    this.#type = type;
    this.#scale = type.scale;
    this.#limit = 10n ** BigInt(type.precision);
  }

  missing(): void {
    this.#push(0n, false);
  }

  add(cell: string): boolean {
    const match = /^([+-]?)(\d{1,38})(?:\.(\d{0,38}))?$/.exec(cell);
    if (match === null) return false;
    const [, sign, whole, fraction = ''] = match;
    const digits = fraction.replace(/0+$/, '');
    if (digits.length > this.#scale) return false;
    const value = BigInt(`${whole}${digits.padEnd(this.#scale, '0')}`);
    if (value >= this.#limit) return false;
    this.#push(sign === '-' ? -value : value, true);
    return true;
  }

  finish(): Data {
    const words = this.#words.subarray(0, this.#mask.numRows * 2);
    const values = new Uint32Array(words.buffer, 0, words.length * 2);
    const shared = columnArray(Uint32Array, values.length);
    shared.set(values);
    const mask = this.#mask.finish();
    const validity = mask === undefined ? {} : { nullCount: -1, nullBitmap: bitmapOfMask(mask) };
    return columnData(this.#type, this.#mask.numRows, { values: shared, ...validity });
  }

  #push(value: bigint, isValid: boolean): void {
    const at = this.#mask.numRows * 2;
    if (at === this.#words.length) this.#words = grown(this.#words, at * 2);
    this.#words[at] = BigInt.asIntN(64, value);
    this.#words[at + 1] = value >> 64n;
    this.#mask.push(isValid);
  }
}

function grown<T extends TypedArray>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  (larger as Uint8Array).set(array as Uint8Array);
  return larger;
}

function onlyData(column: Vector): Data {
  return column.data[0] as Data;
}
