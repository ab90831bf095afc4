/** Confidence intervals by the bootstrap: as wide as they should be, the same for any partitioning. */
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { bootstrap } from '../../src/evaluation/bootstrap.ts';
import { poisson } from '../../src/evaluation/draw-weights.ts';
import { BinaryClassificationEvaluator } from '../../src/evaluation/evaluators/binary-classification-evaluator.ts';
import { Evaluator } from '../../src/evaluation/evaluators/evaluator.ts';
import { MulticlassClassificationEvaluator } from '../../src/evaluation/evaluators/multiclass-classification-evaluator.ts';
import { RankingEvaluator } from '../../src/evaluation/evaluators/ranking-evaluator.ts';
import { RegressionEvaluator } from '../../src/evaluation/evaluators/regression-evaluator.ts';
import '../../src/evaluation/worker-tasks.ts';
import { defineParams } from '../../src/params/define-params.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { errorOf } from '../contract/error-of.ts';
import { contentOf, inlineTable } from '../tools/inline-table.ts';
import { randomNumbers, shuffled } from '../tools/random-data.ts';

const numRows = 400;
const random = randomNumbers(17);
const label = Int32Array.from({ length: numRows }, () => (random() < 0.4 ? 1 : 0));
const columns = {
  id: Int32Array.from({ length: numRows }, (_, row) => 3 * row + 7),
  customer: Array.from({ length: numRows }, (_, row) => `c${row % 20}`),
  label,
  prediction: label.map((value) => (random() < 0.8 ? value : 1 - value)),
  rawPrediction: Float64Array.from(label, (value) => value + 2 * random()),
  weight: Float64Array.from(label, () => Math.ceil(4 * random())),
};
const accuracy = new MulticlassClassificationEvaluator({ metricName: 'accuracy' });

async function rowOf(found: ReturnType<typeof bootstrap>, metric: string) {
  const rows = await (await found).take(100);
  return rows.find((row) => row['metric'] === metric) as Record<string, number>;
}

