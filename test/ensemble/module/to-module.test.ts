import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  Binarizer,
  Bucketizer,
  createTable,
  FunctionTransformer,
  GBTClassifier,
  GBTRegressor,
  Imputer,
  IsolationForest,
  LinearRegression,
  LogisticRegression,
  MinMaxScaler,
  type Model,
  OneHotEncoder,
  type PartitionedTable,
  Pipeline,
  type PipelineModel,
  QuantileDiscretizer,
  RandomForestClassifier,
  RobustScaler,
  type ScorerRow,
  StandardScaler,
  StringIndexer,
  VectorAssembler,
} from '../../../src/index.ts';
import { runForTest } from '../../cli/run-for-test.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { answerOf, runModule, scorerOf } from './run-module.ts';

const folder = temporaryFolder('to-module');
const words = ['red', 'green', '"quoted" \\ \n', '</script><script>', '\u2028`', '__proto__'];
const count = 400;
const columns = {
  x: Array.from({ length: count }, (_, i) => (i % 17 === 0 ? null : Math.sin(i) * 3)),
  y: Float32Array.from({ length: count }, (_, i) => Math.cos(i * 1.7)),
  flag: Array.from({ length: count }, (_, i) => i % 3 === 0),
  word: Array.from({ length: count }, (_, i) => (i % 23 === 0 ? null : words[(i * 7) % 6])),
  when: Array.from({ length: count }, (_, i) => new Date(1.6e12 + i * 7.1e7)),
  k: Array.from({ length: count }, (_, i) => (Math.sin(i) > 0 === (i * 7) % 6 < 3 ? 'up' : 'down')),
  odd: Array.from({ length: count }, (_, i) => i % 2),
  z: Array.from({ length: count }, (_, i) => Math.sin(i) * 2 + ((i * 7) % 6)),
};
const table: PartitionedTable = createTable(columns as never);

const rows: ScorerRow[] = Array.from({ length: 60 }, (_, i) => ({
  x: i % 7 === 0 ? null : Math.cos(i) * 4,
  y: i % 11 === 0 ? Number.NaN : Math.sin(i / 3),
  flag: i % 5 === 0 ? null : i % 2 === 0,
  word: i % 9 === 0 ? 'never seen' : i % 8 === 0 ? undefined : (words[i % 6] as string),
  when: i % 6 === 0 ? null : new Date(1.61e12 + i * 3.3e7),
}));

async function expectSame(model: Model, given: readonly ScorerRow[] = rows): Promise<void> {
  const score = await scorerOf(model);
  const { predict } = runModule(model.toModule());
  for (const row of given) expect(answerOf(predict, row)).toEqual(answerOf(score, row));
}

const boosted = { maxIter: 6, minInstancesPerNode: 2 };
const indexer = (handleInvalid: 'keep' | 'error' | 'skip', missingAsUnknown?: true) =>
  new StringIndexer({
    ...{ inputCols: ['word', 'flag'], outputCols: ['wordIndex', 'flagIndex'], handleInvalid },
    ...(missingAsUnknown === undefined ? {} : { missingAsUnknown }),
  });
const classifier = new GBTClassifier({ ...boosted, labelCol: 'k' });
const imputer = new Imputer({ inputCols: ['x', 'y'], outputCols: ['fx', 'fy'] });

