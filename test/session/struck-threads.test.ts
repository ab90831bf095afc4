/** A fit that is struck while its threads grow a tree in one kernel ends in time, says why, and harms nothing after it. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ThreadPool, type ThreadPoolOptions } from '../../src/cluster/threads/thread-pool.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { Session } from '../../src/session/session.ts';
import { errorOf } from '../contract/error-of.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const entryUrl = new URL('./struck-entry.mjs', import.meta.url);
const blow = join(temporaryFolder('struck-threads'), 'blow.json');
process.env['COPPICE_BLOW'] = blow;

// so many values that a fit takes all threads there are
const numRows = 120_000;
const featuresCols = Array.from({ length: 9 }, (_, i) => `x${i}`);
const columns = Object.fromEntries([
  ...featuresCols.map((name, f) => [
    name,
    Float64Array.from({ length: numRows }, (_, i) => (i * (37 + 2 * f)) % 1009),
  ]),
  ['label', Float64Array.from({ length: numRows }, (_, i) => ((i * 37) % 1009) / 7 + (i % 5))],
]);
const shared = { featuresCols, maxLeaves: 60 };
const long = new GBTRegressor({ ...shared, maxIter: 100 });
const short = new GBTRegressor({ ...shared, maxIter: 2 });

const alone = await Session.local({ threads: 1 });
const expected = await savedBytes(await short.fit(alone.createTable(columns)));
await alone.close();

const sessions: Session[] = [];
afterEach(() => Promise.all(sessions.splice(0).map((session) => session.close())));

function sessionOf(threads: number, options: ThreadPoolOptions = {}): Session {
  const session = new Session(new ThreadPool(threads, entryUrl, options));
  sessions.push(session);
  return session;
}

/** What is done to a rank. */
interface Blow {
  readonly rank: number;
  readonly does: 'exit' | 'hang' | 'nothing';
}

/** Fits until the blow falls; then tells what the fit ended with, how long after, and that the session goes on. */
async function struckFit(
  session: Session,
  { rank, does }: Blow,
  abort = new AbortController(),
): Promise<{ code: string; message: string; ms: number }> {
  const table = session.createTable(columns, { numPartitions: 4 });
  writeFileSync(blow, JSON.stringify({ rank, does, numRanks: session.threads }));
  let isOver = false;
  const work = errorOf(() => long.fit(table, { signal: abort.signal })).finally(() => {
    isOver = true;
  });
  while (existsSync(blow) && !isOver) await sleep(2);
  const began = performance.now();
  expect(existsSync(blow)).toBe(false);
  if (does !== 'exit') abort.abort();
  const { code, message } = await work;
  const ms = performance.now() - began;
  expect(await savedBytes(await short.fit(table))).toEqual(expected);
  return { code, message, ms };
}

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
