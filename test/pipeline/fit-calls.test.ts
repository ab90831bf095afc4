/** What fit and scorers say to callers whom no compiler has warned, and what becomes of an onProgress that throws. */
import { inspect } from 'node:util';
import { tableFromArrays } from 'apache-arrow';
import { afterAll, describe, expect, it } from 'vitest';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import {
  CrossValidator,
  type Estimator,
  GBTClassifier,
  Imputer,
  KMeans,
  LogisticRegression,
  Pipeline,
  RandomForestClassifier,
  RegressionEvaluator,
  Session,
  StackingClassifier,
} from '../../src/index.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { errorOf } from '../contract/error-of.ts';
import { runModule } from '../ensemble/module/run-module.ts';

const pool = new ThreadPool(2, workerUrl());
afterAll(() => pool.close());

const x = Float64Array.from({ length: 20_000 }, (_, i) => (i * 37) % 101);
const columns = { x, z: x.map((value) => value % 7), label: x.map((value) => Number(value > 50)) };
const table = tableFromColumns(pool, columns);
const features = { featuresCols: ['x', 'z'] };
const boosted = new GBTClassifier({ ...features, maxIter: 2 });
const estimators: Readonly<Record<string, Estimator>> = {
  'boosted trees': boosted,
  'a forest': new RandomForestClassifier({ ...features, numTrees: 2 }),
  'a linear model': new LogisticRegression(features),
  clusters: new KMeans({ ...features, k: 2 }),
  'a feature stage': new Imputer({ inputCol: 'x', outputCol: 'filled' }),
  'a pipeline': new Pipeline({ stages: [boosted] }),
  'a stack': new StackingClassifier({ estimators: [boosted], numFolds: 2 }),
  'a search': new CrossValidator({ estimator: boosted, evaluator: new RegressionEvaluator() }),
};

describe.each(Object.keys(estimators))('%s', (name) => {
  const estimator = estimators[name] as Estimator;

  it('refuses what is no table', async () => {
    for (const given of [undefined, [{ x: 1 }], Promise.resolve(table), tableFromArrays({ x })]) {
      const error = await errorOf(() => estimator.fit(given as never));
      expect([error.code, error.message]).toEqual([
        'PARAM_INVALID',
        expect.stringMatching(
          /^table that \w+ is fitted on must be a PartitionedTable: .+createTable.+; got /,
        ),
      ]);
    }
  });

  it('refuses options of fit that are misspelt or of another kind', async () => {
    const misspelt = await errorOf(() => estimator.fit(table, { valdation: table } as never));
    expect(misspelt.code).toBe('PARAM_UNKNOWN');
    expect(misspelt.message).toMatch(
      /^valdation, given to \w+\.fit, .+ did you mean validation\?$/,
    );
    const wrong = { signal: 'now', onProgress: true, validation: [1], validationSets: { a: 1 } };
    for (const [option, value] of Object.entries(wrong)) {
      const error = await errorOf(() => estimator.fit(table, { [option]: value } as never));
      expect(error.code).toBe('PARAM_INVALID');
      expect(error.message).toContain(`${option}, given to `);
    }
  });

  it('ends with what onProgress throws', async () => {
    const mine = new Error('mine');
    const onProgress = (): never => {
      throw mine;
    };
    // a stage of little work may say nothing on its way
    if (name === 'a feature stage') return;
    await expect(estimator.fit(table, { onProgress })).rejects.toBe(mine);
    const later = async (): Promise<void> => onProgress();
    await expect(estimator.fit(table, { onProgress: later })).rejects.toBe(mine);
    if (name !== 'a search' && name !== 'a stack')
      await expect(estimator.fit(table)).resolves.toBeDefined();
  });

  it('says why it was aborted', async () => {
    const reason = new Error('enough');
    const error = await errorOf(() => estimator.fit(table, { signal: AbortSignal.abort(reason) }));
    expect([error.code, error.cause]).toEqual(['ABORTED', reason]);
  });
});

