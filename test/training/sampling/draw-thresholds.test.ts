import { describe, expect, it } from 'vitest';
import { hash32, purposes } from '../../../src/base/rng.ts';
import { drawThresholds, maxDraws } from '../../../src/training/sampling/draw-thresholds.ts';

/** How often a row of these random bits counts. */
function draws(thresholds: readonly number[], bits: number): number {
  return thresholds.filter((threshold) => bits >= threshold).length;
}

describe('how often a row is drawn', () => {
  it('is at most once without replacement, at the rate', () => {
    expect(drawThresholds({ rate: 1, bootstrap: false })).toEqual([0]);
    const thresholds = drawThresholds({ rate: 0.25, bootstrap: false });
    expect(thresholds).toEqual([3 * 2 ** 30]);
    expect([draws(thresholds, 3 * 2 ** 30 - 1), draws(thresholds, 2 ** 32 - 1)]).toEqual([0, 1]);
  });

  it('is Poisson with replacement', () => {
    for (const rate of [1, 0.5, 0.05]) {
      const thresholds = drawThresholds({ rate, bootstrap: true });
      expect(thresholds.length).toBe(maxDraws);
      const counts = new Float64Array(maxDraws + 1);
      const numRows = 200_000;
      for (let row = 0; row < numRows; row++) {
        const found = draws(thresholds, hash32(3, purposes.bootstrap, row));
        counts[found] = (counts[found] as number) + 1;
      }
      let probability = Math.exp(-rate);
      for (let k = 0; k <= maxDraws; k++) {
        const expected = numRows * probability;
        expect(Math.abs((counts[k] as number) - expected)).toBeLessThan(
          6 * Math.sqrt(expected) + 2,
        );
        probability *= rate / (k + 1);
      }
    }
  });

  it('has ascending thresholds that 32 bits hold', () => {
    for (const rate of [1e-9, 0.1, 0.7, 1]) {
      const thresholds = drawThresholds({ rate, bootstrap: true });
      thresholds.forEach((threshold, i) => {
        expect(Number.isInteger(threshold)).toBe(true);
        expect(threshold).toBeLessThanOrEqual(0xffffffff);
        if (i > 0) expect(threshold).toBeGreaterThanOrEqual(thresholds[i - 1] as number);
      });
    }
  });
});
