import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Field, Float64, List, Table, vectorFromArray } from 'apache-arrow';
import { beforeAll, describe, expect, it } from 'vitest';
import { flightDelays } from '../../datasets/flight-delays.ts';
import { housePrices } from '../../datasets/house-prices.ts';
import { toBatch } from '../../datasets/to-batch.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import {
  type ColumnInput,
  tableFromArrow,
  tableFromColumns,
} from '../../src/table/create-table.ts';
import { col } from '../../src/table/expressions/expression.ts';
import { readParquet } from '../../src/table/parquet/read-parquet.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { runForTest } from './run-for-test.ts';

const folder = temporaryFolder('cli');
const path = (name: string): string => join(folder, name);
const train = path('train.parquet');
const test = path('test.parquet');
const fewTrees = ['--params', 'maxIter=10,maxLeaves=15'];

beforeAll(async () => {
  const runner = new InlineRunner();
  const parts = [
    [train, flightDelays, 0, 6000],
    [test, flightDelays, 6000, 1500],
    [path('houses.parquet'), housePrices, 0, 3000],
  ] as const;
  for (const [file, generator, firstRow, numRows] of parts) {
    const batch = toBatch(generator.generate({ seed: 1, firstRow, numRows }));
    await tableFromArrow(runner, new Table([batch])).write.parquet(file);
  }
});

