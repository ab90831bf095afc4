/** Which process grows which tree: as many as its speed is worth, and spread over the numbers. */
import { describe, expect, it } from 'vitest';
import { dealTrees } from '../../../src/training/forest/tree-turns.ts';

describe('trees dealt to processes', () => {
  it('go by their speeds', () => {
    const owners = dealTrees([2, 1, 1], 40);
    const counts = [0, 1, 2].map((process) => owners.filter((owner) => owner === process).length);
    expect(counts).toEqual([20, 10, 10]);
  });

  it('leave none out, and give a process without a grower none', () => {
    const owners = dealTrees([0.3, 0, 0.11], 7);
    expect(owners).toHaveLength(7);
    expect(owners).not.toContain(1);
    expect(new Set(owners)).toEqual(new Set([0, 2]));
  });

  it('are spread, so that trees of low numbers are ready first', () => {
    expect(dealTrees([1, 1, 1], 6).slice(0, 3).sort()).toEqual([0, 1, 2]);
    expect(dealTrees([5], 3)).toEqual([0, 0, 0]);
  });
});
