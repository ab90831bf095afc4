import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedScale, fromFixed } from '../../../src/training/leaves/leaf-values.ts';

describe('sums in fixed point', () => {
  it('leave room for every row in 62 bits, and use as many as they can', () => {
    const largest = fc.double({ min: 1e-200, max: 1e200, noNaN: true });
    fc.assert(
      fc.property(largest, fc.integer({ min: 1, max: 2 ** 31 }), (value, numRows) => {
        const scale = fixedScale(value, numRows);
        expect(Number.isInteger(Math.log2(scale))).toBe(true);
        expect(value * scale * numRows).toBeLessThan(2 ** 62);
        const bits = Math.min(34, 62 - Math.ceil(Math.log2(numRows + 1)));
        expect(value * scale).toBeGreaterThan(2 ** (bits - 2));
      }),
    );
  });

  it('are rounded once', () => {
    expect(fromFixed(3n, 1n << 31n, 2)).toBe(1.75);
    expect(fromFixed(-1n, 0n, 4)).toBe(-0.25);
    expect(fromFixed(-1n, (1n << 32n) - 1n, 1)).toBe(-(2 ** -32));
    expect(fromFixed((1n << 53n) + 1n, 1n, 1)).toBe(2 ** 53 + 2);
    expect(fromFixed((1n << 53n) + 1n, 0n, 1)).toBe(2 ** 53);
  });
});
