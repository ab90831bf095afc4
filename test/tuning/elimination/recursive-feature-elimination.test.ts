/** Features that are eliminated step by step: those of scikit-learn, on any topology, in pipelines and files. */
import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { DecisionTreeRegressor } from '../../../src/ensemble/forest/decision-tree-regressor.ts';
import { RegressionEvaluator } from '../../../src/evaluation/evaluators/regression-evaluator.ts';
import '../../../src/evaluation/worker-tasks.ts';
import { StandardScaler } from '../../../src/feature/numbers/standard-scaler.ts';
import { VectorAssembler } from '../../../src/feature/vectors/vector-assembler.ts';
import { KMeans } from '../../../src/linear/k-means.ts';
import { LinearRegression } from '../../../src/linear/linear-regression.ts';
import { loadStage } from '../../../src/pipeline/load-stage.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import type { PipelineModel } from '../../../src/pipeline/pipeline-model.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { fixedSizeListColumn } from '../../../src/table/columns/make-column.ts';
import { RecursiveFeatureElimination } from '../../../src/tuning/elimination/recursive-feature-elimination.ts';
import type { RecursiveFeatureEliminationModel } from '../../../src/tuning/elimination/recursive-feature-elimination-model.ts';
import '../../../src/tuning/worker-tasks.ts';
import { contentOf, inlineTable } from '../../tools/inline-table.ts';
import { randomData } from '../../tools/random-data.ts';
import { cutTable, evenCuts } from '../../tools/sample-data.ts';
import { folderContent, temporaryFolder } from '../../tools/temporary-folder.ts';

const inline = new InlineRunner();
const pool = new ThreadPool(2, workerUrl());
afterAll(() => pool.close());
const root = temporaryFolder('elimination');

/** Six features of whole numbers, three of which the label has; scikit-learn 1.9.1 measured RFE and RFECV on them. */
const rows = [...Array(40).keys()];
const features = rows.map((i) => [
  ...[(i * 3) % 7, (i * 5) % 11, (i * 7) % 13],
  ...[(i * 11) % 17, (i * 13) % 19, (i * i) % 23],
]);
const label = rows.map((i) => {
  const [a = 0, , b = 0, , c = 0] = features[i] as number[];
  return 2 * a - 1.5 * b + 0.6 * c + (((i * i * i) % 29) - 14) / 3;
});
const six = inlineTable(
  {
    features: fixedSizeListColumn(Float64Array.from(features.flat()), 6),
    label: Float64Array.from(label),
    fold: Int32Array.from(rows, (i) => i % 4),
  },
  3,
);
const estimator = new LinearRegression();
const evaluator = new RegressionEvaluator();

