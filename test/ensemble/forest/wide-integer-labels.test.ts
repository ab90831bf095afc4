/** Integers beyond 2^53 are labels of regressions, rounded, wherever such labels are read. */
import { expect, it } from 'vitest';
import { DecisionTreeRegressor } from '../../../src/ensemble/forest/decision-tree-regressor.ts';
import { RandomForestRegressor } from '../../../src/ensemble/forest/random-forest-regressor.ts';
import { RegressionEvaluator } from '../../../src/evaluation/evaluators/regression-evaluator.ts';
import { TargetEncoder } from '../../../src/feature/categories/target-encoder.ts';
import { AdaBoostRegressor } from '../../../src/stacking/ada-boost/ada-boost-regressor.ts';
import { VotingRegressor } from '../../../src/stacking/voting/voting-regressor.ts';
import '../../../src/evaluation/worker-tasks.ts';
import '../../../src/training/worker-programs.ts';
import { lit } from '../../../src/table/expressions/expression.ts';
import { inlineTable, valuesOf } from '../../tools/inline-table.ts';

const x = Array.from({ length: 60 }, (_, i) => (i * 7) % 20);
const wide = BigInt64Array.from(x, (value) => 2n ** 55n + BigInt(value) * 1000n + 1n);
const table = inlineTable({ x, wide, label: Float64Array.from(wide, Number) }, 2);
const of = (labelCol: string) => ({ featuresCols: ['x'], labelCol });

it.each<[string, (labelCol: string) => Promise<unknown>]>([
  [
    'quantiles of a forest',
    async (labelCol) => {
      const forest = new RandomForestRegressor({ ...of(labelCol), numTrees: 2, quantilesCol: 'q' });
      return String(await valuesOf(await (await forest.fit(table)).transform(table), 'q'));
    },
  ],
  [
    'out-of-bag scores',
    async (labelCol) => {
      const forest = new RandomForestRegressor({ ...of(labelCol), numTrees: 9, oobScore: true });
      return (await forest.fit(table)).summary.outOfBag?.score;
    },
  ],
  [
    'an evaluator',
    async (labelCol) => {
      const scored = table.withColumn('prediction', lit(2 ** 55));
      return await new RegressionEvaluator({ labelCol }).evaluateAll(scored);
    },
  ],
  [
    'means of labels',
    async (labelCol) => {
      const encoder = new TargetEncoder({ inputCol: 'x', outputCol: 'o', labelCol });
      return await valuesOf(await (await encoder.fit(table)).transform(table), 'o');
    },
  ],
  [
    'AdaBoost and learned votes',
    async (labelCol) => {
      const estimator = new DecisionTreeRegressor({ ...of(labelCol), maxDepth: 2 });
      const ada = await new AdaBoostRegressor({ estimator, maxIter: 2 }).fit(table);
      const estimators = [estimator, estimator.copy({ maxDepth: 1 })];
      const vote = await new VotingRegressor({ estimators, weighting: 'learned' }).fit(table);
      return [ada.memberWeights, vote.memberWeights];
    },
  ],
])('%s', async (_, answer) => {
  expect(await answer('wide')).toEqual(await answer('label'));
});
