/** Casts among dates and timestamps, and of integers to decimals: the values and refusals of BigInt. */
import {
  type Data,
  DataType,
  DateDay,
  DateMillisecond,
  Decimal,
  Int8,
  Int32,
  Int64,
  makeData,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint32,
  Uint64,
} from 'apache-arrow';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { castData } from '../../../src/table/columns/cast-column.ts';
import { decimalAt } from '../../../src/table/columns/decimal-digits.ts';
import { fixedWidthColumn } from '../../../src/table/columns/make-column.ts';
import {
  dividedTicks,
  multipliedTicks,
  numbersOfWide,
  wideOfNumbers,
} from '../../../src/table/columns/wide-ticks.ts';

const day = 86_400n;
/** A type of times, and its ticks in a day. */
const times: readonly (readonly [DataType, bigint])[] = [
  [new DateDay(), 1n],
  [new DateMillisecond(), day * 1000n],
  [new TimestampSecond(), day],
  [new TimestampMillisecond(), day * 1000n],
  [new TimestampMicrosecond(), day * 1_000_000n],
  [new TimestampNanosecond(), day * 1_000_000_000n],
];
const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;
const time = fc.oneof(
  fc.constantFrom(0n, -1n, 1n, least, most, -day, day - 1n, 2n ** 32n, -(2n ** 32n)),
  fc.bigInt(-(10n ** 12n), 10n ** 12n),
  fc.bigInt(least, most),
);

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

function column(type: DataType, values: readonly (bigint | null)[]): Data {
  const ArrayType = type.ArrayType as unknown as { from(values: unknown[]): Int32Array };
  const isWide = type.ArrayType === BigInt64Array || type.ArrayType === BigUint64Array;
  const cells = ArrayType.from(
    values.map((value) => (isWide ? (value ?? 9n) : Number(value ?? 9n))),
  );
  const valid = Uint8Array.from(values, (value) => Number(value !== null));
  return fixedWidthColumn(type, cells, valid.includes(0) ? valid : undefined).data[0] as Data;
}

function cells(data: Data): (bigint | null)[] {
  return Array.from({ length: data.length }, (_, i) => {
    if (!data.getValid(i)) return null;
    if (DataType.isDecimal(data.type)) return decimalAt(data.values, i * data.stride, data.stride);
    return BigInt(data.values[i]);
  });
}

it('a time is the same time in another unit, rounded down, or there is no room for it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(time, { freq: 6 }), { minLength: 1, maxLength: 9 }),
      fc.constantFrom(...times),
      fc.constantFrom(...times),
      (drawn, [from, fromTicks], [to, toTicks]) => {
        const bits = DataType.isDate(from) && fromTicks === 1n ? 32 : 64;
        const values = drawn.map((value) => value && BigInt.asIntN(bits, value));
        const toBits = toTicks === 1n ? 32 : 64;
        const expected = values.map((value) => {
          if (value === null) return null;
          const scaled = floorDivide(value * toTicks, fromTicks);
          return BigInt.asIntN(toBits, scaled) === scaled ? scaled : null;
        });
        const data = column(from, values);
        expect(cells(castData(data, to, { name: 't', strict: false }))).toEqual(expected);
        const strict = (): Data => castData(data, to, { name: 't', strict: true });
        const odd = values.findIndex((value, i) => value !== null && expected[i] === null);
        if (odd < 0) expect(cells(strict())).toEqual(expected);
        else expect(strict).toThrow(`to be cast; got ${values[odd]}. Use tryCast`);
      },
    ),
    { numRuns: 600 },
  );
});

it('what lay in memory where a time is missing does not matter', () => {
  const [to] = times[5] as (typeof times)[number];
  for (const [from] of times) {
    const data = column(from, [null, 1n]);
    expect(castData(data, to, { name: 't', strict: true }).values[0]).toBe(from === to ? 9n : 0n);
  }
});

it('an integer is the same decimal, or there is no room for it', () => {
  const integers = [new Int8(), new Int32(), new Uint32(), new Int64(), new Uint64()];
  const kind = fc
    .tuple(fc.constantFrom(128, 256), fc.integer({ min: 1, max: 76 }), fc.nat(76))
    .map(([bits, precision, scale]) => {
      const digits = bits === 128 ? Math.min(precision, 38) : precision;
      return new Decimal(Math.min(scale, digits), digits, bits);
    });
  fc.assert(
    fc.property(
      fc.array(fc.option(time, { freq: 6 }), { minLength: 1, maxLength: 9 }),
      fc.constantFrom(...integers),
      kind,
      (drawn, from, to) => {
        const wrap = from.isSigned ? BigInt.asIntN : BigInt.asUintN;
        const values = drawn.map((value) => value && wrap(from.bitWidth, value));
        const end = 10n ** BigInt(to.precision);
        const expected = values.map((value) => {
          if (value === null) return null;
          const scaled = value * 10n ** BigInt(to.scale);
          return scaled < end && -scaled < end ? scaled : null;
        });
        const data = column(from, values);
        expect(cells(castData(data, to, { name: 'n', strict: false }))).toEqual(expected);
        const odd = values.findIndex((value, i) => value !== null && expected[i] === null);
        const strict = (): Data => castData(data, to, { name: 'n', strict: true });
        if (odd >= 0) expect(strict).toThrow(`to be cast; got ${values[odd]}. Use tryCast`);
        else expect(cells(strict())).toEqual(expected);
      },
    ),
    { numRuns: 600 },
  );
});

it('products and quotients of words are those of BigInt', () => {
  fc.assert(
    fc.property(
      fc.array(time, { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 2 ** 30 }),
      (values, by) => {
        const ticks = BigInt64Array.from(values);
        const factor = BigInt(by);
        expect([...dividedTicks(ticks, by)]).toEqual(values.map((v) => floorDivide(v, factor)));
        const large = new Set<number>();
        const products = multipliedTicks(ticks, by, (row) => large.add(row));
        for (const [i, value] of values.entries()) {
          const product = value * factor;
          expect(large.has(i)).toBe(BigInt.asIntN(64, product) !== product);
          if (!large.has(i)) expect(products[i]).toBe(product);
        }
        expect([...numbersOfWide(ticks)]).toEqual(values.map(Number));
        expect([...wideOfNumbers(values.map(Number))]).toEqual(
          values.map((value) => BigInt.asIntN(64, BigInt(Number(value)))),
        );
      },
    ),
    { numRuns: 300 },
  );
});

it('a part of a column is cast, not all of its memory', () => {
  const whole = makeData({ type: new TimestampSecond(), data: BigInt64Array.of(1n, 2n, 3n, 4n) });
  const part = castData(whole.slice(1, 2), new TimestampMillisecond(), { name: 't', strict: true });
  expect(cells(part)).toEqual([2000n, 3000n]);
});
