/** `coppice export`: a saved model as a file for other runtimes. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createTable,
  FeatureHasher,
  GBTClassifier,
  GBTRegressor,
  loadStage,
  Pipeline,
} from '../../src/index.ts';
import type { Model } from '../../src/pipeline/model.ts';
import { suiteRuns } from '../tools/suite-runs.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { runForTest } from './run-for-test.ts';

const folder = temporaryFolder('export');
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  const rows = Array.from({ length: 200 }, (_, i) => ({ word: i % 3 === 0 ? 'a' : '', x: i }));
  const table = createTable(rows.map((row, i) => ({ ...row, y: i % 7, label: i % 2 === 0 })));
  const numbers = { featuresCols: ['x'], labelCol: 'y', maxIter: 5 };
  await (await new GBTRegressor(numbers).fit(table)).save(at('numbers'));
  const classes = { featuresCols: ['word', 'x'], maxIter: 5 };
  await (await new GBTClassifier(classes).fit(table)).save(at('classes'));
  await new GBTClassifier(classes).save(at('unfitted'));
  const hasher = new FeatureHasher({ inputCols: ['word'], outputCol: 'features', numFeatures: 4 });
  const hashed = new Pipeline({ stages: [hasher, new GBTClassifier({ maxIter: 2 })] });
  await (await hashed.fit(table)).save(at('hashed'));
});

const run = async (...words: string[]) => await runForTest(['export', ...words]);

describe('coppice export', () => {
  it('writes what toOnnx gives, and says how much', async () => {
    const done = await run('--model', at('numbers'), '--out', at('numbers.onnx'), '--json');
    expect(done.exitCode).toBe(0);
    const bytes = readFileSync(at('numbers.onnx'));
    const model = (await loadStage(at('numbers'))) as Model;
    expect(bytes.equals(model.toOnnx())).toBe(true);
    expect(done.json).toEqual({
      command: 'export',
      model: at('numbers'),
      format: 'onnx',
      out: at('numbers.onnx'),
      bytes: bytes.length,
    });
    const words = ['--inputs', 'matrix', '--number-type', 'float', '--overwrite'];
    const again = await run('--model', at('numbers'), '--out', at('numbers.onnx'), ...words);
    expect(again.stdout).toMatch(/^wrote GBTRegressionModel to .*numbers\.onnx, [\d,]+ bytes\n$/);
    const matrix = model.toOnnx({ inputs: 'matrix', numberType: 'float' });
    expect(readFileSync(at('numbers.onnx')).equals(matrix)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes('.tmp-'))).toEqual([]);
  });

  it('writes what toPmml gives, by the name of the file or the format', async () => {
    const model = (await loadStage(at('classes'))) as Model;
    const text = await model.toPmml();
    for (const words of [['classes.pmml'], ['classes.xml', '--format', 'pmml']] as const) {
      const [name, ...more] = words;
      const done = await run('--model', at('classes'), '--out', at(name), '--json', ...more);
      const bytes = readFileSync(at(name));
      expect(bytes.toString('utf8')).toBe(text);
      expect(done.json).toMatchObject({ format: 'pmml', bytes: bytes.length });
    }
    const wrong = await run('--model', at('classes'), '--out', at('m.pmml'), '--missing-text', 'x');
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('--missing-text must be left out with --format pmml'),
    ]);
  });

  it('does not replace a file unless it is told to', async () => {
    await run('--model', at('numbers'), '--out', at('kept.onnx'));
    const again = await run('--model', at('numbers'), '--out', at('kept.onnx'));
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toContain('--overwrite');
  });

  it('says what it cannot write, and how it can', async () => {
    const words = ['--model', at('classes'), '--out', at('classes.onnx')];
    const empty = await run(...words);
    expect(empty.exitCode).toBe(2);
    expect(empty.stderr).toContain('the category "" in word; give another missingText');
    expect(existsSync(at('classes.onnx'))).toBe(false);
    expect((await run(...words, '--missing-text', '(none)')).exitCode).toBe(0);
    const hashed = await run('--model', at('hashed'), '--out', at('hashed.onnx'));
    expect(hashed.stderr).toContain('FeatureHasher');
    const unfitted = await run('--model', at('unfitted'), '--out', at('unfitted.onnx'));
    expect(unfitted.exitCode).toBe(4);
    const inFile = await run('--model', at('numbers'), '--out', at('numbers/metadata.json/x.onnx'));
    expect([inFile.exitCode, inFile.stderr]).toEqual([1, expect.stringContaining('FILE_WRITE')]);
    const unnamed = await run('--model', at('numbers'), '--out', '');
    expect([unnamed.exitCode, unnamed.stderr]).toEqual([2, expect.stringContaining('empty text')]);
    expect((await run('--model', at('numbers'))).exitCode).toBe(2);
  });

  it('makes the folders on the way', async () => {
    const deep = await run('--model', at('numbers'), '--out', at('no/such/place.onnx'));
    expect([deep.exitCode, existsSync(at('no/such/place.onnx'))]).toEqual([0, true]);
  });

  it('replaces no pipe, device, folder or stream, and reads no model from one', async ({
    skip,
  }) => {
    const why = `there is no mkfifo on ${process.platform}`;
    if (!suiteRuns('pipes as files', process.platform === 'win32' ? why : null)) skip(why);
    const words = ['--model', at('numbers'), '--overwrite', '--out'];
    execFileSync('mkfifo', [at('pipe.onnx')]);
    const piped = await run(...words, at('pipe.onnx'));
    expect([piped.exitCode, piped.stderr]).toEqual([
      2,
      expect.stringContaining('is a pipe or a device, so it is not overwritten'),
    ]);
    expect(statSync(at('pipe.onnx')).isFIFO()).toBe(true);
    expect((await run(...words, folder)).stderr).toContain('is a folder');
    expect((await run(...words, '-')).stderr).toContain('no stream; got -');
    const read = ['import', '--file', at('pipe.onnx'), '--model', at('piped')];
    expect((await runForTest(read)).stderr).toContain('MODEL_FORMAT');
    expect(readdirSync(folder).filter((name) => name.includes('.tmp-'))).toEqual([]);
  });
});
