/** The functions of dates and timestamps in expressions: whole-number arithmetic in UTC, null where an operand is null. */
import { DateDay, Int32, Int64, TimestampMillisecond } from 'apache-arrow';
import {
  type DatePart,
  momentOf,
  type Period,
  partOf,
  periodStart,
} from '../../base/civil-date.ts';
import { CoppiceError } from '../../base/errors.ts';
import { ticksPerSecond } from '../columns/cast-times.ts';
import { zoneSeconds } from '../columns/parse-text.ts';
import { secondsOfTicks } from '../columns/seconds-of-ticks.ts';
import { multipliedTicks, wideOfNumbers } from '../columns/wide-ticks.ts';
import { type ExpressionNode, expressionText } from './expression-node.ts';
import { inUnitOf, timesOfTicks } from './time-values.ts';
import type { NumberValues } from './values.ts';

type TimeNode = ExpressionNode & { op: 'time' };

const secondsPerDay = 86_400;

/** Runs a function over whole columns. @throws CoppiceError `DATA_INVALID` */
export function runTime(node: TimeNode, args: readonly NumberValues[]): NumberValues {
  const [times, other] = args as readonly [NumberValues, NumberValues];
  const { valid } = times;
  const seconds = secondsOf(times);
  switch (node.name) {
    case 'dateTrunc':
      return startsOfPeriods(node, times, seconds);
    case 'fromUtcTimestamp':
      return shifted(node, times);
    case 'unixTimestamp':
      return { kind: 'number', type: new Int64(), values: seconds, valid };
    case 'dateDiff': {
      const days = daysOf(secondsOf(other));
      const values = daysOf(seconds).map((day, i) => day - (days[i] as number));
      return { kind: 'number', type: new Int32(), values, valid: bothValid(valid, other.valid) };
    }
    case 'dateAdd': {
      const values = daysOf(seconds).map((day, i) => day + (other.values[i] as number));
      return checkedDays(node, values, bothValid(valid, other.valid));
    }
    default: {
      const part: DatePart = node.name;
      const values = seconds.map((second) => partOf(part, momentOf(second)));
      return { kind: 'number', type: new Int32(), values, valid };
    }
  }
}

function secondsOf({ wide, values, type }: NumberValues): Float64Array {
  return secondsOfTicks((wide as BigInt64Array | undefined) ?? values, type);
}

function daysOf(seconds: Float64Array): Float64Array {
  return seconds.map((second) => Math.floor(second / secondsPerDay));
}

function bothValid(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((value, i) => value & (b[i] as number));
}

function checkedDays(node: TimeNode, values: Float64Array, valid: Uint8Array): NumberValues {
  const odd = values.findIndex((day, i) => valid[i] === 1 && day !== (day | 0));
  if (odd < 0) return { kind: 'number', type: new DateDay(), values, valid };
  const message = `days of the expression ${expressionText(node)} must lie within 32 bits; got ${values[odd]} in row ${odd} of the batch`;
  throw new CoppiceError('DATA_INVALID', message);
}

/** In the unit that the times have. */
function startsOfPeriods(
  { arg }: TimeNode,
  { type, valid }: NumberValues,
  seconds: Float64Array,
): NumberValues {
  const starts = seconds.map((second) => periodStart(arg as Period, second));
  const perSecond = ticksPerSecond(type);
  if (perSecond === undefined)
    return { kind: 'number', type, values: starts.map((second) => second / secondsPerDay), valid };
  // the first week of what nanoseconds reach may begin before they do: they wrap
  const ticks = multipliedTicks(wideOfNumbers(starts), perSecond, () => undefined);
  return timesOfTicks(ticks, valid, type);
}

/** What the clocks show that are so far ahead of UTC. */
function shifted({ arg }: TimeNode, times: NumberValues): NumberValues {
  const stamps =
    ticksPerSecond(times.type) === undefined
      ? inUnitOf(times, new TimestampMillisecond(), 'refuse')
      : times;
  const ahead = zoneSeconds(arg as string) * (ticksPerSecond(stamps.type) as number);
  if (stamps.wide === undefined)
    return { ...stamps, values: stamps.values.map((tick) => tick + ahead) };
  const offset = BigInt(ahead);
  const ticks = (stamps.wide as BigInt64Array).map((tick) => tick + offset);
  return timesOfTicks(ticks, stamps.valid, stamps.type);
}
