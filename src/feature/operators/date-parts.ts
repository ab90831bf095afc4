/**
 * Year, month, hour and the like of dates and timestamps: the operator of DatePartExtractor. Whole-number
 * arithmetic on the proleptic Gregorian calendar (after H. Hinnant, "chrono-compatible low-level date algorithms"),
 * so that neither a platform's calendar nor its time zones have a say.
 */
import {
  type Data,
  type Date_,
  DateUnit,
  Int32,
  type RecordBatch,
  type Timestamp,
  TimeUnit,
  DataType as Type,
  type Vector,
} from 'apache-arrow';
import { columnOf, numericValues } from '../../table/columns/column-values.ts';
import { fixedWidthColumn, structColumn } from '../../table/columns/make-column.ts';
import { type ColumnOperator, mapColumns } from './map-columns.ts';

/** The names of the parts. */
export const datePartNames = [
  'year',
  'quarter',
  'month',
  'weekOfYear',
  'dayOfYear',
  'dayOfMonth',
  'dayOfWeek',
  'hour',
  'minute',
  'second',
  'epochDay',
] as const;

/** The name of a part. */
export type DatePart = (typeof datePartNames)[number];

/** What the operator is told. */
export interface DatePartsSpec extends ColumnOperator {
  readonly parts: readonly DatePart[];
  /** Added to every time before it is taken apart. */
  readonly offsetSeconds: number;
}

/** Adds a struct of whole numbers for each column; a missing time is null in every child. */
export function dateParts(spec: DatePartsSpec, batch: RecordBatch): RecordBatch {
  const { parts, offsetSeconds } = spec;
  return mapColumns(batch, spec.pairs, (_, { input }) => {
    const seconds = secondsOf(columnOf(batch, [input]), input);
    const columns = parts.map(() => new Int32Array(seconds.length));
    const valid = new Uint8Array(seconds.length).fill(1);
    for (let row = 0; row < seconds.length; row++) {
      const second = (seconds[row] as number) + offsetSeconds;
      if (Number.isNaN(second)) {
        valid[row] = 0;
        continue;
      }
      const day = Math.floor(second / 86_400);
      const time = second - day * 86_400;
      const date = civilDate(day);
      for (const [at, part] of parts.entries())
        (columns[at] as Int32Array)[row] = partOf(part, { day, time, date });
    }
    const children = parts.map(
      (part, at) =>
        [part, fixedWidthColumn(new Int32(), columns[at] as Int32Array, valid)] as const,
    );
    return { column: structColumn(children, batch.numRows) };
  });
}

/** Whole seconds since 1970, rounded down; NaN for a missing time. */
function secondsOf(column: Vector, name: string): Float64Array {
  const type = column.type as Type;
  if (Type.isTimestamp(type) && (type as Timestamp).unit === TimeUnit.NANOSECOND)
    return secondsOfNanoseconds(column);
  const values = numericValues(column, name);
  const perSecond = unitsPerSecond(type);
  for (let row = 0; row < values.length; row++)
    values[row] = Math.floor((values[row] as number) / perSecond);
  return values;
}

function unitsPerSecond(type: Type): number {
  if (Type.isDate(type)) return (type as Date_).unit === DateUnit.DAY ? 1 / 86_400 : 1000;
  const { unit } = type as Timestamp;
  return unit === TimeUnit.SECOND ? 1 : unit === TimeUnit.MILLISECOND ? 1000 : 1_000_000;
}

/** Float64 does not hold nanoseconds; a time just before a second would be rounded into it. */
function secondsOfNanoseconds(column: Vector): Float64Array {
  const seconds = new Float64Array(column.length);
  let at = 0;
  for (const data of column.data as readonly Data[]) {
    const values = data.values as BigInt64Array;
    for (let i = 0; i < data.length; i++, at++) {
      const value = values[i] as bigint;
      const whole = Number(value / 1_000_000_000n);
      const isBelow = value < 0n && value % 1_000_000_000n !== 0n;
      seconds[at] = data.getValid(i) ? whole - Number(isBelow) : Number.NaN;
    }
  }
  return seconds;
}

interface CivilDate {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly dayOfMonth: number;
}

interface Moment {
  /** Days since 1970-01-01. */
  readonly day: number;
  /** Seconds since midnight. */
  readonly time: number;
  readonly date: CivilDate;
}

/** The date of a day: years begin in March, eras of 400 years have 146,097 days. */
function civilDate(day: number): CivilDate {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfMonth };
}

/** The days from 1970-01-01 to the first of January of a year. */
function firstDayOf(year: number): number {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  return 365 * before + leapDays - 719_162;
}

function partOf(part: DatePart, { day, time, date }: Moment): number {
  switch (part) {
    case 'year':
      return date.year;
    case 'quarter':
      return Math.floor((date.month + 2) / 3);
    case 'month':
      return date.month;
    case 'weekOfYear':
      return weekOfYear(day);
    case 'dayOfYear':
      return day - firstDayOf(date.year) + 1;
    case 'dayOfMonth':
      return date.dayOfMonth;
    case 'dayOfWeek':
      // 1970-01-01 was a Thursday, the fifth day of a week that begins on Sunday
      return ((((day + 4) % 7) + 7) % 7) + 1;
    case 'hour':
      return Math.floor(time / 3600);
    case 'minute':
      return Math.floor(time / 60) % 60;
    case 'second':
      return time % 60;
    case 'epochDay':
      return day;
  }
}

/** The week of ISO 8601: that of the week's Thursday, counted in the Thursday's year. */
function weekOfYear(day: number): number {
  const fromMonday = (((day + 3) % 7) + 7) % 7;
  const thursday = day - fromMonday + 3;
  return Math.floor((thursday - firstDayOf(civilDate(thursday).year)) / 7) + 1;
}
