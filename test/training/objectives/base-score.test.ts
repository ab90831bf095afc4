import { describe, expect, it } from 'vitest';
import { InlineCollective } from '../../../src/cluster/inline/inline-collective.ts';
import { newKernelMemory } from '../../../src/kernels/choose.ts';
import {
  classShares,
  logOdds,
  logShare,
  weightedMean,
} from '../../../src/training/objectives/base-score.ts';
import { RankEnvironment } from '../../../src/training/rank-environment.ts';

const environment = new RankEnvironment(
  {
    collective: new InlineCollective(),
    memory: newKernelMemory(65536),
    notify: () => undefined,
  },
  'reference',
);

describe('where boosting starts', () => {
  it('is the exact mean: rounding while adding cannot move it', async () => {
    const labels = Float64Array.of(1e16, 1, -1e16, 1, 1, 1);
    const found = await weightedMean(environment, { labels, weights: null });
    expect(found).toEqual({ mean: 4 / 6, weight: 6 });
  });

  it('is the exact weighted mean', async () => {
    const labels = Float64Array.of(3e15 + 1, 2, -3e15, 5);
    const weights = Float64Array.of(3, 0.5, 3, 0.125);
    const found = await weightedMean(environment, { labels, weights });
    expect(found).toEqual({ mean: (3 + 1 + 0.625) / 6.625, weight: 6.625 });
  });

  it('is the share of each class, by rows or by weight', async () => {
    const labels = Float64Array.of(0, 2, 2, 2);
    expect(await classShares(environment, { labels, weights: null }, 3)).toEqual([0.25, 0, 0.75]);
    const weights = Float64Array.of(3, 0.5, 0.25, 0.25);
    expect(await classShares(environment, { labels, weights }, 3)).toEqual([0.75, 0, 0.25]);
  });

  it('is finite also where a class is nearly all or nothing', () => {
    expect(logOdds(0.5)).toBe(0);
    expect(logOdds(0)).toBeCloseTo(-34.54, 2);
    expect(logOdds(1)).toBeGreaterThan(34);
    expect(Number.isFinite(logOdds(1))).toBe(true);
    expect(logShare(0)).toBeCloseTo(-34.54, 2);
    expect(logShare(1)).toBe(0);
  });
});
