/** Fits that run at the same time, are aborted, or lose a thread or a process: each ends as it should. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { TcpGangRunner } from '../../src/cluster/tcp/tcp-gang-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { KnobRunner } from '../tools/knob-runner.ts';
import { type DataRecipe, randomData } from '../tools/random-data.ts';
import { cutEvenly } from '../tools/sample-data.ts';
import { type EstimatorCase, makeEstimator, withFeatures } from '../training/random-estimators.ts';
import { errorOf, fittingEntryUrl, isRunning, runProgramOn } from './run-program.ts';

const pool = new ThreadPool(3, fittingEntryUrl);
afterAll(() => pool.close());

const recipe: DataRecipe = {
  seed: 31,
  numRows: 5000,
  kinds: ['float32', 'words', 'float64', 'integers'],
  missing: 0.05,
};
const data = randomData(recipe);
const endless = 1_000_000;

const boosted = (maxIter: number): EstimatorCase =>
  withFeatures({ name: 'GBTRegressor', options: { labelCol: 'y', maxIter, maxLeaves: 8 } }, recipe);
const forest = (numTrees: number): EstimatorCase =>
  withFeatures({ name: 'RandomForestClassifier', options: { labelCol: 'b', numTrees } }, recipe);

async function savedFit(
  found: EstimatorCase,
  runner: KnobRunner,
  options: { signal?: AbortSignal; onProgress?: () => void } = {},
): Promise<Record<string, string>> {
  return await savedBytes(await makeEstimator(found).fit(cutEvenly(runner, data, 4), options));
}

describe('20 concurrent fits of random widths on 3 threads', () => {
  it('end as they should, though some are aborted and one loses a thread', async () => {
    const cases = [boosted(6), forest(5)];
    const alone = await Promise.all(
      cases.map((found) => savedFit(found, new KnobRunner(new InlineRunner()))),
    );
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const runner = new KnobRunner(pool, { width: 1 + ((i * 5) % 3) });
        const kind = i % 2;
        if (i === 9) {
          const payload = { meetings: 1e9, at: 20, does: 'exit', rank: 1 };
          return await errorOf(runProgramOn(pool, { program: 'meetOften', width: 3, payload }));
        }
        if (i % 5 === 2) {
          const signal = AbortSignal.timeout(100 * i);
          const found = kind === 0 ? boosted(endless) : forest(10_000);
          return await errorOf(savedFit(found, runner, { signal }));
        }
        return await savedFit(cases[kind] as EstimatorCase, runner);
      }),
    );
    outcomes.forEach((outcome, i) => {
      if (i === 9) expect(outcome).toMatchObject({ code: 'EXECUTOR_LOST' });
      else if (i % 5 === 2) expect(outcome).toMatchObject({ code: 'ABORTED' });
      else expect(outcome).toEqual(alone[i % 2]);
    });
  }, 120_000);
});

describe('a fit', () => {
  it('ends within a second when it is aborted, wherever it is', async () => {
    for (const [found, waits] of [
      [boosted(endless), [0, 20, 60, 150, 400]],
      [forest(10_000), [10, 100, 500]],
    ] as const) {
      for (const wait of waits) {
        const abort = new AbortController();
        const work = errorOf(savedFit(found, new KnobRunner(pool), { signal: abort.signal }));
        await sleep(wait);
        const began = performance.now();
        abort.abort();
        expect(await work).toMatchObject({ code: 'ABORTED' });
        expect(performance.now() - began).toBeLessThan(1000);
      }
    }
  });

  it('over processes ends with EXECUTOR_LOST when one is killed, and the next is as good as ever', async () => {
    const runner = new TcpGangRunner({
      numProcesses: 2,
      threadsPerProcess: 1,
      workerUrl: fittingEntryUrl,
    });
    try {
      let ids: readonly number[] = [];
      const kill = (): void => {
        if (ids.length > 0) return;
        ids = runner.processIds;
        process.kill(ids[1] as number, 'SIGKILL');
      };
      const found = boosted(endless);
      const lost = await errorOf(savedFit(found, new KnobRunner(runner), { onProgress: kill }));
      expect(lost).toMatchObject({ code: 'EXECUTOR_LOST' });
      expect(ids.filter(isRunning)).toEqual([]);
      const alone = await savedFit(boosted(4), new KnobRunner(new InlineRunner()));
      expect(await savedFit(boosted(4), new KnobRunner(runner))).toEqual(alone);
    } finally {
      await runner.close();
    }
  });
});
