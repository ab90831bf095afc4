/** `--algo linear` on a table as it is: text, gaps, categories that only later rows have. */
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { runForTest } from './run-for-test.ts';

const folder = temporaryFolder('cli-linear');
const path = (name: string): string => join(folder, name);
const rows = Array.from({ length: 300 }, (_, row) => row);

beforeAll(async () => {
  const columns = {
    x: rows.map((row) => (row % 11 === 0 ? null : Math.sin(row))),
    word: rows.map((row) => (row % 17 === 0 ? null : `w${row % 5}`)),
    code: Int32Array.from(rows, (row) => row % 3),
    isBig: rows.map((row) => row % 4 === 0),
    late: Int32Array.from(rows, (row) => (Math.sin(row) + (row % 5) / 3 > 0.8 ? 1 : 0)),
    delay: rows.map((row) => 3 * Math.sin(row) + (row % 5)),
  };
  const runner = new InlineRunner();
  await tableFromColumns(runner, columns).write.parquet(path('train.parquet'));
  const later = { ...columns, word: rows.map((row) => (row === 3 ? null : `v${row % 7}`)) };
  await tableFromColumns(runner, later).write.parquet(path('later.parquet'));
});

it.each([
  ['late', 'delay', 'auc', 0.85],
  ['delay', 'late', 'r2', 0.8],
])('predicts %s', async (label, other, metric, least) => {
  const model = path(`m-${label}`);
  const fitted = await runForTest([
    ...['fit', '--algo', 'linear', '--data', path('train.parquet'), '--label', label],
    ...['--ignore', other, '--categorical', 'code', '--model', model, '--seed', '3', '--quiet'],
  ]);
  expect([fitted.stderr, fitted.exitCode]).toEqual(['', 0]);
  for (const name of ['train', 'later']) {
    const out = path(`${label}-${name}.parquet`);
    const data = path(`${name}.parquet`);
    const words = ['transform', '--model', model, '--data', data, '--out', out, '--quiet'];
    expect((await runForTest(words)).exitCode).toBe(0);
  }
  const scored = path(`${label}-train.parquet`);
  const words = ['evaluate', '--data', scored, '--label', label, '--metric', metric, '--json'];
  const { json } = await runForTest([...words, '--quiet']);
  const [value] = Object.values(json['metrics'] as Record<string, number>);
  expect(value).toBeGreaterThan(least);
});
