/** Dates and timestamps in expressions: parts, periods, days between, and comparisons of every digit. */
import {
  type DataType,
  DateDay,
  DateMillisecond,
  Table,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
} from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { periodNames } from '../../../src/base/civil-date.ts';
import { coalesce, col, createTable, type Expression, lit, when } from '../../../src/index.ts';
import { fixedWidthColumn } from '../../../src/table/columns/make-column.ts';
import type { PartitionedTable } from '../../../src/table/partitioned-table.ts';
import { errorOf } from '../../contract/error-of.ts';
import { valuesOf } from '../../tools/inline-table.ts';

const day = 86_400_000_000_000n;
/** A type of times and its tick in nanoseconds. */
const units: readonly (readonly [DataType, bigint])[] = [
  [new DateDay(), day],
  [new DateMillisecond(), 1_000_000n],
  [new TimestampSecond(), 1_000_000_000n],
  [new TimestampMillisecond(), 1_000_000n],
  [new TimestampMicrosecond('Asia/Tokyo'), 1000n],
  [new TimestampNanosecond(), 1n],
];

function tableOf(
  columns: Readonly<Record<string, readonly [DataType, readonly (bigint | null)[]]>>,
) {
  const made = Object.entries(columns).map(([name, [type, ticks]]) => {
    const cells = ticks.map((tick) => tick ?? 5n);
    const values =
      type.ArrayType === Int32Array ? Int32Array.from(cells, Number) : BigInt64Array.from(cells);
    const valid = Uint8Array.from(ticks, (tick) => Number(tick !== null));
    return [name, fixedWidthColumn(type, values, valid.includes(0) ? valid : undefined)] as const;
  });
  return createTable(new Table(Object.fromEntries(made)), { numPartitions: 2 }) as PartitionedTable;
}

async function cells(table: PartitionedTable, expression: Expression): Promise<unknown[]> {
  return await valuesOf(table.withColumn('out', expression), 'out');
}

/** As texts, with all digits. */
async function texts(table: PartitionedTable, expression: Expression): Promise<unknown[]> {
  return await cells(table.withColumn('made', expression), col('made').cast('string'));
}

// what nanoseconds reach
const nanoseconds = fc.oneof(
  fc.constantFrom(0n, -1n, day - 1n, -day, 1_709_251_199_999_999_999n),
  fc.bigInt(-(2n ** 63n) + 8n * day, 2n ** 63n - 1n),
);
const times = fc.array(fc.option(nanoseconds, { freq: 6 }), { minLength: 1, maxLength: 12 });

function floorDivide(a: bigint, b: bigint): bigint {
  return a / b - (a % b < 0n ? 1n : 0n);
}

