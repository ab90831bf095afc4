import { describe, expect, it } from 'vitest';
import {
  BinaryClassificationEvaluator,
  createTable,
  type Evaluator,
  MulticlassClassificationEvaluator,
  RankingEvaluator,
  RegressionEvaluator,
  SurvivalEvaluator,
  UpliftEvaluator,
} from '../../src/index.ts';

const table = createTable({ label: [0, 1, 1], prediction: [0, 1, 0] });

const evaluators: readonly (readonly [Evaluator, string, string])[] = [
  [new BinaryClassificationEvaluator(), 'acuracy', 'accuracy'],
  [new MulticlassClassificationEvaluator(), 'Accuracy', 'accuracy'],
  [new RegressionEvaluator(), 'rmsse', 'rmse'],
  [new RankingEvaluator(), 'ndcgAtk', 'ndcgAtK'],
  [new SurvivalEvaluator(), 'concordanceIndx', 'concordanceIndex'],
  [new UpliftEvaluator(), 'quini', 'qini'],
];

describe.each(evaluators)('the metrics that are wanted of %s', (evaluator, wrong, right) => {
  it('are refused where it has none of the name', async () => {
    const { className } = evaluator;
    await expect(evaluator.evaluateAll(table, { metrics: [wrong] })).rejects.toMatchObject({
      code: 'PARAM_INVALID',
      message: `metrics of ${className} must be names of its metrics; got "${wrong}": did you mean ${right}?`,
    });
    const isText = { metrics: right as never };
    await expect(evaluator.evaluateAll(table, isText)).rejects.toMatchObject({
      code: 'PARAM_INVALID',
    });
  });
});

describe('metrics that are wanted', () => {
  it('are the only ones that are measured where each costs a pass of its own', async () => {
    const grouped = createTable({ label: [0, 1, 1], prediction: [0, 1, 2], group: [1, 1, 2] });
    const ranking = await new RankingEvaluator().evaluateAll(grouped, {
      metrics: ['recallAtK', 'ndcgAt1'],
    });
    expect(ranking).toEqual({ recallAtK: 1, ndcgAt1: 1 });
    const times = createTable({ label: [1, 2, 3], prediction: [1, 2, 3] });
    for (const name of ['concordanceIndex', 'intervalAccuracy'])
      expect(await new SurvivalEvaluator().evaluateAll(times, { metrics: [name] })).toEqual({
        [name]: 1,
      });
    const hazards = new SurvivalEvaluator({ predictionKind: 'hazard' });
    expect(await hazards.evaluateAll(times, { metrics: ['intervalAccuracy'] })).toEqual({});
  });

  it('are told where the evaluator has them', async () => {
    const evaluator = new BinaryClassificationEvaluator();
    const { accuracy } = await evaluator.evaluateAll(table, { metrics: ['accuracy'] });
    expect(accuracy).toBe(2 / 3);
  });
});
