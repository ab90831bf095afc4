/** What a rehearsal takes for a rank's computing. */
import { expect, it } from 'vitest';
import { PauseListener, Pauses } from '../../../src/cluster/simulation/pauses.ts';
import { VirtualGang } from '../../../src/cluster/simulation/virtual-gang.ts';

it('counts what a rank computes, not what it was kept waiting for', async () => {
  const gang = new VirtualGang(2, () => undefined);
  await gang.run(async (rank, collective) => {
    // the thread is stopped, as it is where another program has its core
    if (rank === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    else for (const end = performance.now() + 100; performance.now() < end; );
    await collective.barrier();
  });
  const [stopped = Number.NaN, computing = Number.NaN] = gang.rounds[0]?.computeMs ?? [];
  expect(stopped).toBeLessThan(computing);
  expect(computing).toBeLessThanOrEqual(150);
});

it('shares pauses of the thread out to all ranks of a round', async () => {
  const gang = new VirtualGang(2, () => undefined);
  const spans: [number, number][] = [];
  await gang.run(async (_, collective) => {
    for (let meeting = 0; meeting < 2; meeting++) {
      const start = performance.now();
      while (performance.now() < start + 10);
      spans.push([start, performance.now()]);
      await collective.barrier();
    }
  });
  const before = gang.rounds.map(({ computeMs }) => computeMs.slice());
  // ranks take turns: the third stretch is the first rank's before its second meeting
  const [start = 0] = spans[2] ?? [];
  gang.shareOut(new Pauses([{ start: start + 2, end: start + 6 }]));
  const [first, second] = gang.rounds.map(({ computeMs }) => computeMs);
  expect(first).toEqual(before[0]);
  expect(second?.[0]).toBeCloseTo(Math.max(0, (before[1]?.[0] ?? 0) - 4) + 2, 6);
  expect(second?.[1]).toBeCloseTo((before[1]?.[1] ?? 0) + 2, 6);
});

it('hears the pauses in which garbage is collected', async () => {
  const listener = new PauseListener();
  const start = performance.now();
  let kept: number[][] = [];
  for (let i = 0; i < 300_000; i++) {
    kept.push([i]);
    if (kept.length > 10_000) kept = [];
  }
  const end = performance.now();
  const pauses = await listener.close();
  expect(pauses.within(start, end)).toBeGreaterThan(0);
  expect(pauses.within(start, end)).toBeLessThan(end - start);
  expect(pauses.within(end + 1e6, end + 2e6)).toBe(0);
});

it('adds up what of each pause lies between two moments', () => {
  const pauses = new Pauses([
    { start: 1, end: 2 },
    { start: 3, end: 6 },
    { start: 8, end: 9 },
  ]);
  expect(pauses.within(0, 10)).toBe(5);
  expect(pauses.within(1.5, 4)).toBe(1.5);
  expect(pauses.within(6, 8)).toBe(0);
});
