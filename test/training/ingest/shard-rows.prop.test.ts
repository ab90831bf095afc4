import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowState } from '../../../src/training/ingest/row-roles.ts';
import { blockRows, type RowRuns, runsOf } from '../../../src/training/ingest/shard-rows.ts';

function rowsOf({ starts, counts }: RowRuns): number[] {
  return [...starts].flatMap((start, r) =>
    Array.from({ length: counts[r] as number }, (_, i) => start + i),
  );
}

describe('dealing rows to ranks', () => {
  it('gives each row of a state to exactly one rank, in order', () => {
    const states = fc
      .tuple(fc.nat(5000), fc.nat(), fc.integer({ min: 1, max: 300 }))
      .map(([length, seed, run]) =>
        Uint8Array.from({ length }, (_, i) => (Math.floor(i / run) * 7919 + seed) % 3),
      );
    fc.assert(
      fc.property(states, fc.integer({ min: 1, max: 6 }), (found, numRanks) => {
        for (const state of Object.values(rowState)) {
          const dealt = Array.from({ length: numRanks }, (_, r) =>
            runsOf(found, state, r, numRanks),
          );
          for (const runs of dealt) {
            expect(rowsOf(runs).length).toBe(runs.numRows);
            expect([...runs.starts].sort((a, b) => a - b)).toEqual([...runs.starts]);
          }
          const all = dealt.flatMap(rowsOf).sort((a, b) => a - b);
          expect(all).toEqual([...found.keys()].filter((row) => found[row] === state));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('deals blocks in turn, so that every rank has rows of every region', () => {
    const states = new Uint8Array(6 * blockRows + 10).fill(rowState.train);
    const runs = runsOf(states, rowState.train, 1, 3);
    expect([...runs.starts]).toEqual([blockRows, 4 * blockRows]);
    expect([...runs.counts]).toEqual([blockRows, blockRows]);
    expect([...runsOf(states, rowState.train, 0, 3).starts]).toEqual([
      0,
      3 * blockRows,
      6 * blockRows,
    ]);
  });
});
