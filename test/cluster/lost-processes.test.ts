/** A gang of processes ends in time and says why, whatever happens to one of them; nothing is left behind. */
import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { TcpGangRunner, type TcpGangRunnerOptions } from '../../src/cluster/tcp/tcp-gang-runner.ts';
import {
  entryUrl,
  errorOf,
  isRunning,
  type ProgramGang,
  runProgramOn,
  untilGone,
} from './run-program.ts';

const runners: TcpGangRunner[] = [];
afterEach(() => Promise.all(runners.splice(0).map((runner) => runner.close())));

function runnerOf(options: Partial<TcpGangRunnerOptions> = {}): TcpGangRunner {
  const runner = new TcpGangRunner({
    numProcesses: 3,
    threadsPerProcess: 1,
    workerUrl: entryUrl,
    ...options,
  });
  runners.push(runner);
  return runner;
}

async function expectUsable(runner: TcpGangRunner): Promise<void> {
  const width = runner.numThreads;
  const payload = { meetings: 20 };
  const ranks = await runProgramOn(runner, { program: 'meetOften', width, payload });
  expect(ranks).toEqual(Array.from({ length: width }, (_, rank) => rank));
}

interface Ended {
  readonly error: Error | undefined;
  /** Milliseconds from the blow to the end. */
  readonly ms: number;
}

/** Runs a gang, strikes at its 50th meeting, and waits for its end; no process of it may stay. */
async function strike(
  runner: TcpGangRunner,
  blow: (processIds: readonly number[]) => void,
  gang: Partial<ProgramGang> = {},
): Promise<Ended> {
  let struckAt = 0;
  let struck: readonly number[] = [];
  const error = await errorOf(
    runProgramOn(runner, {
      program: 'meetOften',
      width: runner.numThreads,
      payload: { meetings: 1e9, at: 50 },
      ...gang,
      onMessage: () => {
        struck = [...runner.processIds];
        struckAt = performance.now();
        blow(struck);
      },
    }),
  );
  const ms = performance.now() - struckAt;
  expect(struck).toHaveLength(3);
  expect(struck.filter(isRunning)).toEqual([]);
  expect(runner.processIds).toEqual([]);
  return { error, ms };
}

