import { afterEach, describe, expect, it } from 'vitest';
import { CoppiceError } from '../../src/base/errors.ts';
import { registerProgram } from '../../src/cluster/rank-program.ts';
import { registerTask } from '../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { isBriefPartition } from '../../src/table/plan/brief-partition.ts';
import type { PartitionSpec } from '../../src/table/plan/partition-spec.ts';

/** Its threads know none of the tasks below: whatever succeeds was done by the calling thread. */
const otherWorker = new URL('./worker-entry.mjs', import.meta.url);

registerTask('test.double', (value: number) => value * 2);
registerTask('test.refuse', () => {
  throw new CoppiceError('DATA_INVALID', 'the refused column is never right');
});
registerTask('test.linger', (ms: number) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
});
registerProgram('test.triple', async (context, payload: number) => {
  await context.collective.barrier();
  return payload * 3;
});

const pools: ThreadPool[] = [];

function newPool(): ThreadPool {
  const pool = new ThreadPool(2, otherWorker);
  pools.push(pool);
  return pool;
}

const brief = { isBrief: true };
const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const gang = { program: 'test.triple', width: 1, memory, payload: () => 7 };

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

describe('brief work', () => {
  it('is done without starting a thread, tasks and gangs of one', async () => {
    const pool = newPool();
    expect(await pool.run('test.double', 21, brief)).toBe(42);
    expect(await pool.runGang({ ...gang, prepareBrief: () => Promise.resolve() })).toEqual([21]);
  });

  it('fails with the error that a thread would send', async () => {
    await expect(newPool().run('test.refuse', 0, brief)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('refused column'),
    });
  });

  it('takes a thread for all else, and once the calling thread has done enough', async () => {
    const pool = newPool();
    await expect(pool.run('test.double', 21)).rejects.toThrow('no task is registered');
    const busy = newPool();
    await busy.run('test.linger', 200, brief);
    await expect(busy.run('test.double', 21, brief)).rejects.toThrow('no task is registered');
  });

  it('is done here while a thread is made ready, and what is not brief waits for that thread', async () => {
    const pool = newPool();
    const ready = pool.run<number>('test.whichThread', null, { isAhead: true });
    expect(await pool.run('test.double', 21, brief)).toBe(42);
    const asked = pool.run<number>('test.whichThread', null);
    expect(await asked).toBe(await ready);
    // one is up now, so this thread does nothing more
    await expect(pool.run('test.double', 21, brief)).rejects.toThrow('no task is registered');
  });

  it('is a few rows in memory or a small file, and steps that are quick', () => {
    const step = { kind: 'test', reads: [], writes: [] };
    const partition = (numRows: number, ...isQuick: boolean[]) => ({
      source: { kind: 'memory', numRows },
      operators: isQuick.map((quick) => ({ name: 'test', spec: { ...step, isQuick: quick } })),
    });
    const isBrief = (...of: [number, ...boolean[]]) =>
      isBriefPartition(partition(...of) as unknown as PartitionSpec);
    expect(isBrief(4096, true, true)).toBe(true);
    expect(isBrief(4097, true)).toBe(false);
    expect(isBrief(10, true, false)).toBe(false);
    const file = (size: number) =>
      isBriefPartition({
        source: { kind: 'parquet', numRows: 10, file: { path: '', size, mtimeMs: 0 } },
        operators: [],
      } as unknown as PartitionSpec);
    expect([file(65_536), file(65_537)]).toEqual([true, false]);
  });
});
