/** A fit that is struck while its threads grow a tree in one kernel ends in time, says why, and harms nothing after it. */
import { describe, expect, it } from 'vitest';
import { sessionOf, struckFit } from './struck-kernel.ts';

describe.each([2, 3])('a fit of %i threads that grow a tree in one kernel', (threads) => {
  const ranks = Array.from({ length: threads }, (_, rank) => rank);

  it('ends with EXECUTOR_LOST when one of them dies, and the session takes a new one', async () => {
    const session = sessionOf(threads);
    for (const rank of ranks) {
      const { code, message, ms } = await struckFit(session, { rank, does: 'exit' });
      expect([code, message]).toEqual([
        'EXECUTOR_LOST',
        expect.stringContaining(`rank ${rank} of the boosting job`),
      ]);
      expect(ms).toBeLessThan(1500);
    }
  });

  it.each(['nothing', 'hang'] as const)(
    'ends with ABORTED when it is cancelled; one of them does: %s',
    async (does) => {
      const session = sessionOf(threads);
      for (const rank of [0, threads - 1]) {
        const { code, ms } = await struckFit(session, { rank, does });
        expect(code).toBe('ABORTED');
        // a thread that does not look is ended after a while
        expect(ms).toBeLessThan(does === 'hang' ? 1800 : 1000);
      }
    },
  );

  // on a busy machine a thread that is only starting may be silent for longer
  const timeouts = [1500, 5000, 20_000];
  it('waits for a silent one no longer than agreed', { retry: 2, timeout: 60_000 }, async () => {
    const timeoutMs = timeouts.shift() as number;
    const session = sessionOf(threads, { timeoutMs });
    const never = new AbortController();
    never.abort = () => undefined;
    const { code, ms } = await struckFit(session, { rank: threads - 1, does: 'hang' }, never);
    expect(code).toBe('COLLECTIVE_TIMEOUT');
    expect(ms).toBeLessThan(timeoutMs + 3500);
  });
});
