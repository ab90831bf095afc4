import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import {
  createTable,
  type GBTClassificationModel,
  GBTClassifier,
  type GBTRegressionModel,
  GBTRegressor,
  type ImportOptions,
  mergeModels,
  readLightGBMModel,
  readXGBoostModel,
  SurvivalCurves,
} from '../../../src/index.ts';
import { categoryGoesLeft } from '../../../src/tree/predictor.ts';
import { valueUnit } from '../../../src/tree/value-unit.ts';
import { runForTest } from '../../cli/run-for-test.ts';
import { treeBytes } from '../../tools/fitted-bytes.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

type Cell = number | string | null;

const fixture = JSON.parse(
  readFileSync(new URL('../../oracle/fixtures/foreign-models.json', import.meta.url), 'utf8'),
) as {
  readonly rows: Readonly<Record<string, readonly Cell[]>>;
  readonly cases: readonly {
    readonly library: string;
    readonly name: string;
    readonly text?: string;
    readonly base64?: string;
    readonly raw: number[];
    readonly best?: number;
  }[];
};
const folder = temporaryFolder('read-models');

function textOf(library: string, name: string): string {
  const found = fixture.cases.find((one) => one.library === library && one.name === name);
  if (found?.text === undefined) throw new Error(`no case ${name} of ${library}`);
  return found.text;
}

function xgboost(name: string, params: ImportOptions['params'] = {}) {
  const found = fixture.cases.find((one) => one.library === 'XGBoost' && one.name === name);
  const bytes = inflateSync(Buffer.from(found?.base64 ?? '', 'base64'));
  return readXGBoostModel(new Uint8Array(bytes), { params });
}

const lightGBM = (name: string, options?: ImportOptions) =>
  readLightGBMModel(textOf('LightGBM', name), options);
const { code, ...cells } = fixture.rows;
const { colour, ...numbers } = cells;
const count = numbers['size']?.length ?? 0;
const label = Array.from({ length: count }, (_, i) => ((i * 7) % 11) / 3);
const flag = label.map((value) => (value > 1.5 ? 1 : 0));

function tableOf(columns: Record<string, readonly unknown[]>, numPartitions = 1) {
  return createTable(columns as Record<string, number[]>, { numPartitions });
}

async function predictionsOf(
  model: TreeModel,
  columns: Record<string, readonly unknown[]>,
): Promise<number[]> {
  const rows = await (await model.transform(tableOf(columns))).collect();
  return rows.toArray().map(({ prediction }) => prediction as number);
}

