/**
 * Trees over processes that meet over sockets: the bytes of one thread. Every kind of tree and random ways to lay the work out
 * are in processes-exactness.prop.test.ts.
 */
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { InlineRunner, type TaskRunner } from '../../src/cluster/task-runner.ts';
import { TcpGangRunner } from '../../src/cluster/tcp/tcp-gang-runner.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { readParquet } from '../../src/table/parquet/read-parquet.ts';
import { writeParquet } from '../../src/table/parquet/write-parquet.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { KnobRunner, type Knobs } from '../tools/knob-runner.ts';
import { type DataRecipe, randomData } from '../tools/random-data.ts';
import { cutEvenly } from '../tools/sample-data.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { outcomeOf } from '../training/outcome-of.ts';
import { type EstimatorCase, makeEstimator, withFeatures } from '../training/random-estimators.ts';

const processes = new TcpGangRunner({
  numProcesses: 2,
  threadsPerProcess: 2,
  workerUrl: workerUrl(),
});
afterAll(() => processes.close());

const recipe: DataRecipe = {
  seed: 29,
  numRows: 1500,
  kinds: ['float32', 'words', 'many words', 'float64'],
  missing: 0.1,
};
const data = randomData(recipe);
const tableOn = (runner: TaskRunner, knobs: Knobs, partitions: number): PartitionedTable =>
  cutEvenly(new KnobRunner(runner, knobs), data, partitions);
const fittedOn = (found: EstimatorCase, table: PartitionedTable) =>
  outcomeOf(makeEstimator(withFeatures(found, recipe)).fit(table), table);

const boosted: EstimatorCase = {
  name: 'GBTClassifier',
  options: { labelCol: 'k', weightCol: 'w', maxIter: 3, maxLeaves: 8, subsamplingRate: 0.7 },
};

it.each<[EstimatorCase, Knobs]>([
  [boosted, {}],
  [{ name: 'GBTRegressor', options: { labelCol: 'y', maxIter: 2 } }, { maxHistogramBytes: 1 }],
  [{ name: 'RandomForestClassifier', options: { labelCol: 'k', numTrees: 3 } }, {}],
  [
    { name: 'RandomForestRegressor', options: { labelCol: 'y', numTrees: 2 } },
    { sharesTrees: true },
  ],
])('has the bytes of one thread on two processes: $name', async (found, knobs) => {
  const alone = await fittedOn(found, tableOn(new InlineRunner(), {}, 1));
  for (const [width, partitions] of [
    [3, 7],
    [4, 2],
  ] as const) {
    const together = tableOn(processes, { ...knobs, width }, partitions);
    expect(await fittedOn(found, together), `${width} ranks`).toEqual(alone);
  }
});

it('reads the rows of Parquet files in each process', async () => {
  const path = join(temporaryFolder('tree-processes'), 'data');
  await writeParquet(tableOn(new InlineRunner(), {}, 3), path);
  const alone = await fittedOn(boosted, await readParquet(new InlineRunner(), path));
  expect(await fittedOn(boosted, await readParquet(processes, path))).toEqual(alone);
});
