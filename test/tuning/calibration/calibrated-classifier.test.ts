/** Calibration of classifiers without leaking, from the fit to the saved model. */
import type { Vector } from 'apache-arrow';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { DecisionTreeClassifier } from '../../../src/ensemble/forest/decision-tree-classifier.ts';
import { RandomForestClassifier } from '../../../src/ensemble/forest/random-forest-classifier.ts';
import { BinaryClassificationEvaluator } from '../../../src/evaluation/evaluators/binary-classification-evaluator.ts';
import { MulticlassClassificationEvaluator } from '../../../src/evaluation/evaluators/multiclass-classification-evaluator.ts';
import '../../../src/evaluation/worker-tasks.ts';
import { foldsOf } from '../../../src/feature/folds/folds.ts';
import { VectorAssembler } from '../../../src/feature/vectors/vector-assembler.ts';
import { loadStage } from '../../../src/pipeline/load-stage.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { OneVsRest } from '../../../src/stacking/committee/one-vs-rest.ts';
import { col, lit, when } from '../../../src/table/expressions/expression.ts';
import type { PartitionedTable } from '../../../src/table/partitioned-table.ts';
import type { CalibratedClassificationModel } from '../../../src/tuning/calibration/calibrated-classification-model.ts';
import { CalibratedClassifier } from '../../../src/tuning/calibration/calibrated-classifier.ts';
import type { CalibrationCurve } from '../../../src/tuning/calibration/calibration-curve.ts';
import { ProbabilityCalibrationModel } from '../../../src/tuning/calibration/probability-calibration-model.ts';
import { ProbabilityCalibrator } from '../../../src/tuning/calibration/probability-calibrator.ts';
import '../../../src/tuning/worker-tasks.ts';
import { contentOf } from '../../tools/inline-table.ts';
import { normalOf, randomData, randomNumbers, shuffled } from '../../tools/random-data.ts';
import {
  columnNamed,
  cutTable,
  evenCuts,
  pickRows,
  type SampleData,
} from '../../tools/sample-data.ts';
import { folderContent, temporaryFolder } from '../../tools/temporary-folder.ts';

const inline = new InlineRunner();
const pool = new ThreadPool(3, workerUrl());
afterAll(() => pool.close());
const root = temporaryFolder('calibrated');

const data = randomData({
  seed: 31,
  numRows: 400,
  kinds: ['float32', 'words', 'float64', 'flags'],
  missing: 0.1,
});
const featuresCols = ['x0', 'x1', 'x2', 'x3'];
const table = cutTable(inline, data);
const boosted = new GBTClassifier({ featuresCols, labelCol: 'b', weightCol: 'w', maxIter: 5 });
const forest = new RandomForestClassifier({
  featuresCols,
  labelCol: 'k',
  numTrees: 5,
  maxDepth: 5,
});

async function savedAt(model: CalibratedClassificationModel, name: string): Promise<object> {
  await model.save(`${root}/${name}`, { overwrite: true });
  return folderContent(`${root}/${name}`);
}

async function logLossOf(
  model: CalibratedClassificationModel,
  on: PartitionedTable,
): Promise<number> {
  const evaluator = new BinaryClassificationEvaluator({ labelCol: 'b', metricName: 'logLoss' });
  return await evaluator.evaluate(await model.transform(on));
}

describe('folds', () => {
  it('part the rows by their ids, the same for any partitions, about evenly', async () => {
    const draw = { numFolds: 4, seed: 3, idCol: null };
    const expected = await idsOf(foldsOf(table, draw));
    const all = expected.flat().sort((a, b) => a - b);
    expect(all).toEqual(
      columnNamed(data, 'id')
        .cells.map(Number)
        .sort((a, b) => a - b),
    );
    for (const ids of expected) expect(Math.abs(ids.length - 100)).toBeLessThan(35);
    expect(await idsOf(foldsOf(cutTable(pool, data, evenCuts(400, 7)), draw))).toEqual(expected);
    for (const { inside, outside } of foldsOf(table, draw)) {
      expect((await inside.count()) + (await outside.count())).toBe(400);
    }
    const byId = await idsOf(foldsOf(table, { ...draw, idCol: 'id' }));
    const order = shuffled([...Array(400).keys()], randomNumbers(2));
    const moved = foldsOf(cutTable(inline, pickRows(data, order)), { ...draw, idCol: 'id' });
    expect((await idsOf(moved)).map((ids) => ids.toSorted((a, b) => a - b))).toEqual(
      byId.map((ids) => ids.toSorted((a, b) => a - b)),
    );
  });

  async function idsOf(folds: ReturnType<typeof foldsOf>): Promise<number[][]> {
    return await Promise.all(
      folds.map(async ({ inside }) => (await contentOf(inside.select('id')))['id']!.map(Number)),
    );
  }
});

