import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnMoments } from '../../src/feature/statistics/column-moments.ts';
import { mostFrequentNumbers } from '../../src/feature/statistics/count-numbers.ts';
import { selectQuantiles } from '../../src/feature/statistics/select-quantiles.ts';
import { inlineTable } from '../tools/inline-table.ts';

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0, -0, 5e-324, -5e-324, 1.7976931348623157e308),
);
const columns = fc.array(fc.option(number), { maxLength: 50 });
const partitions = fc.integer({ min: 1, max: 5 });
const source = { path: ['x'] };

function present(x: readonly (number | null)[]): number[] {
  return x.filter((value) => value !== null).map((value) => value + 0);
}

describe('exact quantiles', () => {
  it('are those of the sorted values, for any partitions', async () => {
    await fc.assert(
      fc.asyncProperty(
        columns,
        partitions,
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (x, n, q) => {
          const queries = [0, 0.5, q, 1].map((fraction) => ({ source, fraction }));
          const found = await selectQuantiles(inlineTable({ x }, n), queries);
          const sorted = present(x).sort((a, b) => a - b);
          const expected = queries.map(({ fraction }) =>
            sorted.length === 0
              ? Number.NaN
              : sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)],
          );
          expect(found).toEqual(expected);
        },
      ),
      { seed: 11, numRuns: 100 },
    );
  });

  it('take infinities for what they are', async () => {
    const x = [Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY];
    const queries = [0, 0.5, 1].map((fraction) => ({ source, fraction }));
    expect(await selectQuantiles(inlineTable({ x }), queries)).toEqual([
      Number.NEGATIVE_INFINITY,
      1,
      Number.POSITIVE_INFINITY,
    ]);
  });
});

describe('exact moments', () => {
  // deviations below 2^-480 are refused
  const withoutTiny = (value: number): number => (Math.abs(value) < 1e-120 ? 0 : value);
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(withoutTiny);
  const moderate = fc.array(fc.option(number), { maxLength: 40 });

  it('do not depend on partitions or order', async () => {
    await fc.assert(
      fc.asyncProperty(columns, partitions, async (x, n) => {
        const safe = x.map((value) =>
          value === null || Math.abs(value) > 1e150 ? null : withoutTiny(value),
        );
        const [one] = await columnMoments(inlineTable({ x: safe }), 'Test', [source]);
        const [many] = await columnMoments(inlineTable({ x: safe.toReversed() }, n), 'Test', [
          source,
        ]);
        expect(many).toEqual(one);
      }),
      { seed: 12, numRuns: 60 },
    );
  });

  it('are near the textbook formulas', async () => {
    await fc.assert(
      fc.asyncProperty(moderate, async (x) => {
        const [moments] = await columnMoments(inlineTable({ x }), 'Test', [source]);
        const values = present(x);
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const scatter = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        expect(moments?.count).toBe(values.length);
        if (values.length === 0) expect(moments?.mean).toBeNaN();
        else expect(moments?.mean).toBeCloseTo(mean, 6);
        const deviation = values.length < 2 ? 0 : Math.sqrt(scatter / (values.length - 1));
        expect(moments?.deviation).toBeCloseTo(deviation, 4);
      }),
      { seed: 13, numRuns: 60 },
    );
  });

  it('lose nothing to cancellation', async () => {
    const x = [1e15 + 1, 1e15 + 2, 1e15 + 3];
    const [moments] = await columnMoments(inlineTable({ x }), 'Test', [source]);
    expect(moments).toEqual({ count: 3, mean: 1e15 + 2, variance: 1, deviation: 1 });
  });

  it('refuse an infinity by column', async () => {
    const table = inlineTable({ x: [1, Number.POSITIVE_INFINITY] });
    await expect(columnMoments(table, 'Test', [source])).rejects.toThrow(
      'column x given to Test must hold finite numbers for a mean; got Infinity',
    );
  });
});

describe('the most frequent number', () => {
  it('is the smallest of those that tie', async () => {
    const table = inlineTable({ x: [3, 1, 3, 1, 2, null] }, 2);
    expect(await mostFrequentNumbers(table, [source, { path: ['x'], missingValue: 1 }])).toEqual([
      1, 3,
    ]);
    expect(
      await mostFrequentNumbers(inlineTable({ x: [null] as (number | null)[] }), [source]),
    ).toEqual([Number.NaN]);
  });
});