describe('fit, transform, evaluate, inspect', () => {
  it('go from a Parquet file to metrics', async () => {
    const model = path('flights');
    const fitted = await runForTest([
      'fit',
      '--data',
      train,
      '--label',
      'delayed',
      '--model',
      model,
      ...fewTrees,
    ]);
    expect(fitted.stderr).toContain('task: classification (delayed is a boolean');
    expect(fitted.stdout).toMatch(
      /fitted GBTClassifier .* on 6,000 rows and 13 features, 10 trees/,
    );
    expect(fitted.exitCode).toBe(0);

    const out = path('scored.parquet');
    const transformed = await runForTest([
      'transform',
      '--model',
      model,
      '--data',
      test,
      '--out',
      out,
    ]);
    expect(transformed.stdout).toContain(
      'wrote 1,500 rows with rawPrediction, probability, prediction',
    );

    const evaluated = await runForTest([
      'evaluate',
      '--data',
      out,
      '--label',
      'delayed',
      '--metric',
      'auc,LogLoss',
      '--json',
    ]);
    expect(evaluated.json).toMatchObject({ command: 'evaluate', task: 'binary' });
    const metrics = evaluated.json['metrics'] as Record<string, number>;
    expect(Object.keys(metrics)).toEqual(['auc', 'LogLoss']);
    expect(metrics['auc']).toBeGreaterThan(0.62);

    const inspected = await runForTest(['inspect', '--model', model]);
    expect(inspected.stdout).toContain('GBTClassificationModel');
    expect(inspected.stdout).toMatch(/trees +10/);
    expect(inspected.stdout).toMatch(/classes +false, true/);
    expect(inspected.stdout).toMatch(/maxLeaves +15 +set/);
    const importance = await runForTest(['inspect', '--model', model, '--importance', '--json']);
    const shares = (importance.json['importance'] as { importance: number }[]).map(
      (one) => one.importance,
    );
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    const tree = await runForTest(['inspect', '--model', model, '--tree', '9']);
    expect(tree.stdout).toContain('Predict');
    expect((await runForTest(['inspect', '--model', model, '--tree', '10'])).exitCode).toBe(2);
    const picture = await runForTest(['inspect', '--model', model, '--tree', '1', '--dot']);
    expect(picture.stdout).toMatch(/^digraph Tree_1 \{\n/);
    const nodes = (await runForTest(['inspect', '--model', model, '--dot', '--json'])).json[
      'nodes'
    ];
    expect(nodes).toHaveLength(29);
    expect((nodes as unknown[])[0]).toMatchObject({ index: 0, parent: null, left: 1, right: 2 });
  });

  it('work on a number to predict, with every algorithm', async () => {
    for (const algo of ['gbt', 'rf', 'extra-trees', 'dt', 'linear']) {
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
    }
  });

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

  it('read folders, globs and CSV, and give the same model for each', async () => {
    const table = tableFromColumns(
      new InlineRunner(),
      {
        x: Float64Array.from({ length: 400 }, (_, i) => (i * 37) % 101),
        kind: Array.from({ length: 400 }, (_, i) => ['a', 'b', 'c'][i % 3] ?? null),
        y: Int32Array.from({ length: 400 }, (_, i) =>
          ((i * 37) % 101) + (i % 3) * 30 > 80 ? 1 : 0,
        ),
      },
      { numPartitions: 4 },
    );
    await table.write.parquet(path('some-folder'));
    await table.write.parquet(path('some.parquet'));
    await table.write.csv(path('some.csv'));
    await table.write.arrow(path('some.arrow'));
    const trees: string[] = [];
    for (const data of [
      'some-folder',
      'some-folder/*.parquet',
      'some.parquet',
      'some.csv',
      'some.arrow',
    ]) {
      const model = path('some-model');
      const fitted = await runForTest([
        'fit',
        '--data',
        path(data),
        '--label',
        'y',
        '--model',
        model,
        '--overwrite',
        ...fewTrees,
      ]);
      expect(fitted.stderr).toContain('task: classification (y has 2 different whole numbers');
      expect(fitted.exitCode).toBe(0);
      trees.push((await runForTest(['inspect', '--model', model, '--tree', '0'])).stdout);
    }
    expect(new Set(trees).size).toBe(1);
  });

  it.each(['scored.csv', 'scored.arrow', 'scored-folder'])(
    'score and evaluate %s too',
    async (name) => {
      const model = path('flights');
      const out = path(name);
      const scored = await runForTest([
        'transform',
        '--model',
        model,
        '--data',
        test,
        '--out',
        out,
      ]);
      expect(scored.exitCode).toBe(0);
      const metricsOf = async (data: string): Promise<unknown> => {
        const run = await runForTest(['evaluate', '--data', data, '--label', 'delayed', '--json']);
        return run.json;
      };
      expect(await metricsOf(out)).toEqual(await metricsOf(path('scored.parquet')));
    },
  );

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

  it('tell how likely each of several labels is', async () => {
    const [model, out, csv] = [path('flags'), path('flags.parquet'), path('flags.csv')];
    const lines = Array.from({ length: 300 }, (_, i) => {
      const x = (i * 7) % 40;
      return [x, x > 24 ? 1 : 0, x < 6 ? 1 : 0, x % 2].join();
    });
    writeFileSync(csv, `x,swim,ski,odd\n${lines.join('\n')}\n`);
    const words = ['fit', '--data', csv, '--label', 'swim,ski,odd', '--task', 'classification'];
    const few = ['--params', 'maxIter=5,maxLeaves=4', '--json'];
    const { json } = await runForTest([...words, ...few, '--model', model]);
    expect(json).toMatchObject({ class: 'GBTClassificationModel', numTrees: 15 });
    expect(json['features']).toEqual(['x']);
    await runForTest(['transform', '--model', model, '--data', csv, '--out', out]);
    const measured = await runForTest(['evaluate', '--data', out, '--label', 'ski', '--json']);
    expect(measured.json).toMatchObject({ task: 'binary', metrics: { areaUnderROC: 1 } });
    const all = ['evaluate', '--data', out, '--label', 'swim,ski,odd', '--metric', 'auc,logloss'];
    const each = await runForTest([...all, '--json']);
    expect(each.json['task']).toBe('binary');
    const metrics = each.json['metrics'] as Record<string, number>;
    const names = ['swim', 'ski', 'odd'].flatMap((name) => [
      `auc of ${name}`,
      `logloss of ${name}`,
    ]);
    expect(Object.keys(metrics)).toEqual(['mean auc', 'mean logloss', ...names]);
    const aucs = ['swim', 'ski', 'odd'].map((name) => metrics[`auc of ${name}`] as number);
    expect(metrics['mean auc']).toBeCloseTo(aucs.reduce((sum, auc) => sum + auc, 0) / 3, 12);
    expect(metrics['auc of ski']).toBe(1);
    expect(metrics['auc of odd']).toBeLessThan(1);
    const numbers = await runForTest([...all.slice(0, 5), '--task', 'regression', '--json']);
    expect(numbers.json['metrics']).toHaveProperty('rmse');
    const several = await runForTest([...all, '--task', 'multiclass']);
    expect([several.exitCode, several.stderr]).toEqual([2, expect.stringContaining('or binary')]);
    writeFileSync(path('flags.json'), '{"maxLeaves": [2, 4]}');
    const tuned = ['tune', ...words.slice(1), '--grid', path('flags.json'), '--model', path('t')];
    const refused = await runForTest(tuned);
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('one label')]);
    const forest = await runForTest([...words, '--algo', 'rf', '--model', path('flags-rf')]);
    expect([forest.exitCode, forest.stderr]).toEqual([2, expect.stringContaining('with gbt')]);
  });

  it('predict several labels at once', async () => {
    const [model, out] = [path('two-labels'), path('two-labels.parquet')];
    const data = ['--data', path('houses.parquet')];
    const two = ['--label', 'price,rooms', '--params', 'maxIter=4,maxLeaves=7', '--json'];
    const { json, stderr } = await runForTest(['fit', ...data, ...two, '--model', model]);
    expect(json).toMatchObject({ class: 'GBTRegressionModel', task: 'regression', numTrees: 8 });
    expect(json['features']).not.toContain('rooms');
    expect(stderr).toContain('--label names several columns');
    await runForTest(['transform', '--model', model, ...data, '--out', out]);
    const rmseOf = async (label: string): Promise<number> => {
      const words = ['evaluate', '--data', out, '--label', label, '--task', 'regression', '--json'];
      return ((await runForTest(words)).json['metrics'] as { rmse: number }).rmse;
    };
    const [price, rooms] = [await rmseOf('price'), await rmseOf('rooms')];
    expect(price).toBeGreaterThan(0);
    expect(await rmseOf('price,rooms')).toBe((price + rooms) / 2);
    const again = ['--label', 'price', '--label', 'rooms', '--params', 'maxIter=4,maxLeaves=7'];
    const same = path('two-labels-again');
    const given = await runForTest(['fit', ...data, ...again, '--json', '--model', same]);
    expect(given.json['uid']).toBe(json['uid']);
    expect(given.json['label']).toEqual(['price', 'rooms']);
    const words = ['evaluate', '--data', out, '--label', 'price', '--label', 'rooms', '--json'];
    expect((await runForTest(words)).json['metrics']).toMatchObject({ rmse: (price + rooms) / 2 });
    const twice = [
      'fit',
      ...data,
      '--label',
      'price',
      '--label',
      'price',
      '--model',
      path('twice'),
    ];
    expect((await runForTest(twice)).stderr).toContain('must name each column once; got price');
    const other = (algo: string): string[] => [
      'fit',
      ...data,
      '--label',
      'price,rooms',
      '--algo',
      algo,
      '--model',
      path(algo),
      '--json',
    ];
    const forest = await runForTest([...other('rf'), '--params', 'numTrees=3,maxDepth=4']);
    expect(forest.json).toMatchObject({ class: 'RandomForestRegressionModel', numTrees: 3 });
    expect((await runForTest(other('linear'))).exitCode).toBe(2);
  });

  it('tell whom a treatment changes, and measure it', async () => {
    const [model, data, out] = [path('uplift'), path('trial.csv'), path('trial-scored.parquet')];
    const rows = Array.from({ length: 1200 }, (_, i) => {
      const [visits, mailed] = [(i * 37) % 20, (i * 7) % 5 < 2 ? 1 : 0];
      return `${visits},${mailed},${visits < 8 ? mailed : i % 2}`;
    });
    writeFileSync(data, ['visits,mailed,bought', ...rows].join('\n'));
    const words = ['--data', data, '--label', 'bought', '--treatment', 'mailed'];
    const fit = ['fit', ...words, '--algo', 'uplift-forest', '--model', model, '--json'];
    const { json, exitCode } = await runForTest([...fit, '--params', 'numTrees=10']);
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({
      ...{ class: 'UpliftForestModel', task: 'uplift', features: ['visits'], numTrees: 10 },
    });
    await runForTest(['transform', '--model', model, '--data', data, '--out', out]);
    const measured = ['evaluate', '--data', out, '--label', 'bought', '--treatment', 'mailed'];
    const { metrics, task } = (await runForTest([...measured, '--json'])).json as {
      metrics: Record<string, number>;
      task: string;
    };
    expect([task, Object.keys(metrics)]).toEqual([
      'uplift',
      ['qini', 'areaUnderUplift', 'averageTreatmentEffect'],
    ]);
    expect(metrics['qini']).toBeGreaterThan(0.08);
    const one = await runForTest([...measured, '--metric', 'auuc,ate', '--json']);
    expect(one.json['metrics']).toEqual({
      auuc: metrics['areaUnderUplift'],
      ate: metrics['averageTreatmentEffect'],
    });
    const grid = path('uplift-grid.json');
    writeFileSync(grid, '{"maxDepth":[0,4]}');
    const tuned = await runForTest([
      ...['tune', ...words, '--algo', 'uplift-forest', '--grid', grid, '--params', 'numTrees=5'],
      ...['--model', path('uplift-tuned'), '--json'],
    ]);
    expect(tuned.exitCode).toBe(0);
    const refused = await runForTest(['fit', ...words, '--model', path('none')]);
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      expect.stringContaining('--treatment must be left out with --algo gbt, which knows no'),
    ]);
  });

  it('measure what losses minimise, as it is asked for', async () => {
    const data = path('counts.csv');
    writeFileSync(data, 'count,prediction\n0,0.5\n2,1.5\n3,4\n');
    const words = ['evaluate', '--data', data, '--label', 'count', '--task', 'regression'];
    const names = ['--metric', 'pinball@0.9,pinball,poisson,rmsle', '--json'];
    const { json } = await runForTest([...words, ...names]);
    const metrics = json['metrics'] as Record<string, number>;
    expect(metrics['pinball@0.9']).toBeCloseTo((0.05 + 0.45 + 0.1) / 3, 12);
    expect(metrics['pinball']).toBeCloseTo((0.25 + 0.25 + 0.5) / 3, 12);
    expect(Object.keys(metrics)).toEqual(['pinball@0.9', 'pinball', 'poisson', 'rmsle']);
    const refused = await runForTest([...words, '--metric', 'gamma']);
    expect([refused.exitCode, refused.stderr]).toEqual([
      3,
      expect.stringContaining('gamma: labels and predictions must be above 0'),
    ]);
  });

  it('find anomalies without a label', async () => {
    const [model, out] = [path('anomalies'), path('anomalies.parquet')];
    const data = ['--data', path('houses.parquet')];
    const fit = ['fit', ...data, '--algo', 'isolation-forest', '--model', model, '--json'];
    const params = ['--params', 'numTrees=20,contamination=0.01', '--ignore', 'price'];
    const { json, exitCode } = await runForTest([...fit, ...params]);
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({
      class: 'IsolationForestModel',
      task: 'anomalies',
      label: null,
      numTrees: 20,
    });
    expect(json['features']).not.toContain('price');
    await runForTest(['transform', '--model', model, ...data, '--out', out]);
    const scored = await readParquet(new InlineRunner(), out);
    const share = (await scored.filter(col('prediction')).count()) / 3000;
    expect(Math.abs(share - 0.01)).toBeLessThan(0.002);
    const inspected = await runForTest(['inspect', '--model', model, '--importance', '--json']);
    const [most] = inspected.json['importance'] as { importance: null; totalCover: number }[];
    expect(most?.importance).toBe(null);
    expect(most?.totalCover).toBeGreaterThan(0);
    for (const more of [
      ['--label', 'price'],
      ['--weight', 'rooms'],
    ]) {
      const run = await runForTest([...fit, ...more, '--overwrite']);
      expect([run.exitCode, run.stderr]).toEqual([
        2,
        expect.stringContaining(`${more[0]} must be`),
      ]);
    }
    const none = await runForTest(['fit', ...data, '--model', path('no-label')]);
    expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('--label must be')]);
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

