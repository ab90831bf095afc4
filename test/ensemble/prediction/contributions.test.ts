/** SHAP values of fitted models: they add up, they are the same anywhere, they say what they are about. */
import type { Field, FixedSizeList, Vector } from 'apache-arrow';
import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { loadStage } from '../../../src/pipeline/load-stage.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { tableFromColumns } from '../../../src/table/create-table.ts';
import type { PartitionedTable } from '../../../src/table/partitioned-table.ts';
import { randomData } from '../../tools/random-data.ts';
import { cutTable, evenCuts } from '../../tools/sample-data.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { fitSample } from '../../training/fit-sample.ts';
import { type EstimatorCase, estimatorClasses } from '../../training/random-estimators.ts';

const names = Object.keys(estimatorClasses) as EstimatorCase['name'][];
const recipe = {
  seed: 8,
  numRows: 500,
  kinds: ['float32', 'words', 'float64', 'many words', 'flags', 'constant'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const featuresCols = recipe.kinds.map((_, i) => `x${i}`);
const folder = temporaryFolder('contributions');
const inline = new InlineRunner();
const pool = new ThreadPool(3, workerUrl());
afterAll(() => pool.close());

async function fitted(name: EstimatorCase['name'], extra: object = {}): Promise<TreeModel> {
  const few = name.startsWith('GBT') ? { maxIter: 6, minCategoryRows: 3 } : { maxDepth: 6 };
  const trees = name.startsWith('RandomForest') ? { numTrees: 6 } : {};
  const labelCol = name.endsWith('Classifier') ? 'k' : 'y';
  return await fitSample(
    { name, options: { ...few, ...trees, featuresCols, labelCol, ...extra } },
    data,
  );
}

async function vectorsOf(table: PartitionedTable, name: string): Promise<Float64Array> {
  const column = (await table.collect()).getChild(name) as Vector;
  const cells = (column.numChildren === 1 ? column.getChildAt(0) : column) as Vector;
  return Float64Array.from({ length: cells.length }, (_, i) => cells.get(i) as number);
}

/** What the values of each row and output add up to. */
function sumsOf(values: Float64Array, width: number): Float64Array {
  return Float64Array.from({ length: values.length / width }, (_, i) =>
    values.subarray(i * width, (i + 1) * width).reduce((sum, value) => sum + value, 0),
  );
}

function expectClose(found: Float64Array, expected: Float64Array, model: TreeModel): void {
  // a sum of leaves is off by rounding alone: 2^−46 of what the trees could add at most
  const most = model.trees.value.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
  const bound = 2 ** -46 * (1 + most * model.trees.numTrees);
  expect(found.length).toBe(expected.length);
  found.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] as number))).toBeLessThan(bound);
  });
}

