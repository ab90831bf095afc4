/** The command `tune`: candidates from a file, folds, the best model saved. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Table } from 'apache-arrow';
import { beforeAll, expect, it } from 'vitest';
import { flightDelays } from '../../datasets/flight-delays.ts';
import { toBatch } from '../../datasets/to-batch.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { tableFromArrow } from '../../src/table/create-table.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { runForTest } from './run-for-test.ts';

const folder = temporaryFolder('cli-tune');
const path = (name: string): string => join(folder, name);
const words = (grid: string, model: string, ...more: string[]) => [
  ...['tune', '--data', path('train.parquet'), '--label', 'delayed', '--grid', path(grid)],
  ...['--model', path(model), '--params', 'maxIter=6', '--json', '--quiet', ...more],
];

beforeAll(async () => {
  const batch = toBatch(flightDelays.generate({ seed: 1, firstRow: 0, numRows: 1500 }));
  await tableFromArrow(new InlineRunner(), new Table([batch])).write.parquet(path('train.parquet'));
  writeFileSync(path('grid.json'), JSON.stringify({ maxLeaves: [2, 12], stepSize: [0.3] }));
  writeFileSync(path('list.json'), JSON.stringify([{ maxLeaves: 3 }, { maxLeaves: 9 }]));
  writeFileSync(path('bad.json'), JSON.stringify({ maxLeaves: 3 }));
});

it('tries a grid and saves the best model, which transforms', async () => {
  const results = path('results.jsonl');
  const more = ['--metric', 'auc', '--folds', '2', '--stratified', '--results', results];
  const { exitCode, json } = await runForTest(words('grid.json', 'tuned', ...more));
  expect(exitCode).toBe(0);
  expect(json).toMatchObject({ command: 'tune', metric: 'areaUnderROC', task: 'classification' });
  const trials = json['trials'] as { average: number; params: object }[];
  expect(trials.map(({ params }) => params)).toEqual([
    { maxLeaves: 2, stepSize: 0.3 },
    { maxLeaves: 12, stepSize: 0.3 },
  ]);
  expect(json['bestMetric']).toBe(Math.max(...trials.map(({ average }) => average)));
  expect(readFileSync(results, 'utf8').trim().split('\n').length).toBe(5);
  const out = path('scored.parquet');
  const scored = await runForTest([
    ...['transform', '--model', path('tuned'), '--data', path('train.parquet'), '--out', out],
    '--quiet',
  ]);
  expect(scored.exitCode).toBe(0);
});

it('halves a list of candidates', async () => {
  const more = ['--halving', 'rows', '--folds', '2'];
  const { exitCode, json } = await runForTest(words('list.json', 'halved', ...more));
  expect(exitCode).toBe(0);
  expect(json).toMatchObject({ class: 'SuccessiveHalvingModel', metric: 'logLoss' });
});

it('refuses a grid or a metric that is none', async () => {
  for (const wrong of [
    words('bad.json', 'none'),
    words('no-such.json', 'none'),
    words('grid.json', 'none', '--metric', 'rmse'),
  ]) {
    const { exitCode, json } = await runForTest(wrong);
    expect(exitCode).toBe(2);
    expect((json['error'] as { code: string }).code).toBe('USAGE');
  }
});
