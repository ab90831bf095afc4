import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discountsOf, ndcg } from '../../../src/training/ranking/ndcg.ts';

const gains = fc.array(fc.oneof(fc.nat(31), fc.double({ min: 0, max: 9, noNaN: true })), {
  minLength: 1,
  maxLength: 30,
});

describe('NDCG', () => {
  it('is exactly 1 for a perfect order, whichever rows of one gain share their score', () => {
    fc.assert(
      fc.property(gains, fc.integer({ min: 1, max: 30 }), fc.boolean(), (given, k, shared) => {
        const sorted = Float64Array.from(given).sort().reverse();
        const scores = shared ? sorted : sorted.map((_, i) => -i);
        expect(ndcg(scores, sorted, k, discountsOf(k))).toBe(1);
      }),
    );
  });

  it('is never above 1, and below it where a row stands too low', () => {
    fc.assert(
      fc.property(gains, fc.integer({ min: 1, max: 30 }), (given, k) => {
        const scores = given.map((_, i) => -Math.floor(i / 3));
        expect(ndcg(scores, Float64Array.from(given), k, discountsOf(k))).toBeLessThanOrEqual(1);
      }),
    );
    expect(ndcg([2, 1], Float64Array.of(0, 1), 2, discountsOf(2))).toBeCloseTo(0.6309297535714575);
  });
});