describe('options of reading', () => {
  it('name columns, classes and categories, and take rounds', async () => {
    const model = await lightGBM('binary', {
      featuresCols: ['s', 'a', 'c', 't', 'x'],
      classes: ['no', 'yes'],
      categories: { colour: ['b', 'g', 'u', 'r', 'w'] },
      numRounds: 2,
      params: { predictionCol: 'answer', labelCol: 'truth' },
    });
    expect(model.featureNames).toEqual(['s', 'a', 'c', 't', 'x']);
    expect(model.numTrees).toBe(2);
    const score = await model.scorer();
    expect(['no', 'yes']).toContain(score({ s: 1, a: 3, c: 'b', t: 0, x: 1 }).prediction);
    expect(model.predictionColumns?.predictionCol).toBe('answer');
    expect(model.data.features[2]?.categories).toEqual(['b', 'g', 'r', 'u', 'w']);
  });

  it.each<[string, ImportOptions, string]>([
    ['numRounds', { numRounds: 99 }, 'an integer from 1 to 4'],
    ['classes', { classes: ['a'] }, '2 distinct values'],
    ['featuresCols', { featuresCols: ['a'] }, '5 columns'],
    ['classes', { classes: [Number.NaN, 1] }, 'texts, numbers or booleans'],
    ['classes', { classes: [[1], [2]] as unknown as number[] }, 'distinct values'],
    ['classes', { classes: 'ab' as unknown as string[] }, 'got "ab"'],
    ['categories', { categories: { color: ['r'] } }, 'did you mean colour?'],
    ['categories', { categories: { colour: 'rgb' as unknown as string[] } }, 'must be a list'],
  ])('%s that does not suit is refused', async (param, options, rule) => {
    await expect(lightGBM('binary', options)).rejects.toMatchObject({
      code: 'PARAM_INVALID',
      message: expect.stringContaining(rule),
      context: { param },
    });
  });

  it('tell how times are spread about those that they predict', async () => {
    const text = textOf('XGBoost', 'survival:aft')
      .replace('"aft_loss_distribution":"normal"', '"aft_loss_distribution":"logistic"')
      .replace('"aft_loss_distribution_scale":"1"', '"aft_loss_distribution_scale":"0.5"');
    const model = (await readXGBoostModel(text)) as GBTRegressionModel;
    expect(model.params).toMatchObject({ aftDistribution: 'logistic', aftScale: 0.5 });
    const scored = await model.transform(createTable(numbers as never));
    const curves = await new SurvivalCurves({ survivalTimes: [2] }).fit(scored);
    // half of the times lie above the median, and odds grow with its power 1 / 0.5
    expect([...curves.predictSurvival(2, [2, 4])]).toEqual([0.5, expect.closeTo(0.2, 12)]);
  });

  it('say what scores mean after a function of the user', async () => {
    const model = await lightGBM('own function', { objective: 'binary' });
    expect(model.className).toBe('GBTClassificationModel');
  });

  it.each([
    [0, 1.5],
    [3e9, 4e9],
    [-1, 2 ** 31 - 1],
  ])('keep the classes %d and %d as they are', async (...classes) => {
    const { colour: _, ...rest } = cells;
    const model = await readLightGBMModel(textOf('LightGBM', 'zeros missing'), { classes });
    const found = await predictionsOf(model, rest);
    expect([...new Set(found)].sort((a, b) => a - b)).toEqual(classes);
    const score = await model.scorer();
    const first = Object.fromEntries(Object.entries(rest).map(([name, [value]]) => [name, value]));
    expect(score(first as Record<string, number>).prediction).toBe(found[0]);
    expect(model.toOnnx().length).toBeGreaterThan(0);
  });

  it('that are none are refused', async () => {
    const misspelt = { featureCols: ['a'] } as ImportOptions;
    for (const read of [lightGBM('binary', misspelt), readXGBoostModel('{}', misspelt)]) {
      await expect(read).rejects.toMatchObject({
        code: 'PARAM_UNKNOWN',
        message: expect.stringContaining('did you mean featuresCols?'),
      });
    }
    await expect(lightGBM('binary', null as unknown as ImportOptions)).rejects.toMatchObject({
      code: 'PARAM_INVALID',
    });
  });

  it('refuse categories that are fewer than codes', async () => {
    await expect(lightGBM('binary', { categories: { colour: ['b'] } })).rejects.toMatchObject({
      code: 'PARAM_INVALID',
      message: expect.stringContaining('categories of colour'),
      context: { param: 'categories' },
    });
  });
});

describe('a source', () => {
  it('is a path, a URL, a text or bytes', async () => {
    const text = textOf('LightGBM', 'regression');
    const path = join(folder, 'model.txt');
    writeFileSync(path, text);
    const uids = [path, pathToFileURL(path), text, new TextEncoder().encode(text)].map(
      async (source) => treeBytes(await readLightGBMModel(source)),
    );
    const [first, ...others] = await Promise.all(uids);
    for (const other of others) expect(other).toEqual(first);
  });

  it.each([
    ['a file that is not there', 'no/such/model.txt', 'FILE_NOT_FOUND'],
    ['another text', 'a\nb', 'MODEL_FORMAT'],
    ['an object', '{"a": 1}', 'MODEL_FORMAT'],
    ['nothing', new Uint8Array(0), 'MODEL_FORMAT'],
    ['a number', 7, 'PARAM_INVALID'],
  ])('that is %s is refused', async (_, source, expected) => {
    await expect(readLightGBMModel(source as string)).rejects.toMatchObject({ code: expected });
    await expect(readXGBoostModel(source as string)).rejects.toMatchObject({ code: expected });
  });
});

describe('a split by category of XGBoost', () => {
  it.each(['codes of categories', 'one category against others'])(
    'tells all categories that go left: %s',
    async (name) => {
      const model = await xgboost(name);
      const { features, trees } = model.data;
      let numSplits = 0;
      for (let t = 0; t < model.numTrees; t++) {
        const view = model.tree(t);
        for (const { index, split } of view.nodes) {
          if (split?.kind !== 'category') continue;
          const node = (trees.treeStart[t] as number) + index;
          const names = features[split.featureIndex]?.categories ?? [];
          const left = names.filter((_, code) => categoryGoesLeft(trees, node, code));
          expect(split.leftCategories).toEqual(left);
          expect(left.length).toBeLessThan(names.length);
          expect(view.toText()).toContain(`${split.feature} in {${left.join(', ')}}`);
          numSplits += 1;
        }
      }
      expect(numSplits).toBeGreaterThan(0);
    },
  );
});

