/** Whole seconds of dates and timestamps, rounded down, from the ticks of any unit. */
import type { DataType } from 'apache-arrow';
import { ticksPerSecond } from './cast-times.ts';
import { dividedTicks, numbersOfWide } from './wide-ticks.ts';

/** Ticks as columns have them, or as float64 where that has them all. */
export type TickValues = Int32Array | Float64Array | BigInt64Array;

/** Seconds since 1970; what stands where nothing is, is told by the column's validity. */
export function secondsOfTicks(ticks: TickValues, type: DataType): Float64Array {
  const perSecond = ticksPerSecond(type);
  if (ticks instanceof BigInt64Array) {
    const seconds = numbersOfWide(perSecond === undefined ? ticks : dividedTicks(ticks, perSecond));
    return perSecond === undefined ? seconds.map((day) => day * 86_400) : seconds;
  }
  const seconds = new Float64Array(ticks);
  for (let row = 0; row < seconds.length; row++) {
    const tick = seconds[row] as number;
    if (perSecond === undefined) seconds[row] = tick * 86_400;
    else {
      const second = Math.floor(tick / perSecond);
      // a quotient may be rounded up to the next second
      seconds[row] = second * perSecond > tick ? second - 1 : second;
    }
  }
  return seconds;
}
