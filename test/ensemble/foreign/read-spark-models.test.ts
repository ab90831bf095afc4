import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { createTable, PipelineModel, readSparkModel } from '../../../src/index.ts';
import { fixedSizeListColumn } from '../../../src/table/columns/make-column.ts';
import { runForTest } from '../../cli/run-for-test.ts';
import { type SavedFolder, sparkCases, writeSparkFolder } from '../../tools/spark-folders.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { leafRow, type NodeRow, writeMetadata, writeNodes } from './spark-files.ts';

const folder = temporaryFolder('read-spark-models');
const cases = sparkCases('4.3.0');

let count = 0;

const savedFolder = (name: string): SavedFolder =>
  cases.find((one) => one.name === name) as SavedFolder;

/** A copy of a folder that Spark saved. */
function saved(name: string): string {
  const path = join(folder, `${name}-${count++}`);
  writeSparkFolder(savedFolder(name), path);
  return path;
}

function fileOf(path: string, name: string, part: RegExp): string {
  const { files } = savedFolder(name);
  return join(path, Object.keys(files).find((file) => part.test(file)) as string);
}

const regressor = {
  class: 'org.apache.spark.ml.regression.DecisionTreeRegressionModel',
  numFeatures: 2,
};

async function written(rows: readonly NodeRow[], metadata: object = {}): Promise<string> {
  const path = join(folder, `written-${count++}`);
  writeMetadata(path, { ...regressor, ...metadata });
  await writeNodes(path, rows);
  return path;
}

const split = (
  row: NodeRow,
  [leftChild, rightChild]: [number, number],
  by: { feature: number; bounds: number[]; numCategories?: number },
): NodeRow => ({
  ...{ ...row, leftChild, rightChild, gain: 0.5 },
  split: {
    featureIndex: by.feature,
    leftCategoriesOrThreshold: by.bounds,
    numCategories: by.numCategories ?? -1,
  },
});

const leaf = (id: number, value = id): NodeRow => leafRow(id, value, [1, value, value * value]);

