/** Casts of numbers to integers: the values and errors of BigInt, in every pair of types. */
import {
  DurationNanosecond,
  makeData,
  Table,
  TimeNanosecond,
  TimestampNanosecond,
  Vector,
} from 'apache-arrow';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { col, createTable, type PartitionedTable } from '../../../src/index.ts';
import { errorOf } from '../../contract/error-of.ts';

const types: Readonly<Record<string, readonly [signed: boolean, bits: number]>> = {
  tinyint: [true, 8],
  smallint: [true, 16],
  int: [true, 32],
  bigint: [true, 64],
  utinyint: [false, 8],
  usmallint: [false, 16],
  uint: [false, 32],
  ubigint: [false, 64],
};

function fits(value: bigint, type: string): boolean {
  const [isSigned, bits] = types[type] as readonly [boolean, number];
  return (isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value;
}

/** Values at the edges of every type. */
const edges = [7, 8, 15, 16, 31, 32, 63, 64].flatMap((bits) => {
  const edge = 2n ** BigInt(bits);
  return [edge, -edge].flatMap((each) => [each - 1n, each, each + 1n]);
});
const integer = fc.oneof(fc.constantFrom(...edges, 0n, -1n), fc.bigInt(-(2n ** 64n), 2n ** 64n));
const typeName = fc.constantFrom(...Object.keys(types));

async function cells(table: PartitionedTable): Promise<unknown[]> {
  return (await table.withColumn('v', col('v').cast('string')).take(100)).map(({ v }) => v);
}

it('an integer is itself in a type that has room for it, else null or refused by name', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(integer, { freq: 8 }), { minLength: 1, maxLength: 12 }),
      typeName,
      typeName,
      async (drawn, from, to) => {
        const values = drawn.map((value) => (value === null || fits(value, from) ? value : 1n));
        const texts = values.map((value) => (value === null ? null : String(value)));
        const table = createTable({ v: [...texts, '0'] as string[] })
          .cast({ v: from })
          .limit(texts.length);
        const tried = table.withColumn('v', col('v').tryCast(to));
        const held = values.map((value) => value !== null && fits(value, to));
        expect(await cells(tried)).toEqual(texts.map((text, i) => (held[i] ? text : null)));
        const odd = values.find((value, i) => value !== null && held[i] === false);
        if (odd === undefined) expect(await cells(table.cast({ v: to }))).toEqual(texts);
        else {
          const error = await errorOf(() => table.cast({ v: to }).collect());
          expect(error.code).toBe('DATA_INVALID');
          expect(error.message).toContain(`must fit ${to} to be cast; got ${odd}.`);
        }
        const flags = await table.cast({ v: 'boolean' }).take(100);
        expect(flags.map(({ v }) => v)).toEqual(
          values.map((value) => (value === null ? null : value !== 0n)),
        );
      },
    ),
    { numRuns: 150, examples: [[[2n ** 64n - 1n, null, 2n ** 64n - 2n ** 31n], 'ubigint', 'int']] },
  );
});

it.each([new TimestampNanosecond(), new DurationNanosecond(), new TimeNanosecond()])(
  'a time counts its ticks, every digit of them: %s',
  async (type) => {
    const ticks = BigInt64Array.of(1_720_000_000_123_456_789n, 9_007_199_254_740_993n, 0n);
    const data = makeData({ type: type as TimestampNanosecond, length: ticks.length, data: ticks });
    const table = createTable(new Table({ v: new Vector([data]) }));
    const texts = [...ticks].map(String);
    for (const to of ['bigint', 'ubigint', 'decimal(20,0)'])
      expect(await cells(table.cast({ v: to }))).toEqual(texts);
    expect(await cells(table.withColumn('v', col('v').tryCast('int')))).toEqual([null, null, '0']);
    const error = await errorOf(() => table.cast({ v: 'int' }).collect());
    expect(error.message).toContain('must fit int to be cast; got 1720000000123456789.');
  },
);

it('a number with a fraction is cut off, and NaN is missing', async () => {
  const number = fc.oneof(
    fc.constantFrom(...edges.map(Number), -0.9, 127.9, -128.9, Number.NaN),
    fc.double({ noDefaultInfinity: true, min: -(2 ** 65), max: 2 ** 65 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(number, { minLength: 1, maxLength: 12 }), typeName, async (v, to) => {
      const table = createTable({ v: Float64Array.from(v) });
      const want = v.map((value) => {
        if (Number.isNaN(value)) return null;
        const whole = BigInt(Math.trunc(value));
        return fits(whole, to) ? String(whole) : null;
      });
      expect(await cells(table.withColumn('v', col('v').tryCast(to)))).toEqual(want);
      const odd = v.find((value, i) => !Number.isNaN(value) && want[i] === null);
      if (odd === undefined) expect(await cells(table.cast({ v: to }))).toEqual(want);
      else {
        const error = await errorOf(() => table.cast({ v: to }).collect());
        expect(error.message).toContain(`must fit ${to} to be cast; got ${odd}.`);
      }
    }),
    { numRuns: 200 },
  );
});