describe('a fit that is under way', () => {
  it('ends soon after onProgress threw, and long before it is done', async () => {
    const mine = new Error('enough');
    let rounds = 0;
    const endless = new GBTClassifier({ ...features, maxIter: 1_000_000 });
    const onProgress = ({ phase, done }: { phase: string; done: number }): void => {
      if (phase === 'train') rounds = done;
      if (rounds > 3) throw mine;
    };
    await expect(endless.fit(table, { onProgress })).rejects.toBe(mine);
    expect(rounds).toBeLessThan(100_000);
  });

  it('tells the reason of its signal', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const endless = new GBTClassifier({ ...features, maxIter: 1_000_000 });
    const onProgress = (): void => stop.abort(reason);
    const error = await errorOf(() => endless.fit(table, { onProgress, signal: stop.signal }));
    expect([error.code, error.cause]).toEqual(['ABORTED', reason]);
  });
});

describe('stages and tables', () => {
  it('know what other libraries call their parameters', () => {
    const meant = {
      learning_rate: 'stepSize',
      n_estimators: 'maxIter',
      eta: 'stepSize',
      max_bin: 'maxBins',
    };
    for (const [theirs, ours] of Object.entries(meant))
      expect(() => new GBTClassifier({ [theirs]: 3 } as never)).toThrow(
        `${theirs} of GBTClassifier must be one of its parameters; did you mean ${ours}?`,
      );
    expect(() => new RandomForestClassifier({ n_estimators: 3 } as never)).toThrow(
      'mean numTrees?',
    );
    expect(() => new LogisticRegression({ C: 3 } as never)).toThrow('did you mean regParam, which');
    expect(() => new KMeans({ constructor: 3 } as never)).toThrow('must be one of its parameters');
  });

  it('are shown with what they were given', async () => {
    const model = await new Pipeline({ stages: [boosted] }).fit(table);
    const shown = inspect([boosted, table, model, estimators['a stack']], { breakLength: 300 });
    expect(shown.split('\n').map((line) => line.trim().replace(/,$/, ''))).toEqual([
      '[',
      "GBTClassifier { featuresCols: [ 'x', 'z' ], maxIter: 2 }",
      "PartitionedTable(2) { x: 'double', z: 'double', label: 'double' }",
      "PipelineModel { stages: [ GBTClassificationModel { featuresCols: [ 'x', 'z' ], maxIter: 2 } ] }",
      "StackingClassifier { estimators: [ GBTClassifier { featuresCols: [ 'x', 'z' ], maxIter: 2 } ], numFolds: 2 }",
      ']',
    ]);
  });

  it('are not read from bytes or URLs, and say what to do', async () => {
    const { read } = await Session.local({ threads: 1 });
    await expect(read.parquet(new Uint8Array(4) as never)).rejects.toThrow(
      'must be a path, or a list of one path or more; got an object of class Uint8Array; write the bytes',
    );
    await expect(read.arrow(new URL('file:///x.arrow') as never)).rejects.toThrow(
      'fileURLToPath(url)',
    );
    await expect(read.csv([])).rejects.toThrow('got []');
  });
});

describe('a scorer', () => {
  it('of a pipeline, and its module, refuse rows that name none of the columns', async () => {
    const model = await new Pipeline({ stages: [boosted] }).fit(table);
    const score = await model.scorer();
    const { predict } = runModule(await model.toModule());
    expect(predict({ x: null })).toEqual(score({ x: null }));
    for (const row of [{}, { row: { x: 1 } }, { X: 1 }] as never[]) {
      expect(() => score(row)).toThrow("at least one of the model's columns (x, z); got ");
      expect(() => predict(row)).toThrow('at least one of x, z');
    }
    expect(() => score({ X: 1 })).toThrow('did you mean x?');
  });

  it('refuses rows that name no feature, and texts for numbers', async () => {
    for (const estimator of [boosted, estimators['a linear model'] as LogisticRegression]) {
      const score = await (await estimator.fit(table)).scorer();
      expect(score({ x: 1, z: 2 }).prediction).toBeTypeOf('number');
      for (const row of [{}, { row: { x: 1 } }, undefined, null, 7, 'x'] as never[]) {
        expect(() => score(row)).toThrow("at least one of the model's features (x, z); got ");
      }
      expect(() => score({ X: 1 })).toThrow('did you mean x?');
      for (const value of ['1', '', 'abc', [1], {}] as never[]) {
        expect(() => score({ x: value, z: 1 })).toThrow(
          'column x of a row given to a scorer must be a number or null; got ',
        );
      }
    }
  });
});