describe('recursive feature elimination', () => {
  it.each([
    [3, 1, [0, 2, 4], [1, 2, 1, 3, 1, 4]],
    [2, 2, [0, 2], [1, 2, 1, 3, 2, 3]],
    [1, 0.4, [0], [1, 3, 2, 4, 3, 4]],
  ])(
    'leaves %i features in steps of %d as scikit-learn does',
    async (numFeatures, step, kept, ranking) => {
      const options = { estimator, outputCol: 'kept', numFeatures, step };
      const model = await new RecursiveFeatureElimination(options).fit(six);
      expect(model.selectedFeatures).toEqual(kept);
      expect(model.ranking).toEqual(ranking);
      const vectors = (await contentOf(await model.transform(six)))['kept'];
      expect(vectors).toEqual(features.map((row) => kept.map((index) => row[index])));
    },
  );

  it.each([
    [
      ...[1, 1, [1, 2, 1, 3, 1, 4], [1, 2, 3, 4, 5, 6]],
      [
        ...[7.354192257588023, 5.342782489691141, 3.2827779813392826],
        ...[3.391989794314736, 3.475923190847154, 3.4687928744420184],
      ],
    ] as const,
    [
      ...[2, 2, [1, 1, 1, 2, 1, 2], [2, 4, 6]],
      [5.342782489691141, 3.391989794314736, 3.4687928744420184],
    ] as const,
  ])('chooses the number of features on folds as scikit-learn does, by %i', async (...expected) => {
    const [step, minFeatures, ranking, sizes, metrics] = expected;
    const done: number[] = [];
    const model = await new RecursiveFeatureElimination({
      ...{
        estimator,
        evaluator,
        outputCol: 'kept',
        step,
        minFeatures,
        foldCol: 'fold',
        numFolds: 4,
      },
    }).fit(six, { onProgress: (progress) => done.push(progress.done / progress.total) });
    expect(model.ranking).toEqual(ranking);
    expect(model.steps.map((one) => one.numFeatures)).toEqual(sizes);
    expect(model.steps.map((one) => one.metric)).toEqual(
      metrics.map((value) => expect.closeTo(value, 9)),
    );
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done.at(-1)).toBe(1);
  });

  it('leaves half of the features by default', async () => {
    const model = await new RecursiveFeatureElimination({ estimator, outputCol: 'kept' }).fit(six);
    expect(model.selectedFeatures).toEqual([0, 2, 4]);
    expect(model.steps).toEqual([]);
  });

  it('is the same bytes on any partitions and threads, with trees and a struct of any kinds', async () => {
    const kinds = ['float32', 'words', 'integers', 'flags'] as const;
    const data = randomData({ seed: 9, numRows: 200, kinds, missing: 0.1 });
    const trees = new GBTRegressor({ labelCol: 'y', maxIter: 5, minInstancesPerNode: 5 });
    const stages = [
      new VectorAssembler({
        ...{ inputCols: ['x0', 'x1', 'x2', 'x3'], outputCol: 'features', handleInvalid: 'keep' },
      }),
      new RecursiveFeatureElimination({
        estimator: trees,
        evaluator: new RegressionEvaluator({ labelCol: 'y' }),
        ...{ outputCol: 'kept', numFolds: 2 },
      }),
      new GBTRegressor({ ...trees.givenOptions, featuresCol: 'kept' }),
    ];
    const fitted = async (on: ReturnType<typeof cutTable>): Promise<PipelineModel> => {
      const model = await new Pipeline({ stages: stages as never }).fit(on);
      await model.save(`${root}/model`, { overwrite: true });
      return model;
    };
    const table = cutTable(inline, data);
    const model = await fitted(table);
    const expected = folderContent(`${root}/model`);
    await fitted(cutTable(pool, data, evenCuts(200, 5)));
    expect(folderContent(`${root}/model`)).toEqual(expected);
    const loaded = (await loadStage(`${root}/model`)) as PipelineModel;
    const [, before] = model.stages as unknown as RecursiveFeatureEliminationModel[];
    const [, after] = loaded.stages as unknown as RecursiveFeatureEliminationModel[];
    expect(after?.ranking).toEqual(before?.ranking);
    expect(after?.steps).toEqual(before?.steps);
    expect(before?.steps.length).toBe(4);
    const predictions = (await contentOf(await loaded.transform(table)))['prediction'];
    const score = await loaded.scorer();
    for (const row of [0, 7, 150]) {
      const cells = Object.fromEntries(data.map(({ name, cells }) => [name, cells[row] ?? null]));
      expect(score(cells)['prediction']).toBe(predictions?.[row]);
    }
  });

  it('takes a pipeline whose last stage has importances', async () => {
    const scaled = new Pipeline({
      stages: [
        new StandardScaler({ inputCol: 'features', outputCol: 'scaled' }),
        new LinearRegression({ featuresCol: 'scaled' }),
      ],
    });
    const options = { estimator: scaled, outputCol: 'kept', numFeatures: 2 };
    const model = await new RecursiveFeatureElimination(options).fit(six);
    expect(model.selectedFeatures).toEqual([0, 2]);
  });

  it('refuses what does not fit', async () => {
    const make = (options: object) =>
      new RecursiveFeatureElimination({ estimator, outputCol: 'kept', ...options });
    expect(() => make({ step: 1.5 })).toThrow(/step of .* must be a whole number/);
    expect(() => make({ evaluator, numFeatures: 2 })).toThrow(/numFeatures of .* must be left out/);
    expect(() => make({ minFeatures: 2 })).toThrow(/minFeatures of .* must be left out/);
    const refused = (options: object) => expect(make(options).fit(six)).rejects;
    await refused({ numFeatures: 7 }).toThrow(/numFeatures .* must be at most 6/);
    const others = new DecisionTreeRegressor({ featuresCol: 'others' });
    await refused({ estimator: others }).toThrow(/must be that of its estimator, others/);
    await refused({ estimator: new KMeans({ k: 2 }) }).toMatchObject({ code: 'UNSUPPORTED' });
    const columns = new DecisionTreeRegressor({ featuresCols: ['fold'] });
    await refused({ estimator: columns }).toThrow(/estimator .*: leave its featuresCols out/);
    const apart = make({}).fit(inlineTable({ a: [1, 2], label: [1, 2] }, 1));
    await expect(apart).rejects.toThrow(/"features".*; VectorAssembler puts columns into one/);
    await expect(make({}).fit(six, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});
