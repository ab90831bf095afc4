/**
 * Turns a batch into lines of CSV, in the thread that calls. Numbers are written in the fewest digits
 * that read back as the same value, dates as 2020-12-31, timestamps as 2020-12-31 23:59:59.5, times of day as
 * 23:59:59.5, missing values as empty cells, an empty string as "", vectors and structs as JSON.
 */
import {
  type Data,
  DataType,
  DateUnit,
  Precision,
  type RecordBatch,
  type TimeUnit,
  Vector,
} from 'apache-arrow';
import { bitAt, validityOf } from '../columns/bitmap.ts';
import { dictionaryValues } from '../columns/conform-column.ts';
import { decimalAt, decimalText } from '../columns/decimal-digits.ts';
import { dateText, timeOfDayText, timestampText } from '../columns/parse-text.ts';

/** How to write. */
export interface EncodeCsvOptions {
  readonly delimiter: string;
}

/** The text of one row of a column, null for a missing value. */
type CellText = (row: number) => string | null;

const linesPerPiece = 4096;

/** The lines of a batch, without a header, as UTF-8. */
export function encodeCsv(batch: RecordBatch, options: EncodeCsvOptions): Uint8Array {
  const columns = batch.data.children.map(cellText);
  const pieces: Buffer[] = [];
  let lines: string[] = [];
  for (let row = 0; row < batch.numRows; row++) {
    lines.push(
      csvLine(
        columns.map((text) => text(row)),
        options,
      ),
    );
    if (lines.length < linesPerPiece) continue;
    pieces.push(Buffer.from(lines.join('')));
    lines = [];
  }
  pieces.push(Buffer.from(lines.join('')));
  return new Uint8Array(Buffer.concat(pieces));
}

/** One line of cells. */
export function csvLine(
  cells: readonly (string | null)[],
  { delimiter }: EncodeCsvOptions,
): string {
  // A lone missing value is quoted: a blank line is no record.
  if (cells.length === 1 && cells[0] === null) return '""\n';
  return `${cells.map((cell) => quoted(cell, delimiter)).join(delimiter)}\n`;
}

function quoted(cell: string | null, delimiter: string): string {
  if (cell === null) return '';
  const mustQuote = cell === '' || cell.includes(delimiter) || /["\n\r]|^\s|\s$/.test(cell);
  return mustQuote ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function cellText(data: Data): CellText {
  const column = DataType.isDictionary(data.type) ? dictionaryValues(data) : data;
  const text = valueText(column);
  const bits = validityOf(column);
  if (bits === null) return column.nullCount === column.length ? () => null : text;
  return (row) => (bitAt(bits, column.offset + row) === 0 ? null : text(row));
}

/** By Arrow's number of the unit: naming them here would load Arrow at import. */
const ticksPerSecond: Record<TimeUnit, bigint> = {
  0: 1n,
  1: 1000n,
  2: 1_000_000n,
  3: 1_000_000_000n,
};

function valueText(data: Data): (row: number) => string {
  const { type } = data;
  const values = data.values as ArrayLike<number | bigint>;
  if (DataType.isInt(type)) return (row) => String(values[row]);
  if (DataType.isFloat(type) && type.precision === Precision.DOUBLE)
    return (row) => numberText(values[row] as number);
  if (DataType.isFloat(type) && type.precision === Precision.SINGLE)
    return (row) => floatText(values[row] as number);
  if (DataType.isDate(type) && type.unit === DateUnit.DAY)
    return (row) => dateText(values[row] as number);
  if (DataType.isDate(type)) return (row) => dateOrTimeText(BigInt(values[row] as bigint));
  if (DataType.isTime(type)) {
    const ticks = ticksPerSecond[type.unit as TimeUnit];
    return (row) => timeOfDayText(BigInt(values[row] as number | bigint), ticks);
  }
  if (DataType.isTimestamp(type)) {
    const ticks = ticksPerSecond[type.unit as TimeUnit];
    // instants are told in UTC
    const zone = (type.timezone ?? '') === '' ? '' : 'Z';
    return (row) => timestampText(values[row] as bigint, ticks) + zone;
  }
  const vector = new Vector([data]);
  if (DataType.isDecimal(type)) {
    const words = data.values as Uint32Array;
    return (row) => decimalText(decimalAt(words, row * data.stride, data.stride), type.scale);
  }
  return (row) => anyText(vector.get(row));
}

/** Milliseconds since 1970; a whole day is told without a time. */
function dateOrTimeText(milliseconds: bigint): string {
  const day = 86_400_000n;
  if (milliseconds % day === 0n) return dateText(Number(milliseconds / day));
  return timestampText(milliseconds, 1000n);
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The fewest digits that read back as the same float32. */
function floatText(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return numberText(text);
  }
  return numberText(value);
}

function anyText(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value !== 'object' || value === null) return String(value);
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return String(inner);
    return typeof inner === 'number' && !Number.isFinite(inner) ? null : plain(inner);
  });
}

/** Vectors of numbers as arrays; JSON has no other. */
function plain(value: unknown): unknown {
  if (value instanceof Vector) return Array.from(value);
  return ArrayBuffer.isView(value) ? Array.from(value as never) : value;
}
