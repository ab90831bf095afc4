/** A session on executors: the same tables, the same models, byte for byte, as a session of one thread. */
import { join } from 'node:path';
import { afterEach, describe, expect } from 'vitest';
import type { Progress } from '../../src/base/progress.ts';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { RandomForestClassifier } from '../../src/ensemble/forest/random-forest-classifier.ts';
import { BinaryClassificationEvaluator } from '../../src/evaluation/evaluators/binary-classification-evaluator.ts';
import { Session } from '../../src/session/session.ts';
import { runForTest } from '../cli/run-for-test.ts';
import { childrenOf } from '../cluster/executors/relay.ts';
import { fileOfToken, startExecutors, token } from '../cluster/executors/start-executor.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { it, itDivided, itLate, someOf } from '../tools/some-cases.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

// enough for several ranks
const numRows = 12_000;
const columns = {
  x: Float64Array.from({ length: numRows }, (_, i) => (i * 37) % 1009),
  z: Float64Array.from({ length: numRows }, (_, i) => (i * 91) % 677),
  w: Array.from({ length: numRows }, (_, i) => ['a', 'b', null, 'd'][(i * 7) % 4] ?? null),
  label: Array.from({ length: numRows }, (_, i) =>
    ((i * 37) % 1009) + (i % 5) * 90 > 700 ? 'yes' : 'no',
  ),
};
const features = { featuresCols: ['x', 'z', 'w'] };
const boosted = new GBTClassifier({ ...features, maxIter: 6, minInstancesPerNode: 1 });
const forest = new RandomForestClassifier({ ...features, numTrees: 5 });

const folder = temporaryFolder('executors');
const path = join(folder, 'data');
const alone = await Session.local({ threads: 1 });
const own = alone.createTable(columns, { numPartitions: 7 });
await own.write.parquet(path);
const expected = {
  boosted: await savedBytes(await boosted.fit(own)),
  forest: await savedBytes(await forest.fit(own)),
};

const counts = someOf([2, 1, 3, 5]);
const numExecutors = Math.max(3, ...counts);
const executors = await startExecutors(
  [2, 1, 1, 1, 1].slice(0, numExecutors),
  '--data-root',
  folder,
);
const sessions: Session[] = [];
afterEach(() => Promise.all(sessions.splice(0).map((session) => session.close())));

async function connect(count: number): Promise<Session> {
  const addresses = executors.slice(0, count).map(({ address }) => address);
  const session = await Session.connect(addresses, { token, threads: 1 });
  sessions.push(session);
  return session;
}

async function connectAfresh(count: number): Promise<Session> {
  await Promise.all(sessions.splice(0).map((session) => session.close()));
  return await connect(count);
}

describe('a session on executors', () => {
  itDivided.each(counts)('fits the model of one thread on %i executors', async (count) => {
    const session = await connect(count);
    expect(session.threads).toBe(count + 1);
    const table = session.createTable(columns, { numPartitions: 3 });
    expect(await savedBytes(await boosted.fit(table))).toEqual(expected.boosted);
    expect(await savedBytes(await forest.fit(table))).toEqual(expected.forest);
  });

  itLate(
    'fits it though a process of an executor is killed meanwhile; more of this in lost-executors.test.ts',
    async () => {
      const session = await connect(2);
      const table = session.createTable(columns, { numPartitions: 3 });
      const victims = childrenOf(executors[0]?.process.pid);
      expect(victims).toHaveLength(1);
      const onProgress = ({ phase, done }: Progress): void => {
        if (phase === 'train' && done > 1)
          for (const id of victims.splice(0)) process.kill(id, 'SIGKILL');
      };
      expect(await savedBytes(await boosted.fit(table, { onProgress }))).toEqual(expected.boosted);
      expect(victims).toEqual([]);
    },
  );

  it('reads Parquet where the executors are, fits, transforms, writes and evaluates', async () => {
    const session = await connect(3);
    const table = await session.read.parquet(path);
    expect(await table.count()).toBe(numRows);
    const model = await boosted.fit(table);
    expect(await savedBytes(model)).toEqual(expected.boosted);
    const scored = await model.transform(table);
    const out = join(folder, 'scored.parquet');
    await scored.write.parquet(out);
    const local = await model.transform(own);
    const evaluator = new BinaryClassificationEvaluator({});
    const auc = await evaluator.evaluate(local);
    expect(await evaluator.evaluate(scored)).toBe(auc);
    expect(await evaluator.evaluate(await session.read.parquet(out))).toBe(auc);
  });

  itLate('goes on from an initial model, and from a checkpoint', async () => {
    const session = await connect(2);
    const table = session.createTable(columns, { numPartitions: 3 });
    const options = { ...features, minInstancesPerNode: 1 };
    const half = await new GBTClassifier({ ...options, maxIter: 3 }).fit(own);
    const whole = await boosted.fit(table, { initialModel: half });
    expect(await savedBytes(whole)).toEqual(
      await savedBytes(await boosted.fit(own, { initialModel: half })),
    );
    const checkpointDir = join(folder, 'checkpoints');
    const kept = new GBTClassifier({
      ...options,
      maxIter: 6,
      checkpointDir,
      checkpointInterval: 2,
    });
    const abort = new AbortController();
    const onProgress = ({ phase, done }: Progress): void => {
      if (phase === 'train' && done === 5) abort.abort();
    };
    await kept.fit(table, { signal: abort.signal, onProgress }).catch(() => undefined);
    const again = await connectAfresh(3);
    expect(await savedBytes(await kept.fit(again.createTable(columns)))).toEqual(expected.boosted);
  });

  itLate('serves the command line', async () => {
    const session = ['--session', 'executors', '--token-file', fileOfToken(), '--executors'];
    const addresses = executors.slice(0, 2).map(({ address }) => address);
    const words = ['--json', ...session, addresses.join(',')];
    const model = join(folder, 'model');
    const out = join(folder, 'out.parquet');
    const runs = [
      ['fit', '--data', path, '--label', 'label', '--params', 'maxIter=2', '--model', model],
      ['transform', '--model', model, '--data', path, '--out', out],
      ['evaluate', '--data', out, '--label', 'label', '--metric', 'auc'],
    ];
    for (const run of runs) {
      const { exitCode, stdout } = await runForTest([...run, ...words]);
      expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/"command"/)]);
    }
    const usage = await runForTest([
      'evaluate',
      '--data',
      out,
      '--label',
      'label',
      ...session,
      'x',
    ]);
    expect(usage.exitCode).toBe(2);
  });
});
