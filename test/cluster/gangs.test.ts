/** Gangs of threads end as they should: in time, with the cause, and without harm to the next. */

import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { runHeardGang } from '../../src/cluster/heard-gang.ts';
import { ThreadPool, type ThreadPoolOptions } from '../../src/cluster/threads/thread-pool.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { entryUrl, errorOf, runProgramOn } from './run-program.ts';

const pools: ThreadPool[] = [];
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

function poolOf(numThreads: number, options: ThreadPoolOptions = {}): ThreadPool {
  const pool = new ThreadPool(numThreads, entryUrl, options);
  pools.push(pool);
  return pool;
}

/** Meetings without end, until something ends them. */
const endless = { program: 'meetOften', payload: { meetings: 1e9 } } as const;

/** What ranks meet at: the gang's own gate, and one in the kernels' memory. */
const gates = ['meetOften', 'meetInMemory'] as const;

/** Meetings at the 50th of which one rank misbehaves. */
function misbehaving(does: string, rank: number, ms = 0) {
  return { program: 'meetOften', payload: { meetings: 1e9, at: 50, does, rank, ms } } as const;
}

async function expectUsable(pool: ThreadPool): Promise<void> {
  const width = pool.numThreads;
  const ranks = await runProgramOn(pool, {
    program: 'meetOften',
    width,
    payload: { meetings: 20 },
  });
  expect(ranks).toEqual(Array.from({ length: width }, (_, rank) => rank));
}

async function timed(work: Promise<unknown>): Promise<{ error: Error | undefined; ms: number }> {
  const began = performance.now();
  const error = await errorOf(work);
  return { error, ms: performance.now() - began };
}

/** Threads of this process, where the platform tells. */
function countThreads(): number {
  try {
    return readdirSync('/proc/self/task').length;
  } catch {
    return 0;
  }
}

describe('a gang', () => {
  it('gives each rank its number and the payload, and hands over every note before its result', async () => {
    const notes: unknown[] = [];
    const results = await runProgramOn(poolOf(3), {
      program: 'introduce',
      width: 3,
      payload: { notes: 200 },
      onMessage: (note) => notes.push(note),
    });
    const localRanks = [0, 1, 2];
    expect(results).toEqual(
      localRanks.map((rank) => ({ rank, size: 3, localRanks, payload: { notes: 200 } })),
    );
    expect(notes).toHaveLength(600);
  });

  it('rejects with what a rank threw, its code and place kept', async () => {
    const pool = poolOf(3);
    const refused = await errorOf(runProgramOn(pool, { ...misbehaving('refuse', 1), width: 3 }));
    expect(refused).toMatchObject({ code: 'DATA_INVALID', context: { row: 7 } });
    const broken = await errorOf(runProgramOn(pool, { ...misbehaving('throw', 2), width: 3 }));
    expect(broken).toMatchObject({ code: 'INTERNAL', message: 'a defect of the test program' });
    await expectUsable(pool);
  });

  it.each(gates)(
    'rejects with EXECUTOR_LOST when one of its threads dies, and the pool takes a new one: %s',
    async (program) => {
      const pool = poolOf(3);
      for (const rank of [0, 1, 2]) {
        const lost = { ...misbehaving('exit', rank), program };
        const { error, ms } = await timed(runProgramOn(pool, { ...lost, width: 3 }));
        expect(error).toMatchObject({ code: 'EXECUTOR_LOST' });
        expect(error?.message).toMatch(`rank ${rank} of the ${program} job`);
        expect(ms).toBeLessThan(1500);
        await expectUsable(pool);
      }
    },
  );

  it('is not harmed by a promise that an earlier one left to reject', async () => {
    const pool = poolOf(2);
    const stray = {
      program: 'meetOften',
      payload: { meetings: 3, at: 1, does: 'reject later', rank: 0 },
    };
    await errorOf(runProgramOn(pool, { ...stray, program: 'meetOften', width: 2 }));
    for (let i = 0; i < 5; i++) await expectUsable(pool);
  });

  it.each(gates)(
    'ends within a second when it is aborted, also where a rank does not look: %s',
    async (program) => {
      const pool = poolOf(2);
      for (const gang of [endless, misbehaving('sleep', 1, 60_000)]) {
        for (const wait of [0, 30, 300]) {
          const abort = new AbortController();
          const work = runProgramOn(pool, { ...gang, program, width: 2, signal: abort.signal });
          await sleep(wait);
          abort.abort();
          const { error, ms } = await timed(work);
          expect(error).toMatchObject({ code: 'ABORTED' });
          expect(ms).toBeLessThan(1000);
        }
      }
      await expectUsable(pool);
    },
  );

  it.each(gates)('waits for a silent rank no longer than agreed: %s', async (program) => {
    const pool = poolOf(3, { timeoutMs: 1500 });
    const { error, ms } = await timed(
      runProgramOn(pool, { ...misbehaving('sleep', 1, 60_000), program, width: 3 }),
    );
    expect(error).toMatchObject({ code: 'COLLECTIVE_TIMEOUT' });
    expect(ms).toBeLessThan(5000);
    await expectUsable(pool);
  });

  it('is refused when it is wider than the pool', async () => {
    const error = await errorOf(runProgramOn(poolOf(2), { ...endless, width: 3 }));
    expect(error).toMatchObject({ code: 'PARAM_INVALID' });
  });
});

