/** What a rehearsal takes for a rank's computing. */
import { expect, it } from 'vitest';
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