describe('training that goes on from a model of LightGBM', () => {
  const options = { labelCol: 'label', maxIter: 3, maxLeaves: 4, minInstancesPerNode: 2 };
  const featuresCols = Object.keys(numbers);
  const regressor = new GBTRegressor({ ...options, featuresCols });
  const columns = { ...numbers, label };

  it('keeps its trees but for a rounding, and gives the same bytes on any partitions', async () => {
    const initialModel = await lightGBM('dart');
    const bytes: unknown[] = [];
    for (const numPartitions of [1, 3]) {
      const model = await regressor.fit(tableOf(columns, numPartitions), { initialModel });
      expect(model.numTrees).toBe(7);
      const before = await predictionsOf(initialModel, columns);
      const kept = await predictionsOf(model.truncate(4), columns);
      kept.forEach((value, i) => expect(value).toBeCloseTo(before[i] as number, 11));
      // on a grid, so that sums in any order are exact
      expect(valueUnit(initialModel.data.trees.value)).toBeLessThan(2 ** -48);
      expect(valueUnit(model.data.trees.value)).toBeGreaterThan(2 ** -46);
      bytes.push(treeBytes(model));
    }
    expect(bytes[1]).toEqual(bytes[0]);
  });

  it('goes on twice as it goes on once', async () => {
    const initialModel = await lightGBM('dart');
    const table = tableOf(columns);
    const once = await new GBTRegressor({ ...options, featuresCols, maxIter: 5 }).fit(table, {
      initialModel,
    });
    const first = await new GBTRegressor({ ...options, featuresCols, maxIter: 2 }).fit(table, {
      initialModel,
    });
    const twice = await regressor.fit(table, { initialModel: first });
    expect(treeBytes(twice)).toEqual(treeBytes(once));
  });

  it('knows its categories', async () => {
    const classifier = new GBTClassifier({
      ...options,
      labelCol: 'flag',
      featuresCols: Object.keys(cells),
    });
    const initialModel = await lightGBM('binary');
    const model = await classifier.fit(tableOf({ ...cells, flag }), { initialModel });
    expect(model.data.features[2]?.categories).toContain('violet');
    expect(model.numTrees).toBe(7);
  });

  it('refits leaves, and merges', async () => {
    const model = await lightGBM('dart');
    const same = await (model as GBTRegressionModel).refitLeaves(tableOf(columns), {
      decayRate: 1,
    });
    const before = await predictionsOf(model, columns);
    (await predictionsOf(same as TreeModel, columns)).forEach((value, i) =>
      expect(value).toBeCloseTo(before[i] as number, 11),
    );
    const both = mergeModels([model, model]);
    (await predictionsOf(both, columns)).forEach((value, i) =>
      expect(value).toBeCloseTo(before[i] as number, 11),
    );
  });

  it('goes on from a merge with a model of ours, whichever comes first', async () => {
    const foreign = (await lightGBM('dart')) as GBTRegressionModel;
    const table = tableOf(columns);
    const own = await regressor.fit(table);
    const fit = (maxIter: number) => new GBTRegressor({ ...options, featuresCols, maxIter });
    for (const models of [
      [foreign, own],
      [own, foreign],
    ]) {
      const initialModel = mergeModels(models);
      const once = await fit(3).fit(table, { initialModel });
      const first = await fit(1).fit(table, { initialModel });
      const twice = await fit(2).fit(table, { initialModel: first });
      expect(treeBytes(twice)).toEqual(treeBytes(once));
    }
    const averaged = await lightGBM('forest of counts');
    const more = { ...options, featuresCols, lossType: 'poisson' } as const;
    const counts = new GBTRegressor(more);
    const both = mergeModels([(await counts.fit(table)) as TreeModel, averaged as TreeModel]);
    await expect(counts.fit(table, { initialModel: both as TreeModel })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
  });

  it('goes on where zeros are missing, also those of features that no tree splits on', async () => {
    const initialModel = (await lightGBM('zeros missing')) as GBTClassificationModel;
    const { features } = initialModel.data;
    expect(features.map(({ zeroIsMissing }) => zeroIsMissing)).toEqual(features.map(() => true));
    expect(initialModel.params.zeroAsMissing).toBe(true);
    const table = tableOf({ ...numbers, flag });
    const more = { labelCol: 'flag', zeroAsMissing: true, featuresCols: initialModel.featureNames };
    const model = await new GBTClassifier({ ...options, ...more }).fit(table, { initialModel });
    expect(model.numTrees).toBe(initialModel.numTrees + 3);
    const named = await lightGBM('zeros missing', { params: { labelCol: 'flag' } });
    const refitted = await (named as GBTClassificationModel).refitLeaves(table);
    expect(refitted.numTrees).toBe(initialModel.numTrees);
  });

  it('says how to go on from categories that are numbers', async () => {
    const { code: colours = [] } = fixture.rows;
    const more = { ...options, featuresCols: Object.keys(cells) };
    const fit = async (initialModel: TreeModel, colour: readonly Cell[]): Promise<TreeModel> => {
      const table = tableOf({ ...cells, colour, label });
      return (await new GBTRegressor(more).fit(table, { initialModel })) as TreeModel;
    };
    const saved = fixture.cases.find(({ name }) => name === 'codes of categories');
    const bytes = new Uint8Array(inflateSync(Buffer.from(saved?.base64 ?? '', 'base64')));
    const read = async (more: ImportOptions = {}): Promise<TreeModel> =>
      (await readXGBoostModel(bytes, { objective: 'reg:squarederror', ...more })) as TreeModel;
    await expect(fit(await read(), colours)).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
      message: expect.stringContaining('read the XGBoost'),
    });
    const codes = Array.from({ length: 12 }, (_, i) => String(i));
    const model = await read({ categories: { colour: codes } });
    const texts = colours.map((code) => (code === null ? null : String(code)));
    expect((await fit(model, texts)).numTrees).toBe(model.numTrees + 3);
  });

  it('keeps the trees of several labels', async () => {
    const labelCols = ['label', 'flag'];
    const initialModel = (await xgboost('two labels', { labelCols })) as GBTRegressionModel;
    const table = tableOf({ ...numbers, label, flag });
    const more = { labelCol: undefined, labelCols, featuresCols: initialModel.featureNames };
    const model = await new GBTRegressor({ ...options, ...more }).fit(table, { initialModel });
    expect(model.numTrees).toBe(initialModel.numTrees + 6);
    expect((await initialModel.refitLeaves(table)).numTrees).toBe(initialModel.numTrees);
  });

  it('counts rounds of several trees as XGBoost does', async () => {
    const initialModel = (await xgboost('forests')) as GBTClassificationModel;
    const { numParallelTrees = 1 } = initialModel.params;
    expect(numParallelTrees).toBeGreaterThan(1);
    const perRound = numParallelTrees * initialModel.numClasses;
    const [rounds = 0] = initialModel.summary.memberRounds;
    expect(rounds * perRound).toBe(initialModel.numTrees);
    expect(initialModel.truncate(1).numTrees).toBe(perRound);
  });

  it('is refused where trees were averaged', async () => {
    const initialModel = await lightGBM('forest of two classes');
    const classifier = new GBTClassifier({ ...options, labelCol: 'flag', featuresCols });
    await expect(
      classifier.fit(tableOf({ ...numbers, flag }), { initialModel }),
    ).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('averaged trees of a LightGBM'),
    });
  });
});

