/** Dates and timestamps of different units in one unit, every digit of them. */
import type { DataType } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { rescaledTicks, ticksPerSecond } from '../columns/cast-times.ts';
import { numbersOfWide, wideOfNumbers } from '../columns/wide-ticks.ts';
import { isRounded, type NumberValues } from './values.ts';

/** What becomes of times that the shorter unit has no room for. */
export type NoRoom = 'refuse' | 'saturate';

/** The ticks of times, all digits of them. */
export function ticksOfValues({ wide, values }: NumberValues): BigInt64Array {
  return (wide as BigInt64Array | undefined) ?? wideOfNumbers(values);
}

/** Times by their ticks. */
export function timesOfTicks(
  ticks: BigInt64Array,
  valid: Uint8Array,
  type: DataType,
): NumberValues {
  const values = numbersOfWide(ticks);
  const times = { kind: 'number', type, values, valid } as const;
  return isRounded(values) ? { ...times, wide: ticks } : times;
}

/** Two columns of times in the shorter unit of both; numbers as they are. @throws CoppiceError `DATA_INVALID` where it is to refuse */
export function sameUnit(
  left: NumberValues,
  right: NumberValues,
  noRoom: NoRoom,
): [NumberValues, NumberValues] {
  const [a, b] = [left, right].map(({ type }) => ticksPerSecond(type) ?? 0) as [number, number];
  if (a === b) return [left, right];
  return a > b
    ? [left, inUnitOf(right, left.type, noRoom)]
    : [inUnitOf(left, right.type, noRoom), right];
}

/** Times in the unit of another type of times. @throws CoppiceError `DATA_INVALID` where it is to refuse */
export function inUnitOf(times: NumberValues, type: DataType, noRoom: NoRoom): NumberValues {
  if (ticksPerSecond(times.type) === ticksPerSecond(type)) return { ...times, type };
  const tooLarge = new Set<number>();
  const ticks = rescaledTicks(ticksOfValues(times), { from: times.type, to: type }, (row) => {
    if (times.valid[row] === 0) return;
    if (noRoom === 'refuse') throw outOfRange(times, row);
    tooLarge.add(row);
  });
  for (const row of tooLarge)
    ticks[row] = (times.values[row] as number) < 0 ? -(2n ** 63n) : 2n ** 63n - 1n;
  return timesOfTicks(ticks, times.valid, type);
}

function outOfRange({ wide, values }: NumberValues, row: number): CoppiceError {
  const message = `times of an expression must fit the shortest unit among its columns; got ${wide?.[row] ?? values[row]} in the unit of its column. Cast the columns to one type, such as 'timestamp(us)'`;
  return new CoppiceError('DATA_INVALID', message);
}
