/** Linear models and clusters over two and three processes that meet over sockets: the bytes of one thread. */
import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { TcpGangRunner } from '../../src/cluster/tcp/tcp-gang-runner.ts';
import { KMeans } from '../../src/linear/k-means.ts';
import { LinearRegression } from '../../src/linear/linear-regression.ts';
import { LinearSVC } from '../../src/linear/linear-svc.ts';
import { LogisticRegression } from '../../src/linear/logistic-regression.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { predictionsOf, savedBytes } from '../tools/fitted-bytes.ts';
import { KnobRunner } from '../tools/knob-runner.ts';
import { randomData } from '../tools/random-data.ts';
import { cutTable, evenCuts } from '../tools/sample-data.ts';

const processes = {
  three: new TcpGangRunner({ numProcesses: 3, threadsPerProcess: 1, workerUrl: workerUrl() }),
  two: new TcpGangRunner({ numProcesses: 2, threadsPerProcess: 2, workerUrl: workerUrl() }),
} as const;
afterAll(() => Promise.all(Object.values(processes).map((runner) => runner.close())));

const numRows = 5200;
const kinds = ['float32', 'float64', 'integers', 'flags', 'constant'] as const;
const data = randomData({ seed: 5, numRows, kinds, missing: 0 });
const shared = { featuresCols: kinds.map((_, j) => `x${j}`), weightCol: 'w' };
const penalty = { regParam: 0.02, elasticNetParam: 0.4, maxIter: 12 };

const estimators: Readonly<Record<string, Estimator>> = {
  LinearRegression: new LinearRegression({ ...shared, ...penalty, labelCol: 'y', offsetCol: 'o' }),
  'binomial LogisticRegression': new LogisticRegression({
    ...{ ...shared, ...penalty, labelCol: 'b', offsetCol: 'o', nonnegative: true },
  }),
  'multinomial LogisticRegression': new LogisticRegression({
    ...{ ...shared, ...penalty, labelCol: 'k', classWeights: 'balanced' },
  }),
  LinearSVC: new LinearSVC({ ...shared, labelCol: 'b', classWeights: { yes: 3 }, maxIter: 12 }),
  KMeans: new KMeans({ ...shared, k: 5, seed: 3, maxIter: 6 }),
};

describe.each(Object.entries(estimators))('%s', (_, estimator) => {
  it('has the bytes of one thread on two and on three processes', async () => {
    const fitOn = async (runner: KnobRunner, partitions: number) => {
      const table = cutTable(runner, data, evenCuts(numRows, partitions));
      const model = await estimator.fit(table);
      return { saved: await savedBytes(model), predictions: await predictionsOf(model, table) };
    };
    const alone = await fitOn(new KnobRunner(new InlineRunner()), 1);
    for (const [name, width, partitions] of [
      ['three', 2, 1],
      ['three', 3, 7],
      ['two', 4, 2],
    ] as const) {
      const found = await fitOn(new KnobRunner(processes[name], { width }), partitions);
      expect(found, `${name} ${width}`).toEqual(alone);
    }
  });
});
