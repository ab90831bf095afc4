import { afterAll, describe, expect, it } from 'vitest';
import { ratioOf } from '../../src/base/exact-ratio.ts';
import { ExactSum } from '../../src/base/exact-sum.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import {
  type PartialDependenceOptions,
  partialDependence,
} from '../../src/evaluation/importance/partial-dependence.ts';
import '../../src/evaluation/worker-tasks.ts';
import { individualExpectations } from '../../src/evaluation/importance/individual-expectations.ts';
import { VectorAssembler } from '../../src/feature/vectors/vector-assembler.ts';
import { createTable } from '../../src/index.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { fixedSizeListColumn } from '../../src/table/columns/make-column.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { contentOf, inlineTable } from '../tools/inline-table.ts';
import { randomData } from '../tools/random-data.ts';
import { type Cell, columnNamed, cutTable, evenCuts } from '../tools/sample-data.ts';

const inline = new InlineRunner();
const pool = new ThreadPool(3, workerUrl());
afterAll(() => pool.close());

const numRows = 200;
const data = randomData({
  seed: 21,
  numRows,
  kinds: ['float32', 'words', 'integers', 'flags'],
  missing: 0.1,
});
const featuresCols = ['x0', 'x1', 'x2', 'x3'];
const table = cutTable(inline, data);
const growth = { featuresCols, maxIter: 6, minInstancesPerNode: 5, minCategoryRows: 2 };
const regression = await new GBTRegressor({ ...growth, labelCol: 'y' }).fit(table);
const classification = await new GBTClassifier({ ...growth, labelCol: 'k' }).fit(table);

/** The mean prediction of all rows with some cells replaced, by the single-row scorer. */
async function meanAt(replaced: Readonly<Record<string, Cell>>): Promise<number> {
  const score = await regression.scorer();
  const sum = new ExactSum();
  for (let row = 0; row < numRows; row++) {
    const cells = Object.fromEntries(data.map(({ name, cells }) => [name, cells[row] ?? null]));
    sum.add(score({ ...cells, ...replaced }).prediction as number);
  }
  const count = new ExactSum();
  count.add(numRows);
  return ratioOf(sum, count);
}

async function curveOf(options: PartialDependenceOptions, from: PartitionedTable = table) {
  return await contentOf(await partialDependence(regression, from, options));
}

