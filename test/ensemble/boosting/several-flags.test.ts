/** Several labels of one classifier: the trees of separate fits, side by side, and a probability a label. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import type { GBTClassifierOptions } from '../../../src/ensemble/params/gbt-params.ts';
import { BinaryClassificationEvaluator } from '../../../src/evaluation/evaluators/binary-classification-evaluator.ts';
import '../../../src/evaluation/worker-tasks.ts';
import { loadStage } from '../../../src/pipeline/load-stage.ts';
import { savedBytes, treeBytes } from '../../tools/fitted-bytes.ts';
import { inlineTable } from '../../tools/inline-table.ts';
import { randomNumbers } from '../../tools/random-data.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const random = randomNumbers(11);
const rows = Array.from({ length: 500 }, () => [random(), random(), random()] as const);
const columns = {
  x: rows.map(([x]) => x),
  z: rows.map(([, z]) => z),
  warm: rows.map(([x, z, noise]) => x + 0.3 * z + 0.4 * noise > 0.9),
  wet: rows.map(([x, z, noise]) => (z * (1 - x) + 0.2 * noise > 0.4 ? 1 : 0)),
  held: rows.map((_, i) => i % 4 === 0),
};
const table = inlineTable(columns);
const labels = ['warm', 'wet'];
const features = { featuresCols: ['x', 'z'], minInstancesPerNode: 5, maxIter: 6, maxLeaves: 7 };
const several = (more: GBTClassifierOptions = {}) =>
  new GBTClassifier({ ...features, labelCols: labels, ...more });

type Row = Readonly<Record<string, unknown>>;

async function rowsOf(model: Awaited<ReturnType<GBTClassifier['fit']>>): Promise<Row[]> {
  return (await (await model.transform(table)).collect()).toArray() as Row[];
}

const vectorOf = (row: Row | undefined, name: string): number[] => [
  ...((row?.[name] ?? []) as Iterable<number>),
];

describe('labelCols of a classifier', () => {
  it.each<GBTClassifierOptions>([
    { subsamplingRate: 0.7, colsampleByTree: 0.5, seed: 3 },
    { lossType: 'focal', focalGamma: 1.5 },
    {
      validationIndicatorCol: 'held',
      maxIter: 60,
      earlyStoppingRounds: 2,
      stepSize: 0.5,
      validationMetrics: ['areaUnderROC', 'accuracy', 'loss'],
      trainingHistory: true,
    },
    { maxIter: undefined, maxLeaves: undefined },
    { numParallelTrees: 2, subsamplingRate: 0.6 },
    { scalePosWeight: 3 },
    { classWeights: 'balanced', scalePosWeight: 0.5, validationIndicatorCol: 'held' },
    { classWeights: 'balanced', maxIter: undefined, maxLeaves: undefined },
  ])('predict what fits of each label alone predict, bit for bit, with %o', async (more) => {
    const model = await several(more).fit(table);
    const found = await rowsOf(model);
    for (const [k, labelCol] of labels.entries()) {
      const alone = await new GBTClassifier({ ...features, ...more, labelCol }).fit(table);
      const scored = await rowsOf(alone);
      expect(found.map((row) => vectorOf(row, 'probability')[k])).toEqual(
        scored.map((row) => vectorOf(row, 'probability')[1]),
      );
      expect(found.map((row) => vectorOf(row, 'rawPrediction')[k])).toEqual(
        scored.map((row) => vectorOf(row, 'rawPrediction')[1]),
      );
      expect(found.map((row) => vectorOf(row, 'prediction')[k])).toEqual(
        scored.map((row) => Number(row['prediction'])),
      );
      const told = model.summary.history.filter(({ metric }) => metric.endsWith(` of ${labelCol}`));
      expect(told.map(({ values }) => values)).toEqual(
        alone.summary.history.map(({ values }) => values),
      );
    }
    const score = await model.scorer();
    const own = score({ x: columns.x[7] as number, z: columns.z[7] as number });
    for (const name of ['prediction', 'probability', 'rawPrediction'] as const)
      expect([...(own[name] as Float64Array)]).toEqual(vectorOf(found[7], name));
  });

  it('weigh the two classes of each label by their names', async () => {
    const weighted = await several({ classWeights: { 0: 0.4, true: 3 } }).fit(table);
    const found = await rowsOf(weighted);
    for (const [k, classWeights] of [
      { false: 0.4, true: 3 },
      { 0: 0.4, 1: 3 },
    ].entries()) {
      const labelCol = labels[k] as string;
      const alone = await new GBTClassifier({ ...features, labelCol, classWeights }).fit(table);
      const scored = await rowsOf(alone);
      expect(found.map((row) => vectorOf(row, 'probability')[k])).toEqual(
        scored.map((row) => vectorOf(row, 'probability')[1]),
      );
    }
    // a label of one class, and validation rows of the other
    const wet = columns.wet.map((cell, i) => (columns.held[i] ? cell : 0));
    const never = inlineTable({ ...columns, wet });
    const options = { classWeights: 'balanced', validationIndicatorCol: 'held' } as const;
    const model = await several(options).fit(never);
    for (const { values } of model.summary.history) {
      for (const value of values) expect(Number.isFinite(value)).toBe(true);
    }
  });

  it('are predicted where they are likelier than their thresholds', async () => {
    const thresholds = [0.8, 0.15];
    const model = await several({ thresholds }).fit(table);
    const plain = await several().fit(table);
    expect(treeBytes(model)).toEqual(treeBytes(plain));
    const found = await rowsOf(model);
    const score = await model.scorer<Float64Array>();
    let differs = 0;
    const before = await rowsOf(plain);
    for (const [i, row] of found.entries()) {
      const likely = vectorOf(row, 'probability').map((p, k) =>
        p > (thresholds[k] as number) ? 1 : 0,
      );
      expect(vectorOf(row, 'prediction')).toEqual(likely);
      const own = score({ x: columns.x[i] as number, z: columns.z[i] as number });
      expect([...own.prediction]).toEqual(likely);
      if (vectorOf(before[i], 'prediction').join() !== likely.join()) differs += 1;
    }
    expect(differs).toBeGreaterThan(20);
    const folder = `${temporaryFolder('thresholds-of-flags')}/model`;
    await model.save(folder);
    const loaded = (await loadStage(folder)) as typeof model;
    expect((await rowsOf(loaded)).map((row) => vectorOf(row, 'prediction'))).toEqual(
      found.map((row) => vectorOf(row, 'prediction')),
    );
    const more = await several({ thresholds, maxIter: 8 }).fit(table, { initialModel: loaded });
    expect(more.numTrees).toBe(28);
    const checkpointDir = temporaryFolder('flag-thresholds');
    const kept = await several({ thresholds, checkpointDir, checkpointInterval: 2 }).fit(table);
    expect(treeBytes(kept)).toEqual(treeBytes(model));
    expect((await loaded.refitLeaves(table, { decayRate: 0 })).trees.value).toEqual(
      model.trees.value,
    );
    const [one = 0] = [0.3];
    const single = new GBTClassifier({ ...features, labelCols: ['wet'], thresholds: [one] });
    for (const row of await rowsOf(await single.fit(table)))
      expect(vectorOf(row, 'prediction')).toEqual(
        vectorOf(row, 'probability').map((p) => (p > one ? 1 : 0)),
      );
  });

  it('name their columns, are saved, loaded, continued and refitted', async () => {
    const model = await several().fit(table);
    const scored = await model.transform(table);
    for (const name of ['rawPrediction', 'probability', 'prediction']) {
      const field = scored.schema.fields.find((one) => one.name === name);
      expect(field?.metadata.get('labels')).toBe('["warm","wet"]');
    }
    expect(
      several()
        .transformSchema(table.schema)
        .fields.map(({ type }) => String(type)),
    ).toEqual(scored.schema.fields.map(({ type }) => String(type)));
    const folder = `${temporaryFolder('several-flags')}/model`;
    await model.save(folder);
    const loaded = (await loadStage(folder)) as typeof model;
    expect(await savedBytes(loaded)).toEqual(await savedBytes(model));
    const likely = async (one: typeof model): Promise<number[][]> =>
      (await rowsOf(one)).map((row) => vectorOf(row, 'probability'));
    expect(await likely(loaded)).toEqual(await likely(model));
    const begun = await several({ maxIter: 2 }).fit(table);
    const on = await several({ maxIter: 4 }).fit(table, { initialModel: begun });
    expect(treeBytes(on)).toEqual(treeBytes(model));
    expect(treeBytes(loaded.truncate(2))).toEqual(treeBytes(begun));
    const again = await loaded.refitLeaves(table, { decayRate: 0 });
    expect(again.trees.value).toEqual(model.trees.value);
    const checkpointDir = temporaryFolder('flag-checkpoints');
    const kept = await several({ checkpointDir, checkpointInterval: 2 }).fit(table);
    expect(treeBytes(kept)).toEqual(treeBytes(model));
    expect(readdirSync(checkpointDir)).toEqual(['label-0', 'label-1']);
    const rest = await several({ checkpointDir, checkpointInterval: 2 }).fit(table);
    expect(await savedBytes(rest)).toEqual(await savedBytes(kept));
    const one = new GBTClassifier({ ...features, labelCols: ['wet'] });
    const single = await one.fit(table);
    expect((await single.refitLeaves(table, { decayRate: 0 })).trees.value).toEqual(
      single.trees.value,
    );
    // what a fit chose by itself is known again
    const free = { featuresCols: ['x', 'z'] };
    const chosen = await new GBTClassifier({ ...free, labelCols: ['wet'] }).fit(table);
    const plain = await new GBTClassifier({ ...free, labelCol: 'wet' }).fit(table);
    const half = { decayRate: 0.5 };
    expect((await chosen.refitLeaves(table, half)).trees.value).toEqual(
      (await plain.refitLeaves(table, half)).trees.value,
    );
    await expect(
      new GBTClassifier({ ...features, labelCols: ['wet'] }).fit(table, { initialModel: begun }),
    ).rejects.toMatchObject({ code: 'PARAM_INVALID' });
  });

  it('are explained label by label', async () => {
    const model = await several().fit(table);
    const explained = await model.contributions(await model.transform(table));
    const [row] = (await explained.collect()).toArray() as Row[];
    const values = vectorOf(row, 'contributions');
    vectorOf(row, 'rawPrediction').forEach((margin, k) => {
      const sum = values.slice(3 * k, 3 * k + 3).reduce((all, value) => all + value);
      expect(sum).toBeCloseTo(margin, 9);
    });
  });

  it('are measured one by one', async () => {
    const scored = await (await several().fit(table)).transform(table);
    for (const labelCol of labels) {
      const alone = new GBTClassifier({ ...features, labelCol });
      const single = await (await alone.fit(table)).transform(table);
      const evaluator = new BinaryClassificationEvaluator({ labelCol });
      expect(await evaluator.evaluateAll(scored)).toEqual(await evaluator.evaluateAll(single));
    }
    await expect(
      new BinaryClassificationEvaluator({ labelCol: 'held' }).evaluate(scored),
    ).rejects.toMatchObject({ code: 'COLUMN_TYPE', message: expect.stringContaining('warm, wet') });
  });

  it('may be one class throughout, and are refused where they are no flags', async () => {
    const never = inlineTable({ ...columns, wet: columns.wet.map(() => 0) });
    const model = await several().fit(never);
    const found = (await (await model.transform(never)).collect()).toArray() as Row[];
    for (const row of found) {
      const [, wet = 1] = vectorOf(row, 'probability');
      expect(wet).toBeLessThan(1e-12);
      expect(vectorOf(row, 'prediction')[1]).toBe(0);
    }
    const wrong = inlineTable({ ...columns, wet: columns.x });
    await expect(several().fit(wrong)).rejects.toMatchObject({
      code: 'LABEL_INVALID',
      message: expect.stringContaining('0 or 1'),
    });
    for (const more of [
      { labelCol: 'wet' },
      { thresholds: [0.5] },
      { thresholds: [0.5, 1.5] },
      { thresholds: [-0.1, 0.5] },
      { classWeights: { yes: 2 } },
      { stratifiedSampling: true },
      { weightCol: 'wet' },
    ] as const)
      expect(() => several(more)).toThrow('labelCols');
  });
});
