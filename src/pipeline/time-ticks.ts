/**
 * How is an instant of a row counted in the unit of its column? A table's column counts days, seconds or smaller ticks; a
 * row says `Date` or milliseconds since 1970, which is also what Arrow's rows hold.
 */

const perMillisecond: Readonly<Record<string, number>> = { s: 0.001, ms: 1, us: 1000, ns: 1e6 };

/** Milliseconds since 1970 in the unit of a logical type: what gives a column's number; null for what is no instant. */
export function ticksOfType(type: string): ((milliseconds: number) => number) | null {
  if (type === 'date') return (milliseconds) => Math.floor(milliseconds / 86_400_000);
  if (type === 'date_ms') return Math.floor;
  const unit = /^timestamp\((\w+)/.exec(type)?.[1];
  if (unit === undefined) return null;
  const factor = perMillisecond[unit] as number;
  return (milliseconds) => Math.floor(milliseconds * factor);
}

const units: Readonly<Record<string, string>> = {
  date: 'days',
  date_ms: 'milliseconds',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
};

/** The unit of a logical type, as a word; undefined for what is no instant. */
export function instantUnit(type: string): string | undefined {
  return units[/^timestamp\((\w+)/.exec(type)?.[1] ?? type];
}