describe('partial dependence', () => {
  it('is the mean prediction with the feature set, for numbers between two quantiles', async () => {
    const curve = await curveOf({ columns: ['x0'], numPoints: 5 });
    const known = (columnNamed(data, 'x0').cells as number[]).filter(
      (cell) => cell !== null && !Number.isNaN(cell),
    );
    const sorted = [...known].sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] as number;
    const points = curve['x0'] as number[];
    expect([points[0], points[4], points.length]).toEqual([at(0.05), at(0.95), 5]);
    expect(points[2]).toBeCloseTo((at(0.05) + at(0.95)) / 2, 12);
    for (const [i, x0] of points.entries())
      expect(curve['response']?.[i]).toBe(await meanAt({ x0 }));
  });

  it('asks about every value where they are few, and about the most frequent categories', async () => {
    const words = await curveOf({ columns: ['x1'], numPoints: 20 });
    const known = new Set(data[1]?.cells.filter((cell) => cell !== null));
    expect(new Set(words['x1'])).toEqual(known);
    for (const [i, x1] of (words['x1'] as string[]).entries()) {
      expect(words['response']?.[i]).toBe(await meanAt({ x1 }));
    }
    const count = (word: string) => data[1]?.cells.filter((cell) => cell === word).length ?? 0;
    const two = await curveOf({ columns: ['x1'], numPoints: 2 });
    const ranked = ([...known] as string[]).sort((a, b) => count(b) - count(a));
    expect(new Set(two['x1'])).toEqual(new Set(ranked.slice(0, 2)));
    const flags = await curveOf({ columns: ['x3'] });
    expect(flags['x3']).toEqual([false, true]);
    const integers = await curveOf({ columns: ['x2'], numPoints: 21 });
    expect(integers['x2']).toEqual(
      [...new Set(columnNamed(data, 'x2').cells as number[])]
        .filter((cell) => cell !== null)
        .sort((a, b) => a - b),
    );
  });

  it('of two features asks about every pair', async () => {
    const curve = await curveOf({ columns: ['x3', 'x0'], numPoints: 3 });
    expect(curve['x3']).toEqual([false, false, false, true, true, true]);
    for (let i = 0; i < 6; i++) {
      const pair = { x3: curve['x3']?.[i] as Cell, x0: curve['x0']?.[i] as Cell };
      expect(curve['response']?.[i]).toBe(await meanAt(pair));
    }
  });

  it('of a classifier has one row a class, which add up to 1', async () => {
    const options = { columns: ['x0'], grid: [[-1, 1]] };
    const curve = await contentOf(await partialDependence(classification, table, options));
    const classes = classification.classes.map(String);
    expect(curve['class']).toEqual([...classes, ...classes]);
    const responses = curve['response'] as number[];
    const sum = responses.slice(0, classes.length).reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo(1, 12);
    const raw = { ...options, responseCol: 'rawPrediction' };
    const margins = await contentOf(await partialDependence(classification, table, raw));
    expect(margins['response']).not.toEqual(curve['response']);
  });

  it('is the same bits for any partitions and threads', async () => {
    const options = { columns: ['x0', 'x1'], numPoints: 3, weightCol: 'w' };
    const expected = await curveOf(options);
    for (const runner of [inline, pool]) {
      for (const cuts of [evenCuts(numRows, 2), evenCuts(numRows, 7), [30, 30]]) {
        expect(await curveOf(options, cutTable(runner, data, cuts))).toEqual(expected);
      }
    }
  });

  it('counts rows by their weights', async () => {
    const ones = table.withColumn('one', 1).withColumn('none', 0);
    const options = { columns: ['x0'], grid: [[0]] };
    const plain = await curveOf(options);
    expect(await curveOf({ ...options, weightCol: 'one' }, ones)).toEqual(plain);
    expect((await curveOf({ ...options, weightCol: 'w' }))['response']).not.toEqual(
      plain['response'],
    );
    await expect(curveOf({ ...options, weightCol: 'none' }, ones)).rejects.toMatchObject({
      code: 'DATA_EMPTY',
    });
  });

  it('sets children of a struct and elements of a vector', async () => {
    const inputCols = ['x0', 'x2'];
    const assembler = new VectorAssembler({ inputCols, outputCol: 'features' });
    const struct = await assembler.transform(table);
    const few = { maxIter: 5, labelCol: 'y', minInstancesPerNode: 5 };
    const onStruct = await new GBTRegressor(few).fit(struct);
    const options = { columns: ['features.x0'], grid: [[-1, 0, 1]] };
    const curve = await contentOf(await partialDependence(onStruct, struct, options));
    const onColumns = await new GBTRegressor({ ...few, featuresCols: inputCols }).fit(table);
    const plain = { columns: ['x0'], grid: [[-1, 0, 1]] };
    const expected = await contentOf(await partialDependence(onColumns, table, plain));
    expect(curve['response']).toEqual(expected['response']);
    expect(curve['features.x0']).toEqual([-1, 0, 1]);

    const cells = Float64Array.from({ length: 2 * numRows }, (_, i) => Math.sin(i * i));
    const label = Float64Array.from(
      { length: numRows },
      (_, i) => (cells[2 * i + 1] as number) * 3,
    );
    const vectors = inlineTable({ features: fixedSizeListColumn(cells, 2), y: label }, 2);
    const onVectors = await new GBTRegressor(few).fit(vectors);
    const second = { columns: ['features.1'], grid: [[-0.9, 0.9]] };
    const line = await contentOf(await partialDependence(onVectors, vectors, second));
    const [low, high] = line['response'] as [number, number];
    expect(high - low).toBeGreaterThan(0.5);
    const first = { columns: ['features.0'], grid: [[-0.9, 0.9]] };
    const flat = await contentOf(await partialDependence(onVectors, vectors, first));
    const [before, after] = flat['response'] as [number, number];
    expect(Math.abs(after - before)).toBeLessThan(0.2);
  });

  it('names labels and quantiles, and keeps a feature that is called class', async () => {
    const rows = [...Array(60).keys()];
    const own = inlineTable({
      class: rows.map((row) => row % 6),
      late: rows.map((row) => row % 6 > 3),
      lost: rows.map((row) => row % 4 > 2),
      prediction: rows.map(() => 7),
    });
    const few = { featuresCols: ['class'], maxIter: 2, predictionCol: 'p' };
    const labels = new GBTClassifier({
      ...{ ...few, labelCols: ['late', 'lost'] },
      ...{ probabilityCol: 'q', rawPredictionCol: 'r' },
    });
    const two = { columns: ['class'], grid: [[1, 5]] };
    const found = await contentOf(await partialDependence(await labels.fit(own), own, two));
    expect(found['class']).toEqual([1, 1, 5, 5]);
    expect(found['class_']).toEqual(['late', 'lost', 'late', 'lost']);
    const quantiles = new GBTRegressor({
      ...{ ...few, labelCol: 'late', lossType: 'quantile', quantileAlphas: [0.1, 0.9] },
    });
    const spread = await contentOf(await partialDependence(await quantiles.fit(own), own, two));
    expect(spread['class_']).toEqual(['0.1', '0.9', '0.1', '0.9']);
    // the table's column prediction is another model's
    const alone = await new GBTRegressor({ ...few, labelCol: 'late' }).fit(own);
    const curve = await contentOf(await partialDependence(alone, own, two));
    const [before, after] = curve['response'] as [number, number];
    expect(after).toBeGreaterThan(before);
  });

  it('asks about dates and timestamps of every unit, before 1970 too', async () => {
    const day = 86_400_000;
    const rows = [...Array(120).keys()];
    const dates = rows.map((row) => new Date(((row % 40) - 20) * day));
    const plain = createTable({ at: dates, y: rows.map((row) => ((row % 40) - 20) * 2) });
    const few = { featuresCols: ['at'], labelCol: 'y', maxIter: 20, minInstancesPerNode: 2 };
    const asked = [new Date(-19 * day), new Date(0), new Date(18 * day)];
    for (const type of ['date', 'timestamp(s)', 'timestamp(us)', 'timestamp(ns)']) {
      const own = plain.cast({ at: type }) as unknown as PartitionedTable;
      const model = await new GBTRegressor(few).fit(own);
      const given = await partialDependence(model, own, { columns: ['at'], grid: [asked] });
      const score = await model.scorer();
      expect((await contentOf(given))['response'], type).toEqual(
        asked.map((at) => score({ at })['prediction']),
      );
      const spaced = await partialDependence(model, own, { columns: ['at'], numPoints: 5 });
      const times = (await spaced.take(9)).map(({ at }) => Number(at));
      expect(times).toHaveLength(5);
      expect(Math.abs((times[2] as number) - -0.5 * day)).toBeLessThanOrEqual(day);
      expect((times[4] as number) - (times[0] as number)).toBeGreaterThan(30 * day);
      const curves = await individualExpectations(model, own, {
        columns: ['at'],
        grid: [asked],
        numRows: 1,
      });
      expect((await contentOf(curves))['response']).toEqual((await contentOf(given))['response']);
      const all = await partialDependence(model, own, { columns: ['at'], numPoints: 50 });
      expect((await all.take(1))[0]?.['at']).toEqual(new Date(-20 * day).getTime());
      const numbers = partialDependence(model, own, { columns: ['at'], grid: [[0, 1]] });
      await expect(numbers).rejects.toThrow("such as new Date('2026-11-21')");
    }
  });

  it('refuses what does not fit', async () => {
    const refused = async (options: object): Promise<unknown> => {
      try {
        return await partialDependence(regression, table, options as PartialDependenceOptions);
      } catch (error) {
        return error;
      }
    };
    expect(await refused({ columns: ['x0', 'x1', 'x2'] })).toMatchObject({
      message: expect.stringContaining('must be one or two') as unknown,
    });
    expect(await refused({ columns: ['x0'], bounds: [0.9, 0.1] })).toMatchObject({
      code: 'PARAM_INVALID',
    });
    expect(await refused({ columns: ['x0'], grid: [] })).toMatchObject({ code: 'PARAM_INVALID' });
    expect(await refused({ columns: ['x9'] })).toMatchObject({ code: 'COLUMN_NOT_FOUND' });
    expect(await refused({ columns: ['x0'], responseCol: 'probability' })).toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    });
    expect(await refused({ columns: ['x0'], signal: AbortSignal.abort() })).toMatchObject({
      code: 'ABORTED',
    });
  });
});
