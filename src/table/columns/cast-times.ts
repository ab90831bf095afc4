/** Casts among dates and timestamps: ticks of one length as ticks of another, rounded down, every digit of them. */
import { type Data, DataType, DateUnit, type TimeUnit } from 'apache-arrow';
import { maskOfValidity } from './bitmap.ts';
import type { RefuseValue } from './cast-numbers.ts';
import { fixedWidthColumn } from './make-column.ts';
import { columnArray } from './shared-buffer.ts';
import { dividedTicks, multipliedTicks, wideOfNumbers } from './wide-ticks.ts';

const secondsPerDay = 86_400;

/** Ticks in a second, in the order of Arrow's numbers of the units. */
export const timestampTicks = [1, 1000, 1_000_000, 1_000_000_000];

/** Ticks in a second of a timestamp or a date of milliseconds; undefined of a date of days. */
export function ticksPerSecond(type: DataType): number | undefined {
  if (DataType.isTimestamp(type)) return timestampTicks[type.unit as TimeUnit];
  return DataType.isDate(type) && type.unit === DateUnit.DAY ? undefined : 1000;
}

/** The ticks of a type in the unit of another, rounded down; rows that have no room there are told. */
export function rescaledTicks(
  ticks: BigInt64Array,
  { from, to }: { readonly from: DataType; readonly to: DataType },
  tooLarge: (row: number) => void,
): BigInt64Array {
  const fromTicks = ticksPerSecond(from);
  const toTicks = ticksPerSecond(to);
  if (fromTicks === toTicks) return ticks;
  if (toTicks === undefined)
    return dividedTicks(dividedTicks(ticks, fromTicks as number), secondsPerDay);
  if (fromTicks === undefined) {
    return multipliedTicks(multipliedTicks(ticks, secondsPerDay, tooLarge), toTicks, tooLarge);
  }
  return fromTicks > toTicks
    ? dividedTicks(ticks, fromTicks / toTicks)
    : multipliedTicks(ticks, toTicks / fromTicks, tooLarge);
}

/** A column of dates or timestamps as another type of them. */
export function castTimes(data: Data, type: DataType, refuse: RefuseValue): Data {
  const valid = maskOfValidity(data);
  const source = data.values as Int32Array | BigInt64Array;
  const ticks = source instanceof BigInt64Array ? source : wideOfNumbers(source);
  const missing = (row: number): void => {
    if (valid[row] === 0) return;
    if (refuse !== null) throw refuse(String(source[row]));
    valid[row] = 0;
  };
  const scaled = rescaledTicks(ticks, { from: data.type, to: type }, missing);
  const isDays = ticksPerSecond(type) === undefined;
  const values = isDays ? daysOfWide(scaled, missing) : scaled;
  // the same bytes whatever lay in memory where no value is
  if (!valid.includes(0)) return fixedWidthColumn(type, values).data[0] as Data;
  const known = values === source ? values.slice() : values;
  const cells = known as unknown as { [row: number]: number | bigint };
  const nothing = isDays ? 0 : 0n;
  for (let i = 0; i < valid.length; i++) if (valid[i] === 0) cells[i] = nothing;
  return fixedWidthColumn(type, known, valid).data[0] as Data;
}

function daysOfWide(days: BigInt64Array, tooLarge: (row: number) => void): Int32Array {
  const out = columnArray(Int32Array, days.length);
  const words = new Int32Array(days.buffer, days.byteOffset, days.length * 2);
  for (let i = 0; i < out.length; i++) {
    const low = words[2 * i] as number;
    out[i] = low;
    if (words[2 * i + 1] !== low >> 31) tooLarge(i);
  }
  return out;
}
