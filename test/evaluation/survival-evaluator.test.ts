/** The concordance of a scored table, by its definition and the same for any partitions. */
import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import '../../src/ensemble/worker-operators.ts';
import { SurvivalEvaluator } from '../../src/evaluation/evaluators/survival-evaluator.ts';
import '../../src/evaluation/worker-tasks.ts';
import '../../src/training/worker-programs.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { randomNumbers, range } from '../tools/random-data.ts';
import { cutTable, evenCuts, type SampleData } from '../tools/sample-data.ts';

const inline = new InlineRunner();
const pool = new ThreadPool(2, workerUrl());
afterAll(() => pool.close());

const numRows = 300;
const random = randomNumbers(8);
const times = range(numRows).map(() => 1 + Math.floor(40 * random()));
const came = range(numRows).map(() => random() < 0.6);
const weights = range(numRows).map(() => Math.floor(4 * random()) / 2);
const predicted = times.map((time) => Math.round(time + 30 * random()));
const data: SampleData = [
  { name: 'label', type: 'float64', cells: times },
  { name: 'came', type: 'bool', cells: came },
  { name: 'w', type: 'float64', cells: weights },
  { name: 'prediction', type: 'float64', cells: predicted },
];

function byHand(weight: readonly number[]): number {
  let [right, pairs] = [0, 0];
  for (const i of range(numRows)) {
    if (came[i] !== true) continue;
    for (const j of range(numRows)) {
      const [own, other] = [times[i] as number, times[j] as number];
      if (!(other > own || (other === own && came[j] === false))) continue;
      const pair = (weight[i] as number) * (weight[j] as number);
      const ahead = (predicted[j] as number) - (predicted[i] as number);
      pairs += pair;
      right += ahead > 0 ? pair : ahead === 0 ? pair / 2 : 0;
    }
  }
  return right / pairs;
}

describe('SurvivalEvaluator', () => {
  it('tells the share of pairs in the right order, weighted or not, on any partitions', async () => {
    for (const [options, weight] of [
      [{}, times.map(() => 1)],
      [{ weightCol: 'w' }, weights],
    ] as const) {
      const evaluator = new SurvivalEvaluator({ censorCol: 'came', ...options });
      const found = await evaluator.evaluate(cutTable(inline, data));
      expect(found).toBeCloseTo(byHand(weight), 12);
      expect(found).toBeGreaterThan(0.6);
      const cut = cutTable(pool, data, [0, ...evenCuts(numRows, 5)]);
      expect(await evaluator.evaluate(cut)).toBe(found);
      const turned = new SurvivalEvaluator({
        censorCol: 'came',
        predictionKind: 'hazard',
        ...options,
      });
      expect(await turned.evaluate(cut)).toBeCloseTo(1 - found, 12);
      expect(evaluator.isLargerBetter()).toBe(true);
    }
  });

  it('takes hazards for what they are where the model says so beside the column', async () => {
    const x = range(numRows).map((row) => (row * 37) % 101);
    const label = x.map((value) => 150 - value);
    const table = cutTable(inline, [
      { name: 'x', type: 'float64', cells: x },
      { name: 'came', type: 'bool', cells: range(numRows).map((row) => row % 3 > 0) },
      { name: 'label', type: 'float64', cells: label },
    ]);
    const columns = { featuresCols: ['x'], censorCol: 'came' };
    const model = await new GBTRegressor({ ...columns, lossType: 'cox', maxIter: 10 }).fit(table);
    const scored = await model.transform(table);
    const found = await new SurvivalEvaluator({ censorCol: 'came' }).evaluateAll(scored);
    expect(found['concordanceIndex']).toBeGreaterThan(0.9);
    expect(Object.keys(found)).toEqual(['concordanceIndex']);
    const asTimes = new SurvivalEvaluator({ censorCol: 'came', predictionKind: 'time' });
    expect(await asTimes.evaluate(scored)).toBeCloseTo(
      1 - (found['concordanceIndex'] as number),
      12,
    );
    const accuracy = new SurvivalEvaluator({ censorCol: 'came', metricName: 'intervalAccuracy' });
    await expect(accuracy.evaluate(scored)).rejects.toThrow(
      /metricName of SurvivalEvaluator must be concordanceIndex or integratedBrierScore with predictionKind hazard.*prediction/,
    );
    const times = await new GBTRegressor({ ...columns, lossType: 'aft', maxIter: 10 }).fit(table);
    const asTold = await new SurvivalEvaluator({ censorCol: 'came' }).evaluate(
      await times.transform(table),
    );
    expect(asTold).toBeGreaterThan(0.9);
  });

  it('refuses times that are none, flags that say nothing, and tables without rows', async () => {
    const changed = (name: string, cell: number): SampleData =>
      data.map((column) =>
        column.name === name
          ? { ...column, type: 'float64', cells: [cell, ...column.cells.slice(1).map(Number)] }
          : column,
      );
    const evaluator = new SurvivalEvaluator({ censorCol: 'came' });
    for (const rows of [changed('label', 0), changed('came', 2)]) {
      await expect(evaluator.evaluate(cutTable(inline, rows))).rejects.toMatchObject({
        code: 'LABEL_INVALID',
      });
    }
    const none = data.map((column) => ({ ...column, cells: [] }));
    await expect(evaluator.evaluate(cutTable(inline, none))).rejects.toMatchObject({
      code: 'DATA_EMPTY',
    });
  });
});

