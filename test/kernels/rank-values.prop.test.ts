import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Arena } from '../../src/base/arena.ts';
import { placeGrid } from '../../src/tree/prediction/rank-grid.ts';
import { arbitraryDraws, type Draws } from './draws.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();

/** Thresholds of many shapes: evenly spread, bunched together, over the whole range of doubles, few. */
function drawThresholds(draws: Draws): Float64Array {
  const count = draws.pick([0, 1, 2, 3, 9, 254, 1 + draws.below(254)]);
  const shape = draws.below(5);
  const values = draws.list(count, () => {
    if (shape === 0) return draws.normal();
    if (shape === 1) return Math.exp(8 * draws.normal());
    if (shape === 2) return draws.float(0.5);
    if (shape === 3) return 1e6 + draws.below(300) / 64;
    return draws.below(40) * 1e-310;
  });
  const numbers = values.filter((value) => !Number.isNaN(value));
  return Float64Array.from(new Set(numbers.map((value) => value + 0))).sort();
}

/** Values near the thresholds and far from them. */
function drawValues(draws: Draws, thresholds: Float64Array, numRows: number): number[] {
  return draws.list(numRows, () => {
    const near = thresholds.length > 0 ? draws.pick([...thresholds]) : 0;
    const factor = draws.pick([1, 1 + 2 ** -52, 1 - 2 ** -53, 1 + 2 ** -23, 1 - 2 ** -24]);
    return draws.pick([near, near * factor, draws.float(0.5), draws.normal()]);
  });
}

for (const width of [4, 8] as const) {
  it(`counts the thresholds below each value of ${width} bytes`, () => {
    fc.assert(
      fc.property(arbitraryDraws, fc.integer({ min: 0, max: 70 }), (draws, numRows) => {
        twins.clear();
        const thresholds = drawThresholds(draws);
        const drawn = drawValues(draws, thresholds, numRows);
        const values = width === 4 ? Float32Array.from(drawn) : Float64Array.from(drawn);
        const padded = width === 4 ? new Float32Array(72) : new Float64Array(72);
        padded.set(values);
        const valuesAt = twins.place(padded);
        const grids = twins.zeros(16_384);
        const grid = placeGrid(new Arena(grids), thresholds, width);
        grid.write(twins.stage.buffer);
        const out = twins.zeros(80);
        twins.run(width === 4 ? 'rankF32' : 'rankF64', [valuesAt, numRows, grid.address, out]);
        const low = twins.zeros(80);
        twins.runOn('rankMissingLow', [out, numRows, low]);
        values.forEach((value, i) => {
          const rank = thresholds.filter((threshold) => value > threshold).length;
          const isMissing = Number.isNaN(value);
          const asByte = (byte: number): number => (byte << 24) >> 24;
          expect(asByte(twins.result.u8(out + i))).toBe(isMissing ? 127 : rank - 128);
          expect(asByte(twins.result.u8(low + i))).toBe(isMissing ? -128 : rank - 127);
        });
      }),
      { numRuns: 300 },
    );
  });
}
