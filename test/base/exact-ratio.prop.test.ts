import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactRatio, exactUnits, ratioOf } from '../../src/base/exact-ratio.ts';
import { ExactSum } from '../../src/base/exact-sum.ts';
import { WideSum } from '../../src/evaluation/parts/wide-sum.ts';

const finite = fc.double({ noNaN: true, min: -1e100, max: 1e100 });

function sumOf(...values: number[]): ExactSum {
  const sum = new ExactSum();
  for (const value of values) sum.add(value);
  return sum;
}

describe('exactRatio', () => {
  it('divides two doubles as the platform does', () => {
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        fc.pre(b !== 0 && Math.abs(b) > 1e-150 && (a === 0 || Math.abs(a) > 1e-150));
        expect(ratioOf(sumOf(a), sumOf(b)) + 0).toBe(a / b + 0);
      }),
    );
  });

  it('has no value over 0', () => {
    expect(exactRatio(5n, 0n)).toBeNaN();
    expect(exactRatio(0n, 5n)).toBe(0);
  });

  it('keeps what cancels in floating point', () => {
    const sum = sumOf(1e100, 1, -1e100);
    expect(exactUnits(sum)).toBe(exactUnits(sumOf(1)));
    expect(ratioOf(sum, sumOf(3))).toBe(1 / 3);
  });
});

describe('WideSum', () => {
  it('adds whole numbers exactly beyond 2^53', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat({ max: 2 ** 30 }))), (pairs) => {
        const sum = new WideSum();
        let exact = 0n;
        for (const [a, b] of pairs) {
          sum.addProduct(a, b);
          exact += BigInt(a) * BigInt(b);
        }
        expect(sum.value()).toBe(Number(exact));
      }),
    );
  });
});
