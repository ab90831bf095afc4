import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { runForTest } from './run-for-test.ts';
import { writeTables } from './write-tables.ts';

const folder = temporaryFolder('cli');
const path = (name: string): string => join(folder, name);
const train = path('train.parquet');
const test = path('test.parquet');
const fewTrees = ['--params', 'maxIter=10,maxLeaves=15'];

beforeAll(() => writeTables(path));

describe('fit, transform, evaluate, inspect', () => {
  it('go from a Parquet file to metrics', async () => {
    const model = path('flights');
    const fitted = await runForTest([
      'fit',
      '--data',
      train,
      '--label',
      'delayed',
      '--model',
      model,
      ...fewTrees,
    ]);
    expect(fitted.stderr).toContain('task: classification (delayed is a boolean');
    expect(fitted.stdout).toMatch(
      /fitted GBTClassifier .* on 6,000 rows and 13 features, 10 trees/,
    );
    expect(fitted.exitCode).toBe(0);

    const out = path('scored.parquet');
    const transformed = await runForTest([
      'transform',
      '--model',
      model,
      '--data',
      test,
      '--out',
      out,
    ]);
    expect(transformed.stdout).toContain(
      'wrote 1,500 rows with rawPrediction, probability, prediction',
    );

    const evaluated = await runForTest([
      'evaluate',
      '--data',
      out,
      '--label',
      'delayed',
      '--metric',
      'auc,LogLoss',
      '--json',
    ]);
    expect(evaluated.json).toMatchObject({ command: 'evaluate', task: 'binary' });
    expect(evaluated.stderr).toContain('names 2 classes, and true is the positive one');
    const metrics = evaluated.json['metrics'] as Record<string, number>;
    expect(Object.keys(metrics)).toEqual(['auc', 'LogLoss']);
    expect(metrics['auc']).toBeGreaterThan(0.62);

    const inspected = await runForTest(['inspect', '--model', model]);
    expect(inspected.stdout).toContain('GBTClassificationModel');
    expect(inspected.stdout).toMatch(/trees +10/);
    expect(inspected.stdout).toMatch(/classes +false, true/);
    expect(inspected.stdout).toMatch(/maxLeaves +15 +set/);
    const importance = await runForTest(['inspect', '--model', model, '--importance', '--json']);
    const shares = (importance.json['importance'] as { importance: number }[]).map(
      (one) => one.importance,
    );
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    const tree = await runForTest(['inspect', '--model', model, '--tree', '9']);
    expect(tree.stdout).toContain('Predict');
    expect((await runForTest(['inspect', '--model', model, '--tree', '10'])).exitCode).toBe(2);
    const picture = await runForTest(['inspect', '--model', model, '--tree', '1', '--dot']);
    expect(picture.stdout).toMatch(/^digraph Tree_1 \{\n/);
    const nodes = (await runForTest(['inspect', '--model', model, '--dot', '--json'])).json[
      'nodes'
    ];
    expect(nodes).toHaveLength(29);
    expect((nodes as unknown[])[0]).toMatchObject({ index: 0, parent: null, left: 1, right: 2 });
  });

  it.each(['scored.csv', 'scored.arrow', 'scored-folder'])(
    'score and evaluate %s too',
    async (name) => {
      const model = path('flights');
      const out = path(name);
      const scored = await runForTest([
        'transform',
        '--model',
        model,
        '--data',
        test,
        '--out',
        out,
      ]);
      expect(scored.exitCode).toBe(0);
      const metricsOf = async (data: string): Promise<unknown> => {
        const run = await runForTest(['evaluate', '--data', data, '--label', 'delayed', '--json']);
        return run.json;
      };
      expect(await metricsOf(out)).toEqual(await metricsOf(path('scored.parquet')));
    },
  );

  it('read folders, globs and CSV, and give the same model for each', async () => {
    const table = tableFromColumns(
      new InlineRunner(),
      {
        x: Float64Array.from({ length: 400 }, (_, i) => (i * 37) % 101),
        kind: Array.from({ length: 400 }, (_, i) => ['a', 'b', 'c'][i % 3] ?? null),
        y: Int32Array.from({ length: 400 }, (_, i) =>
          ((i * 37) % 101) + (i % 3) * 30 > 80 ? 1 : 0,
        ),
      },
      { numPartitions: 4 },
    );
    await table.write.parquet(path('some-folder'));
    await table.write.parquet(path('some.parquet'));
    await table.write.csv(path('some.csv'));
    await table.write.arrow(path('some.arrow'));
    const trees: string[] = [];
    for (const data of [
      'some-folder',
      'some-folder/*.parquet',
      'some.parquet',
      'some.csv',
      'some.arrow',
    ]) {
      const model = path('some-model');
      const fitted = await runForTest([
        'fit',
        '--data',
        path(data),
        '--label',
        'y',
        '--model',
        model,
        '--overwrite',
        ...fewTrees,
      ]);
      expect(fitted.stderr).toContain('task: classification (y has 2 different whole numbers');
      expect(fitted.exitCode).toBe(0);
      trees.push((await runForTest(['inspect', '--model', model, '--tree', '0'])).stdout);
    }
    expect(new Set(trees).size).toBe(1);
  });
});

describe('Ctrl-C', () => {
  it('ends a fit within a second with 130 and leaves nothing behind', async () => {
    const words = ['fit', '--data', train, '--label', 'delayed', '--params', 'maxIter=100000'];
    const model = path('endless');
    const start = performance.now();
    const run = await runForTest([...words, '--model', model, '--json'], {
      interruptAfterMs: 1500,
    });
    expect(performance.now() - start).toBeLessThan(4000);
    expect(run.exitCode).toBe(130);
    expect(run.json).toMatchObject({ error: { code: 'ABORTED' } });
    expect(readdirSync(folder).filter((name) => name.startsWith('endless'))).toEqual([]);
  });
});
