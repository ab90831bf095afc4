/** Fits whose threads are struck while they grow a tree in one kernel. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect } from 'vitest';
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

/** A session whose threads can be struck; it is closed after the test. */
export function sessionOf(threads: number, options: ThreadPoolOptions = {}): Session {
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
export async function struckFit(
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
