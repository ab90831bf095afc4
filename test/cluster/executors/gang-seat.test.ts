/** A process takes its place in a gang from plain data, whoever started it. */
import { afterEach, describe, expect, it } from 'vitest';
import { GangSeat, type SeatJob } from '../../../src/cluster/executors/gang-seat.ts';
import { entryUrl, errorOf } from '../run-program.ts';

const seats: GangSeat[] = [];
afterEach(() => Promise.all(seats.splice(0).map((seat) => seat.close())));

/** Seats of these many threads, each told its place and where the others listen. */
async function gangOf(
  threads: readonly number[],
  job: Pick<SeatJob, 'program' | 'payload'>,
): Promise<PromiseSettledResult<readonly unknown[]>[]> {
  const own = threads.map(
    (numThreads) => new GangSeat({ numThreads, workerUrl: entryUrl, timeoutMs: 5000 }),
  );
  seats.push(...own);
  const firstRanks = [0];
  for (const count of threads) firstRanks.push((firstRanks.at(-1) as number) + count);
  const peers = await Promise.all(own.map((seat) => seat.listen()));
  const runs = own.map((seat, process) =>
    seat.runRanks({ ...job, place: { process, firstRanks }, key: 'a secret', peers }),
  );
  return await Promise.allSettled(runs);
}

describe('a seat in a gang', () => {
  it('runs its ranks among those of other seats', async () => {
    const outcomes = await gangOf([2, 1, 3], { program: 'introduce', payload: {} });
    const ranks = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? (outcome.value as { rank: number }[]) : [],
    );
    expect(ranks.map(({ rank }) => rank)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('rejects with what its own rank threw, and with who gave up elsewhere', async () => {
    const payload = { meetings: 100, at: 5, does: 'refuse', rank: 1 };
    const outcomes = await gangOf([1, 1], { program: 'meetOften', payload });
    const reasons = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason);
    expect(reasons[1]).toMatchObject({ code: 'DATA_INVALID' });
    expect(reasons[0]).toMatchObject({ code: 'EXECUTOR_LOST', context: { secondary: true } });
  });

  it('waits for a member that does not join no longer than for its ranks', async () => {
    const [seat, stopped] = [300, 5000].map(
      (timeoutMs) => new GangSeat({ numThreads: 1, workerUrl: entryUrl, timeoutMs }),
    ) as [GangSeat, GangSeat];
    seats.push(seat, stopped);
    const peers = [await seat.listen(), await stopped.listen()];
    const place = { process: 0, firstRanks: [0, 1, 2] };
    const began = performance.now();
    const run = seat.runRanks({ program: 'introduce', payload: {}, place, key: 'k', peers });
    expect(await errorOf(run)).toMatchObject({
      code: 'COLLECTIVE_TIMEOUT',
      message: expect.stringContaining('must join within 300 ms') as string,
    });
    expect(performance.now() - began).toBeLessThan(3000);
  });

  it('needs an open door', async () => {
    const seat = new GangSeat({ numThreads: 1, workerUrl: entryUrl });
    seats.push(seat);
    const place = { process: 0, firstRanks: [0, 1] };
    const job = { program: 'introduce', payload: {}, place, key: 'k', peers: [] };
    expect(await errorOf(seat.runRanks(job))).toMatchObject({ code: 'INTERNAL' });
  });
});
