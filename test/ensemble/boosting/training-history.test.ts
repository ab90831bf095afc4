import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import type { FitOptions } from '../../../src/pipeline/estimator.ts';
import { loadStage } from '../../../src/pipeline/load-stage.ts';
import { columnNamed, cutTable, type SampleData } from '../../tools/sample-data.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { fitSample, predictedNumbers, scoreSample } from '../../training/fit-sample.ts';
import { makeEstimator } from '../../training/random-estimators.ts';
import { expectSameFit, type FitCase } from '../../training/topologies.ts';
import { featuresCols, historyParts } from './history-parts.ts';

const runner = new InlineRunner();
const { recipe, train, recent, other } = historyParts(41, 1200);
const common = {
  featuresCols,
  maxIter: 25,
  stepSize: 0.4,
  maxLeaves: 10,
  minInstancesPerNode: 2,
  earlyStoppingRounds: 25,
};

async function fit(
  options: Readonly<Record<string, unknown>>,
  sets: Readonly<Record<string, SampleData>>,
  more: Omit<FitOptions, 'validation'> = {},
): Promise<TreeModel> {
  const tables = Object.entries(sets).map(
    ([name, rows]) => [name, cutTable(runner, rows)] as const,
  );
  const name =
    options['labelCol'] === 'y' || options['labelCol'] === 'p' ? 'GBTRegressor' : 'GBTClassifier';
  const validationSets = Object.fromEntries(tables);
  return await fitSample({ name, options: { ...common, ...options } }, train, {
    ...more,
    validationSets,
  });
}

const cellsOf = (rows: SampleData, name: string): number[] =>
  columnNamed(rows, name).cells.map(Number);

/** A metric of a model on some rows, by its definition. */
async function byHand(
  model: TreeModel,
  rows: SampleData,
  metric: string,
  { labelCol, weightCol }: { readonly labelCol: string; readonly weightCol?: string },
) {
  const weights =
    weightCol === undefined ? cellsOf(rows, 'w').map(() => 1) : cellsOf(rows, weightCol);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value, i) => sum + value * (weights[i] as number), 0) /
    weights.reduce((a, b) => a + b, 0);
  if (model.classes.length === 0) {
    const labels = cellsOf(rows, labelCol);
    const errors = (await predictedNumbers(model, rows)).map((p, i) => p - (labels[i] as number));
    if (metric === 'mae') return mean(errors.map(Math.abs));
    if (metric === 'logCosh') return mean(errors.map((e) => Math.log(Math.cosh(e))));
    if (metric === 'mape')
      return mean(errors.map((e, i) => Math.abs(e) / Math.max(1, Math.abs(labels[i] as number))));
    const mse = mean(errors.map((e) => e * e));
    return metric === 'rmse' ? Math.sqrt(mse) : mse;
  }
  const scored = await scoreSample(model, rows);
  const labels = columnNamed(rows, labelCol).cells;
  const width = model.classes.length;
  const probability = scored['probability'] as number[];
  if (metric === 'accuracy') {
    return mean((scored['prediction'] as unknown[]).map((p, i) => (p === labels[i] ? 1 : 0)));
  }
  if (metric === 'loss') {
    return mean(
      labels.map(
        (cell, i) =>
          -Math.log(probability[i * width + model.classes.indexOf(cell as string)] as number),
      ),
    );
  }
  let [right, pairs] = [0, 0];
  labels.forEach((positive, i) => {
    if (positive !== model.classes[1]) return;
    labels.forEach((negative, j) => {
      if (negative !== model.classes[0]) return;
      const pair = (weights[i] as number) * (weights[j] as number);
      const difference = (probability[2 * i + 1] as number) - (probability[2 * j + 1] as number);
      pairs += pair;
      right += difference > 0 ? pair : difference === 0 ? pair / 2 : 0;
    });
  });
  return right / pairs;
}

