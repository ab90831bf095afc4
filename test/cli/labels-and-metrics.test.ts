import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { fixedSizeListColumn } from '../../src/table/columns/make-column.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { col } from '../../src/table/expressions/expression.ts';
import { readParquet } from '../../src/table/parquet/read-parquet.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { runForTest } from './run-for-test.ts';
import { writeTables } from './write-tables.ts';

const folder = temporaryFolder('cli-labels');
const path = (name: string): string => join(folder, name);

beforeAll(() => writeTables(path));

describe('fit and evaluate', () => {
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

  it('say why an area of several classes has no value', async () => {
    const probabilities = Float64Array.from({ length: 30 }, (_, i) => ((i * 7) % 10) / 10);
    const scored = path('two-of-three.parquet');
    const columns = { label: Int32Array.from({ length: 10 }, (_, i) => i % 2) };
    const table = tableFromColumns(new InlineRunner(), {
      ...columns,
      prediction: columns.label,
      probability: fixedSizeListColumn(probabilities, 3),
    });
    await table.write.parquet(scored);
    const words = ['evaluate', '--data', scored, '--label', 'label', '--task', 'multiclass'];
    const { stderr } = await runForTest([...words, '--metric', 'roc_auc_ovr,roc_auc_ovo']);
    expect(stderr).toContain('roc_auc_ovr has no value: no row is of one of the classes');
    expect(stderr).not.toContain('all alike');
    expect(stderr).not.toContain('roc_auc_ovo has');
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

  it('tell what each of several treatments changes, and measure them', async () => {
    const [model, data] = [path('arms'), path('arms.csv')];
    const [parquet, csv] = [path('arms-scored.parquet'), path('arms-scored.csv')];
    const rows = Array.from({ length: 1200 }, (_, i) => {
      const [visits, arm] = [(i * 37) % 20, ['control', 'letter', 'call'][(i * 7) % 3]];
      const isHelped = arm === 'letter' ? visits < 8 : arm === 'call' && visits > 12;
      return `${visits},${arm},${isHelped ? 1 : i % 2}`;
    });
    writeFileSync(data, ['visits,arm,bought', ...rows].join('\n'));
    const words = ['--data', data, '--label', 'bought', '--treatment', 'arm'];
    const params = ['--params', 'numTrees=5,treatments=letter;call'];
    const other = ['--algo', 'uplift-forest', ...params, '--json'];
    const fit = await runForTest(['fit', ...words, ...other, '--model', model]);
    expect([fit.exitCode, fit.json['features']]).toEqual([0, ['visits']]);
    for (const out of [parquet, csv])
      await runForTest(['transform', '--model', model, '--data', data, '--out', out]);
    const measure = async (file: string, ...more: string[]) => {
      const column = ['--label', 'bought', '--treatment', 'arm', '--json'];
      const { json } = await runForTest(['evaluate', '--data', file, ...column, ...more]);
      return json['metrics'] as Record<string, number>;
    };
    const both = await measure(parquet);
    expect(both['qini']).toBeGreaterThan(0.05);
    // text tells no names
    expect(await measure(csv, '--treatments', 'letter,call')).toEqual(both);
    const one = await measure(parquet, '--treatments', 'letter', '--control', 'control');
    const another = await measure(parquet, '--treatments', 'call');
    expect((Number(one['qini']) + Number(another['qini'])) / 2).toBeCloseTo(
      Number(both['qini']),
      14,
    );
    const grid = path('arms-grid.json');
    writeFileSync(grid, '{"maxDepth":[0,4]}');
    const tune = ['tune', ...words, ...other, '--grid', grid, '--model', path('arms-tuned')];
    expect((await runForTest(tune)).exitCode).toBe(0);
  });

  it('know metrics by the names of scikit-learn, macro means of classes too', async () => {
    const data = path('classes.csv');
    writeFileSync(data, 'kind,prediction\na,a\na,a\na,b\nb,b\nc,a\n');
    const names = 'f1_macro,precision_macro,matthews_corrcoef,cohen_kappa';
    const words = ['evaluate', '--data', data, '--label', 'kind', '--metric', names, '--json'];
    const metrics = (await runForTest(words)).json['metrics'] as Record<string, number>;
    expect(Object.keys(metrics).join()).toBe(names);
    // F of a, b and c: 2 · 2/3 · 2/3 / (4/3), 2 · 1/2 · 1 / (3/2), 0
    expect(metrics['f1_macro']).toBeCloseTo((2 / 3 + 2 / 3) / 3, 12);
    expect(metrics['precision_macro']).toBeCloseTo((2 / 3 + 1 / 2) / 3, 12);
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

  it('measure the scores of an isolation forest where rows are known to be odd', async () => {
    const csv = path('odd.csv');
    const rows = [0.1, 0.2, 0.3, 0.6, 0.7, 0.9].map(
      (score, i) => `${i === 2 || i > 3},${score},${score > 0.5}`,
    );
    writeFileSync(csv, `odd,anomalyScore,prediction\n${rows.join('\n')}\n`);
    const words = ['evaluate', '--data', csv, '--label', 'odd', '--json'];
    const area = 8 / 9; // one of nine pairs is the wrong way round
    const asked = await runForTest([...words, '--metric', 'auc,accuracy']);
    expect(asked.json['metrics']).toEqual({ auc: area, accuracy: 2 / 3 });
    const all = (await runForTest(words)).json['metrics'];
    expect(all).toMatchObject({ areaUnderROC: area });
    expect(all).not.toHaveProperty('logLoss');
    const named = [...words, '--probability', 'anomalyScore', '--metric', 'auc'];
    expect((await runForTest(named)).json['metrics']).toEqual({ auc: area });
  });
});
