/**
 * Year, month, hour and the like of instants: whole-number arithmetic on the proleptic Gregorian calendar (after H. Hinnant,
 * "chrono-compatible low-level date algorithms"), so that neither a platform's calendar nor its time zones have a say.
 */

const secondsPerDay = 86_400;

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

/** A date of the calendar. */
export interface CivilDate {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly dayOfMonth: number;
}

/** An instant, taken apart as far as every part needs it. */
export interface Moment {
  /** Days since 1970-01-01. */
  readonly day: number;
  /** Seconds since midnight. */
  readonly time: number;
  readonly date: CivilDate;
}

/** An instant by its whole seconds since 1970. */
export function momentOf(second: number): Moment {
  const day = Math.floor(second / secondsPerDay);
  return { day, time: second - day * secondsPerDay, date: civilDate(day) };
}

/** The date of a day: years begin in March, eras of 400 years have 146,097 days. */
export function civilDate(day: number): CivilDate {
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
export function firstDayOf(year: number): number {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  return 365 * before + leapDays - 719_162;
}

/** One part of an instant. */
export function partOf(part: DatePart, { day, time, date }: Moment): number {
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

/** The periods that an instant is cut down to, from their names. */
export const periodNames = [
  'year',
  'quarter',
  'month',
  'week',
  'day',
  'hour',
  'minute',
  'second',
] as const;

/** The name of a period; weeks begin on Monday. */
export type Period = (typeof periodNames)[number];

/** The first second of the period that a second is in. */
export function periodStart(period: Period, second: number): number {
  if (period === 'second') return second;
  if (period === 'minute') return Math.floor(second / 60) * 60;
  if (period === 'hour') return Math.floor(second / 3600) * 3600;
  return firstDayOfPeriod(period, Math.floor(second / secondsPerDay)) * secondsPerDay;
}

function firstDayOfPeriod(
  period: 'year' | 'quarter' | 'month' | 'week' | 'day',
  day: number,
): number {
  if (period === 'day') return day;
  if (period === 'week') return day - ((((day + 3) % 7) + 7) % 7);
  const { year, month, dayOfMonth } = civilDate(day);
  if (period === 'year') return firstDayOf(year);
  const first = day - dayOfMonth + 1;
  // a month back ends the day before this one begins
  let start = first;
  for (let back = period === 'quarter' ? (month - 1) % 3 : 0; back > 0; back--)
    start -= civilDate(start - 1).dayOfMonth;
  return start;
}
