/**
 * A meeting gives every rank the same, whoever the ranks are: the calling thread, threads of one process,
 * or threads of several processes that talk over sockets.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { GangRunner } from '../../src/cluster/gang-runner.ts';
import { TcpGangRunner } from '../../src/cluster/tcp/tcp-gang-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { entryUrl, inline, runProgramOn } from './run-program.ts';

interface ScriptResult {
  readonly rank: number;
  readonly digest: number;
  readonly meetings: number;
  readonly bytes: number;
}

const threads = new ThreadPool(5, entryUrl);
const singles = new TcpGangRunner({ numProcesses: 3, threadsPerProcess: 1, workerUrl: entryUrl });
const pairs = new TcpGangRunner({ numProcesses: 3, threadsPerProcess: 2, workerUrl: entryUrl });
/** The same where main threads meet for the ranks. */
const relayed = new TcpGangRunner({
  numProcesses: 3,
  threadsPerProcess: 2,
  workerUrl: entryUrl,
  usesLanes: false,
});
afterAll(() => Promise.all([threads, singles, pairs, relayed].map((runner) => runner.close())));

/** Sizes about what one slot of the mailbox holds, and far from it. */
const sizes = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 16_370, max: 16_390 }),
  fc.constant(300_000),
);

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('barrier') }),
    fc.record({ kind: fc.constant('allgather'), size: sizes, isEven: fc.boolean() }),
    fc.record({
      kind: fc.constant('allreduce'),
      size: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(3000)),
      operation: fc.constantFrom('sum', 'max'),
    }),
    fc.record({
      kind: fc.constant('exchange'),
      size: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(5000)),
      buffers: fc.array(fc.nat(1000), { minLength: 1, maxLength: 3 }),
    }),
  ),
  { minLength: 1, maxLength: 8 },
);

async function follow(runner: GangRunner, width: number, script: unknown): Promise<ScriptResult[]> {
  return await runProgramOn<ScriptResult>(runner, {
    program: 'followScript',
    width,
    payload: { steps: script },
  });
}

/** What ranks must agree on; the bytes that are sent hang on the kind of gang. */
function received(results: readonly ScriptResult[]): unknown {
  return results.map(({ rank, digest, meetings }) => ({ rank, digest, meetings }));
}

describe('a meeting of ranks', () => {
  it('hands a single rank its own, inline, in a thread and in a process', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const expected = received(await follow(inline, 1, script));
        expect(received(await follow(threads, 1, script))).toEqual(expected);
        expect(received(await follow(singles, 1, script))).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });

  it('hands ranks of several processes what it hands ranks of one', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 2, max: 5 }), async (script, width) => {
        const expected = received(await follow(threads, width, script));
        const met = await follow(pairs, width, script);
        expect(received(met)).toEqual(expected);
        expect(await follow(relayed, width, script)).toEqual(met);
        if (width > 3) return;
        expect(received(await follow(singles, width, script))).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  it('sends nothing to ranks that share its memory when it exchanges', async () => {
    const script = [{ kind: 'exchange', size: 5000, buffers: [1, 2] }];
    const shared = await follow(threads, 2, script);
    expect(shared.map((result) => result.bytes)).toEqual([0, 0]);
    const apart = await follow(singles, 2, script);
    expect(apart.every((result) => result.bytes > 0)).toBe(true);
  });
});