describe('a model as a JavaScript module', () => {
  it.each<[string, () => Promise<Model>]>([
    [
      'of words, flags, dates and float32',
      () =>
        new GBTClassifier({
          ...boosted,
          labelCol: 'k',
          featuresCols: ['x', 'y', 'flag', 'word', 'when'],
        }).fit(table),
    ],
    [
      'with linear leaves',
      () =>
        new GBTRegressor({
          ...boosted,
          labelCol: 'z',
          featuresCols: ['x', 'y'],
          linearLeaves: true,
        }).fit(table),
    ],
    [
      'with thresholds',
      () =>
        new RandomForestClassifier({
          numTrees: 4,
          labelCol: 'k',
          thresholds: [0.2, 0.8],
          featuresCols: ['x', 'word'],
        }).fit(table),
    ],
    [
      'of several labels with thresholds of their own, three trees a round',
      () =>
        new GBTClassifier({
          ...boosted,
          labelCols: ['flag', 'odd'],
          thresholds: [0.2, 0.7],
          numParallelTrees: 3,
          featuresCols: ['x', 'y', 'word'],
        }).fit(table),
    ],
    [
      'that looks for anomalies',
      () => new IsolationForest({ featuresCols: ['x', 'y'] }).fit(table),
    ],
    [
      'of one number',
      () => new LinearRegression({ labelCol: 'z', featuresCols: ['y', 'flag'] }).fit(table),
    ],
    [
      'of two classes',
      () => new LogisticRegression({ labelCol: 'k', featuresCols: ['y'] }).fit(table),
    ],
    [
      'of two classes with two margins',
      () =>
        new LogisticRegression({ labelCol: 'k', featuresCols: ['y'], family: 'multinomial' }).fit(
          table,
        ),
    ],
  ])('%s answers as its scorer does', async (_, fit) => {
    await expectSame(await fit());
  });

  it.each<[string, Pipeline]>([
    [
      'keep unknown words',
      new Pipeline({
        stages: [
          indexer('keep'),
          imputer,
          new VectorAssembler({ inputCols: ['fx', 'fy', 'wordIndex', 'flagIndex', 'when'] }),
          classifier,
        ],
      }),
    ],
    [
      'take missing words for unknown',
      new Pipeline({
        stages: [
          indexer('keep', true),
          new VectorAssembler({ inputCols: ['x', 'wordIndex'] }),
          classifier,
        ],
      }),
    ],
    [
      'refuse unknown words',
      new Pipeline({
        stages: [
          indexer('error'),
          new VectorAssembler({ inputCols: ['x', 'wordIndex'] }),
          classifier,
        ],
      }),
    ],
    [
      'leave rows out',
      new Pipeline({
        stages: [
          imputer,
          indexer('skip'),
          new VectorAssembler({ inputCols: ['fx', 'wordIndex'], handleInvalid: 'skip' }),
          classifier,
        ],
      }),
    ],
    [
      'scale',
      new Pipeline({
        stages: [
          imputer,
          new VectorAssembler({ inputCols: ['fx', 'fy'], outputCol: 'plain' }),
          new StandardScaler({ inputCol: 'plain', outputCol: 'standard', withMean: true }),
          new RobustScaler({ inputCol: 'standard', outputCol: 'robust' }),
          new MinMaxScaler({ inputCol: 'robust', outputCol: 'features', min: -1 }),
          new LogisticRegression({ labelCol: 'k' }),
        ],
      }),
    ],
    [
      'encode',
      new Pipeline({
        stages: [
          imputer,
          new OneHotEncoder({
            inputCol: 'word',
            outputCol: 'one',
            handleInvalid: 'keep',
            missingAsUnknown: true,
          }),
          new VectorAssembler({ inputCols: ['fx', 'one'] }),
          new LinearRegression({ labelCol: 'z' }),
        ],
      }),
    ],
    [
      'cut numbers',
      new Pipeline({
        stages: [
          new Bucketizer({
            inputCol: 'x',
            outputCol: 'bx',
            splits: [-2, 0, 1, 2],
            handleInvalid: 'keep',
          }),
          new Binarizer({ inputCol: 'y', outputCol: 'by', threshold: 0.2 }),
          new QuantileDiscretizer({ inputCols: ['x'], outputCols: ['qx'], numBuckets: 4 }),
          new VectorAssembler({ inputCols: ['bx', 'by', 'qx'] }),
          new GBTRegressor({ ...boosted, labelCol: 'z' }),
        ],
      }),
    ],
  ])('of a pipeline whose stages %s answers as its scorer does', async (_, pipeline) => {
    await expectSame(await pipeline.fit(table));
  });

  it('runs as a module of its own, and holds names and categories as data', async () => {
    const odd = '"];globalThis.broken=1;//</script>\u2028';
    const features = { [odd]: columns.word, x: columns.y, k: columns.k };
    const model = await new GBTClassifier({
      ...boosted,
      labelCol: 'k',
      featuresCols: [odd, 'x'],
    }).fit(createTable(features as never));
    const text = model.toModule();
    expect(text).not.toMatch(/<\/script|\u2028|\u2029/);
    const path = join(folder, 'model.mjs');
    writeFileSync(path, text);
    const given = words.map((word, i) => [word, i / 3 - 1]);
    const program = `
      import { columns, predict } from ${JSON.stringify(path)};
      const found = ${JSON.stringify(given)}.map((row) => Array.from(predict(row).probability));
      console.log(JSON.stringify({ columns, found, broken: globalThis.broken ?? null }));`;
    const done = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect(done.stderr).toBe('');
    const score = await model.scorer();
    expect(JSON.parse(done.stdout)).toEqual({
      columns: [odd, 'x'],
      found: given.map((row) => [...score(row as never).probability]),
      broken: null,
    });
  });

  it('is refused by name where it has no steps', async () => {
    const unsupported = { code: 'UNSUPPORTED' };
    const zeros = new FunctionTransformer({
      outputCol: 'zeros',
      func: (batch) => new Float64Array(batch.numRows),
    });
    const model = await new Pipeline({
      stages: [zeros, new VectorAssembler({ inputCols: ['x', 'zeros'] }), classifier],
    }).fit(table);
    expect(() => model.toModule()).toThrow(expect.objectContaining(unsupported));
    expect(() => model.toModule()).toThrow(/FunctionTransformer/);
    const stages = [new Imputer({ inputCols: ['x'], outputCols: ['fx'] })];
    const nothing: PipelineModel = await new Pipeline({ stages }).fit(table);
    expect(() => nothing.toModule()).toThrow('predict nothing');
  });

  it('is written by coppice export, by the name of the file', async () => {
    const model = await new GBTRegressor({ ...boosted, labelCol: 'z', featuresCols: ['x'] }).fit(
      table,
    );
    const path = join(folder, 'saved');
    await model.save(path);
    const out = join(folder, 'exported.mjs');
    const done = await runForTest(['export', '--model', path, '--out', out, '--json']);
    expect(done.json).toMatchObject({ command: 'export', format: 'js' });
    expect(readFileSync(out, 'utf8')).toBe(model.toModule());
    const wrong = ['export', '--model', path, '--out', join(folder, 'other.js')];
    expect((await runForTest([...wrong, '--inputs', 'matrix'])).exitCode).toBe(2);
    const onnx = await runForTest([
      'export',
      '--model',
      path,
      '--out',
      join(folder, 'm.onnx'),
      '--json',
    ]);
    expect(onnx.json).toMatchObject({ format: 'onnx' });
  });
});
