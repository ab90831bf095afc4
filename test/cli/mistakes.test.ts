import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { type ColumnInput, tableFromColumns } from '../../src/table/create-table.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { runForTest } from './run-for-test.ts';
import { writeTables } from './write-tables.ts';

const folder = temporaryFolder('cli-mistakes');
const path = (name: string): string => join(folder, name);
const train = path('train.parquet');
const test = path('test.parquet');
const fewTrees = ['--params', 'maxIter=10,maxLeaves=15'];

beforeAll(() => writeTables(path));

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