describe('many gangs', () => {
  it('20 of random widths on 3 threads, some aborted, one with a dying thread, end as they should', async () => {
    const pool = poolOf(3);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const width = 1 + ((i * 7) % 3);
        if (i === 11) {
          const lost = await errorOf(runProgramOn(pool, { ...misbehaving('exit', 0), width }));
          return (lost as { code?: string }).code;
        }
        if (i % 4 === 1) {
          const signal = AbortSignal.timeout(20 + 40 * i);
          const error = await errorOf(runProgramOn(pool, { ...endless, width, signal }));
          return (error as { code?: string }).code;
        }
        const ranks = await runProgramOn(pool, {
          program: 'meetOften',
          width,
          payload: { meetings: 50 * i },
        });
        return ranks.length === width ? 'done' : 'incomplete';
      }),
    );
    const expected = outcomes.map((_, i) =>
      i === 11 ? 'EXECUTOR_LOST' : i % 4 === 1 ? 'ABORTED' : 'done',
    );
    expect(outcomes).toEqual(expected);
    await expectUsable(pool);
  });

  it('are let in by the order they came; a wide one is not overtaken for ever', async () => {
    const pool = poolOf(2);
    const order: string[] = [];
    const start = async (name: string, width: number): Promise<void> => {
      await runProgramOn(pool, { program: 'meetOften', width, payload: { meetings: 5 } });
      order.push(name);
    };
    await Promise.all([
      start('first', 2),
      start('narrow', 1),
      start('wide', 2),
      ...Array.from({ length: 6 }, () => start('later', 1)),
    ]);
    expect(order.indexOf('wide')).toBe(2);
  });

  it('may be aborted while they wait for threads', async () => {
    const pool = poolOf(1);
    const running = new AbortController();
    const first = errorOf(runProgramOn(pool, { ...endless, width: 1, signal: running.signal }));
    const signal = AbortSignal.timeout(50);
    const waiting = await timed(runProgramOn(pool, { ...endless, width: 1, signal }));
    expect(waiting.error).toMatchObject({ code: 'ABORTED' });
    expect(waiting.ms).toBeLessThan(1000);
    running.abort();
    expect(await first).toMatchObject({ code: 'ABORTED' });
    const dead = await errorOf(runProgramOn(pool, { ...endless, width: 1, signal }));
    expect(dead).toMatchObject({ code: 'ABORTED' });
  });
});