describe('coppice import', () => {
  it('saves a model that transform and inspect read', async () => {
    mkdirSync(join(folder, 'cli'));
    const path = (name: string): string => join(folder, 'cli', name);
    writeFileSync(path('model.txt'), textOf('LightGBM', 'binary'));
    writeFileSync(path('model.json'), textOf('XGBoost', 'margins'));
    writeFileSync(path('none.txt'), 'nothing');
    await tableOf(cells).write.parquet(path('rows.parquet'));
    for (const [file, model] of [
      ['model.txt', 'light'],
      ['model.json', 'extreme'],
    ] as const) {
      const run = await runForTest([
        'import',
        '--file',
        path(file),
        '--model',
        path(model),
        '--classes',
        'no,yes',
        '--json',
      ]);
      expect(run.exitCode, run.stderr).toBe(0);
      expect(run.json).toMatchObject({
        command: 'import',
        class: 'GBTClassificationModel',
        classes: ['no', 'yes'],
      });
      const scored = await runForTest([
        'transform',
        '--model',
        path(model),
        '--data',
        path('rows.parquet'),
        '--out',
        path(`${model}.parquet`),
      ]);
      expect(scored.exitCode, scored.stderr).toBe(0);
      const inspected = await runForTest([
        'inspect',
        '--model',
        path(model),
        '--importance',
        '--json',
      ]);
      expect(inspected.exitCode, inspected.stderr).toBe(0);
    }
    const again = ['import', '--file', path('model.txt'), '--model', path('light')];
    const { exitCode, stderr } = await runForTest(again);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('or --overwrite')]);
    const refused = await runForTest([
      'import',
      '--file',
      path('none.txt'),
      '--model',
      path('other'),
    ]);
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toContain('none.txt');
    expect(
      (await runForTest(['import', '--file', path('absent'), '--model', path('other')])).exitCode,
    ).toBe(4);
  });
});
