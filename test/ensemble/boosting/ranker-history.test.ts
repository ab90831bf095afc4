import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import type { GBTRankingModel } from '../../../src/ensemble/boosting/gbt-ranker.ts';
import { GBTRanker } from '../../../src/ensemble/boosting/gbt-ranker.ts';
import { RankingEvaluator } from '../../../src/evaluation/evaluators/ranking-evaluator.ts';
import '../../../src/evaluation/worker-tasks.ts';
import type { FitOptions } from '../../../src/pipeline/estimator.ts';
import { treeBytes } from '../../tools/fitted-bytes.ts';
import { range } from '../../tools/random-data.ts';
import { cutTable, type SampleData } from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers } from '../../training/fit-sample.ts';
import { makeEstimator } from '../../training/random-estimators.ts';
import { expectSameFit, type FitCase } from '../../training/topologies.ts';
import { featuresCols, historyParts } from './history-parts.ts';

const runner = new InlineRunner();
const { recipe, train, recent, other } = historyParts(12, 1150);
const options = {
  ...{ featuresCols, labelCol: 'r', groupCol: 'g', weightCol: 'w' },
  ...{ maxIter: 8, stepSize: 0.4, maxLeaves: 8, minInstancesPerNode: 2, earlyStoppingRounds: 8 },
};

/** Groups of the same names in all tables, so that those of two sets could be taken for one. */
function grouped(rows: SampleData): SampleData {
  const numRows = rows[0]?.cells.length ?? 0;
  return [
    ...rows.filter(({ name }) => name !== 'g'),
    { name: 'g', type: 'int32', cells: range(numRows).map((row) => row % 23) },
  ];
}

async function fit(
  more: Readonly<Record<string, unknown>>,
  fitOptions: Omit<FitOptions, 'validation'> & { readonly validation?: SampleData } = {},
): Promise<GBTRankingModel> {
  const found = { name: 'GBTRanker', options: { ...options, ...more } } as const;
  return (await fitSample(found, grouped(train), fitOptions)) as GBTRankingModel;
}

const tableOf = (rows: SampleData) => cutTable(runner, grouped(rows));
const sets = { recent: tableOf(recent), other: tableOf(other) };
const seriesOf = ({ summary }: GBTRankingModel): string[] =>
  summary.history.map(({ set, metric }) => `${set} ${metric}`);