describe('contributions', () => {
  for (const name of names) {
    it(`add up to the score: ${name}`, async () => {
      const model = await fitted(name);
      const table = cutTable(inline, data, [100, 100]);
      const explained = await model.contributions(await model.transform(table), 'why');
      const width = featuresCols.length + 1;
      const sums = sumsOf(await vectorsOf(explained, 'why'), width);
      const isBoosted = name.startsWith('GBT');
      const score = name.endsWith('Regressor')
        ? 'prediction'
        : isBoosted
          ? 'rawPrediction'
          : 'probability';
      expectClose(sums, await vectorsOf(explained, score), model);
      const values = await vectorsOf(explained, 'why');
      const used = new Set(model.trees.feature);
      featuresCols.forEach((_, f) => {
        const own = values.filter((_, i) => i % width === f);
        expect(own.some((value) => value !== 0)).toBe(used.has(f));
      });
      // the expected score is the same for every row
      const outputs = sums.length / recipe.numRows;
      const bias = values.filter((_, i) => i % (width * outputs) === width - 1);
      expect(new Set(bias).size).toBe(1);
    });
  }

  it('of two classes speak for the margin of the second', async () => {
    const model = await fitted('GBTClassifier', { labelCol: 'b' });
    const explained = await model.contributions(await model.transform(cutTable(inline, data)));
    const sums = sumsOf(await vectorsOf(explained, 'contributions'), featuresCols.length + 1);
    const margins = (await vectorsOf(explained, 'rawPrediction')).filter((_, i) => i % 2 === 1);
    expectClose(sums, margins, model);
  });

  it('of several quantiles come one group a quantile, before they are sorted', async () => {
    const quantileAlphas = [0.1, 0.5, 0.9];
    const model = await fitted('GBTRegressor', { lossType: 'quantile', quantileAlphas });
    const explained = await model.contributions(await model.transform(cutTable(inline, data)));
    const sums = sumsOf(await vectorsOf(explained, 'contributions'), featuresCols.length + 1);
    for (let at = 0; at < sums.length; at += 3) sums.subarray(at, at + 3).sort();
    expectClose(sums, await vectorsOf(explained, 'prediction'), model);
    const metadata = explained.schema.fields.at(-1)?.metadata;
    expect(metadata?.get('outputs')).toBe('[0.1,0.5,0.9]');
  });

  it('of a count are about the logarithm of the prediction', async () => {
    const model = await fitted('GBTRegressor', { labelCol: 'p', lossType: 'poisson' });
    const explained = await model.contributions(await model.transform(cutTable(inline, data)));
    const sums = sumsOf(await vectorsOf(explained, 'contributions'), featuresCols.length + 1);
    const predictions = await vectorsOf(explained, 'prediction');
    sums.forEach((sum, i) => {
      expect(Math.exp(sum)).toBeCloseTo(predictions[i] as number, 12);
    });
  });

  it.each(['GBTClassifier', 'RandomForestRegressor'] as const)(
    'are the same bits on any partitions and threads, after save and load: %s',
    async (name) => {
      const model = await fitted(name);
      const expected = await vectorsOf(
        await model.contributions(cutTable(inline, data)),
        'contributions',
      );
      const path = `${folder}/${name}`;
      await model.save(path);
      const loaded = (await loadStage(path)) as TreeModel;
      const again = await loaded.contributions(cutTable(inline, data));
      expect(await vectorsOf(again, 'contributions')).toEqual(expected);
      for (const runner of [inline, pool]) {
        for (const cuts of [evenCuts(500, 2), evenCuts(500, 7), [17, 17]]) {
          const table = await model.contributions(cutTable(runner, data, cuts));
          expect(await vectorsOf(table, 'contributions')).toEqual(expected);
        }
      }
    },
  );

  it('are a column of transform where contributionsCol names one', async () => {
    const model = await fitted('GBTRegressor', { contributionsCol: 'why', leafCol: 'leaf' });
    const table = cutTable(inline, data);
    const scored = await model.transform(table);
    expect(scored.columns.slice(table.columns.length)).toEqual(['prediction', 'leaf', 'why']);
    expect(await vectorsOf(scored, 'why')).toEqual(
      await vectorsOf(await model.contributions(table), 'contributions'),
    );
    const estimator = new GBTClassifier({ featuresCols, labelCol: 'b', contributionsCol: 'why' });
    expect(estimator.transformSchema(table.schema).fields.at(-1)?.name).toBe('why');
  });

  it('say which features and classes they are about', async () => {
    const model = await fitted('GBTClassifier');
    const { schema } = await model.contributions(cutTable(inline, data));
    const field = schema.fields.at(-1) as Field<FixedSizeList>;
    expect(field.type.listSize).toBe(model.classes.length * (featuresCols.length + 1));
    expect(JSON.parse(field.metadata.get('features') as string)).toEqual(featuresCols);
    expect(JSON.parse(field.metadata.get('outputs') as string)).toEqual(model.classes);
    const binary = await fitted('GBTClassifier', { labelCol: 'b' });
    const other = (await binary.contributions(cutTable(inline, data))).schema.fields.at(
      -1,
    ) as Field;
    expect(other.metadata.get('outputs')).toBe('["yes"]');
  });

  it('refuse a table without the columns, and a name that is taken', async () => {
    const model = await fitted('GBTRegressor');
    const table = cutTable(inline, data);
    await expect(model.contributions(table.drop('x1'))).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    });
    await expect(model.contributions(table, 'w')).rejects.toMatchObject({ code: 'COLUMN_EXISTS' });
  });

  it('find the feature that decides, in rows and at missing values', async () => {
    const rows = Array.from({ length: 200 }, (_, row) => row);
    const table = tableFromColumns(inline, {
      signal: rows.map((row) => (row % 5 === 0 ? null : row % 2)),
      noise: rows.map((row) => (row * 7919) % 13),
      label: rows.map((row) => (row % 5 === 0 ? 5 : 10 * (row % 2))),
    });
    const options = { featuresCols: ['signal', 'noise'], maxIter: 20, minInstancesPerNode: 5 };
    const model = await fittedOn(table, options);
    const values = await vectorsOf(await model.contributions(table), 'contributions');
    for (const row of rows) {
      const expected = row % 5 === 0 ? 0 : row % 2 === 0 ? -1 : 1;
      if (expected !== 0) expect(Math.sign(values[3 * row] as number)).toBe(expected);
      expect(Math.abs(values[3 * row + 1] as number)).toBeLessThan(0.5);
    }
  });
});

