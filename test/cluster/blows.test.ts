/**
 * At every kind of message that a gang's processes send, one of them is killed, stopped or cut off: the gang
 * ends in seconds with an error that names it, and no process stays. A kind that is missing here does not compile.
 *
 * `npm test` strikes once at each kind; `npm run test:cluster` in every way.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { isCoppiceError } from '../../src/base/errors.ts';
import type { FrameName } from '../../src/cluster/tcp/frames.ts';
import type { ToDriver, ToProcess } from '../../src/cluster/tcp/process-messages.ts';
import { TcpGangRunner } from '../../src/cluster/tcp/tcp-gang-runner.ts';
import { entryUrl, errorOf, isRunning, runProgramOn } from './run-program.ts';
import { StrikingProxy } from './striking-proxy.ts';

type How = 'SIGKILL' | 'SIGSTOP' | 'cut';

/** What is struck when a frame of a kind passes for the first time. */
interface Blow {
  /** The process that sends it. */
  readonly sender: 0 | 1;
  /** How it is struck in the short suite. */
  readonly short: How;
  /** Three processes are needed for it to be sent at all. */
  readonly needsThree?: boolean;
  /** It is sent at meetings: by ranks themselves, or for them. */
  readonly isMet?: boolean;
  /** It is only sent when a rank throws, or only when all are done. */
  readonly ends?: 'throws' | 'returns';
}

const frameBlows = {
  hello: { sender: 1, short: 'SIGSTOP' },
  welcome: { sender: 0, short: 'SIGKILL' },
  proof: { sender: 1, short: 'cut' },
  ready: { sender: 0, short: 'SIGKILL' },
  heartbeat: { sender: 1, short: 'SIGKILL' },
  barrier: { sender: 1, short: 'SIGKILL', isMet: true },
  allgather: { sender: 1, short: 'cut', isMet: true },
  exchange: { sender: 0, short: 'SIGKILL', isMet: true },
  scatter: { sender: 1, short: 'SIGSTOP', isMet: true },
  reduce: { sender: 0, short: 'SIGKILL', isMet: true },
  sums: { sender: 1, short: 'SIGKILL', needsThree: true, isMet: true },
  failed: { sender: 1, short: 'SIGKILL', ends: 'throws' },
  bye: { sender: 1, short: 'SIGKILL', ends: 'returns' },
} as const satisfies Record<FrameName, Blow>;

/** The same for what passes between a process and its driver; the process that gets or sends it is struck. */
const driverBlows = {
  listen: {},
  listening: {},
  start: {},
  alive: {},
  message: {},
  done: { ends: 'returns' },
  failed: { ends: 'throws' },
  abort: { isAborted: true },
} as const satisfies Record<
  (ToProcess | ToDriver)['kind'],
  { readonly ends?: 'throws' | 'returns'; readonly isAborted?: boolean }
>;

const isLong = process.env['COPPICE_SUITE'] === 'long';
const allHows: readonly How[] = ['SIGKILL', 'SIGSTOP', 'cut'];
const timing = { heartbeatMs: 100, silenceMs: 900, joinMs: 4000 };
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function payloadOf(ends: 'throws' | 'returns' | undefined): object {
  if (ends === 'returns') return { rounds: 6 };
  return ends === 'throws' ? { rounds: 1e9, rank: 1, at: 6 } : { rounds: 1e9 };
}

describe('a gang of which one process is struck', () => {
  const cases = (Object.entries(frameBlows) as [FrameName, Blow][]).flatMap(([kind, blow]) =>
    (isLong ? allHows : [blow.short]).flatMap((how) =>
      (isLong || blow.isMet === true ? [true, false] : [true]).map((usesLanes) => ({
        kind,
        blow,
        how,
        usesLanes,
      })),
    ),
  );
  it.each(cases)('ends in time and says why: $how at $kind, lanes $usesLanes', async (given) => {
    const { kind, blow, how, usesLanes } = given;
    let struckAt = Number.NaN;
    let ids: readonly number[] = [];
    const proxy = new StrikingProxy(kind, (cut) => {
      struckAt = performance.now();
      ids = [...runner.processIds];
      if (how === 'cut') cut();
      else process.kill(ids[blow.sender] as number, how);
    });
    const numProcesses = blow.needsThree === true ? 3 : 2;
    const runner = new TcpGangRunner({
      numProcesses,
      threadsPerProcess: 1,
      workerUrl: entryUrl,
      timing,
      usesLanes,
      route: proxy.route,
    });
    open.push(runner, proxy);
    const error = await errorOf(
      runProgramOn(runner, {
        program: 'meetInEveryWay',
        width: numProcesses,
        payload: payloadOf(blow.ends),
      }),
    );
    const ms = performance.now() - struckAt;
    expect(ids).toHaveLength(numProcesses);
    expect(ms).toBeLessThan(how === 'SIGSTOP' ? 8000 : 4000);
    // what was already said may be all that was to say
    if (error === undefined) expect(blow.ends).toBe('returns');
    else if (blow.ends !== 'throws') {
      expect(['EXECUTOR_LOST', 'COLLECTIVE_TIMEOUT']).toContain((error as { code?: string }).code);
      expect(error.message).toMatch(how === 'cut' ? /process \d/ : `process ${blow.sender}`);
    }
    if (error !== undefined) expect(ids.filter(isRunning)).toEqual([]);
  });

  const told = Object.entries(driverBlows).flatMap(([kind, blow]) =>
    (isLong ? (['SIGKILL', 'SIGSTOP'] as const) : (['SIGKILL'] as const)).map((signal) => ({
      kind,
      signal,
      blow: blow as { ends?: 'throws' | 'returns'; isAborted?: boolean },
    })),
  );
  it.each(told)('ends in time: $signal at $kind, to or from the driver', async (given) => {
    const { kind, signal, blow } = given;
    const hook = new URL('./strike-hook.mjs', import.meta.url);
    const before = process.env['NODE_OPTIONS'];
    process.env['NODE_OPTIONS'] = `${before ?? ''} --import=${hook.href}`;
    process.env['COPPICE_STRIKE'] = JSON.stringify({ kind, signal });
    const runner = new TcpGangRunner({
      numProcesses: 2,
      threadsPerProcess: 1,
      workerUrl: entryUrl,
      timing,
    });
    open.push(runner);
    const abort = new AbortController();
    const began = performance.now();
    const running = runProgramOn(runner, {
      program: 'meetInEveryWay',
      width: 2,
      payload: payloadOf(blow.ends),
      signal: abort.signal,
      onMessage: () => blow.isAborted === true && abort.abort(),
    });
    const failed = errorOf(running);
    await new Promise((resolve) => setImmediate(resolve));
    const ids = [...runner.processIds];
    const error = await failed;
    process.env['NODE_OPTIONS'] = before ?? '';
    delete process.env['COPPICE_STRIKE'];
    expect(ids).toHaveLength(2);
    expect(isCoppiceError(error, blow.isAborted === true ? 'ABORTED' : 'EXECUTOR_LOST')).toBe(true);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(ids.filter(isRunning)).toEqual([]);
  });
});
