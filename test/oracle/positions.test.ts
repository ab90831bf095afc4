/** What places add to grades, round by round, against LightGBM's log; see fixtures/make-positions.py. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { RankEnvironment } from '../../src/training/rank-environment.ts';
import type { GroupLists } from '../../src/training/ranking/group-lists.ts';
import { bestGain, defaultGains, discountsOf } from '../../src/training/ranking/ndcg.ts';
import { PositionBiases } from '../../src/training/ranking/position-biases.ts';
import { pairRoom } from '../../src/training/ranking/ranked-groups.ts';
import { TwinMemories } from '../kernels/twin-memories.ts';

const { sizes, grades, scores, shown, learningRate, steps } = JSON.parse(
  readFileSync(new URL('./fixtures/positions.json', import.meta.url), 'utf8'),
) as {
  sizes: number[];
  grades: number[];
  scores: number[];
  shown: number[];
  learningRate: number;
  steps: { regularization: number; biases: number[][] }[];
};
const starts = [0, ...sizes.map((_, g) => sizes.slice(0, g + 1).reduce((a, b) => a + b))];
const numRows = grades.length;
const lists = {
  starts: Uint32Array.from(starts),
  isCounted: new Uint8Array(sizes.length).fill(1),
  shownAt: Uint32Array.from(shown),
  weights: new Float64Array(numRows).fill(1),
} as unknown as GroupLists;
const alone = {
  wait: async <T>(value: T | Promise<T>): Promise<T> => await value,
  collective: {
    allgather: (bytes: Uint8Array) => [bytes],
    allreduce: () => undefined,
  },
} as unknown as RankEnvironment;
const twins = new TwinMemories();

/** Derivatives of pairs by these scores, as LightGBM's defaults weigh them. */
function derivativesAt(at: Float64Array): { grads: Float64Array; hesses: Float64Array } {
  twins.clear();
  const gains = grades.map((grade) => defaultGains[grade] as number);
  const discounts = discountsOf(numRows);
  const ideals = sizes.map((size, g) => {
    const own = Float64Array.from(gains.slice(starts[g], (starts[g] as number) + size));
    return 1 / bestGain(own, 30, discounts);
  });
  const [startsAt, scoresAt] = [twins.u32(starts), twins.f64([...at])] as const;
  const rest = [grades, gains, ideals, [...discounts]].map((values) => twins.f64(values));
  const [order, scratch, grads, hesses] = [4, 4, 8, 8].map((bytes) =>
    twins.zeros(bytes * numRows),
  ) as [number, number, number, number];
  twins.run('sortGroups', [startsAt, sizes.length, scoresAt, order, scratch]);
  twins.runOn('lambdaGradients', [
    ...[startsAt, sizes.length, order, scoresAt, ...rest],
    ...[30, 1, 1, grads, hesses, twins.scratch(pairRoom(numRows))],
  ]);
  return {
    grads: Float64Array.from(twins.f64At(grads, numRows)),
    hesses: Float64Array.from(twins.f64At(hesses, numRows)),
  };
}

it.each(steps)('are those of LightGBM with a penalty of $regularization', async (step) => {
  const { regularization, biases: theirs } = step;
  const biases = await PositionBiases.of(alone, lists);
  for (const wanted of theirs) {
    const own = Float64Array.from(scores);
    biases.addTo(own, lists);
    const rule = { stepSize: learningRate, regularization };
    await biases.step(alone, lists, derivativesAt(own), rule);
    expect(biases.values.length).toBe(wanted.length);
    wanted.forEach((bias, place) => {
      expect(Math.abs((biases.values[place] as number) - bias)).toBeLessThan(
        1e-3 * Math.max(0.5, Math.abs(bias)),
      );
    });
  }
});
