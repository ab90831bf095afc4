/** Files as other writers make them, through the command line: types, names and layouts that ours would not choose. */
import { join } from 'node:path';
import { Dictionary, Int32, Table, Utf8, vectorFromArray } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { tableFromArrow } from '../../src/table/create-table.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { runForTest } from './run-for-test.ts';

const folder = temporaryFolder('other-writers');
const path = (name: string): string => join(folder, name);
const rows = Array.from({ length: 400 }, (_, i) => i);
const fewTrees = ['--params', 'maxIter=3,maxLeaves=4'];

describe('categories of pandas and polars', () => {
  it('stand beside texts and numbers that are categories', async () => {
    const category = (name: string) => new Dictionary(new Utf8(), new Int32(), null, name === 'c');
    const columns = {
      c: vectorFromArray(
        rows.map((i) => 'abc'[i % 3] as string),
        category('c'),
      ),
      text: vectorFromArray(
        rows.map((i) => `t${i % 7}`),
        new Utf8(),
      ),
      other: vectorFromArray(
        rows.map((i) => 'de'[i % 2] as string),
        category('other'),
      ),
      // without a column like this one all columns are read without the decoder
      isEven: vectorFromArray(rows.map((i) => i % 2 === 0)),
      k: vectorFromArray(
        rows.map((i) => i % 5),
        new Int32(),
      ),
      y: vectorFromArray(
        rows.map((i) => Number(i % 3 === 0 || i % 7 < 2)),
        new Int32(),
      ),
    };
    const data = path('categories.parquet');
    await tableFromArrow(new InlineRunner(), new Table(columns)).write.parquet(data);
    const model = path('categories');
    const words = ['--data', data, '--label', 'y', '--model', model, '--overwrite', ...fewTrees];
    for (const more of [[], ['--categorical', 'k']]) {
      const fitted = await runForTest(['fit', ...words, ...more]);
      expect(fitted.stderr).not.toContain('error');
      expect(fitted.exitCode).toBe(0);
    }
    const scoring = ['--model', model, '--data', data, '--out', path('categories-scored.parquet')];
    expect((await runForTest(['transform', ...scoring])).exitCode).toBe(0);
  });
});
