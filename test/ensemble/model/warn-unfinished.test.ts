import { afterEach, beforeEach, expect, it } from 'vitest';
import { GBTRegressionModel, GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { inlineTable } from '../../tools/inline-table.ts';

const said: string[] = [];
const listen = ({ message }: Error): number => said.push(message);
beforeEach(() => {
  said.length = 0;
  process.on('warning', listen);
});
afterEach(() => process.off('warning', listen));

const x = Array.from({ length: 40 }, (_, i) => i);
const table = inlineTable({ x, label: x });
const options = { featuresCols: ['x'], maxIter: 3 };

/** The model as a checkpoint would have it whose models have so many rounds each. */
async function checkpointOf(rounds: readonly number[]): Promise<GBTRegressionModel> {
  const { data } = await new GBTRegressor(options).fit(table);
  const members = rounds.map((numRounds) => ({ numRounds, measured: [] }));
  const checkpoint = { key: 'k', dataKey: 'd', numRounds: 3, measured: [], members };
  return new GBTRegressionModel(options, { ...data, checkpoint } as never);
}

it('warns once where some of the models that are averaged have no trees yet', async () => {
  const model = await checkpointOf([3, 0, 2, 0]);
  await model.transform(table);
  await model.scorer();
  await new Promise((resolve) => setImmediate(resolve));
  expect(said).toEqual([
    'GBTRegressionModel is the checkpoint of a fit that averages 4 models, of which 2 have trees yet: the others add nothing ' +
      'to its predictions, which lie too near the start; fit again with the same checkpointDir to finish it',
  ]);
});

it('is silent where all have some, and of finished models', async () => {
  await (await checkpointOf([3, 1])).transform(table);
  await (await new GBTRegressor(options).fit(table)).transform(table);
  await new Promise((resolve) => setImmediate(resolve));
  expect(said).toEqual([]);
});