describe('the history of a ranker', () => {
  it('has each metric of each set at each number of rows, as it is after each round', async () => {
    const validationMetrics = [
      'ndcgAtK',
      'meanReciprocalRank',
      'recallAtK',
      'precisionAt4',
      'loss',
    ];
    const measured = ['ndcgAt1', 'ndcgAt3', 'meanReciprocalRank', 'recallAt1', 'recallAt3'];
    const model = await fit(
      { ndcgAt: [1, 3], validationMetrics, trainingHistory: true },
      { validationSets: sets },
    );
    const names = [...measured, 'precisionAt4', 'loss'];
    expect(seriesOf(model)).toEqual(
      ['recent', 'other', 'training'].flatMap((set) => names.map((name) => `${set} ${name}`)),
    );
    const tables = { recent, other, training: train };
    const evaluator = new RankingEvaluator({ labelCol: 'r', groupCol: 'g', weightCol: 'w' });
    for (const round of [1, model.numTrees]) {
      const cut = model.truncate(round);
      for (const [set, rows] of Object.entries(tables)) {
        const cells = await predictedNumbers(cut, grouped(rows));
        const scored = cutTable(runner, [
          ...grouped(rows),
          { name: 'prediction', type: 'float64', cells },
        ]);
        const wanted = await evaluator.evaluateAll(scored, {
          metrics: [...measured, 'precisionAt4'],
        });
        expect(Object.keys(wanted)).toEqual([...measured, 'precisionAt4']);
        for (const { metric, values } of model.summary.history.filter((one) => one.set === set)) {
          const value =
            metric === 'loss' ? 1 - (wanted['ndcgAt1'] as number) : (wanted[metric] as number);
          expect(values[round - 1], `${set} ${metric}`).toBeCloseTo(value, 12);
        }
      }
    }
  });

  it('measures the loss and the NDCG where only the numbers of rows are several', async () => {
    const model = await fit({ ndcgAt: [3, 1] }, { validation: grouped(recent) });
    expect(seriesOf(model)).toEqual([
      'validation loss',
      'validation ndcgAt3',
      'validation ndcgAt1',
    ]);
    const [loss, first] = model.summary.history;
    expect(model.summary.validationLosses).toEqual(loss?.values);
    expect(first?.values.map((value) => 1 - value)).toEqual(loss?.values);
    // what is measured beside the first changes nothing
    const alone = await fit({ ndcgAt: 3 }, { validation: grouped(recent) });
    expect(seriesOf(alone)).toEqual(['validation loss']);
    expect(treeBytes(model)).toEqual(treeBytes(alone));
    expect(model.summary.validationLosses).toEqual(alone.summary.validationLosses);
  });

  it('stops on the first metric of the first set', async () => {
    const stopping = { maxIter: 60, stepSize: 0.9, earlyStoppingRounds: 3 };
    const metrics = { validationMetrics: ['meanAveragePrecisionAt2', 'ndcgAt7'] };
    const model = await fit({ ...stopping, ...metrics }, { validationSets: sets });
    const [decides] = model.summary.history;
    expect(`${decides?.set} ${decides?.metric}`).toBe('recent meanAveragePrecisionAt2');
    const values = decides?.values ?? [];
    expect(values.length).toBeLessThan(60);
    expect(model.numTrees).toBe(values.indexOf(Math.max(...values)) + 1);
    const alone = await fit({ ...stopping, ...metrics }, { validation: grouped(recent) });
    expect(treeBytes(alone)).toEqual(treeBytes(model));
  });

  it('is measured of a table afterwards, too', async () => {
    const model = await fit({ ndcgAt: [1, 3] }, { validationSets: sets });
    const found = await model.evaluateEachIteration(sets.other, { metrics: ['ndcgAtK', 'loss'] });
    expect(Object.keys(found)).toEqual(['ndcgAt1', 'ndcgAt3', 'loss']);
    const kept = model.summary.history.filter(({ set }) => set === 'other');
    for (const { metric, values } of kept)
      expect(found[metric], metric).toEqual(values.slice(0, model.numTrees));
    await expect(
      model.evaluateEachIteration(sets.other, { metrics: ['rmse'] }),
    ).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('needs no places to be measured afterwards', async () => {
    const places = { positionCol: 'q', positionBiasRegularization: 0.1 };
    const model = await fit(places, { validation: grouped(recent) });
    const [history] = model.summary.history;
    const table = tableOf(recent).drop('q');
    expect((await model.evaluateEachIteration(table))['loss']).toEqual(
      history?.values.slice(0, model.numTrees),
    );
  });

  it('is joined where a fit goes on', async () => {
    const more = { ndcgAt: [2, 5], trainingHistory: true, stepSize: 0.05 };
    const whole = await fit({ ...more, maxIter: 6 }, { validationSets: sets });
    const before = await fit({ ...more, maxIter: 2 }, { validationSets: sets });
    const after = await fit(
      { ...more, maxIter: 4 },
      { validationSets: sets, initialModel: before },
    );
    expect(after.summary).toEqual(whole.summary);
  });

  it('is the same on every topology', async () => {
    const watched: FitCase = async (found, table) =>
      await makeEstimator(found).fit(table, {
        validationSets: {
          a: cutTable(table.runner, recent, [100]),
          b: cutTable(table.runner, other),
        },
      });
    const more = {
      ...{ groupCol: 'q', validationIndicatorCol: 'v', ndcgAt: [1, 4] },
      ...{ validationMetrics: ['ndcgAtK', 'loss', 'meanAveragePrecision'], trainingHistory: true },
    };
    await expectSameFit(
      { alone: watched, others: watched },
      { name: 'GBTRanker', options: { ...options, ...more } },
      recipe,
      [
        { threads: 3, partitions: 7 },
        { threads: 2, partitions: 'one empty' },
        { threads: 5, partitions: 2 },
      ],
    );
  }, 60_000);

  it('is refused for metrics that say nothing', () => {
    const refused = (given: Record<string, unknown>, message: RegExp): void => {
      expect(() => new GBTRanker(given)).toThrow(message);
    };
    const rule =
      /validationMetrics of GBTRanker must be a list of loss, ndcgAtK, .*\(or a number in place of K/;
    for (const name of ['ndcgAt0', 'ndcgAt01', 'lossAt3', 'meanReciprocalRankAt3', 'ndcgAt1.5'])
      refused({ validationMetrics: [name] }, rule);
    refused({ validationMetrics: ['ndcgAt3', 'ndcgAt3'] }, /each once/);
    for (const ndcgAt of [0, [], [0], [1.5], 'all'])
      refused({ ndcgAt }, /ndcgAt of GBTRanker must/);
  });
});
