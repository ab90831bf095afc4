import { describe, expect, it } from 'vitest';
import { chooseKernels, newKernelMemory } from '../../../src/kernels/choose.ts';
import { drawOrder } from '../../../src/training/ranking/draw-order.ts';

const scores = Float64Array.of(0, 1, -1, 0.5);
const keys = Uint32Array.of(7, 1, 300, 4e9);
const sigma = 2;

const memory = newKernelMemory(1024);
const kernels = chooseKernels(memory);

function drawnIn(round: number, seed = 3, rows = { keys, scores }): Float64Array {
  const numRows = rows.keys.length;
  new Uint32Array(memory.buffer, 0, numRows).set(rows.keys);
  new Float64Array(memory.buffer, 64, numRows).set(rows.scores);
  drawOrder(kernels, { seed, round }, 1 / sigma, { keys: 0, scores: 64, numRows, out: 128 });
  return new Float64Array(memory.buffer, 128, numRows).slice();
}

describe('the drawn order of a group', () => {
  it('puts one row before another as often as the logistic loss has it, and first by the softmax', () => {
    const numRounds = 6000;
    const before = scores.map(() => 0);
    const first = scores.map(() => 0);
    for (let round = 0; round < numRounds; round++) {
      const drawn = drawnIn(round);
      drawn.forEach((score, row) => {
        if (score > (drawn[0] as number)) before[row] = (before[row] as number) + 1;
      });
      const best = drawn.indexOf(Math.max(...drawn));
      first[best] = (first[best] as number) + 1;
    }
    const total = scores.reduce((sum, score) => sum + Math.exp(sigma * score), 0);
    scores.forEach((score, row) => {
      const share = Math.exp(sigma * score) / total;
      expect(Math.abs((first[row] as number) / numRounds - share)).toBeLessThan(0.025);
      if (row === 0) return;
      const chance = 1 / (1 + Math.exp(-sigma * score));
      expect(Math.abs((before[row] as number) / numRounds - chance)).toBeLessThan(0.025);
    });
  });

  it('hangs on the seed, the round and the row, not on the place of the row', () => {
    expect(drawnIn(4)).toEqual(drawnIn(4));
    expect(drawnIn(4)).not.toEqual(drawnIn(5));
    expect(drawnIn(4)).not.toEqual(drawnIn(4, 9));
    const turned = { keys: keys.slice().reverse(), scores: scores.slice().reverse() };
    const out = drawnIn(4, 3, turned);
    expect(out.slice().reverse()).toEqual(drawnIn(4));
  });
});