describe('the history of a fit', () => {
  it.each([
    [{ labelCol: 'y', validationMetrics: ['rmse', 'mae', 'mse', 'mape', 'logCosh'] }],
    [
      {
        labelCol: 'p',
        lossType: 'poisson',
        weightCol: 'w',
        validationMetrics: ['mae', 'rmse', 'mape'],
      },
    ],
    [{ labelCol: 'b', weightCol: 'w', validationMetrics: ['areaUnderROC', 'loss', 'accuracy'] }],
    [{ labelCol: 'b', validationMetrics: ['accuracy', 'areaUnderROC'] }],
    [{ labelCol: 'k', validationMetrics: ['loss', 'accuracy'] }],
  ] as const)('has each metric of each set as it is after each round: %j', async (options) => {
    const { validationMetrics } = options;
    const sets = { recent, other };
    const model = await fit({ ...options, trainingHistory: true }, sets);
    const { history, memberRounds } = model.summary;
    expect(history.map(({ set, metric }) => `${set} ${metric}`)).toEqual(
      ['recent', 'other', 'training'].flatMap((set) => validationMetrics.map((m) => `${set} ${m}`)),
    );
    const kept = memberRounds[0] as number;
    for (const round of new Set([1, Math.ceil(kept / 2), kept])) {
      const cut = model.truncate(round);
      for (const { set, metric, values } of history) {
        const rows = { ...sets, training: train }[set] as SampleData;
        const found = await byHand(cut, rows, metric, options);
        expect(
          Math.abs((values[round - 1] as number) / found - 1),
          `${set} ${metric}`,
        ).toBeLessThan(1e-9);
      }
    }
  });

  it.each(['areaUnderROC', 'accuracy', 'loss'])(
    'keeps the best round of the first metric: %s',
    async (first) => {
      const others = ['areaUnderROC', 'accuracy', 'loss'].filter((name) => name !== first);
      const model = await fit(
        { labelCol: 'b', validationMetrics: [first, ...others] },
        { recent, other },
      );
      const [decides] = model.summary.history;
      const best = (first === 'loss' ? Math.min : Math.max)(...(decides?.values ?? []));
      expect(model.summary.memberRounds).toEqual([(decides?.values.indexOf(best) ?? 0) + 1]);
    },
  );

  it('lets the rows that are given as validation decide before those with names', async () => {
    const alone = await fitSample(
      { name: 'GBTRegressor', options: { ...common, labelCol: 'y' } },
      train,
      {
        validation: recent,
      },
    );
    const both = await fitSample(
      { name: 'GBTRegressor', options: { ...common, labelCol: 'y' } },
      train,
      {
        validation: recent,
        validationSets: { other: cutTable(runner, other) },
      },
    );
    expect(both.numTrees).toBe(alone.numTrees);
    expect(both.summary.validationLosses).toEqual(alone.summary.validationLosses);
    expect(both.summary.history.map(({ set }) => set)).toEqual(['validation', 'other']);
  });

  it('is saved with the model', async () => {
    const model = await fit(
      { labelCol: 'b', validationMetrics: ['areaUnderROC'], trainingHistory: true },
      { recent },
    );
    const path = join(temporaryFolder('history'), 'model');
    await model.save(path);
    expect(((await loadStage(path)) as TreeModel).summary).toEqual(model.summary);
  });

  it('is joined where a fit goes on', async () => {
    const options = {
      labelCol: 'b',
      validationMetrics: ['loss', 'areaUnderROC'],
      trainingHistory: true,
      stepSize: 0.05,
    };
    const whole = await fit({ ...options, maxIter: 8 }, { recent, other });
    const before = await fit({ ...options, maxIter: 3 }, { recent, other });
    const after = await fit(
      { ...options, maxIter: 5 },
      { recent, other },
      { initialModel: before },
    );
    expect(after.summary).toEqual(whole.summary);
  });

  it('holds the training rows of each model that is averaged', async () => {
    const options = { labelCol: 'y', numModels: 2, holdOutFolds: 3, trainingHistory: true };
    const { history } = (await fit(options, {})).summary;
    expect(history.map(({ set }) => set)).toEqual([
      'heldOut1',
      'training1',
      'heldOut2',
      'training2',
    ]);
  });

  it('is the same on every topology', async () => {
    const watched: FitCase = async (found, table) =>
      await makeEstimator(found).fit(table, {
        validationSets: {
          a: cutTable(table.runner, recent, [100]),
          b: cutTable(table.runner, other),
        },
      });
    const options = {
      ...{ labelCol: 'b', weightCol: 'w', validationIndicatorCol: 'v', maxIter: 6, maxLeaves: 6 },
      ...{ validationMetrics: ['areaUnderROC', 'loss', 'accuracy'], trainingHistory: true },
    };
    await expectSameFit(
      { alone: watched, others: watched },
      { name: 'GBTClassifier', options },
      recipe,
      [
        { threads: 3, partitions: 7 },
        { threads: 2, partitions: 'one empty' },
        { threads: 5, partitions: 2 },
      ],
    );
  }, 60_000);

  it.each([
    [{ labelCol: 'y', validationMetrics: ['accuracy'] }, 'a list of loss, mse, rmse, mae'],
    [{ labelCol: 'b', validationMetrics: ['loss', 'loss'] }, 'each once'],
    [{ labelCol: 'k', validationMetrics: ['areaUnderROC'] }, 'more than two classes'],
  ])('is refused for metrics that say nothing: %j', async (options, message) => {
    await expect((async () => fit(options, { recent }))()).rejects.toMatchObject({
      code: 'PARAM_INVALID',
      message: expect.stringContaining(message),
    });
  });
});
