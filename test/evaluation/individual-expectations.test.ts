import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { individualExpectations } from '../../src/evaluation/importance/individual-expectations.ts';
import { interactionStatistics } from '../../src/evaluation/importance/interaction-statistics.ts';
import { partialDependence } from '../../src/evaluation/importance/partial-dependence.ts';
import '../../src/evaluation/worker-tasks.ts';
import { FunctionTransformer } from '../../src/feature/function-transformer.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { contentOf, inlineTable } from '../tools/inline-table.ts';
import { randomData } from '../tools/random-data.ts';
import { type Cell, cutTable, evenCuts } from '../tools/sample-data.ts';

const inline = new InlineRunner();
const pool = new ThreadPool(3, workerUrl());
afterAll(() => pool.close());

const numRows = 120;
const data = randomData({
  seed: 22,
  numRows,
  kinds: ['float32', 'words', 'integers'],
  missing: 0.1,
});
const featuresCols = ['x0', 'x1', 'x2'];
const table = cutTable(inline, data);
const growth = { featuresCols, maxIter: 6, minInstancesPerNode: 5, minCategoryRows: 2 };
const regression = await new GBTRegressor({ ...growth, labelCol: 'y' }).fit(table);
const classification = await new GBTClassifier({ ...growth, labelCol: 'k' }).fit(table);
const tables = (): PartitionedTable[] =>
  [inline, pool].flatMap((runner) =>
    [evenCuts(numRows, 2), evenCuts(numRows, 7), [30, 30]].map((cuts) =>
      cutTable(runner, data, cuts),
    ),
  );

/** x · z + v² + x / 2, of whole numbers; scikit-learn 1.9.1 measured it by partial_dependence with custom_values. */
const formula = new FunctionTransformer({
  inputCols: ['x', 'z', 'v'],
  outputCol: 'prediction',
  func: (batch) => {
    const [x, z, v] = ['x', 'z', 'v'].map((name) => batch.getChild(name) as Iterable<number>);
    const [zs, vs] = [[...(z ?? [])], [...(v ?? [])]];
    return Float64Array.from(
      [...(x ?? [])],
      (value, i) => value * (zs[i] as number) + (vs[i] as number) ** 2 + value / 2,
    );
  },
});
const eight = [...Array(8).keys()];
const few = inlineTable(
  {
    x: Float64Array.from(eight, (i) => ((i * 3) % 7) - 2),
    z: Float64Array.from(eight, (i) => ((i * 5) % 4) - 1),
    v: Float64Array.from(eight, (i) => (i * 2) % 5),
  },
  3,
);

describe('individual expectations', () => {
  it('keeps a feature whose name is that of a column of the curves', async () => {
    const given = inlineTable(
      { row: Float64Array.of(1, 2, 3, 4), label: Float64Array.of(1, 2, 3, 4) },
      2,
    );
    const model = await new GBTRegressor({ featuresCols: ['row'], maxIter: 2 }).fit(given);
    const curves = await individualExpectations(model, given, {
      columns: ['row'],
      grid: [[7, 9]],
      numRows: 2,
    });
    expect(curves.columns).toEqual(['row_', 'row', 'response']);
    expect((await curves.collect()).getChild('row')?.toArray()).toEqual(
      Float64Array.of(7, 9, 7, 9),
    );
  });

  it('are those of scikit-learn, centred or not', async () => {
    const options = { columns: ['x'], grid: [[-1, 0.5, 2]] };
    const found = await contentOf(await individualExpectations(formula, few, options));
    const expected = [
      [0.5, -0.25, -1],
      [3.5, 4.25, 5],
      [14.5, 16.75, 19],
      [-1.5, 2.25, 6],
      [9.5, 8.75, 8],
      [-0.5, 0.25, 1],
      [2.5, 4.75, 7],
      [13.5, 17.25, 21],
    ];
    expect(found['response']).toEqual(expected.flat());
    expect(found['row']).toEqual(eight.flatMap((row) => [row, row, row]));
    expect(found['x']).toEqual(eight.flatMap(() => [-1, 0.5, 2]));
    const centered = await contentOf(
      await individualExpectations(formula, few, { ...options, centered: true }),
    );
    expect(centered['response']).toEqual(
      expected.flatMap((curve) => curve.map((value) => value - (curve[0] as number))),
    );
  });

  it('are what the model says of each drawn row, whatever the partitions and threads', async () => {
    const score = await regression.scorer();
    for (const columns of [['x0'], ['x1']]) {
      const options = { columns, numPoints: 4, numRows: 9, seed: 5 };
      const found = await contentOf(await individualExpectations(regression, table, options));
      const rows = found['row'] as number[];
      const [name = ''] = columns;
      expect(new Set(rows).size).toBe(9);
      for (const [i, row] of rows.entries()) {
        const cells = Object.fromEntries(data.map(({ name, cells }) => [name, cells[row] ?? null]));
        const asked = { ...cells, [name]: found[name]?.[i] as Cell };
        expect(found['response']?.[i]).toBe(score(asked).prediction);
      }
      for (const other of tables()) {
        const again = await individualExpectations(regression, other, options);
        expect(await contentOf(again)).toEqual(found);
      }
    }
  });

  it('average to the partial dependence, of each class', async () => {
    const options = { columns: ['x2'], numPoints: 5 };
    const found = await contentOf(
      await individualExpectations(classification, table, { ...options, numRows: 1000 }),
    );
    const curve = await contentOf(await partialDependence(classification, table, options));
    const stretch = curve['response']?.length as number;
    expect(found['class']?.slice(0, stretch)).toEqual(curve['class']);
    const responses = found['response'] as number[];
    for (const [i, mean] of (curve['response'] as number[]).entries()) {
      const own = responses.filter((_, k) => k % stretch === i);
      expect(own.length).toBe(numRows);
      expect(own.reduce((sum, value) => sum + value, 0) / numRows).toBeCloseTo(mean, 12);
    }
  });

  it('refuse what does not fit', async () => {
    const refused = (options: object) =>
      expect(individualExpectations(regression, table, options as never)).rejects;
    await refused({ columns: ['x0', 'x1'] }).toThrow(/must be one feature/);
    await refused({ columns: ['x9'] }).toMatchObject({ code: 'COLUMN_NOT_FOUND' });
    await refused({ columns: ['x0'], numRows: 0 }).toMatchObject({ code: 'PARAM_INVALID' });
    await refused({ columns: ['x0'], grid: [] }).toMatchObject({ code: 'PARAM_INVALID' });
    await refused({ columns: ['x0'], signal: AbortSignal.abort() }).toMatchObject({
      code: 'ABORTED',
    });
    const none = inlineTable({ x: [], z: [], v: [] }, 1);
    await expect(
      individualExpectations(formula, none, { columns: ['x'], grid: [[1]] }),
    ).rejects.toMatchObject({ code: 'DATA_EMPTY' });
  });
});

