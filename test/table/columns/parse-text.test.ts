import { describe, expect, it } from 'vitest';
import { dateText, parseDate, timestampText } from '../../../src/table/columns/parse-text.ts';

describe('the text of a date', () => {
  it.each([
    [0, '1970-01-01'],
    [-1, '1969-12-31'],
    [11_016, '2000-02-29'],
    [2_932_896, '9999-12-31'],
    [2_932_897, '10000-01-01'],
    [-719_528, '0000-01-01'],
    [-719_529, '-0001-12-31'],
    // what other programs write for no end, and none before
    [2 ** 31 - 1, '5881580-07-11'],
    [-(2 ** 31), '-5877641-06-23'],
  ])('of day %i is %s', (days, text) => {
    expect(dateText(days)).toBe(text);
  });

  it('is read as the same day', () => {
    for (let days = -700_000; days < 2_900_000; days += 997)
      expect(parseDate(dateText(days))).toBe(days);
  });
});

it('tells any moment that a column of timestamps may have', () => {
  const text = (ticks: bigint): string => timestampText(ticks, 1_000_000n);
  expect(text(-1n)).toBe('1969-12-31 23:59:59.999999');
  expect(text(86_399_500_000n)).toBe('1970-01-01 23:59:59.5');
  expect(text(2n ** 63n - 1n)).toBe('294247-01-10 04:00:54.775807');
  expect(text(-(2n ** 63n))).toBe('-290308-12-21 19:59:05.224192');
});
