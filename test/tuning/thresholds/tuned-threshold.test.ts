/** Thresholds that are tuned out of fold, from the fit to the saved model. */
import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { DecisionTreeClassifier } from '../../../src/ensemble/forest/decision-tree-classifier.ts';
import { MulticlassClassificationEvaluator } from '../../../src/evaluation/evaluators/multiclass-classification-evaluator.ts';
import '../../../src/evaluation/worker-tasks.ts';
import { VectorAssembler } from '../../../src/feature/vectors/vector-assembler.ts';
import { loadStage } from '../../../src/pipeline/load-stage.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import type { TunedThresholdClassificationModel } from '../../../src/tuning/thresholds/tuned-threshold-classification-model.ts';
import { TunedThresholdClassifier } from '../../../src/tuning/thresholds/tuned-threshold-classifier.ts';
import '../../../src/tuning/worker-tasks.ts';
import { errorOf } from '../../contract/error-of.ts';
import { contentOf } from '../../tools/inline-table.ts';
import { randomData, randomNumbers } from '../../tools/random-data.ts';
import { cutTable, evenCuts, type SampleData } from '../../tools/sample-data.ts';
import { folderContent, temporaryFolder } from '../../tools/temporary-folder.ts';

const inline = new InlineRunner();
const pool = new ThreadPool(2, workerUrl());
afterAll(() => pool.close());
const root = temporaryFolder('thresholds');

const data = randomData({ seed: 5, numRows: 300, kinds: ['float32', 'words'], missing: 0.1 });
const table = cutTable(inline, data);
const estimator = new GBTClassifier({
  ...{ featuresCols: ['x0', 'x1'], labelCol: 'b', weightCol: 'w' },
  ...{ maxIter: 6, maxLeaves: 6, minInstancesPerNode: 4 },
});

describe('a tuned threshold', () => {
  it('is the same bytes on any partitions and threads', async () => {
    const classifier = new TunedThresholdClassifier({ estimator, numFolds: 3, stratified: true });
    const saved = async (on: typeof table): Promise<object> => {
      await (await classifier.fit(on)).save(`${root}/model`, { overwrite: true });
      return folderContent(`${root}/model`);
    };
    const expected = await saved(table);
    expect(await saved(cutTable(pool, data, evenCuts(300, 7)))).toEqual(expected);
    expect(await saved(cutTable(inline, data, [70, 70]))).toEqual(expected);
  });

  it('decides predictions, in batches and row by row, after save and load too', async () => {
    const model = await new TunedThresholdClassifier({
      estimator,
      metricName: 'recall',
      minPrecision: 0.6,
    }).fit(table);
    expect(model.threshold).not.toBe(0.5);
    const content = await contentOf(await model.transform(table));
    const [no, yes] = model.classes;
    (content['probability'] as number[][]).forEach(([, p = 0], row) => {
      expect(content['prediction']?.[row]).toBe(p > model.threshold ? yes : no);
    });
    expect(new Set(content['prediction']).size).toBe(2);
    await model.save(`${root}/saved`);
    const loaded = (await loadStage(`${root}/saved`)) as TunedThresholdClassificationModel;
    expect([loaded.threshold, loaded.value]).toEqual([model.threshold, model.value]);
    expect(await contentOf(await loaded.transform(table))).toEqual(content);
    const score = await loaded.scorer();
    for (let row = 0; row < 50; row++) {
      const values = Object.fromEntries(data.map(({ name, cells }) => [name, cells[row] ?? null]));
      expect(score(values as never).prediction).toBe(content['prediction']?.[row]);
    }
  });

  it('is found on rows that the classifier has not seen', async () => {
    // labels are noise that a deep tree learns by heart: in its own rows any threshold is right
    const random = randomNumbers(3);
    const noise: SampleData = [
      { name: 'x', type: 'float64', cells: Array.from({ length: 400 }, () => random()) },
      {
        name: 'b',
        type: 'text',
        cells: Array.from({ length: 400 }, () => (random() < 0.5 ? 'a' : 'b')),
      },
    ];
    const tree = new DecisionTreeClassifier({ featuresCols: ['x'], labelCol: 'b', maxDepth: 30 });
    const options = { estimator: tree, metricName: 'accuracy' } as const;
    const model = await new TunedThresholdClassifier(options).fit(cutTable(inline, noise));
    expect(model.value).toBeGreaterThan(0.4);
    expect(model.value).toBeLessThan(0.62);
  });

  it('finds more of a rare class than one half does', async () => {
    const random = randomNumbers(7);
    const x = Array.from({ length: 1500 }, () => random());
    const cells = x.map((value) => (random() < 0.3 * value * value ? 1 : 0));
    const rare: SampleData = [
      { name: 'x', type: 'float64', cells: x },
      { name: 'label', type: 'int32', cells },
    ];
    const on = cutTable(inline, rare);
    const boosted = new GBTClassifier({ featuresCols: ['x'], maxIter: 10, maxLeaves: 4 });
    const pipeline = new Pipeline({
      stages: [
        new VectorAssembler({ inputCols: ['x'], outputCol: 'features' }),
        boosted.copy({ featuresCols: undefined }),
      ],
    });
    const f1 = new MulticlassClassificationEvaluator({
      metricName: 'fMeasureByLabel',
      metricLabel: 1,
    });
    const plain = await f1.evaluate(await (await pipeline.fit(on)).transform(on));
    const model = await new TunedThresholdClassifier({ estimator: pipeline, seed: 2 }).fit(on);
    expect(model.threshold).toBeLessThan(0.4);
    expect(await f1.evaluate(await model.transform(on))).toBeGreaterThan(plain + 0.1);
  });

  it('refuses more than two classes, and a least value out of reach', async () => {
    const three = new TunedThresholdClassifier({ estimator: estimator.copy({ labelCol: 'k' }) });
    expect((await errorOf(() => three.fit(table))).code).toBe('LABEL_INVALID');
    const hard = { estimator, metricName: 'recall', minPrecision: 1 } as const;
    const error = await errorOf(() => new TunedThresholdClassifier(hard).fit(table));
    expect(error.code).toBe('DATA_INVALID');
    expect(error.message).toContain('minPrecision');
  });
});
