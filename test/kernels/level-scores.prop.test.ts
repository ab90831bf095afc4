import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryDraws } from './draws.ts';
import { type CaseFeature, freeLimits, placeNode } from './split-case.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();

describe('addLevelScores', () => {
  it('adds what each candidate takes off the loss of a node, missing values on either side', () => {
    fc.assert(
      fc.property(arbitraryDraws, fc.integer({ min: 1, max: 40 }), (draws, numRows) => {
        twins.clear();
        const feature = (): CaseFeature => {
          const numValues = 1 + draws.below(7);
          const missing = draws.pick([0, 0, 0.3]);
          const bins = draws.list(numRows, () =>
            draws.bool(missing) ? null : draws.below(numValues),
          );
          return { bins, numValues, isCategory: draws.bool(0.4) };
        };
        const g = draws.list(numRows, () => draws.below(201) - 100);
        const h = draws.list(numRows, () => 1 + draws.below(30));
        const features = draws.list(1 + draws.below(4), feature);
        const minRows = draws.below(4);
        const lambda = draws.pick([0, 1, 10]);
        const limits = { ...freeLimits, lambda, categoryLambda: 3, minRows };
        const node = placeNode(twins, { g, h, features }, limits);
        const orders = features.map(({ numValues, isCategory }) => {
          const bins = Array.from({ length: numValues }, (_, bin) => bin);
          if (!isCategory) return bins;
          return bins.reverse().slice(0, draws.below(numValues + 1));
        });
        const cells = features.flatMap(({ numValues }, f) => {
          const bins = orders[f] as number[];
          return [...bins, ...Array(numValues - bins.length).fill(0), bins.length] as number[];
        });
        const [order, sums] = [twins.u32(cells), twins.f64(cells.flatMap(() => [0.5, 0.25]))];
        const head = [node.hist, node.features, 0, features.length, 0, node.params, node.totals];
        twins.run('addLevelScores', [...head, order, sums]);
        const found = twins.f64At(sums, 2 * cells.length);
        const score = (rows: readonly number[], penalty: number): number => {
          const G = rows.reduce((sum, row) => sum + (g[row] as number), 0);
          const H = rows.reduce((sum, row) => sum + (h[row] as number), 0);
          return (G * G) / (H + penalty);
        };
        const all = g.map((_, row) => row);
        let first = 0;
        features.forEach(({ bins, numValues, isCategory }, f) => {
          const listed = orders[f] as number[];
          for (let k = 0; k < numValues + 1; k++) {
            for (const side of [0, 1]) {
              const before = side === 0 ? 0.5 : 0.25;
              let gain = 0;
              const goesLeft = new Set(listed.slice(0, k + 1));
              const isLeft = (row: number): boolean => {
                const bin = bins[row] as number | null;
                return bin === null ? side === 1 && !isCategory : goesLeft.has(bin);
              };
              const [left, right] = [all.filter(isLeft), all.filter((row) => !isLeft(row))];
              const least = Math.max(1, minRows);
              if (k < listed.length && left.length >= least && right.length >= least) {
                const penalty = lambda + (isCategory ? 3 : 0);
                gain = score(left, penalty) + score(right, penalty) - score(all, lambda);
              }
              const value = found[2 * (first + k) + side] as number;
              expect(value - before).toBeCloseTo(gain, 6);
            }
          }
          first += numValues + 1;
        });
      }),
      { numRuns: 200 },
    );
  });
});
