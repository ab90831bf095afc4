/**
 * A fit that loses an executor, its process or its connection at any message gives the model of an undisturbed one,
 * or ends in time and says why; nothing is left behind.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { ControlKind } from '../../src/cluster/executors/control-frames.ts';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { RandomForestClassifier } from '../../src/ensemble/forest/random-forest-classifier.ts';
import { Session } from '../../src/session/session.ts';
import { childrenOf, Relay } from '../cluster/executors/relay.ts';
import { startExecutor, startExecutors, token } from '../cluster/executors/start-executor.ts';
import { errorOf, untilGone } from '../cluster/run-program.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { columns, undisturbedBytes } from './struck-fit.ts';

const params = { featuresCols: ['x', 'z'], minInstancesPerNode: 1, checkpointInterval: 2 };
const boosted = new GBTClassifier({ ...params, maxIter: 8 });

const expected = await undisturbedBytes(boosted);

/** The executor that is struck, and one that is not. */
const folder = temporaryFolder('lost-executors');
for (const name of ['1.csv', '2.csv']) {
  writeFileSync(join(folder, name), `x\n${Array.from({ length: 20 }, (_, i) => i).join('\n')}\n`);
}
const roots = ['--data-root', folder];
const [victim, other] = await startExecutors([1, 1], '--silence', '5', ...roots);
const isLong = process.env['COPPICE_SUITE'] === 'long';
const relay = await Relay.to(victim?.address ?? '', isLong ? 2000 : undefined);
afterAll(() => relay.close());
const sessions: Session[] = [];
afterEach(async () => {
  relay.onFrame = () => undefined;
  await Promise.all(sessions.splice(0).map((session) => session.close()));
});

/** @param isFirst the victim has rank 0, which tells of progress */
async function connect(isFirst = true): Promise<Session> {
  const addresses = [other?.address ?? '', relay.address];
  const session = await Session.connect(isFirst ? addresses.reverse() : addresses, {
    token,
    threads: 1,
    reconnectSeconds: 3,
    silenceSeconds: 5,
    onLog: () => undefined,
  });
  sessions.push(session);
  return session;
}

type Blow = (relay: Relay) => void;

const stopped: Blow = () => {
  for (const id of childrenOf(victim?.process.pid)) process.kill(id, 'SIGSTOP');
};

const blows = {
  'its connection is cut': (at) => at.cut(),
  'its process is killed': () => {
    for (const id of childrenOf(victim?.process.pid)) process.kill(id, 'SIGKILL');
  },
} satisfies Record<string, Blow>;

/** Where each message is struck: while connecting, in a fit, or why not here. A new message needs a line here. */
const struckIn = {
  hello: 'connect',
  challenge: 'connect',
  proof: 'connect',
  welcome: 'connect',
  refused: 'other: executor-access.test.ts',
  ping: 'other: a stalled connection, below',
  bye: 'close',
  task: 'read',
  cancel: 'other: aborted fits, below',
  listen: 'fit',
  start: 'fit',
  attach: 'other: resumed-session.test.ts',
  detach: 'other: resumed-session.test.ts',
  reset: 'other: it follows a blow at any other',
  answer: 'fit',
  failed: 'other: executor-access.test.ts',
  note: 'fit',
  log: 'other: executor-access.test.ts',
  lost: 'other: it follows every killed process',
} as const satisfies Record<ControlKind, string>;

/** Strikes once, at the n-th message of a kind; says whether it has. */
function strikeAt(kind: ControlKind, blow: Blow, count = 1): { readonly isDone: boolean } {
  let left = count;
  relay.onFrame = (frame, _, at) => {
    if (frame.kind !== kind) return;
    left -= 1;
    if (left === 0) blow(at);
  };
  return {
    get isDone() {
      return left <= 0;
    },
  };
}

const kindsIn = (phase: string): ControlKind[] =>
  (Object.keys(struckIn) as ControlKind[]).filter((kind) => struckIn[kind] === phase);

const cases = Object.entries(blows);
const closings = [...cases, ['its process is stopped', stopped]] as const;
/** The long suite also stops the process, and the executor itself until the fit has gone on, at each message. */
const daemonStopped: Blow = () => void victim?.process.kill('SIGSTOP');
const inFit = isLong
  ? ([...closings, ['the executor itself is stopped', daemonStopped]] as const)
  : cases;

