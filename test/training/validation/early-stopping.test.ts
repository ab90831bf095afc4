import { describe, expect, it } from 'vitest';
import { StopWatch } from '../../../src/training/validation/early-stopping.ts';

/** The rounds that are trained while losses come in this order, the last one for ever. */
function trainedRounds(watch: StopWatch, losses: readonly number[]): number {
  let round = 0;
  while (!watch.isOver(round, losses[Math.min(round, losses.length - 1)] as number)) round++;
  return round + 1;
}

describe('a watch on a loss', () => {
  const rule = { patience: 3, minDelta: 0 };

  it('stops when so many rounds were no better, and names the best', () => {
    const watch = new StopWatch(rule);
    expect(trainedRounds(watch, [9, 8, 7, 7.5])).toBe(6);
    expect(watch.bestRounds).toBe(3);
  });

  it('waits longer as long as the loss is hardly better than after the first round', () => {
    const patient = { ...rule, flatPatience: 10 };
    expect(trainedRounds(new StopWatch(patient), [1, 0.99, 1])).toBe(12);
    expect(trainedRounds(new StopWatch(patient), [1, 0.97, 1])).toBe(5);
    // an area under the curve comes with its sign turned
    expect(trainedRounds(new StopWatch(patient), [-0.5, -0.505, -0.5])).toBe(12);
    expect(trainedRounds(new StopWatch(patient), [-0.5, -0.52, -0.5])).toBe(5);
  });

  it('learns late where nothing was learned at first', () => {
    const losses = [1, ...new Array<number>(8).fill(1.01), 0.9, 0.8, 0.85];
    const watch = new StopWatch({ ...rule, flatPatience: 10 });
    expect(trainedRounds(watch, losses)).toBe(14);
    expect(watch.bestRounds).toBe(11);
  });
});
