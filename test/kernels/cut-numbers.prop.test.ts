import fc from 'fast-check';
import { expect, it } from 'vitest';
import { numericEdges } from '../../src/binning/bin-edges.ts';
import { arbitraryDraws, type Draws } from './draws.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();
const extremes = [-0, 0, 5e-324, -5e-324, 1e308, -1e308, Infinity, -Infinity, 1, 1 + 2 ** -52];

/** Ways to draw a column: few or many values, whole or not, some more often than others. */
const kinds: readonly ((draws: Draws) => number)[] = [
  (draws) => draws.normal(),
  (draws) => Math.round(40 * draws.normal()),
  (draws) => 1e12 + draws.below(3000),
  (draws) => Math.round(1e9 * draws.normal()),
  (draws) => Math.max(-1, draws.normal()),
  (draws) => draws.normal() * 10 ** (draws.below(600) - 300),
  (draws) => draws.pick(extremes),
];

it('cuts a sample as its twin does, sorted or not, with zeros or with their number', () => {
  fc.assert(
    fc.property(
      arbitraryDraws,
      fc.constantFrom(...kinds),
      fc.integer({ min: 0, max: 4000 }),
      fc.integer({ min: 2, max: 255 }),
      fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      (draws, kind, length, ...[maxBins, [isFloat32, isSorted, leavesOut]]) => {
        const round = (value: number): number => (isFloat32 ? Math.fround(value) : value);
        const all = Float64Array.from(draws.list(length, () => round(kind(draws))));
        const rest = leavesOut ? all.filter((value) => value !== 0) : all;
        const numZeros = all.length - rest.length;
        const sample = isSorted ? rest.toSorted() : rest;
        const count = sample.length;
        twins.clear();
        const values = twins.f64([0, ...sample]);
        twins.ignore(values, 8 * (count + 1));
        const scratch = twins.scratch(8 * count + 8200);
        const edges = twins.f64(new Float64Array(maxBins));
        const numEdges = twins.run('cutNumbers', [
          values,
          count,
          isSorted ? 1 : 0,
          numZeros,
          isFloat32 ? 1 : 0,
          maxBins,
          scratch,
          edges,
        ]);
        const expected = numericEdges(all.toSorted(), maxBins, isFloat32);
        expect(twins.f64At(edges, numEdges)).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
});
