import { describe, expect, it } from 'vitest';
import { growthLimits, subsetOf } from '../../src/ensemble/growth.ts';

const unlimited = Number.POSITIVE_INFINITY;

describe('the size of trees', () => {
  const byDefault = { depth: unlimited, leaves: 31 };
  it('grows by the best leaf where leaves are limited, its depth free unless given', () => {
    expect(growthLimits(undefined, 8, byDefault)).toEqual({ maxLeaves: 8, maxDepth: unlimited });
    expect(growthLimits(3, 8, byDefault)).toEqual({ maxLeaves: 8, maxDepth: 3 });
  });
  it('grows by levels where only the depth is given', () => {
    expect(growthLimits(5, undefined, byDefault)).toEqual({ maxLeaves: unlimited, maxDepth: 5 });
  });
  it('takes the estimator’s own limits where nothing is given', () => {
    expect(growthLimits(undefined, undefined, byDefault)).toEqual({
      maxLeaves: 31,
      maxDepth: unlimited,
    });
  });
});

describe('how many features a node may split on', () => {
  it('follows the rules of Spark, rounded up', () => {
    const counts = (numFeatures: number) =>
      ['all', 'sqrt', 'onethird', 'log2'].map((rule) => subsetOf(rule, numFeatures, 'all'));
    expect(counts(1)).toEqual([null, null, null, null]);
    expect(counts(2)).toEqual([null, null, 1, 1]);
    expect(counts(10)).toEqual([null, 4, 4, 4]);
    expect(counts(16)).toEqual([null, 4, 6, 4]);
    expect(counts(100)).toEqual([null, 10, 34, 7]);
  });
  it('is a share up to 1 and a number above', () => {
    expect([0.01, 0.25, 0.5, 1, 2, 9, 10, 40].map((n) => subsetOf(n, 10, 'all'))).toEqual([
      1,
      3,
      5,
      null,
      2,
      9,
      null,
      null,
    ]);
  });
  it('is the estimator’s own rule for auto', () => {
    expect(subsetOf('auto', 9, 'sqrt')).toBe(3);
    expect(subsetOf('auto', 9, 'onethird')).toBe(3);
    expect(subsetOf('auto', 9, 'all')).toBeNull();
  });
});
