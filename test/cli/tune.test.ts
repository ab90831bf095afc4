/** The command `tune`: candidates from a file, folds, the best model saved. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Table } from 'apache-arrow';
import { beforeAll, expect, it } from 'vitest';
import { flightDelays } from '../../datasets/flight-delays.ts';
import { toBatch } from '../../datasets/to-batch.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { tableFromArrow } from '../../src/table/create-table.ts';
import { readParquet } from '../../src/table/parquet/read-parquet.ts';
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

it('takes parameters as JSON, and says what else there is where that is none', async () => {
  const typed = async (params: string, model = 'json-refused') => {
    const asked = words('list.json', model, '--folds', '2').map((word, i, all) =>
      all[i - 1] === '--params' ? params : word,
    );
    return await runForTest(asked);
  };
  const { exitCode, json } = await typed('{"maxIter": 3, "stepSize": 0.2}', 'json');
  expect([exitCode, json['class']]).toEqual([0, 'CrossValidatorModel']);
  const { json: refused } = await typed('{maxIter: 3}');
  expect(refused['error']).toMatchObject({ code: 'USAGE' });
  expect((refused['error'] as Error).message).toContain('--params-file');
  const { json: unknown } = await typed('{"maxIters": 3}');
  expect(unknown['error']).toMatchObject({ code: 'PARAM_UNKNOWN' });
});

it('halves a list of candidates', async () => {
  const more = ['--halving', 'rows', '--folds', '2'];
  const { exitCode, json } = await runForTest(words('list.json', 'halved', ...more));
  expect(exitCode).toBe(0);
  expect(json).toMatchObject({ class: 'SuccessiveHalvingModel', metric: 'logLoss' });
});

it('learns nothing of the column that says the folds, unless it is named as a feature', async () => {
  const numbers = Array.from({ length: 60 }, (_, i) => `${i % 7},${i % 3},${i % 2}\n`);
  writeFileSync(path('folds.csv'), `x,fold,y\n${numbers.join('')}`);
  const tune = async (...more: string[]) => {
    const data = ['--data', path('folds.csv'), '--label', 'y', '--grid', path('list.json')];
    const model = ['--model', path('folded'), '--overwrite', '--params', 'maxIter=1', '--json'];
    return await runForTest(['tune', ...data, ...model, ...more]);
  };
  const folded = await tune('--fold-col', 'fold');
  expect(folded.json['features']).toEqual(['x']);
  expect(folded.stderr).toContain('left out: fold (it says the folds; --features takes it in)');
  expect((await tune('--fold-group', 'fold', '-q')).json['features']).toEqual(['x']);
  const named = await tune('--fold-col', 'fold', '--features', 'x,fold', '-q');
  expect(named.json['features']).toEqual(['x', 'fold']);
  const missing = await tune('--fold-col', 'flod');
  expect(missing.stderr).toContain('column of --fold-col must be one of the table; got "flod"');
});

it('measures the quantile and the number of classes that a metric names', async () => {
  const rows = Array.from({ length: 300 }, (_, row) => row);
  const lines = rows.map((row) =>
    [row % 10, ((row * 37) % 101) / 7, 'abcd'[(row * 7) % 4]].join(','),
  );
  writeFileSync(path('demand.csv'), ['x,y,kind', ...lines, ''].join('\n'));
  const bestOf = async (label: string, metric: string): Promise<number> => {
    const { json } = await runForTest([
      ...['tune', '--data', path('demand.csv'), '--label', label, '--features', 'x', '--json'],
      ...['--params', 'maxIter=2', '--model', path('demand'), '--quiet', '--overwrite'],
      ...['--grid', path('list.json'), '--folds', '2', '--metric', metric],
    ]);
    return json['bestMetric'] as number;
  };
  // the mean loss of a centre is as far below as above: a quantile near 0 weighs these unlike one near 1
  expect(await bestOf('y', 'pinball@0.05')).not.toBe(await bestOf('y', 'pinball@0.5'));
  expect(await bestOf('kind', 'topk@4')).toBe(1);
  expect(await bestOf('kind', 'topk@1')).toBeLessThan(1);
});

it('says what to give where a metric of two classes is asked of more', async () => {
  const rows = Array.from({ length: 60 }, (_, row) => `${row % 10},${'abc'[row % 3]}`);
  writeFileSync(path('kinds.csv'), ['x,kind', ...rows, ''].join('\n'));
  const refusalOf = async (command: string, ...more: string[]): Promise<string> => {
    const { exitCode, json } = await runForTest([
      ...[command, '--data', path('kinds.csv'), '--label', 'kind', '--json', '--quiet', ...more],
    ]);
    expect(exitCode).toBeGreaterThan(1);
    return (json['error'] as { message: string }).message;
  };
  const search = ['--grid', path('list.json'), '--model', path('kinds'), '--params', 'maxIter=2'];
  const remedy =
    /; got .*: of several classes give --metric roc_auc_ovr, logloss or f1; of numbers/;
  expect(await refusalOf('tune', ...search, '--metric', 'auc')).toMatch(remedy);
  expect(await refusalOf('tune', ...search, '--metric', 'rmse')).toContain('; there are f1, acc');
  const evaluated = ['--prediction', 'kind', '--task', 'binary', '--metric', 'accuracy'];
  expect(await refusalOf('evaluate', ...evaluated)).toMatch(remedy);
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

const lines = (head: string, line: (row: number) => string): string =>
  [head, ...Array.from({ length: 240 }, (_, row) => line(row)), ''].join('\n');

it('orders times until an event, as the evaluation of its predictions does', async () => {
  const month = (row: number): number => 5 + ((row * 37) % 100) * 0.3 + ((row * 53) % 9);
  const end = (row: number): number => 10 + ((row * 71) % 60);
  writeFileSync(
    path('customers.csv'),
    lines('usage,months,left', (row) => {
      const came = month(row) <= end(row);
      return `${(row * 37) % 100},${Math.min(month(row), end(row))},${Number(came)}`;
    }),
  );
  writeFileSync(path('leaves.json'), JSON.stringify({ maxLeaves: [2, 8] }));
  const data = ['--data', path('customers.csv'), '--label', 'months'];
  const common = [...data, '--task', 'regression', '--json', '--quiet'];
  const tune = ['tune', ...common, '--grid', path('leaves.json'), '--folds', '2'];
  const params = ['--params', 'lossType=cox,censorCol=left,maxIter=8', '--model', path('cox')];
  const { json } = await runForTest([...tune, ...params]);
  expect(json).toMatchObject({ metric: 'concordanceIndex', features: ['usage'] });
  expect(json['bestMetric']).toBeGreaterThan(0.7);
  const out = path('cox.parquet');
  await runForTest(['transform', '--model', path('cox'), ...data.slice(0, 2), '--out', out]);
  const evaluate = ['evaluate', '--data', out, '--label', 'months', '--censor', 'left', '--json'];
  const right = await runForTest([...evaluate, '--hazard', '--metric', 'cindex']);
  const told = await runForTest(evaluate); // the file says that its predictions are hazards
  expect(right.stderr).toContain('task: survival (--censor is given');
  const { cindex } = right.json['metrics'] as Record<string, number>;
  const { concordanceIndex } = told.json['metrics'] as Record<string, number>;
  expect(cindex).toBeGreaterThan(0.7);
  expect(concordanceIndex).toBe(cindex);
  const curves = ['--params', 'lossType=cox,censorCol=left,maxIter=8', '--survival-times', '12,24'];
  const fit = ['fit', ...common, '--model', path('curves')];
  const fitted = await runForTest([...fit, ...curves]);
  expect(fitted.json).toMatchObject({ class: 'PipelineModel', numTrees: 8, features: ['usage'] });
  await runForTest([
    'transform',
    '--model',
    path('curves'),
    ...data.slice(0, 2),
    '--out',
    path('curves.parquet'),
  ]);
  const measure = ['evaluate', '--data', path('curves.parquet'), ...evaluate.slice(3)];
  const { ibs } = (await runForTest([...measure, '--metric', 'ibs'])).json['metrics'] as Record<
    string,
    number
  >;
  expect(ibs).toBeLessThan(0.2);
  for (const wrong of [
    ['--params', 'lossType=squared', '--survival-times', '12'],
    [...curves.slice(0, 2), '--survival-times', '24,12'],
  ])
    expect((await runForTest([...fit, ...wrong])).exitCode).toBe(2);
  writeFileSync(path('steps.json'), JSON.stringify({ stepSize: [0.001, 0.3] }));
  const tuned = await runForTest([
    ...['tune', ...common, '--grid', path('steps.json'), '--model', path('tuned-curves')],
    ...[...curves, '--metric', 'ibs', '--folds', '2'],
  ]);
  expect(tuned.json).toMatchObject({
    metric: 'integratedBrierScore',
    bestParams: { 'GBTRegressor.stepSize': 0.3 },
  });
  const survival = path('tuned-curves.parquet');
  const tell = ['transform', '--model', path('tuned-curves'), ...data.slice(0, 2)];
  expect((await runForTest([...tell, '--out', survival])).exitCode).toBe(0);
  expect((await readParquet(new InlineRunner(), survival)).columns).toContain('survival');
  writeFileSync(path('mixed.json'), JSON.stringify({ lossType: ['aft', 'cox'] }));
  const mixed = ['tune', ...common, '--grid', path('mixed.json'), '--model', path('mixed')];
  const refused = await runForTest([...mixed, '--params', 'lossType=aft,censorCol=left']);
  expect((refused.json['error'] as { message: string }).message).toContain('must be of one kind');
});

it('learns from events that came between two times', async () => {
  const month = (row: number): number => 5 + ((row * 37) % 100) * 0.3 + ((row * 53) % 9);
  writeFileSync(
    path('visits.csv'),
    lines('usage,from,to', (row) => {
      const from = 4 * Math.floor(month(row) / 4);
      return `${(row * 37) % 100},${Math.min(from, 24)},${from < 24 ? from + 4 : ''}`;
    }),
  );
  const data = ['--data', path('visits.csv'), '--label', 'from'];
  const params = 'lossType=aft,labelUpperBoundCol=to,aftScale=0.3,maxIter=20';
  const fit = ['fit', ...data, '--task', 'regression', '--params', params, '--json', '--quiet'];
  const { json } = await runForTest([...fit, '--model', path('visits')]);
  expect(json).toMatchObject({ features: ['usage'] });
  const out = path('visits.parquet');
  await runForTest(['transform', '--model', path('visits'), ...data.slice(0, 2), '--out', out]);
  const evaluate = ['evaluate', '--data', out, '--label', 'from', '--upper-bound', 'to', '--json'];
  const found = await runForTest(evaluate);
  expect(found.stderr).toContain('task: survival (--upper-bound is given');
  const { concordanceIndex, intervalAccuracy } = found.json['metrics'] as Record<string, number>;
  expect(concordanceIndex).toBeGreaterThan(0.85);
  expect(intervalAccuracy).toBeGreaterThan(0.4);
  writeFileSync(path('leaves.json'), JSON.stringify({ maxLeaves: [2, 8] }));
  const grid = ['--grid', path('leaves.json'), '--folds', '2', '--metric', 'intervalAccuracy'];
  const tuned = await runForTest(['tune', ...fit.slice(1), ...grid, '--model', path('visited')]);
  expect(tuned.json).toMatchObject({ metric: 'intervalAccuracy' });
});

it('ranks, with whole queries held out', async () => {
  const grade = (row: number): number => Math.min(4, Math.floor(((row * 37) % 11) / 4) + (row % 3));
  writeFileSync(
    path('searches.csv'),
    lines('words,clicks,grade,query', (row) =>
      [(row * 37) % 11, (row * 53) % 97, grade(row), `q${row % 24}`].join(','),
    ),
  );
  writeFileSync(path('steps.json'), JSON.stringify({ stepSize: [0.01, 0.3] }));
  const { json } = await runForTest([
    ...['tune', '--data', path('searches.csv'), '--label', 'grade', '--group', 'query'],
    ...['--grid', path('steps.json'), '--metric', 'ndcg@3', '--folds', '2', '--json'],
    ...['--params', 'maxIter=4,maxLeaves=4', '--model', path('ranker'), '--quiet'],
  ]);
  expect(json).toMatchObject({ task: 'ranking', metric: 'ndcgAtK' });
  const trials = json['trials'] as { average: number }[];
  expect(trials.length).toBe(2);
  expect(json['bestMetric']).toBe(Math.max(...trials.map(({ average }) => average)));
});
