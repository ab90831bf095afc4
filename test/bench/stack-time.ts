/**
 * `npx tsx test/bench/stack-time.ts [size] [rounds]`: fits of `size` times as many trees, 1 by default
 *
 * What does running fits side by side cost? Times a stack of five bases and five folds against the same fits one
 * after another, each with every thread, and the final fit; in turn, three rounds by default, so that both meet the same
 * machine.
 */
import { join } from 'node:path';
import { foldsOf } from '../../src/feature/folds/folds.ts';
import {
  type Estimator,
  ExtraTreesRegressor,
  GBTRegressor,
  LinearRegression,
  RandomForestRegressor,
  Session,
  StackingRegressor,
} from '../../src/index.ts';
import { sharedData } from './bench-home.ts';

const [size = 1, rounds = 3] = process.argv.slice(2).map(Number);
const session = await Session.local({ threads: 2 });
const train = await session.read.parquet(join(sharedData, 'california_housing_train.parquet'));
const labelCol = 'medianHouseValue';
const columns = { labelCol, featuresCols: train.columns.filter((name) => name !== labelCol) };
const estimators: Estimator[] = [
  new GBTRegressor({ ...columns, maxIter: 40 * size }),
  new GBTRegressor({ ...columns, maxIter: 60 * size, maxDepth: 4 }),
  new RandomForestRegressor({ ...columns, numTrees: 10 * size, maxDepth: 12 }),
  new ExtraTreesRegressor({ ...columns, numTrees: 10 * size, maxDepth: 12 }),
  new LinearRegression(columns),
];

const ratios: number[] = [];
await timed(stacked);
for (let round = 0; round < rounds; round++) {
  const apart = await timed(oneAfterAnother);
  const together = await timed(stacked);
  ratios.push(together / apart);
  console.log(`one after another ${apart.toFixed(2)} s, stack ${together.toFixed(2)} s`);
}
ratios.sort((a, b) => a - b);
console.log(`ratio ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`);
await session.close();

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function stacked(): Promise<void> {
  await new StackingRegressor({ estimators }).fit(train);
}

async function oneAfterAnother(): Promise<void> {
  for (const { outside } of foldsOf(train, { numFolds: 5, seed: 0, idCol: null }))
    for (const estimator of estimators) await estimator.fit(outside);
  for (const estimator of estimators) await estimator.fit(train);
}
