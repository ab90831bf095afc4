import {
  DateDay,
  DateMillisecond,
  TimestampMicrosecond,
  TimestampNanosecond,
  TimestampSecond,
} from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datePartNames } from '../../src/base/civil-date.ts';
import { DatePartExtractor } from '../../src/feature/date-part-extractor.ts';
import { fixedWidthColumn } from '../../src/table/columns/make-column.ts';
import { inlineTable, valuesOf } from '../tools/inline-table.ts';

const every = { inputCol: 't', outputCol: 'at', parts: datePartNames } as const;

/** The same by the platform's calendar. */
function partsOf(milliseconds: number): Record<string, number> {
  const date = new Date(milliseconds);
  const year = date.getUTCFullYear();
  const day = 86_400_000;
  const dayOf = (y: number, month: number, of: number): number => {
    const at = new Date(0);
    at.setUTCFullYear(y, month, of);
    return Math.round(at.getTime() / day);
  };
  const epochDay = Math.floor(milliseconds / day);
  const thursday = new Date((epochDay - ((date.getUTCDay() + 6) % 7) + 3) * day);
  const thursdayDay = Math.floor(thursday.getTime() / day);
  return {
    year,
    quarter: Math.floor(date.getUTCMonth() / 3) + 1,
    month: date.getUTCMonth() + 1,
    weekOfYear: Math.floor((thursdayDay - dayOf(thursday.getUTCFullYear(), 0, 1)) / 7) + 1,
    dayOfYear: epochDay - dayOf(year, 0, 1) + 1,
    dayOfMonth: date.getUTCDate(),
    dayOfWeek: date.getUTCDay() + 1,
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    epochDay,
  };
}

describe('DatePartExtractor', () => {
  it('agrees with the platform on any day of four thousand years', async () => {
    const bound = 63_072_000_000_000;
    const times = fc.sample(fc.integer({ min: -bound, max: bound }), { seed: 3, numRuns: 400 });
    const known = ['2024-02-29T23:59:59.999Z', '2000-12-31', '1969-12-31T23:59:59.999Z'];
    const all = [...times, ...known.map((text) => Date.parse(text))];
    const column = fixedWidthColumn(
      new DateMillisecond(),
      BigInt64Array.from(all, (time) => BigInt(time)),
    );
    const extracted = await new DatePartExtractor(every).transform(inlineTable({ t: column }, 3));
    expect(await valuesOf(extracted, 'at')).toEqual(all.map(partsOf));
  });

  it('reads every unit, rounds down and leaves missing times missing', async () => {
    const valid = Uint8Array.of(1, 0);
    const nanoseconds = BigInt64Array.of(-1n, 0n);
    const extractor = new DatePartExtractor({ ...every, parts: ['year', 'second', 'epochDay'] });
    const before = { year: 1969, second: 59, epochDay: -1 };
    const missing = { year: null, second: null, epochDay: null };
    for (const column of [
      fixedWidthColumn(new TimestampNanosecond(), nanoseconds, valid),
      fixedWidthColumn(new TimestampMicrosecond(), nanoseconds, valid),
      fixedWidthColumn(new TimestampSecond(), nanoseconds, valid),
    ]) {
      const extracted = await extractor.transform(inlineTable({ t: column }));
      expect(await valuesOf(extracted, 'at')).toEqual([before, missing]);
    }
    const days = fixedWidthColumn(new DateDay(), Int32Array.of(-1, 0), valid);
    const extracted = await extractor.transform(inlineTable({ t: days }));
    expect(await valuesOf(extracted, 'at')).toEqual([{ ...before, second: 0 }, missing]);
    // one nanosecond before a second that float64 cannot tell from it
    const close = fixedWidthColumn(
      new TimestampNanosecond(),
      BigInt64Array.of(1_700_000_000_999_999_999n),
    );
    const [row] = await valuesOf(await extractor.transform(inlineTable({ t: close })), 'at');
    expect(row).toMatchObject({ second: 20 });
  });

  it('shifts times by minutes', async () => {
    const table = inlineTable({ t: [new Date('2026-12-31T23:30:00Z')] });
    const oslo = new DatePartExtractor({
      ...every,
      parts: ['year', 'hour'],
      utcOffsetMinutes: 60,
    });
    expect(await valuesOf(await oslo.transform(table), 'at')).toEqual([{ year: 2027, hour: 0 }]);
  });

  it('refuses other parts and other types', async () => {
    expect(() => new DatePartExtractor({ inputCol: 't', parts: ['week'] })).toThrow(
      'parts of DatePartExtractor must be different ones of year, quarter, month',
    );
    const text = inlineTable({ t: ['2026-11-21'] });
    await expect(new DatePartExtractor(every).transform(text)).rejects.toThrow(
      'column t, an input of DatePartExtractor, must be a date or a timestamp; got string',
    );
  });
});
