/** Columns that are read in other types than the files say, and partitioned folders that are read in part. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { readCsv } from '../../src/table/csv/read-csv.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { runForTest } from './run-for-test.ts';

const folder = temporaryFolder('cli-cast');
const path = (name: string): string => join(folder, name);
const runner = new InlineRunner();
const rows = Array.from({ length: 200 }, (_, i) => i);
const few = ['--params', 'maxIter=2,maxLeaves=4', '--overwrite', '-q', '--json'];
const fit = (...words: readonly string[]) => runForTest(['fit', ...words, ...few]);
const transform = (...words: readonly string[]) =>
  runForTest(['transform', ...words, '--out', path('scored.csv'), '--overwrite', '--json']);

const predictions = async (): Promise<unknown[]> => {
  const scored = await (await readCsv(runner, path('scored.csv'))).collect();
  return [...(scored.getChild('prediction') ?? [])];
};

beforeAll(async () => {
  const zip = rows.map((i) => 10_000 + (i % 7));
  const y = rows.map((i) => Number(i % 7 < 3));
  await tableFromColumns(runner, { zip, y }).write.parquet(path('numbers.parquet'));
  const texts = { zip: zip.map(String), y };
  await tableFromColumns(runner, texts).write.parquet(path('texts.parquet'));
  await tableFromColumns(runner, texts).write.csv(path('cells.csv'));
});

describe('--cast', () => {
  it('gives columns of any format other types, which errors about them name', async () => {
    const model = path('model');
    const learnt = ['--data', path('cells.csv'), '--cast', 'zip=string', '--cast', '{"y":"int"}'];
    const fitted = await fit(...learnt, '--label', 'y', '--model', model);
    expect(fitted.json).toMatchObject({ task: 'classification' });
    const words = ['--model', model, '--data', path('numbers.parquet')];
    const refused = await transform(...words);
    expect([refused.exitCode, refused.stderr]).toEqual([
      3,
      expect.stringContaining('(--cast zip=string on the command line)'),
    ]);
    const casts = ['--cast', 'zip=int,y=string', '--cast', 'zip=string'];
    expect((await transform(...words, ...casts)).json).toMatchObject({ rows: 200 });
    const scored = await predictions();
    expect(await transform('--model', model, '--data', path('texts.parquet'))).toMatchObject({
      exitCode: 0,
    });
    expect(await predictions()).toEqual(scored);
  });

  it.each([
    ['zib=string', 3, 'did you mean zip'],
    ['zip', 2, 'column=type,column=type'],
    ['zip=words', 2, 'boolean, tinyint to bigint'],
    ['{"zip":1}', 2, 'A JSON object of texts'],
  ])('is refused when it is %s', async (cast, exitCode, why) => {
    for (const data of ['cells.csv', 'numbers.parquet']) {
      const words = ['--data', path(data), '--label', 'y', '--model', path('none')];
      const run = await fit(...words, '--cast', cast);
      expect([run.exitCode, run.stderr]).toEqual([exitCode, expect.stringContaining(why)]);
    }
  });
});

describe('a part of a partitioned folder', () => {
  it('is refused with the pattern that has its column', async () => {
    for (const part of [1, 2]) {
      mkdirSync(path(`hive/part=${part}`), { recursive: true });
      const lines = rows.map((i) => `${i % 9},${Number(i % 9 > 3 * part)}`);
      writeFileSync(path(`hive/part=${part}/a.csv`), ['x,y', ...lines].join('\n'));
    }
    const model = path('of-parts');
    await fit('--data', path('hive'), '--label', 'y', '--model', model);
    for (const given of ['hive/part=1', 'hive/part=1/a.csv', 'hive/part=1/*.csv']) {
      const pattern = path(given.replace('part=1', '{part=1}'));
      const refused = await transform('--model', model, '--data', path(given));
      expect([refused.exitCode, refused.stderr]).toEqual([
        3,
        expect.stringContaining(`column part, which the name of a folder`),
      ]);
      expect(refused.stderr).toContain(`give ${pattern}\n`);
      const { json } = await transform('--model', model, '--data', pattern);
      expect(json).toMatchObject({ rows: 200 });
    }
  });
});
