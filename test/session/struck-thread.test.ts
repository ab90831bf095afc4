/** One blow of those of struck-threads.test.ts. */
import { expect, it } from 'vitest';
import { sessionOf, struckFit } from './struck-kernel.ts';

it('ends a fit with EXECUTOR_LOST when a thread dies while all grow a tree, and the session goes on', async () => {
  const { code, message, ms } = await struckFit(sessionOf(2), { rank: 1, does: 'exit' });
  const said = expect.stringContaining('rank 1 of the boosting job');
  expect([code, message]).toEqual(['EXECUTOR_LOST', said]);
  expect(ms).toBeLessThan(1500);
});