describe('mistakes', () => {
  const fit = ['fit', '--data', train, '--label', 'delayed'];

  it.each([
    [
      'a label that is not there',
      ['fit', '--data', train, '--label', 'delayd', '--model', path('m1')],
      3,
      'did you mean delayed',
    ],
    [
      'a file that is not there',
      ['fit', '--data', path('trian.parquet'), '--label', 'y', '--model', path('m2')],
      3,
      'train.parquet',
    ],
    [
      'an unknown feature',
      [...fit, '--features', 'distanse', '--model', path('m3')],
      3,
      'did you mean distance',
    ],
    [
      'an unknown parameter',
      [...fit, '--params', 'maxItre=3', '--model', path('m4')],
      2,
      'did you mean maxIter',
    ],
    [
      'a parameter out of range',
      [...fit, '--params', 'maxIter=0', '--model', path('m5')],
      2,
      'maxIter of GBTClassifier must be an integer',
    ],
    [
      'the label among the features',
      [...fit, '--features', 'delayed', '--model', path('m6')],
      2,
      'must not hold the label',
    ],
    [
      'a params file that is no JSON',
      [...fit, '--params-file', train, '--model', path('m7')],
      2,
      'no JSON',
    ],
    [
      'a model that is not there',
      ['transform', '--model', path('none'), '--data', test, '--out', path('o1')],
      4,
      'none',
    ],
    ['a model that is a file', ['inspect', '--model', train], 4, 'train.parquet'],
    [
      'an unknown metric',
      ['evaluate', '--data', train, '--label', 'delayed', '--metric', 'aux'],
      2,
      'did you mean auc',
    ],
    [
      'a file of no known format',
      ['evaluate', '--data', path('notes.md'), '--label', 'y'],
      3,
      '.parquet, .csv or .arrow',
    ],
  ] as const)('%s: the exit code says whose fault it is', async (_what, words, exitCode, text) => {
    writeFileSync(path('notes.md'), '# notes');
    const run = await runForTest([...words, '--json']);
    expect(run.stderr).toContain(text);
    expect(run.exitCode).toBe(exitCode);
    expect(run.json).toHaveProperty('error.code');
    const model = words.indexOf('--model');
    if (words[0] === 'fit') expect(existsSync(words[model + 1] as string)).toBe(false);
  });

  it('in the data end with 3, name the column, and leave no model', async () => {
    const x = Float64Array.from({ length: 300 }, (_, i) => i);
    const y = Array.from(x, (value) => value % 7);
    const write = async (name: string, columns: Record<string, ColumnInput>): Promise<string> => {
      await tableFromColumns(new InlineRunner(), columns).write.parquet(path(name));
      return path(name);
    };
    const truncated = path('truncated.parquet');
    writeFileSync(truncated, readFileSync(train).subarray(0, 20_000));
    const bad: readonly [string, string, readonly string[]][] = [
      [
        await write('null.parquet', { x, y: y.map((v, i) => (i === 9 ? null : v)) }),
        'LABEL_INVALID',
        [],
      ],
      [
        await write('infinite.parquet', { x, y: y.map((v, i) => (i === 9 ? 1 / 0 : v)) }),
        'LABEL_INVALID',
        [],
      ],
      [
        await write('weight.parquet', { x, y, w: y.map((v) => v - 1) }),
        'WEIGHT_INVALID',
        ['--weight', 'w'],
      ],
      [
        await write('empty.parquet', { x: x.subarray(0, 0), y: new Float64Array(0) }),
        'DATA_EMPTY',
        [],
      ],
      [truncated, 'FILE_FORMAT', []],
    ];
    for (const [data, code, words] of bad) {
      const model = path('never');
      const run = await runForTest([
        'fit',
        '--data',
        data,
        '--label',
        'y',
        '--model',
        model,
        '--json',
        ...words,
      ]);
      expect(run.json).toMatchObject({ error: { code } });
      if (/^(LABEL|WEIGHT)_/.test(code)) expect(run.stdout).toContain(`of partition 0 (${data})`);
      expect(run.exitCode).toBe(3);
      expect(existsSync(model)).toBe(false);
    }
  });

  it('go on from a saved model, and refuse one of another kind', async () => {
    const [first, longer] = [path('first'), path('longer')];
    await runForTest([...fit, '--model', first, ...fewTrees]);
    const words = [...fit, '--model', longer, '--initial-model', first];
    const run = await runForTest([...words, ...fewTrees, '--json']);
    expect(run.json).toMatchObject({ numTrees: 20 });
    const other = await runForTest([...words, '--overwrite', '--algo', 'rf']);
    expect([other.exitCode, other.stderr]).toEqual([4, expect.stringContaining('MODEL_CLASS')]);
  });

  it('never replace a model or an output that is there without --overwrite', async () => {
    const model = path('kept');
    await runForTest([...fit, '--model', model, ...fewTrees]);
    const before = readFileSync(join(model, 'MANIFEST.json'), 'utf8');
    const again = await runForTest([...fit, '--model', model, ...fewTrees, '--seed', '3']);
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toContain('--overwrite');
    expect(readFileSync(join(model, 'MANIFEST.json'), 'utf8')).toBe(before);
    const out = ['transform', '--model', model, '--data', test, '--out', path('kept.parquet')];
    expect((await runForTest(out)).exitCode).toBe(0);
    expect((await runForTest(out)).exitCode).toBe(2);
    expect((await runForTest([...out, '--overwrite'])).exitCode).toBe(0);
  });

  it('may replace the very file that they read', async () => {
    const model = path('in-place');
    await runForTest([...fit, '--model', model, ...fewTrees]);
    const csv = path('in-place.csv');
    const words = ['transform', '--model', model, '--out', csv, '--json'];
    const first = await runForTest([...words, '--data', test]);
    const drop = ['--drop', 'prediction,probability,rawPrediction'];
    const again = await runForTest([...words, '--data', csv, '--overwrite', ...drop]);
    expect([again.exitCode, again.json['rows']]).toEqual([0, first.json['rows']]);
  });

  it('in a tampered model end with 4 and the file at fault', async () => {
    const model = path('tampered');
    await runForTest([...fit, '--model', model, ...fewTrees]);
    const file = readdirSync(model).find((name) => name.endsWith('.safetensors')) as string;
    const bytes = readFileSync(join(model, file));
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    writeFileSync(join(model, file), bytes);
    const run = await runForTest([
      'transform',
      '--model',
      model,
      '--data',
      test,
      '--out',
      path('o2'),
    ]);
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toContain(file);
    rmSync(join(model, file));
    expect((await runForTest(['inspect', '--model', model])).exitCode).toBe(4);
  });

  it('in the schema of new data end with 3 and name the column', async () => {
    const model = path('narrow');
    await runForTest([...fit, '--features', 'distance,month', '--model', model, ...fewTrees]);
    const words = [
      'transform',
      '--model',
      model,
      '--data',
      path('houses.parquet'),
      '--out',
      path('o3'),
    ];
    const run = await runForTest(words);
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain('distance');
    expect(existsSync(path('o3'))).toBe(false);
  });
});

describe('Ctrl-C', () => {
  it('ends a fit within a second with 130 and leaves nothing behind', async () => {
    const words = ['fit', '--data', train, '--label', 'delayed', '--params', 'maxIter=100000'];
    const model = path('endless');
    const start = performance.now();
    const run = await runForTest([...words, '--model', model, '--json'], {
      interruptAfterMs: 1500,
    });
    expect(performance.now() - start).toBeLessThan(4000);
    expect(run.exitCode).toBe(130);
    expect(run.json).toMatchObject({ error: { code: 'ABORTED' } });
    expect(readdirSync(folder).filter((name) => name.startsWith('endless'))).toEqual([]);
  });
});