describe('bootstrap intervals', () => {
  it('are about as wide as the binomial law says', async () => {
    const table = inlineTable(columns, 3);
    const found = await rowOf(bootstrap(accuracy, table, { numSamples: 300 }), 'accuracy');
    const value = await accuracy.evaluate(table);
    const expected = Math.sqrt((value * (1 - value)) / numRows);
    expect(found['value']).toBe(value);
    expect(found['samples']).toBe(300);
    expect((found['deviation'] as number) / expected).toBeGreaterThan(0.85);
    expect((found['deviation'] as number) / expected).toBeLessThan(1.15);
    const width = (found['upper'] as number) - (found['lower'] as number);
    expect(width / (2 * 1.96 * expected)).toBeGreaterThan(0.8);
    expect(width / (2 * 1.96 * expected)).toBeLessThan(1.2);
  });

  it('are the same for any partitions, and by id for any order; another seed gives others', async () => {
    const evaluator = new BinaryClassificationEvaluator({ weightCol: 'weight' });
    const of = async (table: ReturnType<typeof inlineTable>, options: object) =>
      await contentOf(await bootstrap(evaluator, table, { numSamples: 12, ...options }));
    const once = await of(inlineTable(columns), {});
    expect(await of(inlineTable(columns, 7), {})).toEqual(once);
    expect(once['metric']).toContain('areaUnderROC');
    expect(await of(inlineTable(columns), { seed: 1 })).not.toEqual(once);
    const order = shuffled([...label.keys()], randomNumbers(3));
    const moved = Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [name, order.map((row) => values[row])]),
    );
    const byId = await of(inlineTable(columns), { idCol: 'id' });
    const rows = { ...moved, id: Int32Array.from(order, (row) => columns.id[row] as number) };
    const other = tableFromColumns(new InlineRunner(), rows as never, { numPartitions: 3 });
    expect(await of(other, { idCol: 'id' })).toEqual(byId);
  });

  it('draw whole queries of a ranking', async () => {
    const groups = label.map((_, row) => Math.floor(row / 8));
    const table = inlineTable({ ...columns, group: groups }, 3);
    const evaluator = new RankingEvaluator({ predictionCol: 'rawPrediction', k: 5 });
    const options = { numSamples: 40 };
    const found = await contentOf(await bootstrap(evaluator, table, options));
    const whole = await bootstrap(evaluator, table, { ...options, idCol: 'group' });
    expect(found).toEqual(await contentOf(whole));
    // without half of its rows a query would be another one, and the value far from the samples
    const recall = await rowOf(bootstrap(evaluator, table, options), 'recallAtK');
    expect(recall['lower']).toBeLessThan(recall['value'] as number);
    expect(recall['upper']).toBeGreaterThan(recall['value'] as number);
    const cut = bootstrap(evaluator, table, { ...options, idCol: 'id' });
    expect((await rowOf(cut, 'recallAtK'))['lower']).toBeGreaterThan(recall['value'] as number);
  });

  it('are told of several labels', async () => {
    const two = inlineTable({ y: columns.rawPrediction, z: columns.weight, label });
    const labelCols = ['y', 'z'];
    const features = { featuresCols: ['label'], labelCols, maxIter: 2, maxLeaves: 2 };
    const scored = await (await new GBTRegressor(features).fit(two)).transform(two);
    const evaluator = new RegressionEvaluator({ labelCols });
    const found = await rowOf(bootstrap(evaluator, scored, { numSamples: 20 }), 'rmse');
    expect(found['value']).toBe(await evaluator.evaluate(scored));
    expect(found['lower']).toBeLessThan(found['upper'] as number);
  });

  it('draw rows of one id together', async () => {
    // every customer is all right or all wrong: twenty draws, not four hundred
    const right = label.map((value, row) => (row % 20 < 14 ? value : 1 - value));
    const table = inlineTable({ ...columns, prediction: right }, 2);
    const alone = await rowOf(bootstrap(accuracy, table, { numSamples: 100 }), 'accuracy');
    const together = await rowOf(
      bootstrap(accuracy, table, { numSamples: 100, idCol: 'customer' }),
      'accuracy',
    );
    const ratio = (together['deviation'] as number) / (alone['deviation'] as number);
    expect(ratio).toBeGreaterThan(3);
    expect(ratio).toBeLessThan(6);
  });

  it('count samples that lack a class or rows as without a number', async () => {
    const few = inlineTable({ label: [0, 1], rawPrediction: [0.1, 0.9] });
    const evaluator = new BinaryClassificationEvaluator();
    const found = await rowOf(bootstrap(evaluator, few, { numSamples: 50 }), 'areaUnderROC');
    expect(found['samples']).toBeLessThan(40);
    expect(found['samples']).toBeGreaterThan(5);
    expect([found['lower'], found['upper']]).toEqual([1, 1]);
  });

  it('refuse what cannot be done', async () => {
    const table = inlineTable(columns);
    const evaluator = new RegressionEvaluator();
    for (const [options, code] of [
      [{ level: 1 }, 'PARAM_INVALID'],
      [{ numSamples: 1 }, 'PARAM_INVALID'],
      [{ idCol: 'idd' }, 'COLUMN_NOT_FOUND'],
      [{ signal: AbortSignal.abort() }, 'ABORTED'],
    ] as const) {
      expect((await errorOf(() => bootstrap(evaluator, table, options))).code).toBe(code);
    }
    class Unweighted extends Evaluator {
      constructor() {
        super(defineParams('Unweighted', {}), {});
      }
      override evaluate = async () => 1;
      override evaluateAll = async () => ({ one: 1 });
      override isLargerBetter = () => true;
    }
    expect((await errorOf(() => bootstrap(new Unweighted(), table))).code).toBe('UNSUPPORTED');
  });

  it('draw by a Poisson law of mean 1', () => {
    const draws = Array.from({ length: 100_000 }, (_, i) =>
      poisson(Math.floor((i + 0.5) * 42949.67296)),
    );
    const shares = [0, 1, 2, 3].map((k) => draws.filter((draw) => draw === k).length / 100_000);
    [1, 1, 1 / 2, 1 / 6].forEach((part, k) => {
      expect(Math.abs((shares[k] as number) - part / Math.E)).toBeLessThan(1e-4);
    });
    expect(draws.reduce((sum, draw) => sum + draw, 0) / 100_000).toBeCloseTo(1, 3);
  });
});