async function fittedOn(table: PartitionedTable, options: object): Promise<TreeModel> {
  return await new estimatorClasses.GBTRegressor(options).fit(table);
}

describe('interactions', () => {
  it.each([
    'GBTRegressor',
    'GBTClassifier',
    'RandomForestClassifier',
    'ExtraTreesRegressor',
  ] as const)(
    'of %s add up to the contributions, in any partition, thread and after a save',
    async (name) => {
      const model = await fitted(name);
      const table = cutTable(inline, data);
      const found = await vectorsOf(await model.interactions(table), 'interactions');
      const width = featuresCols.length + 1;
      const singles = await vectorsOf(await model.contributions(table), 'contributions');
      expectClose(sumsOf(found, width), singles, model);
      const cut = cutTable(pool, data, evenCuts(500, 5));
      expect(await vectorsOf(await model.interactions(cut, 'pairs'), 'pairs')).toEqual(found);
      const path = `${folder}/${name}-pairs`;
      await model.save(path);
      const loaded = (await loadStage(path)) as TreeModel;
      expect(await vectorsOf(await loaded.interactions(table), 'interactions')).toEqual(found);
      expect(await vectorsOf(await loaded.contributions(table), 'contributions')).toEqual(singles);
    },
  );

  it('says what it is about, and refuses matrices beyond measure', async () => {
    const model = await fitted('GBTRegressor');
    const table = await model.interactions(cutTable(inline, data));
    const field = table.schema.fields.at(-1) as Field<FixedSizeList>;
    expect(field.type.listSize).toBe((featuresCols.length + 1) ** 2);
    expect(JSON.parse(field.metadata.get('features') ?? '')).toEqual(featuresCols);
    await expect(model.interactions(table)).rejects.toMatchObject({ code: 'COLUMN_EXISTS' });
    const columns = Object.fromEntries(
      Array.from({ length: 2100 }, (_, i) => [`x${i}`, Float64Array.of(1, 2, 3, i)] as const),
    );
    const wide = tableFromColumns(inline, { ...columns, label: Float64Array.of(1, 2, 3, 4) });
    const names_ = Object.keys(columns);
    const few = new GBTClassifier({ featuresCols: names_, maxIter: 1, minInstancesPerNode: 1 });
    const many = await few.fit(wide);
    await expect(many.interactions(wide)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

describe('models of the same trees', () => {
  it('are explained each for itself: by its own number of features', async () => {
    const x = [1, 2, 3];
    const table = tableFromColumns(inline, { x, z: x, label: x.map(() => 'only') });
    for (const features of [['x'], ['x', 'z'], ['z', 'x']]) {
      // a model of one class has no trees at all
      const model = await new GBTClassifier({ featuresCols: features }).fit(table);
      expect(model.numTrees).toBe(0);
      const values = await vectorsOf(await model.contributions(table), 'contributions');
      expect(values).toEqual(new Float64Array(x.length * (features.length + 1)));
    }
  });
});