/** A random tree: its nodes in Spark's order, from the root down. */
const trees = fc.array(
  fc.record({
    isCategory: fc.boolean(),
    threshold: fc.constantFrom(-1, 0, 0.5, 2),
    numCategories: fc.integer({ min: 1, max: 5 }),
    left: fc.array(fc.nat(4), { maxLength: 4 }),
    goesOn: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);

describe('a tree of Spark ML', () => {
  it('sends each row where Spark sends it: thresholds, categories, what was never seen, what is missing', async () => {
    await fc.assert(
      fc.asyncProperty(
        trees,
        fc.array(fc.tuple(cell([0, 0.5, 2, -3]), cell([0, 1, 2, 3, 4, 5, 7, 1.5])), {
          minLength: 1,
          maxLength: 12,
        }),
        async (splits, rows) => {
          // a chain: at each split one side is a leaf
          const nodes: NodeRow[] = [];
          splits.forEach((one, i) => {
            const id = 2 * i;
            const bounds = [...new Set(one.left.filter((code) => code < one.numCategories))];
            const by = one.isCategory
              ? { feature: 1, bounds, numCategories: one.numCategories }
              : { feature: 0, bounds: [one.threshold] };
            const children: [number, number] = one.goesOn ? [id + 2, id + 1] : [id + 1, id + 2];
            nodes.push(split(leaf(id), children, by), leaf(id + 1));
          });
          nodes.push(leaf(2 * splits.length));
          const model = (await readSparkModel(await written(nodes))) as TreeModel;
          const values = Float64Array.from(rows.flat());
          const table = createTable({ features: fixedSizeListColumn(values, 2) });
          const scored = await (await model.transform(table)).collect();
          const found = [...(scored.getChild('prediction') ?? [])];
          expect(found).toEqual(rows.map((row) => sparkPrediction(nodes, row)));
          const score = await model.scorer();
          expect(rows.map((row) => score(row).prediction)).toEqual(found);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('weighs features as Spark does', async () => {
    const nodes = [
      { ...split(leafRow(0, 0, [10, 0, 0]), [1, 2], { feature: 0, bounds: [0] }), gain: 2 },
      leafRow(1, 1, [4, 0, 0]),
      { ...split(leafRow(2, 0, [6, 0, 0]), [3, 4], { feature: 1, bounds: [0] }), gain: 1 },
      leafRow(3, 2, [3, 0, 0]),
      leafRow(4, 3, [3, 0, 0]),
    ];
    const model = (await readSparkModel(await written(nodes))) as TreeModel;
    expect([...model.featureImportances]).toEqual([20 / 26, 6 / 26]);
    expect(model.data.source).toBe('Spark 4.3.0');
  });

  const broken: [string, NodeRow[], string][] = [
    [
      'a cycle',
      [
        split(leaf(0), [1, 2], { feature: 0, bounds: [0] }),
        split(leaf(1), [0, 2], { feature: 0, bounds: [0] }),
        leaf(2),
      ],
      'child of two',
    ],
    [
      'a child that is not there',
      [split(leaf(0), [1, 9], { feature: 0, bounds: [0] }), leaf(1)],
      'no node 9',
    ],
    [
      'numbers with a gap',
      [split(leaf(0), [1, 3], { feature: 0, bounds: [0] }), leaf(1), leaf(3)],
      'numbered one by one',
    ],
    [
      'a number twice',
      [split(leaf(0), [1, 1], { feature: 0, bounds: [0] }), leaf(1), leaf(1)],
      'numbered one by one',
    ],
    [
      'a feature that is not there',
      [split(leaf(0), [1, 2], { feature: 7, bounds: [0] }), leaf(1), leaf(2)],
      'feature 7',
    ],
    [
      'no threshold',
      [split(leaf(0), [1, 2], { feature: 0, bounds: [] }), leaf(1), leaf(2)],
      'without a threshold',
    ],
    [
      'a threshold that is none',
      [split(leaf(0), [1, 2], { feature: 0, bounds: [Number.NaN] }), leaf(1), leaf(2)],
      'without a threshold',
    ],
    [
      'a category that is not there',
      [split(leaf(0), [1, 2], { feature: 0, bounds: [5], numCategories: 3 }), leaf(1), leaf(2)],
      'by a category',
    ],
    ['a leaf that is no number', [{ ...leaf(0), prediction: Number.NaN }], 'not finite'],
    [
      'a feature of both kinds',
      [
        split(leaf(0), [1, 2], { feature: 0, bounds: [0] }),
        leaf(1),
        split(leaf(2), [3, 4], { feature: 0, bounds: [0], numCategories: 2 }),
        leaf(3),
        leaf(4),
      ],
      'by category and by number',
    ],
  ];

  it.each(broken)('is refused with %s', async (_, rows, message) => {
    await expect(readSparkModel(await written(rows))).rejects.toMatchObject({
      code: 'MODEL_FORMAT',
      message: expect.stringContaining(message),
    });
  });

  it('is refused where it asks for more than there is room for', async () => {
    const many = split(leaf(0), [1, 2], { feature: 0, bounds: [1], numCategories: 2_000_000_000 });
    for (const path of [
      await written([many, leaf(1), leaf(2)]),
      await written([leaf(0)], { numFeatures: 2_000_000_000 }),
    ]) {
      await expect(readSparkModel(path)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    }
    const forest = 'org.apache.spark.ml.regression.RandomForestRegressionModel';
    for (const numTrees of [2_000_000_000, -1, 'many', 2]) {
      const path = await written([leaf(0)], { class: forest, numTrees });
      const code = numTrees === 2_000_000_000 ? 'UNSUPPORTED' : 'MODEL_FORMAT';
      await expect(readSparkModel(path), `${numTrees}`).rejects.toMatchObject({ code });
    }
  });
});

describe('a folder', () => {
  it('is read by its URL', async () => {
    const model = await readSparkModel(pathToFileURL(saved('tree-classes')));
    expect(model.className).toBe('DecisionTreeClassificationModel');
  });

  it('of a search is its best model', async () => {
    const path = join(folder, 'search');
    writeMetadata(path, { class: 'org.apache.spark.ml.tuning.CrossValidatorModel' });
    cpSync(saved('words-tree'), join(path, 'bestModel'), { recursive: true });
    expect(await readSparkModel(path)).toBeInstanceOf(PipelineModel);
  });

  it('that is none of Spark is refused', async () => {
    const file = fileOf(saved('tree-classes'), 'tree-classes', /^data\/part/);
    const wrong: [unknown, string][] = [
      [join(folder, 'none'), 'FILE_NOT_FOUND'],
      [folder, 'MODEL_FORMAT'],
      [file, 'MODEL_FORMAT'],
      [new URL('https://example.com/model'), 'PARAM_INVALID'],
      [7, 'PARAM_INVALID'],
      ['', 'PARAM_INVALID'],
    ];
    for (const [source, code] of wrong)
      await expect(readSparkModel(source as string)).rejects.toMatchObject({ code });
  });

  it.each(['data', 'metadata', 'stages'])('without %s is refused', async (part) => {
    const path = saved(part === 'data' ? 'tree-classes' : 'words-tree');
    rmSync(join(path, part), { recursive: true });
    await expect(readSparkModel(path)).rejects.toMatchObject({ code: 'MODEL_FORMAT' });
  });

  it('with damaged metadata is refused', async () => {
    for (const text of ['', '{', '[]', 'null', '{"class":1}', '{"class":"x.Y"}\n{"class":"x.Y"}']) {
      const path = saved('tree-classes');
      writeFileSync(fileOf(path, 'tree-classes', /^metadata\/part/), text);
      await expect(readSparkModel(path), text).rejects.toMatchObject({ code: 'MODEL_FORMAT' });
    }
  });

  it('with a folder or a pipe where a file should be is refused', async () => {
    for (const part of [/^metadata\/part/, /^data\/part/]) {
      const path = saved('tree-classes');
      const file = fileOf(path, 'tree-classes', part);
      rmSync(file);
      mkdirSync(file);
      await expect(readSparkModel(path)).rejects.toMatchObject({ code: 'MODEL_FORMAT' });
      if (process.platform === 'win32') continue;
      rmSync(file, { recursive: true });
      spawnSync('mkfifo', [file]);
      await expect(readSparkModel(path)).rejects.toMatchObject({ code: 'MODEL_FORMAT' });
    }
  });

  it('with Parquet that is cut short at any place is refused, and changed bytes never crash', async () => {
    const path = saved('forest-classes');
    const file = fileOf(path, 'forest-classes', /^data\/part/);
    const bytes = readFileSync(file);
    for (let i = 0; i < 30; i++) {
      writeFileSync(file, bytes.subarray(0, Math.floor((bytes.length * i) / 30)));
      const error = await readSparkModel(path).catch((cause: unknown) => cause);
      expect((error as { code?: string }).code).toMatch(/^(FILE_FORMAT|MODEL_FORMAT)$/);
    }
    for (let i = 0; i < 60; i++) {
      const changed = Buffer.from(bytes);
      const at = (i * 7919) % bytes.length;
      changed[at] = (changed[at] as number) ^ (1 << (i % 8));
      writeFileSync(file, changed);
      const found = await readSparkModel(path).catch((cause: unknown) => cause);
      const isModel = typeof (found as TreeModel).transform === 'function';
      if (!isModel) expect((found as { code?: string }).code).toMatch(/^[A-Z_]+$/);
    }
  });

  it('whose stages are lost, doubled or go round is refused', async () => {
    const lost = saved('words-tree');
    rmSync(dirname(dirname(fileOf(lost, 'words-tree', /^stages\/1_.*metadata\/part/))), {
      recursive: true,
    });
    await expect(readSparkModel(lost)).rejects.toMatchObject({ code: 'MODEL_FORMAT' });
    const round = join(folder, 'round');
    writeMetadata(round, {
      class: 'org.apache.spark.ml.PipelineModel',
      paramMap: { stageUids: ['a'] },
    });
    mkdirSync(join(round, 'stages'));
    symlinkSync(round, join(round, 'stages', '0_a'));
    await expect(readSparkModel(round)).rejects.toMatchObject({ code: 'MODEL_FORMAT' });
  });

  it('of an unknown class is refused by its name, with those that are known', async () => {
    const path = join(folder, 'unknown');
    writeMetadata(path, { class: 'com.example.MyModel' });
    await expect(readSparkModel(path)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/MyModel.*GBTRegressionModel/),
    });
  });

  it('takes options that fit it, and refuses others', async () => {
    const path = saved('tree-classes');
    for (const options of [
      { featuresCols: ['a'] },
      { featuresCols: ['a', 'a', 'b'] },
      { classes: ['one'] },
      { classes: ['one', 'one'] },
      { classes: ['one', 2] },
    ])
      await expect(readSparkModel(path, options)).rejects.toMatchObject({ code: 'PARAM_INVALID' });
    await expect(
      readSparkModel(saved('words-tree'), { classes: ['a', 'b'] }),
    ).rejects.toMatchObject({ code: 'PARAM_INVALID' });
  });
});

describe('coppice import', () => {
  it('takes a folder of Spark ML', async () => {
    const model = join(folder, 'imported');
    const args = ['import', '--file', saved('words-tree'), '--model', model, '--json'];
    const done = await runForTest(args);
    expect(done.exitCode).toBe(0);
    expect(done.json).toMatchObject({
      ...{ command: 'import', class: 'PipelineModel', numTrees: 1 },
      source: expect.stringMatching(/^Spark 4/),
    });
    expect((await PipelineModel.load(model)).stages).toHaveLength(3);
    const linear = ['import', '--file', saved('scaled'), '--model', model, '--overwrite'];
    expect((await runForTest(linear)).stdout).toContain('PipelineModel');
    const wrong = await runForTest([...linear, '--rounds', '3']);
    expect(wrong.exitCode).toBe(2);
  });
});

function cell(values: readonly number[]): fc.Arbitrary<number> {
  return fc.constantFrom(...values, Number.NaN);
}

/** Spark's own rule (Split.scala, Node.scala). */
function sparkPrediction(nodes: readonly NodeRow[], row: readonly number[]): number {
  let node = nodes[0] as NodeRow;
  while (node.leftChild >= 0) {
    const { featureIndex, leftCategoriesOrThreshold: bounds, numCategories } = node.split;
    const value = row[featureIndex] as number;
    let goesLeft = value <= (bounds[0] as number);
    if (numCategories >= 0) {
      const isLeft = bounds.length <= Math.trunc(numCategories / 2);
      const all = Array.from({ length: numCategories }, (_, code) => code);
      const kept = new Set(isLeft ? bounds : all.filter((code) => !bounds.includes(code)));
      kept.delete(Number.NaN);
      goesLeft = kept.has(value) === isLeft;
    }
    node = nodes[goesLeft ? node.leftChild : node.rightChild] as NodeRow;
  }
  return node.prediction;
}