describe('a gang of processes', () => {
  it.each([0, 1, 2])('ends with EXECUTOR_LOST when process %i is killed', async (victim) => {
    const runner = runnerOf();
    const { error, ms } = await strike(runner, (ids) =>
      process.kill(ids[victim] as number, 'SIGKILL'),
    );
    expect(error).toMatchObject({ code: 'EXECUTOR_LOST' });
    expect(error?.message).toMatch(`process ${victim} (ranks ${victim} to ${victim}`);
    expect(error?.message).toMatch('it was ended by SIGKILL');
    expect(ms).toBeLessThan(2000);
    await expectUsable(runner);
  });

  it('ends with EXECUTOR_LOST when a process is killed before it runs anything', async () => {
    const runner = runnerOf();
    for (const wait of [0, 20, 60, 120, 180, 240]) {
      const work = errorOf(
        runProgramOn(runner, { program: 'meetOften', width: 3, payload: { meetings: 1e9 } }),
      );
      await sleep(wait);
      const ids = runner.processIds;
      process.kill(ids[1] as number, 'SIGKILL');
      expect(await work).toMatchObject({ code: 'EXECUTOR_LOST' });
      expect(ids.filter(isRunning)).toEqual([]);
    }
    await expectUsable(runner);
  });

  it('names the process that stopped answering once the time is up, and ends it too', async () => {
    const runner = runnerOf({ timing: { heartbeatMs: 100, silenceMs: 1000 } });
    await expectUsable(runner);
    const { error, ms } = await strike(runner, (ids) => process.kill(ids[1] as number, 'SIGSTOP'));
    expect(error).toMatchObject({ code: 'EXECUTOR_LOST' });
    expect(error?.message).toMatch(/process 1 \(ranks 1 to 1, id \d+.*was silent for 1\d\d\d ms/);
    expect(ms).toBeLessThan(4000);
  });

  it('names the rank whose thread died', async () => {
    const runner = runnerOf();
    const payload = { meetings: 1e9, at: 50, does: 'exit', rank: 2 };
    const { error } = await strike(runner, () => undefined, { payload });
    expect(error).toMatchObject({ code: 'EXECUTOR_LOST' });
    expect(error?.message).toMatch('rank 2 of the meetOften job');
  });

  it('rejects with what a rank of another process threw', async () => {
    const runner = runnerOf();
    const payload = { meetings: 1e9, at: 50, does: 'refuse', rank: 2 };
    const { error, ms } = await strike(runner, () => undefined, { payload });
    expect(error).toMatchObject({ code: 'DATA_INVALID', context: { row: 7 } });
    expect(ms).toBeLessThan(2000);
  });

  it('notices ranks that went different ways', async () => {
    const error = await errorOf(
      runProgramOn(runnerOf(), { program: 'stray', width: 3, payload: { rank: 1 } }),
    );
    expect(error).toMatchObject({ code: 'PROTOCOL' });
    expect(error?.message).toMatch('must be at the same meeting');
  });

  it('ends within a second when it is aborted', async () => {
    const runner = runnerOf();
    await expectUsable(runner);
    for (const does of ['nothing', 'sleep']) {
      const abort = new AbortController();
      const { error, ms } = await strike(runner, () => setTimeout(() => abort.abort(), 0), {
        payload: { meetings: 1e9, at: 50, does, rank: 1, ms: 60_000 },
        signal: abort.signal,
      });
      expect(error).toMatchObject({ code: 'ABORTED' });
      expect(ms).toBeLessThan(1300);
    }
    const running = new AbortController();
    const payload = { meetings: 1e9 };
    const gang = { program: 'meetOften', width: 3, payload } as const;
    const first = errorOf(runProgramOn(runner, { ...gang, signal: running.signal }));
    const waiting = runProgramOn(runner, { ...gang, signal: AbortSignal.timeout(50) });
    expect(await errorOf(waiting)).toMatchObject({ code: 'ABORTED' });
    running.abort();
    expect(await first).toMatchObject({ code: 'ABORTED' });
    const signal = AbortSignal.abort();
    const dead = await errorOf(runProgramOn(runner, { ...gang, signal }));
    expect(dead).toMatchObject({ code: 'ABORTED' });
  });

  it('ends when its runner is closed', async () => {
    const runner = runnerOf();
    const { error } = await strike(runner, () => void runner.close());
    expect(error).toMatchObject({ code: 'SESSION_CLOSED' });
    const later = errorOf(runProgramOn(runner, { program: 'introduce', width: 1 }));
    expect(await later).toMatchObject({ code: 'SESSION_CLOSED' });
  });

  it('shares the ranks out process by process, and takes turns', async () => {
    const runner = runnerOf({ threadsPerProcess: 2 });
    const widths = [5, 1, 4, 2, 6, 3];
    const all = await Promise.all(
      widths.map((width) =>
        runProgramOn<{ rank: number; localRanks: number[] }>(runner, {
          program: 'introduce',
          width,
        }),
      ),
    );
    const local = all.map((ranks) => ranks.map((rank) => rank.localRanks.join('')).join(' '));
    expect(local).toEqual([
      '01 01 23 23 4',
      '0',
      '01 01 23 23',
      '01 01',
      '01 01 23 23 45 45',
      '01 01 2',
    ]);
  });

  it('ends when its driver does', async () => {
    const driver: ChildProcess = fork(new URL('./lonely-driver.mjs', import.meta.url), {
      execArgv: [],
    });
    const ids = await new Promise<number[]>((resolve) => {
      driver.once('message', (message) => resolve(message as number[]));
    });
    expect(ids.filter(isRunning)).toHaveLength(2);
    driver.kill('SIGKILL');
    await untilGone(ids);
  });
});