describe('chances of survival', () => {
  const random = randomNumbers(12);
  const chances = times.map(() => {
    const first = random();
    return [first, first * random()] as const;
  });
  /** A row and how often it stands in the table. */
  const tableOf = (counts: readonly number[], cuts?: readonly number[]) => {
    const rows = range(numRows).flatMap((row) => range(counts[row] as number).map(() => row));
    const cells = (values: readonly unknown[]) => rows.map((row) => values[row]) as never;
    const all: SampleData = [
      { name: 'label', type: 'float64', cells: cells(times) },
      { name: 'came', type: 'bool', cells: cells(came) },
      { name: 'w', type: 'float64', cells: cells(weights.map((w) => 2 * w)) },
      { name: 'prediction', type: 'float64', cells: cells(predicted) },
      // as a CSV file holds vectors
      { name: 'survival', type: 'text', cells: cells(chances.map((s) => JSON.stringify(s))) },
    ];
    return cuts === undefined ? cutTable(inline, all) : cutTable(pool, all, [...cuts]);
  };
  const evaluator = (more: object = {}) =>
    new SurvivalEvaluator({
      ...{ censorCol: 'came', metricName: 'integratedBrierScore', survivalTimes: [10, 25] },
      ...more,
    });
  const once = times.map(() => 1);

  it('are measured as they are defined, where weights are numbers of rows', async () => {
    const counts = weights.map((w) => 2 * w);
    const rows = range(numRows).flatMap((row) => range(counts[row] as number).map(() => row));
    const notCensored = (time: number): number => {
      let chance = 1;
      for (const at of [...new Set(times)].sort((x, y) => x - y)) {
        if (at > time) break;
        const here = rows.filter((row) => times[row] === at);
        const gone = here.filter((row) => came[row] === true).length;
        const left = rows.filter((row) => (times[row] as number) >= at).length - gone;
        if (left > 0) chance *= 1 - (here.length - gone) / left;
      }
      return chance;
    };
    const score = (at: number, k: 0 | 1): number => {
      const terms = rows.map((row) => {
        const [time, s] = [times[row] as number, (chances[row] as readonly number[])[k] as number];
        if (time > at) return (1 - s) ** 2 / notCensored(at);
        return came[row] === true ? s ** 2 / notCensored(time) : 0;
      });
      return terms.reduce((sum, term) => sum + term, 0) / rows.length;
    };
    const wanted = (score(10, 0) + score(25, 1)) / 2;
    const weighted = await evaluator({ weightCol: 'w' }).evaluate(tableOf(once));
    expect(weighted).toBeCloseTo(wanted, 12);
    expect(await evaluator().evaluate(tableOf(counts))).toBeCloseTo(wanted, 12);
    const cut = tableOf(once, [0, 1, 40, 41, 200]);
    expect(await evaluator({ weightCol: 'w' }).evaluate(cut)).toBe(weighted);
  });

  it('count at times below the last row alone, and not without their times', async () => {
    const table = tableOf(once);
    const both = evaluator({ survivalTimes: [10, 1000] });
    const points = await both.curve(table);
    const [first, second] = (await points.collect()).toArray();
    expect(await both.evaluate(table)).toBe(first.brierScore);
    expect(second.brierScore).toBeNaN();
    const untold = evaluator({ survivalTimes: undefined });
    await expect(untold.evaluate(table)).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND' });
    expect(Object.keys(await untold.evaluateAll(table))).not.toContain('integratedBrierScore');
    const wrong = evaluator({ survivalTimes: [1, 2, 3] });
    await expect(wrong.evaluate(table)).rejects.toMatchObject({ code: 'DATA_INVALID' });
    expect(evaluator().isLargerBetter()).toBe(false);
    expect(() => evaluator({ censorCol: undefined, labelUpperBoundCol: 'w' })).toThrow(
      /must not be integratedBrierScore with labelUpperBoundCol/,
    );
  });
});
