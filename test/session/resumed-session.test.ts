/** A session with a name outlives its driver: the same fit in a new one takes up the work, or gets what it gave. */
import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { Session } from '../../src/session/session.ts';
import { childrenOf } from '../cluster/executors/relay.ts';
import { startExecutor, token } from '../cluster/executors/start-executor.ts';
import { errorOf, isRunning, untilGone } from '../cluster/run-program.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';

const numRows = 1000;
const columns = {
  x: Float64Array.from({ length: numRows }, (_, i) => (i * 37) % 1009),
  label: Float64Array.from({ length: numRows }, (_, i) => ((i * 37) % 1009) / 7 + (i % 5)),
};
const maxIter = 500;
const estimator = new GBTRegressor({ featuresCols: ['x'], maxIter });

/** A driver in the middle of a fit. @param args rounds, and its session's name */
async function drivingFrom(address: string, ...args: readonly string[]): Promise<ChildProcess> {
  const driver: ChildProcess = fork(
    new URL('./lonely-driver.mjs', import.meta.url),
    [address, token, ...args],
    { execArgv: [] },
  );
  await new Promise((resolve, reject) => {
    driver.once('message', resolve);
    driver.once('exit', (code) => reject(new Error(`the driver ended with ${code}`)));
  });
  return driver;
}

/** A driver that began the fit, and was killed. */
async function killedDriver(address: string): Promise<void> {
  const driver = await drivingFrom(address, String(maxIter), 'nightly');
  const ended = new Promise((resolve) => driver.once('close', resolve));
  driver.kill('SIGKILL');
  await ended;
}

describe('a session with a name', () => {
  it.each([0, 900])(
    'is taken up by the next driver, %i ms after the first was killed',
    async (ms) => {
      const executor = await startExecutor('--threads', '1');
      await killedDriver(executor.address);
      await sleep(ms);
      const [before] = childrenOf(executor.process.pid);
      const other = Session.connect([executor.address], { token, threads: 1 });
      expect(await errorOf(other)).toMatchObject({ code: 'EXECUTOR_BUSY' });
      const session = await Session.connect([executor.address], {
        token,
        threads: 1,
        name: 'nightly',
      });
      const rounds: number[] = [];
      const model = await estimator.fit(session.createTable(columns), {
        onProgress: ({ phase, done }) => void (phase === 'train' && rounds.push(done)),
      });
      // the work was not begun again
      expect(rounds[0] ?? maxIter).toBeGreaterThan(1);
      expect(childrenOf(executor.process.pid)).toEqual([before]);
      await session.close();
      const alone = await Session.local({ threads: 1 });
      expect(await savedBytes(model)).toEqual(
        await savedBytes(await estimator.fit(alone.createTable(columns))),
      );
      await alone.close();
    },
  );

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'without a name ends when its driver gets %s, and the executor is free',
    async (signal) => {
      const executor = await startExecutor('--threads', '1', '--silence', '2');
      const driver = await drivingFrom(executor.address, '1000000');
      const ids = childrenOf(executor.process.pid);
      expect(ids).toHaveLength(1);
      driver.kill(signal);
      await untilGone(ids);
      await (await Session.connect([executor.address], { token, threads: 1 })).close();
      driver.kill('SIGKILL');
    },
  );

  it('without a name ends with its driver', async () => {
    const executor = await startExecutor('--threads', '1');
    const session = await Session.connect([executor.address], { token, threads: 1 });
    const ids = childrenOf(executor.process.pid);
    expect(ids).toHaveLength(1);
    await session.close();
    expect(ids.filter(isRunning)).toEqual([]);
  });
});
