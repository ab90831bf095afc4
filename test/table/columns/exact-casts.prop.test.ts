/** Casts between integers of 64 bits, decimals and texts keep every digit; so do their constants and choices. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { coalesce, col, createTable, when } from '../../../src/index.ts';
import { parseDecimal } from '../../../src/table/columns/decimal-digits.ts';
import { errorOf } from '../../contract/error-of.ts';

const wide = 2n ** 53n + 1n;
const most = 2n ** 64n - 1n;

async function cast(values: readonly unknown[], ...types: readonly string[]): Promise<unknown[]> {
  let table = createTable({ v: values as string[] });
  for (const type of types) table = table.cast({ v: type });
  return (await table.take(values.length)).map(({ v }) => v);
}

const digits = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });

it('a text of 38 digits is the same text after it was a decimal', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(digits, { minLength: 1, maxLength: 8 }), async (values) => {
      const texts = values.map(String);
      expect(await cast(texts, 'decimal(38,0)', 'string')).toEqual(texts);
    }),
    { numRuns: 20 },
  );
});

it('integers of 64 bits are the same as decimals, as texts and back', async () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  await fc.assert(
    fc.asyncProperty(fc.array(int64, { minLength: 1, maxLength: 8 }), async (values) => {
      const texts = values.map(String);
      expect(await cast(texts, 'bigint', 'decimal(38,5)', 'bigint', 'string')).toEqual(texts);
      expect(await cast(texts, 'bigint', 'double')).toEqual(values.map(Number));
    }),
    { numRuns: 20 },
  );
});

it('decimals have the places of their type, halves away from zero', async () => {
  const texts = ['1.005', '-1.005', '1.004999', '12', '.5', '7e2', '1e-5', '-0.00'];
  const told = ['1.01', '-1.01', '1.00', '12.00', '0.50', '700.00', '0.00', '0.00'];
  expect(await cast(texts, 'decimal(10,2)', 'string')).toEqual(told);
  expect(await cast(['2.5', '-2.5', '2.49'], 'decimal(9,2)', 'decimal(9,0)', 'string')).toEqual([
    '3',
    '-3',
    '2',
  ]);
  expect(await cast(['1.9', '-1.9'], 'decimal(9,1)', 'int')).toEqual([1, -1]);
  expect(await cast([0.1, -2.5, 1e-7], 'decimal(38,20)', 'string')).toEqual([
    '0.10000000000000000000',
    '-2.50000000000000000000',
    '0.00000010000000000000',
  ]);
});

it('what a type has no room for is refused, or null', async () => {
  const table = createTable({ v: BigUint64Array.of(most, 5n) });
  const error = await errorOf(() => table.cast({ v: 'bigint' }).collect());
  expect(error.message).toContain(`must fit bigint to be cast; got ${most}`);
  const rows = await table.withColumn('v', col('v').tryCast('int')).take(2);
  expect(rows).toEqual([{ v: null }, { v: 5 }]);
  expect(parseDecimal('1e9999', 0)).toBe(undefined);
  expect(parseDecimal('1e-9999', 38)).toBe(0n);
  for (const text of ['', '.', '-', '1x', '0x10', 'NaN', '1_000']) {
    expect(parseDecimal(text, 2)).toBe(undefined);
  }
});

it('constants of 64 bits are compared and chosen without rounding', async () => {
  const table = createTable({ u: BigUint64Array.of(most, 3n, 4n), i: [wide, null, -wide] });
  expect(await table.filter(col('u').eq(most)).count()).toBe(1);
  expect(await table.filter(col('u').isIn([most, 3n])).count()).toBe(2);
  expect(await table.filter(col('i').lt(most)).count()).toBe(2);
  const chosen = await table
    .select('i')
    .withColumn('kept', coalesce(col('i'), 7n))
    .withColumn('up', when(col('i').gt(0), col('i')).otherwise(-1n))
    .take(3);
  expect(chosen.map(({ kept, up }) => [kept, up])).toEqual([
    [wide, wide],
    [7n, -1n],
    [-wide, -1n],
  ]);
  const error = await errorOf(() => col('u').lt(2n ** 64n));
  expect(error.message).toContain('must be an integer of 64 bits; got 18446744073709551616n');
});

it('rows have decimals as numbers, and descriptions take integers of any size', async () => {
  const table = createTable({ price: ['12.10', null], id: [2n ** 60n, 2n ** 61n] });
  const priced = table.cast({ price: 'decimal(9,2)' });
  expect(await priced.select('price').take(2)).toEqual([{ price: 12.1 }, { price: null }]);
  const described = await (await priced.describe()).select('summary', 'id').take(6);
  expect(described.at(-1)).toEqual({ summary: 'max', id: 2 ** 61 });
});

it('a text beside a time is told to be a Date', async () => {
  const table = createTable({ at: [new Date(0)] });
  const error = await errorOf(() => table.filter(col('at').ge('2026-11-21')));
  expect(error.message).toContain("and string; a constant is a Date, as new Date('2026-11-21')");
});

it('takes the names of types that Spark has too', async () => {
  expect(await cast(['5'], 'long', 'short', 'byte', 'integer', 'varchar')).toEqual(['5']);
});
