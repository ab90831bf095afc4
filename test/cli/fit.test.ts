import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Field, Float64, List, Table, vectorFromArray } from 'apache-arrow';
import { beforeAll, describe, expect } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { tableFromArrow, tableFromColumns } from '../../src/table/create-table.ts';
import { it, itDivided, someOf } from '../tools/some-cases.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { runForTest } from './run-for-test.ts';
import { writeTables } from './write-tables.ts';

const folder = temporaryFolder('cli-fit');
const path = (name: string): string => join(folder, name);
const train = path('train.parquet');
const test = path('test.parquet');
const fewTrees = ['--params', 'maxIter=10,maxLeaves=15'];

beforeAll(() => writeTables(path));

describe('fit', () => {
  itDivided.each(someOf(['gbt', 'rf', 'extra-trees', 'dt', 'linear']))(
    'work on a number to predict, with every algorithm: %s',
    async (algo) => {
      const words = ['--data', path('houses.parquet'), '--label', 'price', '--algo', algo];
      if (algo === 'linear') words.push('--features', 'x,y,livingArea,rooms,yearBuilt');
      const params =
        { gbt: 'maxIter=20', rf: 'numTrees=8,maxDepth=8', dt: 'maxDepth=6' }[algo] ?? '';
      const model = path(`houses-${algo}`);
      const fitted = await runForTest([
        'fit',
        ...words,
        '--model',
        model,
        '--params',
        params,
        '--json',
      ]);
      expect(fitted.json).toMatchObject({ task: 'regression', rows: 3000 });
      const out = path(`houses-${algo}.parquet`);
      await runForTest([
        'transform',
        '--model',
        model,
        '--data',
        path('houses.parquet'),
        '--out',
        out,
      ]);
      const { json } = await runForTest(['evaluate', '--data', out, '--label', 'price', '--json']);
      expect(json['task']).toBe('regression');
      expect((json['metrics'] as Record<string, number>)['r2']).toBeGreaterThan(
        algo === 'linear' ? 0.2 : 0.3,
      );
    },
  );

  it('make a stack of three kinds of trees', async () => {
    const data = path('stacked.csv');
    const lines = Array.from({ length: 90 }, (_, row) => `${row % 9},${row % 7},${(row % 9) * 2}`);
    writeFileSync(data, `a,b,price\n${lines.join('\n')}\n`);
    const model = path('stacked');
    const words = ['--data', data, '--label', 'price', '--task', 'regression', '--algo', 'stack'];
    await runForTest(['fit', ...words, '--model', model, '--params', 'numFolds=2']);
    const out = path('stacked.parquet');
    await runForTest(['transform', '--model', model, '--data', data, '--out', out]);
    const scored = await runForTest(['evaluate', '--data', out, '--label', 'price', '--json']);
    expect((scored.json['metrics'] as { r2: number }).r2).toBeGreaterThan(0.9);
  });

  it('take the task from a loss that only one of them has', async () => {
    const data = path('counts.csv');
    const lines = Array.from({ length: 80 }, (_, row) => `${row % 9},${row % 3},${row % 2}.0`);
    writeFileSync(data, `a,claims,late\n${lines.join('\n')}\n`);
    const file = path('poisson.json');
    writeFileSync(file, JSON.stringify({ lossType: 'poisson', maxIter: 2 }));
    const fitted = async (...words: string[]) => {
      const shared = ['--data', data, '--model', path('counts'), '--overwrite', '--json'];
      const { json, stderr } = await runForTest(['fit', ...shared, ...words]);
      return [json['task'], json['class'], stderr.match(/task: .*/)?.[0]];
    };
    const claims = ['--label', 'claims', '--ignore', 'late'];
    const counts = ['regression', 'GBTRegressionModel'];
    const why = 'task: regression (lossType poisson is one of it; --task says otherwise)';
    expect(await fitted(...claims, '--params', 'maxIter=2, lossType=poisson')).toEqual([
      ...counts,
      why,
    ]);
    expect(await fitted(...claims, '--params-file', file)).toEqual([...counts, why]);
    const late = ['--label', 'late', '--ignore', 'claims', '--params', 'lossType=focal,maxIter=2'];
    expect((await fitted(...late)).slice(0, 2)).toEqual([
      'classification',
      'GBTClassificationModel',
    ]);
    const unknown = await runForTest([
      'fit',
      '--data',
      data,
      ...claims,
      '--model',
      path('no'),
      '--params',
      'lossType=rmse',
    ]);
    expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining('got "rmse"')]);
  });

  it('take whole numbers as categories where asked to', async () => {
    const model = path('months');
    const words = [
      '--data',
      train,
      '--label',
      'delayed',
      '--features',
      'month,distance',
      '--categorical',
      'month',
    ];
    const fitted = await runForTest(['fit', ...words, '--model', model, '--json', ...fewTrees]);
    expect(fitted.json).toMatchObject({ class: 'PipelineModel', features: ['month', 'distance'] });
    const out = path('months.parquet');
    expect(
      (await runForTest(['transform', '--model', model, '--data', test, '--out', out])).exitCode,
    ).toBe(0);
  });

  it('leave out the row index of pandas, take a column without a name, and say how to leave out others', async () => {
    const rows = Array.from({ length: 200 }, (_, row) => row);
    const columns = {
      '': rows.map((row) => row % 7),
      y: rows.map((row) => (row % 7 > 3 ? 1 : 0)),
      __index_level_0__: rows,
    };
    const file = path('from-pandas.parquet');
    await tableFromColumns(new InlineRunner(), columns).write.parquet(file);
    const run = (...words: string[]) =>
      runForTest(['fit', '--label', 'y', '--model', path('from-pandas'), '--json', ...words]);
    const fitted = await run('--data', file, ...fewTrees);
    expect(fitted.json['features']).toEqual(['']);
    expect(fitted.stderr).toContain('left out: __index_level_0__');
    const asked = await run('--data', file, '--overwrite', '--features', '__index_level_0__');
    expect(asked.json['features']).toEqual(['__index_level_0__']);
    const named = fileURLToPath(new URL('../table/fixtures/pandas-index.parquet', import.meta.url));
    const words = ['--label', 'float64', '--drop-unlabelled', '--model', path('named'), '--json'];
    const leftOut = await runForTest(['fit', '--data', named, ...words, ...fewTrees]);
    expect(leftOut.json['features']).toEqual(['int32']);
    expect(leftOut.stderr).toContain('left out: solid (the row index of pandas');
    const lists = path('with-lists.arrow');
    const l = vectorFromArray(
      rows.map((row) => [row]),
      new List(new Field('item', new Float64())),
    );
    const y = vectorFromArray(columns.y, new Float64());
    await tableFromArrow(new InlineRunner(), new Table({ y, l })).write.arrow(lists);
    const refused = await run('--data', lists, '--overwrite');
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain('--ignore');
  });

  it('take no column as a feature that --params gives another role', async () => {
    const csv = path('roles.csv');
    const lines = Array.from({ length: 120 }, (_, i) => [i, i % 7, 1, 0.5, i % 4 === 0 ? 1 : 0]);
    writeFileSync(csv, `id,x,w,o,held\n${lines.map((line) => line.join()).join('\n')}\n`);
    const params = 'maxIter=3,weightCol=w,offsetCol=o,idCol=id,validationIndicatorCol=held';
    const words = ['--data', csv, '--label', 'x', '--task', 'regression', '--model', path('roles')];
    const refused = await runForTest(['fit', ...words, '--params', params]);
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      expect.stringContaining('a column besides the label'),
    ]);
    const others = ['--params', params.replace('idCol=id,', ''), '--json'];
    expect((await runForTest(['fit', ...words, ...others])).json['features']).toEqual(['id']);
  });

  it('stop early on a validation table', async () => {
    const words = [
      '--data',
      train,
      '--label',
      'delayed',
      '--valid',
      test,
      '--model',
      path('watched'),
    ];
    const { json } = await runForTest([
      'fit',
      ...words,
      '--params',
      'maxIter=60,stepSize=0.5,earlyStoppingRounds=3',
      '--json',
    ]);
    expect(json['numTrees']).toBeLessThan(60);
    expect(json['validationLoss']).toBeGreaterThan(0);
  });

  it('take parameters from a file, which --params and --seed override', async () => {
    const file = path('params.json');
    writeFileSync(file, JSON.stringify({ maxIter: 3, maxLeaves: 7, seed: 5 }));
    const forcedSplits = { feature: 'distance', threshold: 500 };
    const splits = path('splits.json');
    writeFileSync(splits, JSON.stringify(forcedSplits));
    const words = [
      '--data',
      train,
      '--label',
      'delayed',
      '--model',
      path('from-file'),
      '--params-file',
      file,
    ];
    const { exitCode } = await runForTest([
      'fit',
      ...words,
      '--params',
      `maxIter=4,forcedSplits=${splits}`,
      '--seed',
      '9',
    ]);
    expect(exitCode).toBe(0);
    const { json } = await runForTest(['inspect', '--model', path('from-file'), '--json']);
    expect((json['params'] as { set: unknown }).set).toMatchObject({
      maxIter: 4,
      maxLeaves: 7,
      seed: 9,
      forcedSplits,
    });
  });
});
