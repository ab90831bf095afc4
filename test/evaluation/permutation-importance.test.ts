/** What a model loses without a feature: the same for any partitions, threads and, with ids, order of rows. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { deriveSeed, purposes } from '../../src/base/rng.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { BinaryClassificationEvaluator } from '../../src/evaluation/evaluators/binary-classification-evaluator.ts';
import { RegressionEvaluator } from '../../src/evaluation/evaluators/regression-evaluator.ts';
import { permutationImportance } from '../../src/evaluation/importance/permutation-importance.ts';
import '../../src/evaluation/worker-tasks.ts';
import { shuffledOrder } from '../../src/evaluation/importance/shuffled-order.ts';
import { StringIndexer } from '../../src/feature/categories/string-indexer.ts';
import { FunctionTransformer } from '../../src/feature/function-transformer.ts';
import { VectorAssembler } from '../../src/feature/vectors/vector-assembler.ts';
import { idNumbers } from '../../src/pipeline/id-numbers.ts';
import { Pipeline, type PipelineOptions } from '../../src/pipeline/pipeline.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { utf8Column } from '../../src/table/columns/make-column.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { contentOf, inlineTable } from '../tools/inline-table.ts';
import { randomData, randomNumbers, shuffled } from '../tools/random-data.ts';
import { columnNamed, cutTable, evenCuts, numRowsOf, pickRows } from '../tools/sample-data.ts';

const inline = new InlineRunner();
const pool = new ThreadPool(3, workerUrl());
afterAll(() => pool.close());

const data = randomData({
  seed: 12,
  numRows: 300,
  kinds: ['float32', 'words', 'float64', 'flags', 'dictionary'],
  missing: 0.1,
});
const featuresCols = ['x0', 'x1', 'x2', 'x3', 'x4'];
const model = await new GBTRegressor({ featuresCols, labelCol: 'y', maxIter: 8 }).fit(
  cutTable(inline, data),
);
const evaluator = new RegressionEvaluator({ labelCol: 'y' });
const options = { evaluator, numRepeats: 3, seed: 5 };

async function found(table: PartitionedTable, extra: object = {}) {
  const result = await permutationImportance(model, table, { ...options, ...extra });
  return await contentOf(result);
}

describe('a shuffled order', () => {
  it('is a permutation that hangs on seed and ids, not on where a row lies', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { maxLength: 200 }), fc.integer(), (ids, seed) => {
        const numbers = Float64Array.from(ids);
        const order = shuffledOrder({ numRows: ids.length, ids: numbers, seed });
        expect([...order].sort((a, b) => a - b)).toEqual([...ids.keys()]);
        const turned = shuffledOrder({ numRows: ids.length, ids: numbers.toReversed(), seed });
        const last = ids.length - 1;
        order.forEach((from, row) => {
          expect(ids[last - (turned[last - row] as number)]).toBe(ids[from]);
        });
      }),
    );
  });

  it('differs by seed and leaves few rows where they are', () => {
    const orders = [1, 2].map((seed) => shuffledOrder({ numRows: 1000, ids: null, seed }));
    expect(orders[0]).not.toEqual(orders[1]);
    for (const order of orders) {
      expect(order.filter((from, row) => from === row).length).toBeLessThan(8);
      // a random permutation moves a value by a third of the rows on average
      const moved = order.reduce((sum, from, row) => sum + Math.abs(from - row), 0) / 1000;
      expect(moved).toBeGreaterThan(280);
      expect(moved).toBeLessThan(390);
    }
  });

  it('takes ids of any kind for different numbers', () => {
    const texts = Array.from({ length: 2000 }, (_, i) => `row ${i}`);
    expect(new Set(idNumbers(utf8Column(texts), 'id')).size).toBe(2000);
    const error = { code: 'DATA_INVALID' };
    expect(() => idNumbers(utf8Column(['a', null]), 'id')).toThrow(expect.objectContaining(error));
  });
});

describe('permutation importance', () => {
  it('is what the metric loses when the column is dealt out anew', async () => {
    const table = cutTable(inline, data);
    const result = await found(table);
    expect(result['feature']).toEqual(featuresCols);
    const baseline = await evaluator.evaluate(await model.transform(table));
    const repeats = (result['repeats'] as number[][]).map((list) => [...list]);
    for (const [f, name] of featuresCols.entries()) {
      const losses: number[] = [];
      for (let repeat = 0; repeat < 3; repeat++) {
        const order = orderOf(repeat);
        const column = columnNamed(data, name);
        const cells = [...order].map((from) => column.cells[from] ?? null);
        const other = data.map((one) => (one === column ? { ...one, cells } : one));
        const score = await evaluator.evaluate(await model.transform(cutTable(inline, other)));
        losses.push(score - baseline);
      }
      expect(repeats[f]).toEqual(losses);
      const mean = losses.reduce((sum, loss) => sum + loss, 0) / 3;
      expect(result['importance']?.[f]).toBe(mean);
      const variance = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / 3;
      expect(result['deviation']?.[f]).toBeCloseTo(Math.sqrt(variance), 12);
    }
    expect(result['importance']?.[0]).toBeGreaterThan(0.1);
  });

  it('is the same bits for any partitions and threads', async () => {
    const expected = await found(cutTable(inline, data));
    for (const runner of [inline, pool]) {
      for (const cuts of [evenCuts(300, 2), evenCuts(300, 7), [50, 50]]) {
        expect(await found(cutTable(runner, data, cuts))).toEqual(expected);
      }
    }
  });

  it('is the same bits for any order of rows that have ids', async () => {
    const expected = await found(cutTable(inline, data), { idCol: 'id' });
    const order = shuffled([...Array(numRowsOf(data)).keys()], randomNumbers(3));
    const moved = cutTable(inline, pickRows(data, order), [100]);
    expect(await found(moved, { idCol: 'id' })).toEqual(expected);
    expect(await found(cutTable(inline, data))).not.toEqual(expected);
  });

  it('is 0 for a feature the model does not use, and positive for one it needs, where larger is better', async () => {
    const rows = [...Array(200).keys()];
    const table = inlineTable({
      needed: rows.map((row) => row % 10),
      unused: rows.map((row) => (row * 7) % 3),
      label: rows.map((row) => (row % 10 > 4 ? 'late' : 'early')),
    });
    const classifier = await new GBTClassifier({
      featuresCols: ['needed', 'unused'],
      maxIter: 5,
    }).fit(table);
    const auc = new BinaryClassificationEvaluator();
    const result = await contentOf(
      await permutationImportance(classifier, table, { evaluator: auc }),
    );
    expect(result['importance']?.[0]).toBeGreaterThan(0.3);
    expect(result['importance']?.[1]).toBe(0);
  });

  it('looks at columns of a pipeline, at children of a struct and at elements of a vector', async () => {
    const rows = [...Array(150).keys()];
    const table = inlineTable(
      {
        word: rows.map((row) => ['a', 'b', 'c'][row % 3] as string),
        number: rows.map((row) => (row % 11 === 0 ? null : row % 7)),
        label: rows.map((row) => 2 * (row % 3) + (row % 7)),
      },
      2,
    );
    const regressor = new GBTRegressor({ maxIter: 6, minInstancesPerNode: 3 });
    const indexer = new StringIndexer({ inputCol: 'word', outputCol: 'index' });
    const inputCols = ['index', 'number'];
    const assembler = new VectorAssembler({ inputCols, outputCol: 'features' });
    const pipeline = await new Pipeline({ stages: [indexer, assembler, regressor] }).fit(table);
    const rmse = { evaluator: new RegressionEvaluator(), numRepeats: 2 };
    const whole = await contentOf(await permutationImportance(pipeline, table, rmse));
    expect(whole['feature']).toEqual(['word', 'number']);
    const [first, second, last] = pipeline.stages;
    const assembled = await second!.transform(await first!.transform(table));
    const inner = await contentOf(await permutationImportance(last!, assembled, rmse));
    expect(inner['feature']).toEqual(['features.index', 'features.number']);
    expect(inner['repeats']).toEqual(whole['repeats']);
    const named = { ...rmse, columns: ['features.number'] };
    const one = await contentOf(await permutationImportance(last!, assembled, named));
    expect(one['importance']).toEqual([whole['importance']?.[1]]);
  });

  it('leaves out columns of a pipeline from which it makes nothing that is measured', async () => {
    const rows = [...Array(120).keys()];
    const table = inlineTable({
      id: rows.map((row) => `row ${row}`),
      a: rows.map((row) => row % 7),
      b: rows.map((row) => row % 5),
      spare: rows.map((row) => row % 3),
      label: rows.map((row) => (row % 7) + (row % 5)),
    });
    const index = new StringIndexer({ inputCol: 'id', outputCol: 'index' });
    const sum = new FunctionTransformer({
      inputCols: ['a', 'b'],
      outputCol: 'sum',
      // no row of missing values can be read by it
      func: (batch) => Float64Array.from(batch.getChild('a') ?? [], (a) => Number(a.toFixed())),
    });
    const regressor = new GBTRegressor({ featuresCols: ['a', 'b'], maxIter: 2 });
    const measured = async (stages: PipelineOptions['stages']) => {
      const model = await new Pipeline({ stages }).fit(table);
      const result = await permutationImportance(model, table, {
        evaluator: new RegressionEvaluator(),
        numRepeats: 1,
      });
      return (await contentOf(result))['feature'];
    };
    expect(await measured([index, regressor])).toEqual(['a', 'b']);
    // nobody knows what a closure reads
    expect(await measured([sum, regressor])).toEqual(['id', 'a', 'b', 'spare']);
  });

  it('refuses what does not fit', async () => {
    const table = cutTable(inline, data);
    const refusal = async (extra: object): Promise<unknown> => {
      try {
        return await permutationImportance(model, table, { ...options, ...extra });
      } catch (error) {
        return error;
      }
    };
    expect(await refusal({ numRepeats: 0 })).toMatchObject({ code: 'PARAM_INVALID' });
    expect(await refusal({ evaluator: model })).toMatchObject({ code: 'PARAM_INVALID' });
    expect(await refusal({ columns: ['x9'] })).toMatchObject({ code: 'COLUMN_NOT_FOUND' });
    expect(await refusal({ idCol: 'none' })).toMatchObject({ code: 'COLUMN_NOT_FOUND' });
    expect(await refusal({ idCol: 'y' })).toMatchObject({ code: 'COLUMN_TYPE' });
    expect(await refusal({ signal: AbortSignal.abort() })).toMatchObject({ code: 'ABORTED' });
    expect(await refusal({ repeats: 3 })).toMatchObject({ code: 'PARAM_UNKNOWN' });
  });
});

/** The order of a repeat, as the function derives it. */
function orderOf(repeat: number): Uint32Array {
  return shuffledOrder({ numRows: 300, ids: null, seed: deriveSeed(5, purposes.shuffle, repeat) });
}