const parts: Readonly<Record<string, (date: Date) => number>> = {
  year: (date) => date.getUTCFullYear(),
  quarter: (date) => Math.floor(date.getUTCMonth() / 3) + 1,
  month: (date) => date.getUTCMonth() + 1,
  dayOfMonth: (date) => date.getUTCDate(),
  dayOfWeek: (date) => date.getUTCDay() + 1,
  dayOfYear: (date) => (date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000 + 1,
  hour: (date) => date.getUTCHours(),
  minute: (date) => date.getUTCMinutes(),
  second: (date) => date.getUTCSeconds(),
};

describe('a part of a time', () => {
  it('is that of the calendar in UTC, whatever the unit and the zone', async () => {
    await fc.assert(
      fc.asyncProperty(times, fc.constantFrom(...units), async (drawn, [type, tick]) => {
        const ticks = drawn.map((time) => (time === null ? null : floorDivide(time, tick)));
        const table = tableOf({ t: [type, ticks] });
        for (const [name, of] of Object.entries(parts)) {
          const expected = ticks.map((value) => {
            if (value === null) return null;
            return Math.floor(of(new Date(Number(floorDivide(value * tick, 1_000_000n)))));
          });
          const part = col('t')[name as 'year']();
          expect(await cells(table, part), name).toEqual(expected);
        }
        const seconds = ticks.map((value) => value && floorDivide(value * tick, 1_000_000_000n));
        expect(await cells(table, col('t').unixTimestamp())).toEqual(seconds);
      }),
      { numRuns: 40 },
    );
  });

  it('has the weeks of ISO 8601', async () => {
    const table = createTable({
      at: ['2020-12-31', '2021-01-03', '2021-01-04', '2018-12-31', '1969-12-29', '1967-01-01'],
    }).cast({ at: 'date' });
    expect(await cells(table, col('at').weekOfYear())).toEqual([53, 53, 1, 1, 1, 52]);
    expect(await cells(table, col('at').dayOfWeek())).toEqual([5, 1, 2, 2, 2, 1]);
  });

  it('is counted where clocks are ahead or behind', async () => {
    const table = tableOf({ t: [new TimestampNanosecond(), [1_709_251_199_999_999_999n, null]] });
    const local = (zone: string): Expression => col('t').fromUtcTimestamp(zone);
    expect(await texts(table, local('+00:30'))).toEqual(['2024-03-01 00:29:59.999999999', null]);
    expect(await cells(table, local('-18:59').hour())).toEqual([5, null]);
    expect(await cells(table, local('UTC').month())).toEqual([2, null]);
    const days = createTable({ at: ['1970-01-01'] }).cast({ at: 'date' });
    expect(await texts(days, col('at').fromUtcTimestamp('-01:00'))).toEqual([
      '1969-12-31 23:00:00',
    ]);
  });
});

describe('a time cut down to a period', () => {
  it('is its beginning: not later, of the same period, and the same when cut again', async () => {
    await fc.assert(
      fc.asyncProperty(times, fc.constantFrom(...units.slice(1)), async (drawn, [type, tick]) => {
        const ticks = drawn.map((time) => (time === null ? null : floorDivide(time, tick)));
        const table = tableOf({ t: [type, ticks] });
        for (const [place, period] of periodNames.entries()) {
          const cut = table.withColumn('cut', col('t').dateTrunc(period));
          const known = ticks.filter((value) => value !== null).length;
          const same = col('cut')
            .le(col('t'))
            .and(col('cut').dateTrunc(period).eq(col('cut')));
          expect(await cut.filter(same).count(), period).toBe(known);
          const finer = periodNames[Math.max(place, 4)] as 'day';
          const before = cut.withColumn('next', col('cut').dateTrunc(finer).eq(col('cut')));
          expect(await before.filter(col('next')).count(), period).toBe(known);
        }
        for (const part of ['year', 'quarter', 'month'] as const) {
          const begun = table.withColumn('cut', col('t').dateTrunc(part));
          const is = col('cut')[part]().eq(col('t')[part]()).and(col('cut').dayOfMonth().eq(1));
          expect(await begun.filter(is).count()).toBe(ticks.filter((v) => v !== null).length);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('keeps its type; quarters and weeks begin as they do', async () => {
    const table = createTable({ d: ['2024-05-15', '1969-12-31'] }).cast({ d: 'date' });
    const cut = (period: 'quarter' | 'week'): Expression => col('d').dateTrunc(period);
    expect(await texts(table, cut('quarter'))).toEqual(['2024-04-01', '1969-10-01']);
    expect(await texts(table, cut('week'))).toEqual(['2024-05-13', '1969-12-29']);
    expect(String(table.withColumn('c', cut('week')).schema.fields[1]?.type)).toContain('Date');
  });
});

describe('days', () => {
  it('added are the days between', async () => {
    const at = fc.integer({ min: -1_000_000, max: 1_000_000 });
    const rows = fc.array(fc.tuple(fc.option(at), fc.option(at)), { minLength: 1, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(rows, async (drawn) => {
        const days = drawn.map(([from]) => (from === null ? null : BigInt(from)));
        const more = drawn.map(([, add]) => (add === null ? null : BigInt(add)));
        const table = tableOf({ d: [new DateDay(), days], n: [new DateDay(), more] });
        const counted = table.withColumn('n', col('n').cast('int'));
        const later = counted.withColumn('later', col('d').dateAdd(col('n')));
        expect(await cells(later, col('later').dateDiff(col('d')))).toEqual(
          drawn.map(([from, add]) => (from === null ? null : add)),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('are counted by dates and not by hours', async () => {
    const table = createTable({ at: [new Date('2024-03-01T00:00:01Z')] });
    expect(await cells(table, col('at').dateDiff(new Date('2024-02-28T23:59:59Z')))).toEqual([2]);
    expect(await texts(table, col('at').dateAdd(-1))).toEqual(['2024-02-29']);
    const error = await errorOf(() =>
      table.withColumn('x', col('at').dateAdd(2 ** 31 - 1)).collect(),
    );
    expect(error.code).toBe('DATA_INVALID');
  });
});

describe('times of different digits', () => {
  const nearly = 1_735_689_599_999_999_999n;
  const table = tableOf({
    ns: [new TimestampNanosecond(), [nearly, nearly + 1n, null]],
    us: [new TimestampMicrosecond('UTC'), [1_735_689_600_000_001n, null, null]],
    ms: [new TimestampMillisecond(), [253_402_300_799_999n, 1_735_689_600_000n, null]],
  });

  it('are compared to the last one', async () => {
    const midnight = new Date('2025-01-01T00:00:00Z');
    expect(await cells(table, col('ns').lt(midnight))).toEqual([true, false, null]);
    expect(await cells(table, col('ns').eq(col('ms')))).toEqual([false, true, null]);
    expect(await cells(table, col('ns').lt(col('ms')))).toEqual([true, false, null]);
    expect(await cells(table, col('us').gt(midnight))).toEqual([true, null, null]);
    expect(await cells(table, col('ns').isIn([midnight]))).toEqual([false, true, null]);
  });

  it('are chosen among without losing any', async () => {
    expect(await texts(table, coalesce(col('us'), col('ns'), new Date(0)))).toEqual([
      '2025-01-01 00:00:00.000001',
      '2025-01-01 00:00:00',
      '1970-01-01 00:00:00',
    ]);
    const chosen = when(col('us').isNull(), col('us')).otherwise(col('ns'));
    expect(await texts(table, chosen)).toEqual(['2024-12-31 23:59:59.999999999', null, null]);
    const type = table.withColumn('x', coalesce(col('ms'), col('us'))).schema.fields.at(-1)?.type;
    expect(String(type)).toBe('Timestamp<MICROSECOND, UTC>');
    const refused = await errorOf(() =>
      table.withColumn('x', coalesce(col('ms'), col('ns'))).collect(),
    );
    expect(refused.message).toContain("Cast the columns to one type, such as 'timestamp(us)'");
  });

  it('may all be missing', async () => {
    const none = tableOf({ a: [new TimestampMillisecond(), [null]], b: [new DateDay(), [null]] });
    expect(await cells(none, coalesce(col('a'), col('b')))).toEqual([null]);
    expect(await cells(none, coalesce(col('a'), null).year())).toEqual([null]);
    expect(await cells(none, lit(null).month())).toEqual([null]);
  });
});

it('refuses what is no time, with the remedy', async () => {
  const table = createTable({ s: ['2024-01-01'], x: [1.5], at: [new Date(0)] });
  const told = async (expression: Expression): Promise<string> =>
    (await errorOf(async () => table.withColumn('out', expression))).message;
  expect(await told(col('s').year())).toBe(
    "the expression s must be a date or a timestamp; got string; make one of texts by .cast('timestamp') or .cast('date')",
  );
  expect(await told(col('x').hour())).toContain('must be a date or a timestamp; got double');
  expect(await told(col('at').dateAdd(col('x')))).toContain(
    'must be whole numbers of days; got double',
  );
  expect((await errorOf(async () => col('at').dateTrunc('Month' as 'month'))).message).toContain(
    'must be one of year, quarter, month, week, day, hour, minute, second; got "Month"',
  );
  expect((await errorOf(async () => col('at').fromUtcTimestamp('Europe/Rome'))).message).toContain(
    "must be 'UTC' or how far clocks are ahead of it, such as '+02:00'; got \"Europe/Rome\"",
  );
});
