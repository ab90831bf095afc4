/** A function that fills its thread's heap ends the call in time, says why, and harms nothing after it. */
import { afterEach, describe, expect, it } from 'vitest';
import { fromModule } from '../../src/base/user-function.ts';
import { ThreadPool, type ThreadPoolOptions } from '../../src/cluster/threads/thread-pool.ts';
import { FunctionTransformer } from '../../src/feature/function-transformer.ts';
import { Session } from '../../src/session/session.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { valuesOf } from '../tools/inline-table.ts';

const sessions: Session[] = [];
afterEach(() => Promise.all(sessions.splice(0).map((session) => session.close())));

function sessionOf(options: ThreadPoolOptions): Session {
  const session = new Session(new ThreadPool(2, workerUrl(), options));
  sessions.push(session);
  return session;
}

async function applied(session: Session, name: string): Promise<unknown[]> {
  const func = fromModule(new URL('../feature/module-functions.mjs', import.meta.url), name);
  const stage = new FunctionTransformer({ func, inputCols: ['x'], outputCol: 'z' });
  const table = session.createTable({ x: [1, 2, 3] }, { numPartitions: 2 });
  return await valuesOf(await stage.transform(table), 'z');
}

describe('a thread', () => {
  it('whose heap is full ends its call with MEMORY_LIMIT, and the session takes a new one', async () => {
    const session = sessionOf({ heapMb: 64 });
    await expect(applied(session, 'hoard')).rejects.toMatchObject({
      code: 'MEMORY_LIMIT',
      message: expect.stringMatching(/had no room for its objects: .*--max-old-space-size/),
    });
    expect(await applied(session, 'twice')).toEqual([2, 4, 6]);
  });

  it('has a heap of its own bound, which V8 reaches in seconds', async () => {
    const [limit] = await applied(sessionOf({}), 'heapLimit');
    expect(limit).toBeGreaterThan(2000);
    expect(limit).toBeLessThan(2200);
  });
});
