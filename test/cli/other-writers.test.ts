/** Files as other writers make them, through the command line: types, names and layouts that ours would not choose. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Dictionary,
  Float64,
  Int8,
  Int32,
  Int64,
  Table,
  TimestampMicrosecond,
  TimestampMillisecond,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { beforeAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { typeName } from '../../src/table/columns/type-name.ts';
import { tableFromArrow } from '../../src/table/create-table.ts';
import { col } from '../../src/table/expressions/expression.ts';
import { readParquet } from '../../src/table/parquet/read-parquet.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
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

describe('what a new user types', () => {
  const data = path('typed.parquet');
  const few = ['--params', 'maxIter=2,maxLeaves=4', '-q'];
  beforeAll(async () => {
    const columns = {
      x: vectorFromArray(rows, new Float64()),
      y: vectorFromArray(
        rows.map((i) => (i % 9 === 0 ? null : Number(i > 200))),
        new Float64(),
      ),
      prediction: vectorFromArray(rows, new Float64()),
    };
    await tableFromArrow(new InlineRunner(), new Table(columns)).write.parquet(data);
  });
  const run = (...words: readonly string[]) => runForTest(words);
  const fit = (...more: readonly string[]) =>
    run('fit', '--data', data, '--label', 'y', '--model', path('typed'), '--overwrite', ...more);

  it('may leave rows without a label out, start at seed 0, and score what was scored before', async () => {
    const refused = await fit(...few, '--ignore', 'prediction');
    expect(refused.stderr).toContain('--drop-unlabelled');
    const fitted = await fit(...few, '--drop-unlabelled', '--ignore', 'prediction', '--seed', '0');
    expect(fitted.stdout).toContain('on 355 rows and 1 feature, ');
    const scoring = [
      'transform',
      '--model',
      path('typed'),
      '--data',
      data,
      '--out',
      path('again.parquet'),
    ];
    expect((await run(...scoring)).stderr).toContain('--drop on the command line');
    const scored = await run(...scoring, '--drop', 'prediction', '--json');
    expect(scored.json).toMatchObject({ added: ['prediction'], rows: 400 });
    const evaluation = ['evaluate', '--data', path('again.parquet'), '--label', 'y'];
    expect((await run(...evaluation)).stderr).toContain('--drop-unlabelled');
    const metrics = await run(...evaluation, '--drop-unlabelled', '--json');
    expect(metrics.json).toMatchObject({ task: 'regression' });
  });

  it('is told before any work what would go wrong after it', async () => {
    const output = await fit(...few, '--drop-unlabelled');
    expect(output.stderr).toContain('must not hold "prediction", which the model writes');
    expect(output.exitCode).toBe(2);
    mkdirSync(path('precious'));
    writeFileSync(path('precious/note.txt'), 'mine');
    const words = [
      'fit',
      '--data',
      path('nowhere.parquet'),
      '--label',
      'y',
      '--overwrite',
      '--model',
    ];
    expect((await run(...words, path('precious'))).stderr).toContain('is not a saved stage');
    expect((await run(...words, join(data, 'model'))).stderr).toContain('FILE_WRITE');
    const scoring = ['transform', '--model', path('typed'), '--data', data, '--out'];
    for (const out of ['scored.json', 'scored.parquet.gz', '-']) {
      expect((await run(...scoring, out)).stderr).toContain('--out must be a file named');
    }
    const nothing = await run(...scoring, '');
    expect([nothing.exitCode, nothing.stderr]).toEqual([2, expect.stringContaining('empty text')]);
    const nowhere = await run('fit', '--data', data, '--label', 'y', '--overwrite', '--model', '');
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([2, expect.stringContaining('empty text')]);
    const piped = await run('transform', '--model', path('typed'), '--data', '-', '--out', 'x.csv');
    expect([piped.exitCode, piped.stderr]).toEqual([
      2,
      expect.stringContaining('standard input is not read'),
    ]);
  });

  it('is told which option or parameter would be left unused', async () => {
    const refused = async (...words: readonly string[]) => {
      const { exitCode, stderr } = await fit('-q', ...words);
      expect(exitCode).toBe(2);
      return stderr;
    };
    expect(await refused('--algo', 'rf', '--valid', data)).toContain(
      '--valid must be left out with --algo rf',
    );
    expect(await refused('--algo', 'linear', '--checkpoint-dir', path('kept'))).toContain(
      '--checkpoint-dir must be left out with --algo linear',
    );
    expect(await refused('--algo', 'stack', '--initial-model', path('typed'))).toContain(
      '--initial-model must be left out with --algo stack',
    );
    expect(await refused('--params', 'labelCol=x')).toContain('which --label gives; got "x"');
    expect(await refused('--params', 'featuresCols=x')).toContain('which --features gives');
    expect(await refused('--params', 'weightCol=x', '--weight', 'k')).toContain(
      '--weight and weightCol in --params must be the same; got k and x',
    );
  });

  it('is told that the table of --valid is at fault', async () => {
    const valid = async (csv: string) => {
      writeFileSync(path('valid.csv'), csv);
      const words = ['--drop-unlabelled', '--ignore', 'prediction', ...few];
      return await fit(...words, '--valid', path('valid.csv'));
    };
    const [unlike, featureless, unlabelled] = [
      await valid('x,y\nhigh,1\nlow,0\n'),
      await valid('z,y\n1,1\n2,0\n'),
      await valid('x,z\n1,1\n2,0\n'),
    ];
    expect(unlike.stderr).toContain('must be of type double; got "high" in line 2');
    expect(featureless.stderr).toContain('the table given to --valid must have the column x');
    expect(unlabelled.stderr).toContain('column of --valid must be one of the table; got "y"');
  });

  it('scores a few rows of CSV in the types of the fit, whatever their cells look like', async () => {
    const [csv, model] = [path('codes.csv'), path('codes')];
    const lines = Array.from(
      { length: 60 },
      (_, i) => `00${i % 3},${i},2024-01-0${1 + (i % 9)},${i % 2}`,
    );
    writeFileSync(csv, `code,k,day,y\n${lines.join('\n')}\n`);
    const words = ['--data', csv, '--label', 'y', '--model', model, '--params', 'maxIter=1', '-q'];
    expect((await run('fit', ...words)).exitCode).toBe(0);
    const score = async (line: string) => {
      writeFileSync(path('few.csv'), `code,k,day\n${line}\n`);
      const out = ['--out', path('few-scored.parquet'), '--overwrite'];
      return await run('transform', '--model', model, '--data', path('few.csv'), ...out, '-q');
    };
    expect(await score('123,,')).toMatchObject({ exitCode: 0, stderr: '' });
    const scored = await readParquet(new InlineRunner(), path('few-scored.parquet'));
    const types = scored.schema.fields.slice(0, 3).map((field) => typeName(field.type));
    expect(types).toEqual(['string', 'double', 'date']);
    const [row] = (await scored.collect()).toArray();
    expect([row?.code, row?.k, row?.day]).toEqual(['123', null, null]);
    const misfit = await score('001,many,');
    expect([misfit.exitCode, misfit.stderr]).toEqual([
      3,
      expect.stringContaining('must be of type double; got "many" in line 2'),
    ]);
  });

  it('names texts of CSV that are missing values, so that numbers stay numbers', async () => {
    const csv = path('marks.csv');
    const rows = Array.from({ length: 40 }, (_, i) => `${i / 2},${i % 3}`);
    writeFileSync(csv, `x,y\n?,1\n${rows.join('\n')}\n`);
    const rising = ['--params', 'maxIter=1,monotoneConstraints=x:1', '--overwrite'];
    const words = ['fit', '--data', csv, '--label', 'y', ...rising, '--model', path('marks')];
    expect((await run(...words)).stderr).toContain('must leave categories free');
    expect((await run(...words, '--null-values', '?,-1')).exitCode).toBe(0);
  });

  it('is told which word of another library is which of ours', async () => {
    const hint = async (...words: readonly string[]) => (await fit('-q', ...words)).stderr;
    const kept = ['--drop-unlabelled', '--features', 'x', '--params'];
    expect(await hint(...kept, 'learning_rate=0.1')).toContain('did you mean stepSize?');
    expect(await hint(...kept, 'n_estimators=10')).toContain('did you mean maxIter?');
    expect(await hint('--algo', 'rf', ...kept, 'n_estimators=10')).toContain('numTrees?');
  });

  it('is told that whole numbers in a type with fractions are not taken for classes', async () => {
    const { stderr } = await fit('--drop-unlabelled', '--features', 'x', '--params', 'maxIter=1');
    expect(stderr).toContain(
      'regression (y has 2 different whole numbers, but a type with fractions',
    );
  });

  it('measures the column that --probability names, whatever another model wrote beside it', async () => {
    const [data, lines] = [path('two-models.csv'), rows.map((i) => [i % 2, (i % 2) * 0.5 + 0.25])];
    const text = lines.map(([y, p]) => `${y},${p},${1 - (y as number)},${1 - (p as number)}\n`);
    writeFileSync(data, `y,p,rawPrediction,prediction\n${text.join('')}`);
    const words = [
      'evaluate',
      '--data',
      data,
      '--label',
      'y',
      '--probability',
      'p',
      '--json',
      '-q',
    ];
    const { json } = await runForTest(words);
    expect(json).toMatchObject({
      task: 'binary',
      metrics: { areaUnderROC: 1, brierScore: 0.0625 },
    });
  });

  it('measures the column that --prediction names without the scores of the model whose prediction stands there too', async () => {
    const data = path('two-predictions.csv');
    const text = rows.map((i) => `${i % 2},${i % 2},${(i % 2) * 0.5 + 0.25},${1 - (i % 2)}\n`);
    writeFileSync(data, `y,prediction,probability,other\n${text.join('')}`);
    const words = ['evaluate', '--data', data, '--label', 'y', '--task', 'binary', '--json'];
    const other = await runForTest([...words, '--prediction', 'other']);
    expect(other.json).toMatchObject({ metrics: { accuracy: 0 } });
    expect(other.json).not.toHaveProperty('metrics.areaUnderROC');
    expect(other.stderr).toContain("probability: another model's than other, not measured");
    const scored = await runForTest([
      ...words,
      '--prediction',
      'other',
      '--probability',
      'probability',
    ]);
    expect(scored.json).toMatchObject({ metrics: { accuracy: 0, areaUnderROC: 1 } });
    const asked = await runForTest([...words, '--prediction', 'other', '--metric', 'auc']);
    expect([asked.exitCode, asked.stderr]).toEqual([
      3,
      expect.stringContaining('auc needs scores'),
    ]);
    // where no other prediction stands, the scores are of the one that is named
    const own = path('own-scores.csv');
    writeFileSync(
      own,
      `y,probability,other\n${rows.map((i) => `${i % 2},${i % 2},${i % 2}\n`).join('')}`,
    );
    const both = await runForTest([
      'evaluate',
      '--data',
      own,
      ...words.slice(3),
      '--prediction',
      'other',
    ]);
    expect(both.json).toMatchObject({ metrics: { accuracy: 1, areaUnderROC: 1 } });
  });

  it('gets no empty list of metrics for a table without predictions, and no INTERNAL for a pipe', async () => {
    const columns = {
      x: vectorFromArray(rows, new Float64()),
      y: vectorFromArray(rows, new Int32()),
    };
    const bare = path('bare.parquet');
    await tableFromArrow(new InlineRunner(), new Table(columns)).write.parquet(bare);
    const evaluated = await run('evaluate', '--data', bare, '--label', 'y');
    expect(evaluated.stderr).toContain('coppice transform adds them');
    expect(evaluated.exitCode).toBe(3);
    const pipe = path('pipe.parquet');
    execFileSync('mkfifo', [pipe]);
    // somebody has to hold the other end, or opening waits
    const held = openSync(pipe, 'r+');
    expect((await run('evaluate', '--data', pipe, '--label', 'y')).stderr).toContain(
      'it is a pipe',
    );
    closeSync(held);
  });
});

describe('part files of one data set', () => {
  it('may differ in widths of numbers and units of time, and so may what is scored', async () => {
    const write = async (name: string, columns: Record<string, Vector>): Promise<string> => {
      const file = path(name);
      await tableFromArrow(new InlineRunner(), new Table(columns)).write.parquet(file);
      return file;
    };
    const y = vectorFromArray(
      rows.map((i) => Number(i > 200)),
      new Int32(),
    );
    const day = 86_400_000;
    const whole = await write('parts/a.parquet', {
      n: vectorFromArray(rows.map(BigInt), new Int64()),
      small: vectorFromArray(
        rows.map((i) => i % 100),
        new Int8(),
      ),
      t: vectorFromArray(
        rows.map((i) => i * day),
        new TimestampMillisecond(),
      ),
      y,
    });
    await write('parts/b.parquet', {
      n: vectorFromArray(
        rows.map((i) => (i % 5 === 0 ? null : i)),
        new Float64(),
      ),
      small: vectorFromArray(
        rows.map((i) => i * 1000),
        new Int32(),
      ),
      t: vectorFromArray(
        rows.map((i) => i * day),
        new TimestampMicrosecond(),
      ),
      y,
    });
    const words = ['--data', path('parts'), '--label', 'y', '--model', path('parted')];
    const fitted = await runForTest(['fit', ...words, '--params', 'maxIter=2,maxLeaves=4']);
    expect(fitted.stdout).toContain('on 800 rows and 3 features');
    const both = (await readParquet(new InlineRunner(), path('parts'))) as PartitionedTable;
    expect(both.schema.fields.map(({ type }) => typeName(type))).toEqual([
      'double',
      'int',
      'timestamp(us)',
      'int',
    ]);
    const [row] = await both.filter(col('small').eq(99)).take(1);
    expect(row).toMatchObject({ n: 99, small: 99, t: 99 * day, y: 0 });
    const out = path('parts-scored.parquet');
    const scored = await runForTest([
      'transform',
      '--model',
      path('parted'),
      '--data',
      whole,
      '--out',
      out,
    ]);
    expect(scored.stderr).toContain('t: timestamp(ms) is read as timestamp(us), as at fit');
    expect(scored.exitCode).toBe(0);
  });

  it('may not hold values that the wider type does not', async () => {
    const table = (values: Vector) => tableFromArrow(new InlineRunner(), new Table({ v: values }));
    await table(vectorFromArray([2n ** 60n + 1n], new Int64())).write.parquet(
      path('wide/a.parquet'),
    );
    await table(vectorFromArray([0.5], new Float64())).write.parquet(path('wide/b.parquet'));
    const wide = await readParquet(new InlineRunner(), path('wide'));
    await expect(wide.take(2)).rejects.toThrow('integers of column v must lie within ±2^53');
  });
});
