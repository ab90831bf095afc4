import { describe, expect, it } from 'vitest';
import {
  ceilLog2,
  exp,
  log,
  logistic,
  powerOfTwo,
  softplus,
} from '../../src/base/portable-math.ts';

/** The bits of a double as 16 hex digits. */
function bitsOf(value: number): string {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0] as bigint;
  return bits.toString(16).padStart(16, '0');
}

describe('portable math', () => {
  it('has the bits that saved models were made with', () => {
    expect([1, -1, 0.1, -20.5, 700, -700].map((x) => bitsOf(exp(x)))).toEqual([
      '4005bf0a8b14576a',
      '3fd78b56362cef38',
      '3ff1aec7b35a00d4',
      '3e157a3afeed00ac',
      '7f0d945df4f8ec8e',
      '00d14f2b0fb9307f',
    ]);
    expect([2, 10, 0.1, 1e-310, 1e308, 1 + 2 ** -52].map((x) => bitsOf(log(x)))).toEqual([
      '3fe62e42fefa39ef',
      '40026bb1bbb55516',
      'c0026bb1bbb55515',
      'c0864e69394d9508',
      '40862991d5d62a5e',
      '3cafffffffffffff',
    ]);
    expect([0.3, -0.3, 40, -745].map((x) => bitsOf(logistic(x)))).toEqual([
      '3fe261d545e46a8b',
      '3fdb3c5574372aeb',
      '3ff0000000000000',
      '0000000000000000',
    ]);
    expect([0.3, -0.3, 800, -745].map((x) => bitsOf(softplus(x)))).toEqual([
      '3feb56e0cf4511b0',
      '3fe1bd4735ab7816',
      '4089000000000000',
      '0000000000000000',
    ]);
  });

  it('makes powers of two exactly', () => {
    for (let n = -1022; n <= 1023; n++) expect(powerOfTwo(n)).toBe(2 ** n);
  });

  it('finds the smallest power of two that is not below a value', () => {
    for (let n = -1022; n <= 1023; n++) {
      const power = 2 ** n;
      expect(ceilLog2(power)).toBe(n);
      expect(ceilLog2(-power)).toBe(n);
      if (n < 1023) expect(ceilLog2(power * (1 + 2 ** -52))).toBe(n + 1);
    }
    expect(ceilLog2(0)).toBe(-1074);
    expect(ceilLog2(5e-324)).toBe(-1022);
  });

  it('has halves of the logistic that add up, and ends at 0 and 1', () => {
    for (const x of [0, 0.1, 1, 5, 30, 100]) {
      expect(logistic(x) + logistic(-x)).toBeCloseTo(1, 15);
    }
    expect([logistic(0), logistic(800), logistic(-800)]).toEqual([0.5, 1, 0]);
  });
});
