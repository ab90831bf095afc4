/** What each round of a model makes of other rows: what a fit measures of its validation rows, and what cut models make. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { BoostedModel } from '../../../src/ensemble/boosting/boosted-model.ts';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { mergeModels } from '../../../src/ensemble/model/merge-models.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import '../../../src/evaluation/worker-tasks.ts';
import { BinaryClassificationEvaluator } from '../../../src/evaluation/evaluators/binary-classification-evaluator.ts';
import { MulticlassClassificationEvaluator } from '../../../src/evaluation/evaluators/multiclass-classification-evaluator.ts';
import { RegressionEvaluator } from '../../../src/evaluation/evaluators/regression-evaluator.ts';
import { featureNames, randomData } from '../../tools/random-data.ts';
import { cutTable, type SampleData } from '../../tools/sample-data.ts';
import { fitSample } from '../fit-sample.ts';
import { type EstimatorCase, estimatorCases, recipes, withFeatures } from '../random-estimators.ts';
import { expectSameFit, topologies } from '../topologies.ts';

const runner = new InlineRunner();

async function measured(model: TreeModel, data: SampleData, metrics?: readonly string[]) {
  if (!(model instanceof BoostedModel)) throw new Error(`${model.className} is not boosted`);
  return await model.evaluateEachIteration(cutTable(runner, data), { metrics });
}

const cases = fc
  .oneof(estimatorCases.GBTRegressor, estimatorCases.GBTClassifier)
  .filter(({ options }) => options['lossType'] !== 'cox' && options['dropRate'] === undefined);

/** One model, measured on rows that its fit was given beside. */
function watched({ name, options }: EstimatorCase): EstimatorCase {
  const left = /^(validation|holdOut|numModels|linear)/;
  const kept = Object.entries(options).filter(([key]) => !left.test(key));
  return { name, options: { maxIter: 4, ...Object.fromEntries(kept) } };
}

const recipe = {
  seed: 8,
  numRows: 700,
  kinds: ['float32', 'words', 'float64', 'few numbers'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const other = randomData({ ...recipe, seed: 9 });
const featuresCols = featureNames(recipe);

describe('evaluateEachIteration', () => {
  it('measures what a fit measures of its validation rows, to the last bit', async () => {
    await fc.assert(
      fc.asyncProperty(cases.map(watched), recipes, async (found, drawn) => {
        const small = { ...drawn, numRows: 40 + (drawn.numRows % 400) };
        const rows = randomData(small);
        const model = await fitSample(withFeatures(found, small), rows, { validation: rows });
        const [history] = model.summary.history;
        if (history === undefined || model.numTrees === 0) return;
        const { loss = [] } = await measured(model, rows);
        expect(loss).toEqual(history.values.slice(0, loss.length));
        expect(loss.length * Math.max(1, model.data.baseScores.length)).toBe(model.numTrees);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  }, 60_000);

  it('measures what the model that is cut there predicts', async () => {
    const common = { featuresCols, maxIter: 5, minInstancesPerNode: 2, weightCol: 'w' };
    const drawn = [
      { labelCol: 'y' },
      { labelCol: 'y', dropRate: 0.5, skipDrop: 0 },
      { labelCol: 'y', numParallelTrees: 3, subsamplingRate: 0.7 },
      { labelCol: 'y', maxIter: undefined, numModels: 2, holdOutFolds: 3 },
    ];
    for (const own of drawn) {
      const options = { ...common, ...own };
      const model = await new GBTRegressor(options).fit(cutTable(runner, data));
      const { rmse = [], mae = [] } = await measured(model, other, ['rmse', 'mae']);
      expect(rmse.length).toBeGreaterThan(3);
      for (const rounds of [1, 3, rmse.length]) {
        const scored = await model.truncate(rounds).transform(cutTable(runner, other));
        const said = { labelCol: 'y', weightCol: 'w' };
        for (const [metricName, values] of Object.entries({ rmse, mae })) {
          const evaluator = new RegressionEvaluator({ ...said, metricName: metricName as 'mae' });
          expect(values[rounds - 1]).toBeCloseTo(await evaluator.evaluate(scored), 9);
        }
      }
    }
  });

  it('measures classes, and models that were merged or went on', async () => {
    const rows = cutTable(runner, data);
    const common = { featuresCols, minInstancesPerNode: 2, maxIter: 3 };
    const binary = new GBTClassifier({ ...common, labelCol: 'b' });
    const first = await binary.fit(rows);
    const longer = await binary.copy({ seed: 5 }).fit(rows, { initialModel: first });
    const merged = mergeModels([first, await binary.copy({ maxLeaves: 4 }).fit(rows)]);
    for (const model of [longer, merged]) {
      const { areaUnderROC: area = [] } = await measured(model, other, ['loss', 'areaUnderROC']);
      const last = await model.transform(cutTable(runner, other));
      const evaluator = new BinaryClassificationEvaluator({ labelCol: 'b' });
      expect(area.at(-1)).toBeCloseTo(await evaluator.evaluate(last), 12);
    }
    const several = await new GBTClassifier({ ...common, labelCol: 'k' }).fit(rows);
    const { accuracy = [], loss = [] } = await measured(several, other, ['accuracy', 'loss']);
    for (const rounds of [1, 3]) {
      const scored = await several.truncate(rounds).transform(cutTable(runner, other));
      const of = (metricName: 'accuracy' | 'logLoss') =>
        new MulticlassClassificationEvaluator({ labelCol: 'k', metricName }).evaluate(scored);
      expect(accuracy[rounds - 1]).toBe(await of('accuracy'));
      expect(loss[rounds - 1]).toBeCloseTo(await of('logLoss'), 9);
    }
  });

  it('is the same on any topology', async () => {
    await fc.assert(
      fc.asyncProperty(
        cases.map(watched),
        recipes,
        fc.array(topologies, { minLength: 1, maxLength: 1 }),
        async (found, drawn, wanted) => {
          const told: unknown[] = [];
          const fit: Parameters<typeof expectSameFit>[0] = async (each, table) => {
            const model = await fitSample(each, randomData(drawn));
            const boosted = model as TreeModel as BoostedModel;
            told.push(await boosted.evaluateEachIteration(table));
            return model;
          };
          await expectSameFit(fit, found, drawn, wanted);
          for (const values of told) expect(values).toEqual(told[0]);
        },
      ),
      { numRuns: 6, endOnFailure: true },
    );
  }, 60_000);

  it('refuses what it cannot measure, by name', async () => {
    const rows = cutTable(runner, data);
    const common = { featuresCols, labelCol: 'y', maxIter: 2 };
    const model = await new GBTRegressor(common).fit(rows);
    const linear = await new GBTRegressor({ ...common, linearLeaves: true }).fit(rows);
    await expect(model.evaluateEachIteration(rows, { metrics: ['auc'] })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('loss, mse, rmse'),
    });
    await expect(linear.evaluateEachIteration(rows)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(
      model.evaluateEachIteration(rows, { metric: ['rmse'] } as never),
    ).rejects.toMatchObject({ code: 'PARAM_UNKNOWN' });
    await expect(model.evaluateEachIteration(rows.drop('x0'))).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    });
  });
});
