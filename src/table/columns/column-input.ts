/** Columns of the values that a user hands in: typed arrays, Arrow vectors, or arrays of one kind of value. */
import {
  type DataType,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  Null,
  Precision,
  TimestampMillisecond,
  Type,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Vector,
} from 'apache-arrow';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { concatData } from '../concat-rows.ts';
import type { TypeRecord } from '../schema-record.ts';
import { isVector, ownVector } from './any-vector.ts';
import { columnData } from './column-data.ts';
import { boolColumn, fixedSizeListColumn, fixedWidthColumn, utf8Column } from './make-column.ts';
import { columnArray, type TypedArray } from './shared-buffer.ts';

/** The values of one column: a typed array, an Arrow vector, or an array of one kind of value and nulls. */
export type ColumnInput =
  | TypedArray
  | Vector
  | readonly (number | null | undefined)[]
  | readonly (string | null | undefined)[]
  | readonly (boolean | null | undefined)[]
  | readonly (bigint | null | undefined)[]
  | readonly (Date | null | undefined)[]
  | readonly (readonly number[] | Float64Array | Float32Array | null | undefined)[];

/** One column of the values that a user handed in. @throws CoppiceError `COLUMN_TYPE` */
export function columnOfInput(name: string, values: ColumnInput): Vector {
  if (isVector(values)) {
    const { type, data } = ownVector(values);
    return new Vector([concatData(type as DataType, data)]);
  }
  if (ArrayBuffer.isView(values)) return typedColumn(name, values as TypedArray);
  if (Array.isArray(values)) return arrayColumn(name, values as readonly unknown[]);
  throw mixedColumn(name, values, 'in an array, a typed array or an Arrow vector');
}

const typesOfArrays: readonly [
  new (length: number) => TypedArray,
  () => DataType,
  () => TypeRecord,
][] = [
  [Float64Array, () => new Float64(), () => floatRecord(Precision.DOUBLE)],
  [Float32Array, () => new Float32(), () => floatRecord(Precision.SINGLE)],
  [Int8Array, () => new Int8(), () => intRecord(8, true)],
  [Int16Array, () => new Int16(), () => intRecord(16, true)],
  [Int32Array, () => new Int32(), () => intRecord(32, true)],
  [BigInt64Array, () => new Int64(), () => intRecord(64, true)],
  [Uint8Array, () => new Uint8(), () => intRecord(8, false)],
  [Uint16Array, () => new Uint16(), () => intRecord(16, false)],
  [Uint32Array, () => new Uint32(), () => intRecord(32, false)],
  [BigUint64Array, () => new Uint64(), () => intRecord(64, false)],
];

function floatRecord(precision: Precision): TypeRecord {
  return { typeId: Type.Float, precision };
}

function intRecord(bitWidth: number, isSigned: boolean): TypeRecord {
  return { typeId: Type.Int, bitWidth, isSigned };
}

function typedColumn(name: string, values: TypedArray): Vector {
  const type = typeOfArray(values);
  if (type === null) throw mixedColumn(name, values, 'a typed array of numbers');
  return fixedWidthColumn(type, values);
}

/** The type of a column of a typed array's values; null of anything else. */
export function typeOfArray(values: unknown): DataType | null {
  return kindOfArray(values)?.[1]() ?? null;
}

/** The same as plain data, which makes no object of Arrow's. */
export function recordOfArray(values: unknown): TypeRecord | null {
  return kindOfArray(values)?.[2]() ?? null;
}

function kindOfArray(values: unknown): (typeof typesOfArrays)[number] | undefined {
  return typesOfArrays.find(([ArrayType]) => values instanceof ArrayType);
}

function arrayColumn(name: string, cells: readonly unknown[]): Vector {
  const first = cells.find((cell) => cell !== null && cell !== undefined);
  const kind = first instanceof Date ? 'date' : typeof first;
  const odd = cells.find(
    (cell) =>
      cell !== null && cell !== undefined && (cell instanceof Date ? 'date' : typeof cell) !== kind,
  );
  if (odd !== undefined) throw mixedColumn(name, odd, `of one kind, ${kind}`);
  const valid = Uint8Array.from(cells, (cell) => (cell === null || cell === undefined ? 0 : 1));
  const hasNull = valid.includes(0);
  const mask = hasNull ? valid : undefined;
  switch (kind) {
    case 'undefined':
      return new Vector([columnData(new Null(), cells.length, { nullCount: cells.length })]);
    case 'number':
      return fixedWidthColumn(new Float64(), filled(Float64Array, cells as number[], 0), mask);
    case 'bigint':
      checkWidth(name, cells as bigint[]);
      return fixedWidthColumn(new Int64(), filled(BigInt64Array, cells as bigint[], 0n), mask);
    case 'date': {
      const times = cells.map((cell) => (cell instanceof Date ? dateTime(name, cell) : 0n));
      return fixedWidthColumn(new TimestampMillisecond(), filled(BigInt64Array, times, 0n), mask);
    }
    case 'boolean':
      return boolColumn(Uint8Array.from(cells as boolean[], Number), mask);
    case 'string':
      return utf8Column(cells.map((cell) => (cell as string | undefined) ?? null));
    case 'object':
      if (isNumberArray(first)) return vectorColumn(name, cells, first.length);
      throw mixedColumn(name, first, kinds);
    default:
      throw mixedColumn(name, first, kinds);
  }
}

const kinds = 'numbers, strings, booleans, bigints, dates or arrays of so many numbers';

function isNumberArray(cell: unknown): cell is ArrayLike<number> {
  if (Array.isArray(cell)) return cell.length > 0 && cell.every((item) => typeof item === 'number');
  return (cell instanceof Float64Array || cell instanceof Float32Array) && cell.length > 0;
}

/** Rows of as many numbers as the first has. */
function vectorColumn(name: string, cells: readonly unknown[], width: number): Vector {
  const values = columnArray(Float64Array, width * cells.length).fill(Number.NaN);
  const valid = new Uint8Array(cells.length).fill(1);
  cells.forEach((cell, row) => {
    if (cell === null || cell === undefined) valid[row] = 0;
    else if (isNumberArray(cell) && cell.length === width) values.set(cell, width * row);
    else throw mixedColumn(name, cell, `arrays of ${width} numbers, as in the first row`);
  });
  return fixedSizeListColumn(values, width, valid.includes(0) ? valid : undefined);
}

function checkWidth(name: string, cells: readonly bigint[]): void {
  const wide = cells.find((cell) => typeof cell === 'bigint' && BigInt.asIntN(64, cell) !== cell);
  if (wide !== undefined) throw mixedColumn(name, wide, 'integers of 64 bits');
}

function filled<T extends Float64Array | BigInt64Array>(
  ArrayType: new (buffer: ArrayBufferLike) => T,
  cells: readonly (number | bigint | null | undefined)[],
  missing: number | bigint,
): T {
  const values = columnArray(ArrayType as never, cells.length) as unknown as (number | bigint)[];
  for (let i = 0; i < cells.length; i++) values[i] = cells[i] ?? missing;
  return values as unknown as T;
}

function dateTime(name: string, date: Date): bigint {
  const time = date.getTime();
  if (Number.isNaN(time)) throw mixedColumn(name, 'Invalid Date', 'valid dates');
  return BigInt(time);
}

function mixedColumn(name: string, value: unknown, rule: string): CoppiceError {
  const message = `values of column ${name} must be ${rule}; got ${describeValue(value)}`;
  return new CoppiceError('COLUMN_TYPE', message, { context: { column: name } });
}