describe('a calibrated classifier', () => {
  it.each([
    ['sigmoid', boosted],
    ['isotonic', boosted],
    ['isotonic', forest],
  ] as const)('is the same bytes on any partitions and threads: %s', async (method, estimator) => {
    const classifier = new CalibratedClassifier({ estimator, method, numFolds: 3, seed: 7 });
    const expected = await savedAt(await classifier.fit(table), 'expected');
    for (const runner of [inline, pool]) {
      for (const cuts of [evenCuts(400, 2), [90, 90]]) {
        const model = await classifier.fit(cutTable(runner, data, cuts));
        expect(await savedAt(model, 'other')).toEqual(expected);
      }
    }
  });

  it('predicts the same after save and load, in batches and row by row', async () => {
    for (const estimator of [boosted, forest]) {
      const options = { estimator, method: 'isotonic', thresholds: undefined } as const;
      const model = await new CalibratedClassifier(options).fit(table);
      await model.save(`${root}/loaded`, { overwrite: true });
      const loaded = (await loadStage(`${root}/loaded`)) as CalibratedClassificationModel;
      const content = await contentOf(await model.transform(table));
      expect(await contentOf(await loaded.transform(table))).toEqual(content);
      const score = await loaded.scorer();
      for (let row = 0; row < 50; row++) {
        const values = Object.fromEntries(
          data.map(({ name, cells }) => [name, cells[row] ?? null]),
        );
        const { probability, prediction } = score(values as never);
        expect([...probability]).toEqual(content['probability']?.[row]);
        expect(prediction).toBe(content['prediction']?.[row]);
      }
    }
  });

  it('makes a sure forest’s word count: a better log loss on rows it has not seen', async () => {
    const random = randomNumbers(5);
    const x = Array.from({ length: 1200 }, () => 4 * random() - 2);
    const cells = x.map((value) => (value + 1.5 * normalOf(random) > 0 ? 'yes' : 'no'));
    const noisy: SampleData = [
      { name: 'x', type: 'float64', cells: x },
      { name: 'b', type: 'text', cells },
    ];
    const [train, test] = [range(0, 600), range(600, 1200)].map((rows) =>
      cutTable(inline, pickRows(noisy, rows)),
    ) as [PartitionedTable, PartitionedTable];
    const estimator = new DecisionTreeClassifier({ featuresCols: ['x'], labelCol: 'b' });
    const plain = await estimator.fit(train);
    const evaluator = new BinaryClassificationEvaluator({ labelCol: 'b', metricName: 'logLoss' });
    const before = await evaluator.evaluate(await plain.transform(test));
    for (const method of ['sigmoid', 'isotonic'] as const) {
      const model = await new CalibratedClassifier({ estimator, method }).fit(train);
      expect(await logLossOf(model, test)).toBeLessThan(before - 0.1);
    }
  });

  it('is fitted on scores of rows that the scoring model has not seen', async () => {
    // labels are noise; a tree that has seen a row knows its label, one that has not knows nothing
    const random = randomNumbers(9);
    const noise: SampleData = [
      { name: 'x', type: 'float64', cells: Array.from({ length: 500 }, () => random()) },
      {
        name: 'b',
        type: 'text',
        cells: Array.from({ length: 500 }, () => (random() < 0.5 ? 'a' : 'b')),
      },
    ];
    const estimator = new DecisionTreeClassifier({
      featuresCols: ['x'],
      labelCol: 'b',
      maxDepth: 30,
    });
    const model = await new CalibratedClassifier({ estimator }).fit(cutTable(inline, noise));
    const [curve] = model.curves;
    expect(curve?.kind === 'sigmoid' && Math.abs(curve.slope)).toBeLessThan(0.4);
  });

  it('of several classes has probabilities that add up to 1 and a prediction that follows', async () => {
    const model = await new CalibratedClassifier({ estimator: forest, method: 'isotonic' }).fit(
      table,
    );
    expect(model.curves.length).toBe(model.classes.length);
    const content = await contentOf(await model.transform(table));
    (content['probability'] as number[][]).forEach((row, i) => {
      expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      expect(content['prediction']?.[i]).toBe(model.classes[row.indexOf(Math.max(...row))]);
    });
    const scored = await model.transform(table);
    const metadata = scored.schema.fields.find(({ name }) => name === 'probability')?.metadata;
    expect(JSON.parse(metadata?.get('classes') as string)).toEqual(model.classes);
    const evaluator = new MulticlassClassificationEvaluator({
      labelCol: 'k',
      metricName: 'logLoss',
    });
    expect(await evaluator.evaluate(scored)).toBeLessThan(1.1);
  });

  it('takes names of columns from the estimator, also from the last of a pipeline', async () => {
    const assembler = new VectorAssembler({ inputCols: featuresCols, outputCol: 'features' });
    const named = { probabilityCol: 'share', rawPredictionCol: 'raw', predictionCol: 'guess' };
    const inner = new GBTClassifier({ labelCol: 'b', maxIter: 3, ...named });
    const estimator = new Pipeline({ stages: [assembler, inner] });
    const model = await new CalibratedClassifier({ estimator, numFolds: 2 }).fit(table);
    const scored = await model.transform(table);
    expect(scored.columns.slice(-3)).toEqual(['raw', 'share', 'guess']);
    const base = await model.model.transform(table);
    expect(await column(scored, 'raw')).toEqual(await column(base, 'raw'));
    expect(await column(scored, 'share')).not.toEqual(await column(base, 'share'));
    const thresholds = { estimator, numFolds: 2, thresholds: [0.01, 0.99] };
    const careful = await new CalibratedClassifier(thresholds).fit(table);
    const guesses = await column(await careful.transform(table), 'guess');
    expect(new Set(guesses)).toEqual(new Set(['no']));
  });

  it('takes them from an estimator inside the estimator', async () => {
    const tree = new DecisionTreeClassifier({ featuresCols: ['x1'], labelCol: 'b', maxDepth: 2 });
    const estimator = new OneVsRest({ classifier: tree });
    // a column of the default name is another label
    const both = table.withColumn('label', lit('neither'));
    const model = await new CalibratedClassifier({ estimator, numFolds: 2 }).fit(both);
    const alone = await new CalibratedClassifier({ estimator, numFolds: 2 }).fit(table);
    const of = async (one: typeof model) => await column(await one.transform(table), 'probability');
    expect(String(await of(model))).toBe(String(await of(alone)));
  });

  it('leaves weightless rows out, bit for bit, where scores are given', async () => {
    const scored = await (await boosted.fit(table)).transform(table);
    const kept = await new ProbabilityCalibrator({ labelCol: 'b' }).fit(
      scored.filter(col('w').gt(0)),
    );
    const zeroOrOne = scored.withColumn('one', when(col('w').gt(0), 1).otherwise(0));
    const options = { labelCol: 'b', weightCol: 'one' };
    expect((await new ProbabilityCalibrator(options).fit(zeroOrOne)).curves).toEqual(kept.curves);
    const weighted = { labelCol: 'b', weightCol: 'w' };
    expect((await new ProbabilityCalibrator(weighted).fit(scored)).curves).not.toEqual(kept.curves);
  });

  it('warns where a fold leaves a class out, and goes on without it', async () => {
    const cells = range(0, 60).map((row) => (row === 7 ? 'rare' : row % 2 === 0 ? 'a' : 'b'));
    const few: SampleData = [
      { name: 'x', type: 'float64', cells: range(0, 60).map((row) => (row * 7) % 11) },
      { name: 'k', type: 'text', cells },
    ];
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const estimator = new DecisionTreeClassifier({
      featuresCols: ['x'],
      labelCol: 'k',
      maxDepth: 2,
    });
    const model = await new CalibratedClassifier({ estimator }).fit(cutTable(inline, few));
    expect(warned.mock.calls.map(([text]) => String(text)).join()).toMatch(/fold \d lack a class/);
    warned.mockRestore();
    expect(model.classes).toEqual(['a', 'b', 'rare']);
    const content = await contentOf(await model.transform(cutTable(inline, few)));
    for (const row of content['probability'] as number[][]) {
      expect(row.every((p) => p >= 0 && p <= 1)).toBe(true);
    }
  });

  it('refuses what does not fit, and a curve that falls', async () => {
    const scored = await (await boosted.fit(table)).transform(table);
    const sound = await new ProbabilityCalibrator({ labelCol: 'b', method: 'isotonic' }).fit(
      scored,
    );
    const falling = {
      kind: 'isotonic',
      scores: Float64Array.of(0, 1),
      values: Float64Array.of(1, 0),
    };
    const state = {
      layout: { numClasses: 2, width: 2 },
      classes: sound.classes,
      labelType: 'string',
    };
    const { inputSchema } = sound;
    const model = new ProbabilityCalibrationModel(sound.givenOptions, {
      ...{ ...state, inputSchema, curves: [falling as CalibrationCurve] },
    });
    await model.save(`${root}/falling`);
    await expect(loadStage(`${root}/falling`)).rejects.toMatchObject({
      code: 'MODEL_FORMAT',
      message: expect.stringContaining('has a curve that does not ascend') as unknown,
    });
    await expect(new ProbabilityCalibrator({ labelCol: 'k' }).fit(scored)).rejects.toMatchObject({
      code: 'LABEL_INVALID',
    });
    const estimator = new CalibratedClassifier({ estimator: boosted });
    await expect(estimator.fit(table.drop('x1'))).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    });
    expect(() => new CalibratedClassifier({ estimator: sound as never })).toThrow(
      /estimator of CalibratedClassifier must be an estimator/,
    );
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

async function column(from: PartitionedTable, name: string): Promise<unknown[]> {
  const vector = (await from.collect()).getChild(name) as Vector;
  const cells = (vector.numChildren === 1 ? vector.getChildAt(0) : vector) as Vector;
  return Array.from({ length: cells.length }, (_, i) => cells.get(i) as unknown);
}
