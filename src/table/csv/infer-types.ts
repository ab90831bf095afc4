/**
 * Which type the cells of a column look like: of boolean, int, bigint, double, date and timestamp the
 * narrowest that every sampled cell fits, else string. What a column may still be is a set of bits, so
 * samples are joined by `&`.
 *
 *   1 → int    9999999999 → bigint    1.5 → double    true → boolean    2020-12-31 → date
 *   007 → string (a name, not a number)    a column without any value → string
 */
import {
  Bool,
  type DataType,
  DateDay,
  Float64,
  Int32,
  Int64,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import { parseDate, parseInteger, parseNumber, parseTimestamp } from '../columns/parse-text.ts';

const bits = { boolean: 1, int: 2, bigint: 4, double: 8, date: 16, timestamp: 32 } as const;

/** What one column's cells may be. */
export interface ColumnSample {
  /** Bits of the types that every cell so far fits. */
  mask: number;
  /** Cells that hold a value. */
  numValues: number;
  /** Those of them that are numbers. */
  numNumbers: number;
  /** The first that is none. */
  firstOther: string | null;
  /** Those that are numbers but for commas in them, and the first one. */
  numCommas: number;
  firstComma: string | null;
  /** Some begin with zeros: names that are made of digits. */
  hasNames: boolean;
}

/** The sample of a column of which nothing is known. */
export function emptySample(): ColumnSample {
  return {
    ...{ mask: 63, numValues: 0, numNumbers: 0, firstOther: null },
    ...{ numCommas: 0, firstComma: null, hasNames: false },
  };
}

/** Adds one cell that is no missing value. */
export function addToSample(sample: ColumnSample, cell: string): void {
  const text = cell.trim();
  const types = typesOfCell(text);
  sample.numValues += 1;
  if ((types & bits.double) !== 0) sample.numNumbers += 1;
  else {
    sample.firstOther ??= cell;
    sample.hasNames ||= leadingZeros.test(text);
    if (withCommas.test(text)) {
      sample.numCommas += 1;
      sample.firstComma ??= cell;
    }
  }
  sample.mask &= types;
}

/** The sample of the cells of both. */
export function joinSamples(a: ColumnSample, b: ColumnSample): ColumnSample {
  return {
    mask: a.mask & b.mask,
    numValues: a.numValues + b.numValues,
    numNumbers: a.numNumbers + b.numNumbers,
    firstOther: a.firstOther ?? b.firstOther,
    numCommas: a.numCommas + b.numCommas,
    firstComma: a.firstComma ?? b.firstComma,
    hasNames: a.hasNames || b.hasNames,
  };
}

/** The text that makes a text of a column of numbers, nine in ten of its values or more; null where there is none. */
export function strayText(sample: ColumnSample): string | null {
  const { mask, numValues, numNumbers, firstOther, hasNames } = sample;
  return mask === 0 &&
    commaNumber(sample) === null &&
    !hasNames &&
    numValues >= 10 &&
    numNumbers >= 0.9 * numValues
    ? firstOther
    : null;
}

/** A number of a column whose numbers are written with commas, nine in ten of its values or more; null for others. */
export function commaNumber(sample: ColumnSample): string | null {
  const { mask, numValues, numNumbers, numCommas, firstComma } = sample;
  return mask === 0 && numValues >= 10 && numNumbers + numCommas >= 0.9 * numValues
    ? firstComma
    : null;
}

/** The type for a column. */
export function typeOfSample({ mask, numValues }: ColumnSample): DataType {
  if (numValues === 0) return new Utf8();
  if ((mask & bits.boolean) !== 0) return new Bool();
  if ((mask & bits.int) !== 0) return new Int32();
  if ((mask & bits.bigint) !== 0) return new Int64();
  if ((mask & bits.double) !== 0) return new Float64();
  if ((mask & bits.date) !== 0) return new DateDay();
  if ((mask & bits.timestamp) !== 0) return new TimestampMicrosecond();
  return new Utf8();
}

const leadingZeros = /^[+-]?0\d/;
const withCommas = /^[+-]?(?:\d+,\d+|\d{1,3}(?:[.' ]\d{3})+,\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?)$/;
const firstOfNumber = /^[+\-.\dIiNn]/;

function typesOfCell(cell: string): number {
  if (/^(?:true|false)$/i.test(cell)) return bits.boolean;
  if (!firstOfNumber.test(cell) || leadingZeros.test(cell)) return timesOfCell(cell);
  const integer = parseInteger(cell);
  if (integer !== undefined) {
    if (BigInt.asIntN(32, integer) === integer) return bits.int | bits.bigint | bits.double;
    if (BigInt.asIntN(64, integer) === integer) return bits.bigint | bits.double;
    return bits.double;
  }
  if (parseNumber(cell) !== undefined) return bits.double;
  return timesOfCell(cell);
}

function timesOfCell(cell: string): number {
  if (parseDate(cell) !== undefined) return bits.date | bits.timestamp;
  return parseTimestamp(cell) === undefined ? 0 : bits.timestamp;
}
