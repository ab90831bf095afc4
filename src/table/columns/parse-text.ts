/**
 * Reads values off text, the same way for casts and for CSV: numbers in decimal notation, booleans,
 * dates as 2020-12-31, timestamps as 2020-12-31 23:59:59.999999 with an optional zone. Anything else is
 * undefined; nothing depends on locale or time zone.
 */

const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;
const integerPattern = /^[+-]?\d{1,20}$/;
const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/;
const timePattern =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?: ?(Z|UTC|[+-]\d{2}(?::?\d{2})?))?$/;

const namedNumbers: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  '-nan': Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  '+infinity': Number.POSITIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
};

/** A number; a finite notation that is too large is no number. */
export function parseNumber(text: string): number | undefined {
  if (numberPattern.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  const name = text.toLowerCase();
  return Object.hasOwn(namedNumbers, name) ? namedNumbers[name] : undefined;
}

/** An integer of any size. */
export function parseInteger(text: string): bigint | undefined {
  return integerPattern.test(text)
    ? BigInt(text.startsWith('+') ? text.slice(1) : text)
    : undefined;
}

const truths = new Set(['true', 't', 'yes', 'y', '1']);
const falsehoods = new Set(['false', 'f', 'no', 'n', '0']);

/** A boolean: true/false, t/f, yes/no, y/n, 1/0 in any case. */
export function parseBoolean(text: string): boolean | undefined {
  const name = text.toLowerCase();
  if (truths.has(name)) return true;
  return falsehoods.has(name) ? false : undefined;
}

/** Days since 1970. */
export function parseDate(text: string): number | undefined {
  const match = datePattern.exec(text);
  if (match === null) return undefined;
  return daysOf(Number(match[1]), Number(match[2]), Number(match[3]));
}

/** Microseconds since 1970, in UTC where the text names no zone; digits beyond microseconds are cut off. */
export function parseTimestamp(text: string): number | undefined {
  const match = timePattern.exec(text);
  if (match === null) {
    const days = parseDate(text);
    return days === undefined ? undefined : days * 86_400_000_000;
  }
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone = 'Z'] = match;
  const days = daysOf(Number(year), Number(month), Number(day));
  const inRange = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  if (days === undefined || !inRange) return undefined;
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second) - zoneSeconds(zone);
  const micros = Number(fraction.slice(0, 6).padEnd(6, '0'));
  return (days * 86_400 + seconds) * 1_000_000 + micros;
}

/** Days after which the calendar repeats, 400 years. */
const cycleDays = 146_097;

/** 2020-12-31; years beyond 9999 have more digits, those before 0 a sign. */
export function dateText(days: number): string {
  const cycles = Math.floor(days / cycleDays);
  // a Date knows fewer days than a column may have
  const text = new Date((days - cycles * cycleDays) * 86_400_000).toISOString();
  const year = Number(text.slice(0, 4)) + 400 * cycles;
  const digits = String(Math.abs(year)).padStart(4, '0');
  return `${year < 0 ? '-' : ''}${digits}${text.slice(4, 10)}`;
}

/** 2020-12-31 23:59:59, with as many digits of a second as are not zero. */
export function timestampText(ticks: bigint, ticksPerSecond: bigint): string {
  const remainder = ((ticks % ticksPerSecond) + ticksPerSecond) % ticksPerSecond;
  const seconds = (ticks - remainder) / ticksPerSecond;
  const ofDay = ((seconds % 86_400n) + 86_400n) % 86_400n;
  const time = new Date(Number(ofDay) * 1000).toISOString().slice(11, 19);
  const head = `${dateText(Number((seconds - ofDay) / 86_400n))} ${time}`;
  if (remainder === 0n) return head;
  const digits = String(ticksPerSecond).length - 1;
  return `${head}.${String(remainder).padStart(digits, '0').replace(/0+$/, '')}`;
}

/** 23:59:59, with as many digits of a second as are not zero: a time of day as the ticks since midnight. */
export function timeOfDayText(ticks: bigint, ticksPerSecond: bigint): string {
  return timestampText(ticks, ticksPerSecond).slice('1970-01-01 '.length);
}

/** The day of a calendar date, undefined for dates such as 2021-02-30. */
function daysOf(year: number, month: number, day: number): number | undefined {
  const time = Date.UTC(year, month - 1, day);
  const date = new Date(time);
  // Date.UTC takes years 0 to 99 for 1900 to 1999.
  if (year < 100) date.setUTCFullYear(year);
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isReal ? date.getTime() / 86_400_000 : undefined;
}

/** Seconds that a zone's clocks are ahead of UTC: of `Z`, `UTC`, `+02` or `-03:30`. */
export function zoneSeconds(zone: string): number {
  if (zone === 'Z' || zone === 'UTC') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return sign * (Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2)) * 60);
}
