/** `--where` and `--compute`: rows by a condition, and columns of expressions that the model computes too. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { readCsv } from '../../src/table/csv/read-csv.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { runForTest } from './run-for-test.ts';

const folder = temporaryFolder('cli-expressions');
const path = (name: string): string => join(folder, name);
const runner = new InlineRunner();
const rows = Array.from({ length: 240 }, (_, i) => i);
const data = path('flights.parquet');
const model = path('model');
const few = ['--params', 'maxIter=5,maxLeaves=4', '--overwrite', '-q', '--json'];
const fit = (...words: readonly string[]) =>
  runForTest(['fit', '--data', data, '--model', model, ...words, ...few]);

beforeAll(async () => {
  const miles = rows.map((i) => 100 + ((i * 37) % 211));
  const hours = rows.map((i) => 1 + ((i * 13) % 4));
  const delay = rows.map((i) => (i % 8 === 7 ? null : (miles[i] as number) / (hours[i] as number)));
  const carrier = rows.map((i) => ['AA', 'B6', 'UA'][i % 3] as string);
  await tableFromColumns(runner, { miles, hours, delay, carrier }).write.parquet(data);
});

describe('--where', () => {
  it('fits, scores and measures the rows of which it is true', async () => {
    const words = ['--where', "delay IS NOT NULL AND carrier <> 'UA'"];
    const fitted = await fit('--label', 'delay', ...words);
    expect(fitted.json).toMatchObject({ task: 'regression', rows: 140 });
    const out = path('scored.csv');
    const scored = await runForTest([
      'transform',
      '--model',
      model,
      '--data',
      data,
      '--out',
      out,
      ...words,
      '--json',
    ]);
    expect(scored.json).toMatchObject({ rows: 140 });
    const carriers = (await (await readCsv(runner, out)).collect()).getChild('carrier') ?? [];
    expect(new Set(carriers)).toEqual(new Set(['AA', 'B6']));
    const all = ['evaluate', '--data', out, '--label', 'delay', '--metric', 'rmse', '--json'];
    const one = await runForTest([...all, '--where', "carrier = 'AA'"]);
    const both = await runForTest(all);
    expect(one.exitCode).toBe(0);
    expect(one.json).not.toEqual(both.json);
  });

  it.each([
    ['delay >', '--where must be an expression; at character 8 there must be a column'],
    ['dely > 3', 'did you mean delay?'],
    ['miles + 1', 'condition of filter must be boolean; got double'],
  ])('%s is refused', async (where, said) => {
    const refused = await fit('--label', 'delay', '--where', where);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain(said);
  });
});

describe('--compute', () => {
  const words = ['--where', 'delay IS NOT NULL', '--compute', 'speed=miles / hours'];

  it('computes features that the saved model computes too', async () => {
    const features = ['--features', 'speed,isUA', '--compute', "isUA=carrier = 'UA'"];
    const fitted = await fit('--label', 'delay', ...words, ...features, '--valid', data);
    expect(fitted.stderr).toBe('');
    expect(fitted.json).toMatchObject({ class: 'PipelineModel', features: ['speed', 'isUA'] });
    const out = path('computed.csv');
    const scored = await runForTest([
      'transform',
      '--model',
      model,
      '--data',
      data,
      '--out',
      out,
      '--overwrite',
      '--json',
    ]);
    expect(scored.json).toMatchObject({ added: ['speed', 'isUA', 'prediction'], rows: 240 });
  });

  it('computes a label for the fit alone', async () => {
    const label = ['--compute', 'late=delay > 90', '--label', 'late', '--ignore', 'delay'];
    const fitted = await fit(...words, ...label);
    expect(fitted.json).toMatchObject({
      task: 'classification',
      features: ['miles', 'hours', 'carrier', 'speed'],
    });
    const out = path('late.csv');
    const columns = ['--drop', 'delay', '--out', out, '--overwrite', '--json'];
    const scored = await runForTest(['transform', '--model', model, '--data', data, ...columns]);
    expect(scored.json).toMatchObject({ rows: 240 });
  });

  it('is part of what a search fits', async () => {
    const grid = path('grid.json');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(grid, JSON.stringify({ maxIter: [2, 4] }));
    const words_ = ['tune', '--data', data, '--model', model, '--label', 'delay', ...words];
    const tuned = await runForTest([
      ...words_,
      '--grid',
      grid,
      '--folds',
      '2',
      '--overwrite',
      '--json',
      '-q',
    ]);
    expect(tuned.json).toMatchObject({ bestParams: { maxIter: 4 } });
    expect(tuned.json).toMatchObject({ features: ['miles', 'hours', 'carrier', 'speed'] });
  });

  it.each([
    ['speed', 'column=expression was expected'],
    ['miles=hours * 2', 'must be a column that the table does not have yet; got "miles"'],
    ['x=foo(miles)', 'the expression of x must be an expression; at character 1'],
  ])('%s is refused', async (compute, said) => {
    const refused = await fit('--label', 'delay', '--compute', compute);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain(said);
  });
});