describe('interaction statistics', () => {
  it('are those that the partial dependences of scikit-learn give', async () => {
    const rest = await contentOf(await interactionStatistics(formula, few));
    const strength = 2.4574504064171876;
    expect(rest['feature']).toEqual(['x', 'z', 'v']);
    const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 12));
    expect(rest['statistic']).toEqual(close([0.35894856224700905, 0.35894856224700905, 0]));
    expect(rest['strength']).toEqual(close([strength, strength, 0]));
    const pairs = await contentOf(await interactionStatistics(formula, few, { kind: 'pairs' }));
    expect(pairs['feature']).toEqual(['x', 'x', 'z']);
    expect(pairs['other']).toEqual(['z', 'v', 'v']);
    expect(pairs['statistic']).toEqual(close([0.8179085950926538, 0, 0]));
    expect(pairs['strength']).toEqual(close([strength, 0, 0]));
  });

  it('are 0 between features that a model adds up, and of one that it does not use', async () => {
    const stumps = new GBTRegressor({ ...growth, maxDepth: 1, maxIter: 20, labelCol: 'y' });
    const additive = await stumps.fit(table);
    for (const kind of ['rest', 'pairs'] as const) {
      const found = await interactionStatistics(additive, table, { kind, numRows: 20 });
      for (const value of (await contentOf(found))['statistic'] as number[]) expect(value).toBe(0);
    }
    const x0 = new GBTRegressor({ ...growth, featuresCols: ['x0'], labelCol: 'y' });
    const options = { columns: ['x0', 'x2'], kind: 'pairs' } as const;
    const unused = await interactionStatistics(await x0.fit(table), table, options);
    expect((await contentOf(unused))['statistic']).toEqual([0]);
  });

  it('count a row of weight 2 as two rows, of each class', async () => {
    const weight = eight.map((i) => (i % 3) + 1);
    const [x, z, v] = (await few.collect())
      .toArray()
      .reduce<number[][]>(
        (columns, row) => ['x', 'z', 'v'].map((name, k) => [...(columns[k] ?? []), row?.[name]]),
        [],
      ) as [number[], number[], number[]];
    const repeat = (values: readonly number[]) =>
      values.flatMap((value, i) => Array<number>(weight[i] as number).fill(value));
    const weighted = inlineTable({ x, z, v, weight }, 2);
    const repeated = inlineTable({ x: repeat(x), z: repeat(z), v: repeat(v) }, 2);
    for (const kind of ['rest', 'pairs'] as const) {
      const columns = ['x', 'z', 'v'];
      const options = { kind, columns };
      const one = await interactionStatistics(formula, weighted, {
        ...options,
        weightCol: 'weight',
      });
      const two = await interactionStatistics(formula, repeated, options);
      const expected = (await contentOf(two))['statistic'] as number[];
      expect((await contentOf(one))['statistic']).toEqual(
        expected.map((value) => expect.closeTo(value, 12)),
      );
    }
  });

  it('are the same bits for any partitions and threads, with one row a class', async () => {
    const options = { kind: 'pairs', numRows: 12, seed: 3, weightCol: 'w' } as const;
    const expected = await contentOf(await interactionStatistics(classification, table, options));
    const numClasses = classification.classes.length;
    expect(expected['class']?.slice(0, numClasses)).toEqual(classification.classes.map(String));
    expect(expected['feature']?.length).toBe(3 * numClasses);
    for (const other of tables()) {
      const found = await interactionStatistics(classification, other, options);
      expect(await contentOf(found)).toEqual(expected);
    }
  });

  it('refuse what does not fit', async () => {
    const refused = (options: object) =>
      expect(interactionStatistics(regression, table, options as never)).rejects;
    await refused({ columns: ['x0'], kind: 'pairs' }).toThrow(/at least two features/);
    await refused({ columns: ['x9'] }).toMatchObject({ code: 'COLUMN_NOT_FOUND' });
    await refused({ numRows: 1 }).toMatchObject({ code: 'PARAM_INVALID' });
    await refused({ weightCol: 'none' }).toMatchObject({ code: 'COLUMN_NOT_FOUND' });
  });
});
