import { expect, it } from 'vitest';
import { InlineCollective } from '../../../src/cluster/inline/inline-collective.ts';
import { newKernelMemory } from '../../../src/kernels/choose.ts';
import { logistic, softmaxOf } from '../../../src/training/objectives/built-in-objectives.ts';
import { firstSpread } from '../../../src/training/objectives/first-spread.ts';
import type { Objective } from '../../../src/training/objectives/objective.ts';
import { oneVsAllOf } from '../../../src/training/objectives/one-vs-all-objective.ts';
import { RankEnvironment } from '../../../src/training/rank-environment.ts';

const environment = new RankEnvironment(
  {
    collective: new InlineCollective(),
    memory: newKernelMemory(65536),
    notify: () => undefined,
  },
  'reference',
);

/** What is found when each row is looked at, and when one row of each label is. */
async function bothWays(objective: Objective, numClasses: number, start: readonly number[]) {
  const labels = Float64Array.from({ length: 5000 }, (_, i) => (i * i + (i >> 3)) % numClasses);
  const rows = { labels, weights: null, offsets: [] };
  const { startsByLabel: _, ...byRow } = objective;
  expect(objective.startsByLabel).toBe(true);
  return [
    await firstSpread(environment, objective, rows, start),
    await firstSpread(environment, byRow, rows, start),
  ];
}

it('is the same by labels as by rows, to the last bit', async () => {
  const starts = [-1.25, 0.3, 1e-9, 2.7, -11].map((start) => start / 3);
  for (const [objective, numClasses, start] of [
    [logistic, 2, [0.123]],
    [softmaxOf(5), 5, starts],
    [oneVsAllOf(5), 5, starts],
  ] as const) {
    const [byLabel, byRow] = await bothWays(objective, numClasses, start);
    expect(byLabel).toEqual(byRow);
  }
});

it('is by rows where labels are many, weighted or offset', async () => {
  let calls = 0;
  const counting: Objective = {
    ...logistic,
    firstGradients: () => (y) => {
      calls += 1;
      return [0.5 - y, 0.25];
    },
  };
  const labels = Float64Array.from({ length: 3000 }, (_, i) => i & 1);
  const ones = labels.map(() => 1);
  const callsOf = async (rows: Parameters<typeof firstSpread>[2]) => {
    calls = 0;
    await firstSpread(environment, counting, rows, [0]);
    return calls;
  };
  expect(await callsOf({ labels, weights: null, offsets: [] })).toBe(2);
  expect(await callsOf({ labels, weights: ones, offsets: [] })).toBe(3000);
  expect(await callsOf({ labels, weights: null, offsets: [ones] })).toBe(3000);
  const many = labels.map((_, i) => i / 3000);
  expect(await callsOf({ labels: many, weights: null, offsets: [] })).toBe(3000);
});