describe('a pool whose threads cannot start', () => {
  it('rejects tasks and gangs, with the reason, and hangs nobody', async () => {
    const entry = join(temporaryFolder('gangs'), 'broken-entry.mjs');
    writeFileSync(entry, "throw new Error('this entry does not start');\n");
    const pool = new ThreadPool(2, pathToFileURL(entry));
    pools.push(pool);
    const lost = { code: 'EXECUTOR_LOST', message: expect.stringContaining('does not start') };
    await expect(pool.run('any', 0)).rejects.toMatchObject(lost);
    await expect(runProgramOn(pool, { ...endless, width: 2 })).rejects.toMatchObject(lost);
    await expect(pool.run('any', 0)).rejects.toMatchObject(lost);
  });

  it('names the file that they would start with where it is not there', async () => {
    const pool = new ThreadPool(2, new URL('./there-is-no-such-entry.mjs', import.meta.url));
    pools.push(pool);
    const gone = { code: 'FILE_NOT_FOUND', message: expect.stringContaining('no-such-entry') };
    await expect(pool.run('any', 0)).rejects.toMatchObject(gone);
    await expect(runProgramOn(pool, { ...endless, width: 2 })).rejects.toMatchObject(gone);
  });
});

describe('a pool that may not make threads', () => {
  it('rejects tasks and gangs with the reason, leaves nothing behind, and works once it may', async () => {
    const made = createRequire(import.meta.url)('node:worker_threads') as { Worker: unknown };
    const { Worker } = made;
    const left: unknown[] = [];
    const hear = (error: unknown): void => void left.push(error);
    process.on('unhandledRejection', hear);
    made.Worker = function refuse() {
      throw new Error('no threads here');
    };
    try {
      const lost = { code: 'EXECUTOR_LOST', message: expect.stringContaining('no threads here') };
      const pool = poolOf(2);
      await expect(pool.run('any', 0)).rejects.toMatchObject(lost);
      await expect(runProgramOn(pool, { ...endless, width: 2 })).rejects.toMatchObject(lost);
      const closed = poolOf(2);
      await expect(closed.run('any', 0)).rejects.toMatchObject(lost);
      await closed.close();
      await sleep(10);
      expect(left).toEqual([]);
      made.Worker = Worker;
      await expect(pool.run('no such task', {})).rejects.toMatchObject({ code: 'INTERNAL' });
    } finally {
      made.Worker = Worker;
      process.off('unhandledRejection', hear);
    }
  });
});

describe('a signal', () => {
  it('may end more tasks and gangs than Node takes for a leak', async () => {
    const warnings: string[] = [];
    const hear = ({ name }: Error): void => void warnings.push(name);
    process.on('warning', hear);
    try {
      const pool = poolOf(2);
      const abort = new AbortController();
      const { signal } = abort;
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
      const { program, payload } = endless;
      const gang = {
        program,
        width: 1,
        memory,
        payload: () => payload,
        onMessage: () => undefined,
      };
      const work = Array.from({ length: 12 }, () => [
        errorOf(pool.run('no such task', {}, { signal })),
        errorOf(runHeardGang(pool, { ...gang, signal })),
      ]);
      await sleep(50);
      abort.abort();
      const errors = await Promise.all(work.flat());
      expect(errors.filter((error) => error === undefined)).toEqual([]);
      await sleep(10);
      expect(warnings).toEqual([]);
    } finally {
      process.off('warning', hear);
    }
  });
});

describe('a pool that is closed', () => {
  it('rejects what runs, what waits and what comes later, and leaves no thread', async () => {
    const before = countThreads();
    const pool = poolOf(2);
    const running = errorOf(runProgramOn(pool, { ...endless, width: 2 }));
    const waiting = errorOf(runProgramOn(pool, { ...endless, width: 1 }));
    await sleep(200);
    await pool.close();
    const later = errorOf(runProgramOn(pool, { ...endless, width: 1 }));
    const task = errorOf(pool.run('no such task', {}));
    for (const error of await Promise.all([running, waiting, later, task])) {
      expect(error).toMatchObject({ code: 'SESSION_CLOSED' });
    }
    await pool.close();
    await sleep(100);
    expect(process.getActiveResourcesInfo().filter((name) => name === 'MessagePort')).toEqual([]);
    expect(countThreads()).toBeLessThanOrEqual(before);
  });
});