describe('a fit on executors', () => {
  it.each(
    kindsIn('fit').flatMap((kind) => inFit.map(([name, blow]) => [kind, name, blow] as const)),
  )('gives the undisturbed model when, at "%s", %s', async (kind, _, blow) => {
    const session = await connect(kind === 'note' || kind === 'start');
    const table = session.createTable(columns, { numPartitions: 3 });
    const strike = strikeAt(kind, blow, kind === 'note' ? 3 : 1);
    try {
      expect(await savedBytes(await boosted.fit(table))).toEqual(expected);
    } finally {
      victim?.process.kill('SIGCONT');
    }
    expect(strike.isDone).toBe(true);
  });

  it('does not begin again from the start: it goes on from the last rounds that were told', async () => {
    const long = new GBTClassifier({ ...params, maxIter: 120 });
    const undisturbed = await Session.local({ threads: 1 });
    const wanted = await savedBytes(await long.fit(undisturbed.createTable(columns)));
    await undisturbed.close();
    const session = await connect();
    const table = session.createTable(columns, { numPartitions: 3 });
    const done: number[] = [];
    const losses: string[] = [];
    const onWarning = ({ message }: Error): void => {
      if (message.includes('goes on from round')) losses.push(message);
    };
    process.on('warning', onWarning);
    const onProgress = ({ phase, done: round }: { phase: string; done: number }): void => {
      if (phase !== 'train') return;
      done.push(round);
      if (done.length === 3) blows['its process is killed']();
    };
    expect(await savedBytes(await long.fit(table, { onProgress }))).toEqual(wanted);
    process.off('warning', onWarning);
    // it was seen at once, not by a silence
    expect(losses[0]).toMatch('it was ended by SIGKILL');
    const restart = done.findIndex((round, i) => i > 0 && round <= (done[i - 1] as number));
    expect(done.at(-1)).toBe(120);
    expect(restart < 0 || (done[restart] as number) > 1).toBe(true);
  });

  it('goes on without an executor that does not come back', async () => {
    const [third] = await startExecutors([2]);
    const session = await Session.connect([third?.address ?? '', other?.address ?? ''], {
      token,
      threads: 1,
      reconnectSeconds: 0.3,
    });
    sessions.push(session);
    const table = session.createTable(columns, { numPartitions: 3 });
    const ids = childrenOf(third?.process.pid);
    let isStruck = false;
    const onProgress = (): void => {
      if (!isStruck) third?.process.kill('SIGKILL');
      isStruck = true;
    };
    expect(await savedBytes(await boosted.fit(table, { onProgress }))).toEqual(expected);
    expect(session.threads).toBe(3);
    await untilGone(ids);
  });

  it.each([
    ['at once', 0, 1],
    ['late, with the fit after that', 250, 2],
  ])('has the next fit on an executor that is there again and answers %s', async (_, ms, fits) => {
    const [first, second] = await startExecutors([1, 1]);
    const between = await Relay.to(second?.address ?? '');
    const session = await Session.connect([first?.address ?? '', between.address], {
      token,
      threads: 1,
      reconnectSeconds: 0.3,
    });
    sessions.push(session);
    const table = session.createTable(columns, { numPartitions: 3 });
    await second?.end();
    expect(await savedBytes(await boosted.fit(table))).toEqual(expected);
    await startExecutor('--threads', '1', '--listen', second?.address ?? '');
    between.delayMs = ms;
    let numGangs = 0;
    const called: number[] = [];
    const answered = new Promise<void>((resolve) => {
      between.onFrame = ({ kind }) => {
        if (kind === 'listen') numGangs += 1;
        if (kind === 'hello' || kind === 'welcome') called.push(performance.now());
        if (kind === 'welcome') resolve();
      };
    });
    for (let fit = 1; fit <= fits; fit++) {
      // nobody waits for its answer but for half a second
      expect(numGangs).toBe(0);
      expect(await savedBytes(await boosted.fit(table))).toEqual(expected);
      await answered;
      await new Promise((resolve) => setTimeout(resolve, 4 * ms));
    }
    const isLate = (called[1] as number) - (called[0] as number) > 300 && ms === 0;
    // on a machine that had no time for it
    if (isLate) expect(await savedBytes(await boosted.fit(table))).toEqual(expected);
    expect(numGangs).toBeGreaterThan(0);
    between.close();
  });

  it.each([
    ['a boosted fit', new GBTClassifier({ ...params, maxIter: 200 })],
    ['a forest', new RandomForestClassifier({ featuresCols: ['x', 'z'], numTrees: 400 })],
  ])('ends once nobody is left, and says whom it lost and what to do: %s', async (_, estimator) => {
    const both = await startExecutors([1, 1]);
    const addresses = both.map(({ address }) => address);
    const session = await Session.connect(addresses, {
      token,
      threads: 1,
      reconnectSeconds: 4,
      onLog: () => undefined,
    });
    sessions.push(session);
    const table = session.createTable(columns, { numPartitions: 3 });
    let struckAt = Number.NaN;
    const onProgress = (): void => {
      if (!Number.isNaN(struckAt)) return;
      struckAt = performance.now();
      for (const executor of both) executor.process.kill('SIGKILL');
    };
    const error = await errorOf(estimator.fit(table, { onProgress }));
    // called again once, not as often as it may begin again
    expect(performance.now() - struckAt).toBeLessThan(3 * 4000);
    const executors = addresses.join(', ');
    expect(error).toMatchObject({ code: 'EXECUTOR_LOST', context: { executors } });
    expect(error?.message).toMatch(executors);
    expect(error?.message).toMatch(/all 2 are gone; first executor \S+, which ran .* was lost: /);
    expect(error?.message).toMatch('called again for 4 s (reconnectSeconds)');
    expect(error?.message).toMatch('start them again and repeat the fit');
    // they were left out, so that nobody waits for them a second time
    const began = performance.now();
    const again = await errorOf(boosted.fit(table));
    expect(again).toMatchObject({ code: 'EXECUTOR_LOST' });
    expect(performance.now() - began).toBeLessThan(4000);
    await startExecutor('--threads', '1', '--listen', addresses[1] as string);
    expect(await savedBytes(await boosted.fit(table))).toEqual(expected);
  });

  it('gives a process up that has stopped, and goes on', async () => {
    const session = await connect();
    const table = session.createTable(columns, { numPartitions: 3 });
    const strike = strikeAt('note', stopped);
    expect(await savedBytes(await boosted.fit(table))).toEqual(expected);
    expect(strike.isDone).toBe(true);
  });

  it('says who was lost, how, and where, when it may not begin again', async () => {
    const session = await Session.connect([other?.address ?? '', relay.address], {
      token,
      threads: 1,
      retries: 0,
      onLog: () => undefined,
    });
    sessions.push(session);
    strikeAt('start', blows['its process is killed']);
    const error = await errorOf(boosted.fit(session.createTable(columns, { numPartitions: 3 })));
    expect(error).toMatchObject({ code: 'EXECUTOR_LOST', context: { executor: relay.address } });
    expect(error?.message).toMatch(
      /process \d+ of executor .* ran ranks 1 to 1 of the boosting job/,
    );
    expect(error?.message).toMatch('it was ended by SIGKILL');
  });

  it('ends soon when it is aborted', async () => {
    const session = await connect();
    const abort = new AbortController();
    strikeAt('note', () => abort.abort());
    const endless = new GBTClassifier({ featuresCols: ['x', 'z'], maxIter: 100_000 });
    const began = performance.now();
    const error = await errorOf(
      endless.fit(session.createTable(columns), { signal: abort.signal }),
    );
    expect(error).toMatchObject({ code: 'ABORTED' });
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});

describe('a session on executors', () => {
  it.each(kindsIn('connect'))('says whom it lost when it is cut at "%s"', async (kind) => {
    strikeAt(kind, blows['its connection is cut']);
    const error = await errorOf(connect());
    expect(error).toMatchObject({ code: 'EXECUTOR_LOST' });
    expect(error?.message).toMatch(relay.address);
  });

  it.runIf(isLong).each(kindsIn('connect'))(
    'says whom it lost when the executor is stopped at "%s"',
    async (kind) => {
      const strike = strikeAt(kind, daemonStopped);
      const began = performance.now();
      try {
        // what was said last may have been all that was needed
        const error = await errorOf(connect());
        if (error === undefined) expect(kind).toBe('welcome');
        else expect(error).toMatchObject({ code: 'EXECUTOR_LOST' });
        expect(performance.now() - began).toBeLessThan(14_000);
        expect(strike.isDone).toBe(true);
      } finally {
        victim?.process.kill('SIGCONT');
      }
    },
  );

  it.each(
    kindsIn('close').flatMap((kind) => closings.map(([name, blow]) => [kind, name, blow] as const)),
  )('ends when, at its "%s", %s', async (kind, _, blow) => {
    const session = await connect();
    expect(await savedBytes(await boosted.fit(session.createTable(columns)))).toEqual(expected);
    const ids = childrenOf(victim?.process.pid);
    expect(ids).toHaveLength(1);
    const strike = strikeAt(kind, blow);
    const began = performance.now();
    await session.close();
    expect(performance.now() - began).toBeLessThan(13_000);
    expect(strike.isDone).toBe(true);
    await untilGone(ids);
  });

  it('ends when the executor itself is stopped at its goodbye, which ends later', async () => {
    const session = await connect();
    const ids = childrenOf(victim?.process.pid);
    const strike = strikeAt('bye', () => victim?.process.kill('SIGSTOP'));
    const began = performance.now();
    await session.close();
    expect(performance.now() - began).toBeLessThan(13_000);
    expect([strike.isDone, ids.length]).toEqual([true, 1]);
    victim?.process.kill('SIGCONT');
    await untilGone(ids);
    expect((await connect()).threads).toBe(2);
  });

  it.each(
    kindsIn('read').flatMap((kind) => closings.map(([name, blow]) => [kind, name, blow] as const)),
  )('reads all the same when, at a "%s", %s', async (kind, _, blow) => {
    const session = await connect();
    const table = await session.read.csv(join(folder, '*.csv'));
    const strike = strikeAt(kind, blow);
    expect(await table.count()).toBe(40);
    expect(strike.isDone).toBe(true);
  });

  it('keeps checkpoints that a session of another width resumes, and does without a disk', async () => {
    const kept = new GBTClassifier({
      ...boosted.givenOptions,
      checkpointDir: join(folder, 'kept'),
    });
    const session = await connect();
    const abort = new AbortController();
    const onProgress = ({ phase, done }: { phase: string; done: number }): void => {
      if (phase === 'train' && done === 5) abort.abort();
    };
    const table = session.createTable(columns, { numPartitions: 3 });
    const aborted = await errorOf(kept.fit(table, { signal: abort.signal, onProgress }));
    expect(aborted).toMatchObject({ code: 'ABORTED' });
    const local = await Session.local({ threads: 3 });
    sessions.push(local);
    const rounds: number[] = [];
    const model = await kept.fit(local.createTable(columns), {
      onProgress: ({ phase, done }) => void (phase === 'train' && rounds.push(done)),
    });
    expect(rounds[0] ?? 9).toBeGreaterThan(2);
    expect(await savedBytes(model)).toEqual(expected);
    // no folder can be made below a file, and a process is killed while the rounds are to be written
    const warnings: string[] = [];
    const onWarning = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', onWarning);
    const nowhere = join(folder, '1.csv', 'below');
    const strike = strikeAt('note', blows['its process is killed'], 4);
    const homeless = new GBTClassifier({ ...boosted.givenOptions, checkpointDir: nowhere });
    expect(await savedBytes(await homeless.fit(table))).toEqual(expected);
    process.off('warning', onWarning);
    expect(strike.isDone).toBe(true);
    expect(warnings.filter((text) => text.startsWith('a checkpoint could not be'))).toHaveLength(1);
  });

  it('gives a stalled connection up in time, and goes on', async () => {
    const session = await connect();
    const strike = strikeAt('note', (at) => at.stall());
    const model = await boosted.fit(session.createTable(columns, { numPartitions: 3 }));
    expect(await savedBytes(model)).toEqual(expected);
    expect(strike.isDone).toBe(true);
  });
});
