import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactSum, exactSumOf } from '../../src/base/exact-sum.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const values = fc.array(
  fc.oneof(
    finite,
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.constantFrom(5e-324, -5e-324, 2.2250738585072014e-308, 1e308, -1e308, 0.1, -0),
  ),
  { maxLength: 60 },
);

/** A finite double in units of 2^−1074. */
function unitsOf(value: number): bigint {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0] as bigint;
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return bits >> 63n === 1n ? -magnitude : magnitude;
}

/** The double nearest to so many units, ties to even, made bit by bit. */
function nearest(units: bigint): number {
  if (units === 0n) return 0;
  const isNegative = units < 0n;
  const magnitude = isNegative ? -units : units;
  const extra = BigInt(Math.max(0, magnitude.toString(2).length - 53));
  let kept = magnitude >> extra;
  const rest = magnitude - (kept << extra);
  const half = extra === 0n ? 0n : 1n << (extra - 1n);
  if (extra > 0n && (rest > half || (rest === half && (kept & 1n) === 1n))) kept += 1n;
  const bits = kept < 1n << 52n ? kept : ((extra + 1n) << 52n) + (kept - (1n << 52n));
  const value =
    bits >= 0x7ff0000000000000n
      ? Number.POSITIVE_INFINITY
      : (new Float64Array(BigUint64Array.of(bits).buffer)[0] as number);
  return isNegative ? -value : value;
}

function sumOf(list: ArrayLike<number>): ExactSum {
  const sum = new ExactSum();
  sum.addMany(list);
  return sum;
}

describe('ExactSum', () => {
  it('is the rational sum, rounded once', () => {
    fc.assert(
      fc.property(values, (list) => {
        const expected = nearest(list.reduce((total, value) => total + unitsOf(value), 0n));
        expect(exactSumOf(list)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('holds the same words in any order and for any grouping', () => {
    const cut = fc.nat(60);
    fc.assert(
      fc.property(values, cut, fc.integer(), (list, where, seed) => {
        const at = Math.min(where, list.length);
        const shuffled = [...list].sort((a, b) => ((a * seed) % 7) - ((b * seed) % 7) || b - a);
        const left = sumOf(shuffled.slice(0, at));
        left.merge(ExactSum.fromWords(sumOf(shuffled.slice(at)).toWords()));
        expect(left.toWords()).toEqual(sumOf(list).toWords());
      }),
      { numRuns: 500 },
    );
  });

  it('adds products exactly', () => {
    const factor = fc.double({ min: -1e60, max: 1e60, noNaN: true }).filter((x) => {
      return x === 0 || Math.abs(x) > 1e-60;
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(factor, factor), { maxLength: 30 }), (pairs) => {
        const sum = new ExactSum();
        for (const [a, b] of pairs) sum.addProduct(a, b);
        // a product of units counts 2^−2148: bring it to 2^−1074 with the rest as a sticky bit
        const total = pairs.reduce((all, [a, b]) => all + unitsOf(a) * unitsOf(b), 0n);
        const magnitude = total < 0n ? -total : total;
        const whole = (magnitude >> 1074n) << 2n;
        const sticky = (magnitude & ((1n << 1074n) - 1n)) === 0n ? 0n : 1n;
        const expected = nearest(whole | sticky) / 4;
        expect(sum.value()).toBe(total < 0n ? -expected : expected);
      }),
      { numRuns: 500 },
    );
  });

  it('adds many values as it adds them one by one, however far apart they are', () => {
    const one = fc
      .tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.integer({ min: -1100, max: 1022 }))
      .map(([mantissa, exponent]) => mantissa * 2 ** exponent);
    const near = fc.double({ min: 1, max: 2, noNaN: true });
    const oneList = fc.oneof(fc.array(near, { minLength: 1 }), fc.array(one, { minLength: 1 }));
    const lengths = fc.constantFrom(1, 1023, 1024, 1025, 2500);
    fc.assert(
      fc.property(oneList, lengths, fc.constantFrom(1, -1), (few, length, sign) => {
        const list = Float64Array.from({ length }, (_, i) => {
          const value = few[i % few.length] as number;
          return i % 3 === 0 ? sign * value : value;
        });
        const expected = new ExactSum();
        const expectedProducts = new ExactSum();
        const other = list.map((value) => (Math.abs(value) < 1e150 ? value : 0.1) / 3);
        for (const [i, value] of list.entries()) {
          expected.add(value);
          expectedProducts.addProduct(value, other[i] as number);
        }
        const products = new ExactSum();
        products.addProducts(list, other, length);
        expect(sumOf(list).toWords()).toEqual(expected.toWords());
        expect(products.toWords()).toEqual(expectedProducts.toWords());
      }),
      { numRuns: 300 },
    );
  });

  it('keeps a small value beside large ones that cancel', () => {
    expect(exactSumOf([1e308, 1, 1e308, -1e308, -1e308])).toBe(1);
    expect(exactSumOf([0.1, 0.2, -0.3])).toBe(2.7755575615628914e-17);
    expect(exactSumOf([])).toBe(0);
  });

  it('carries before its limbs can overflow', () => {
    const sum = new ExactSum();
    const value = 4294967295.9999995;
    for (let i = 0; i < 3_000_000; i++) sum.add(value);
    expect(sum.value()).toBe(nearest(unitsOf(value) * 3_000_000n));
  });

  it('is beyond the largest double only where the sum is', () => {
    expect(exactSumOf([1e308, 1e308])).toBe(Number.POSITIVE_INFINITY);
    expect(exactSumOf([-1e308, -1e308])).toBe(Number.NEGATIVE_INFINITY);
    expect(exactSumOf([Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE])).toBe(
      Number.MAX_VALUE,
    );
  });
});
