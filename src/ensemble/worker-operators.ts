/** Makes the ensembles' operators known to a thread. */
import { registerOperator } from '../table/plan/operators.ts';
import {
  type LeafStatisticsSpec,
  makeLeafStatisticsOperator,
} from './forest/leaf-statistics-operator.ts';
import { makeOutOfBagOperator, type OutOfBagSpec } from './forest/out-of-bag-operator.ts';
import { makeTrainingLeavesOperator, type TrainingLeavesSpec } from './forest/training-leaves.ts';
import { type DrawnRowsSpec, makeDrawnRowsOperator } from './isolation/drawn-rows.ts';
import {
  type ExplainSpec,
  makeExplainOperator,
  makeExplainPairsOperator,
} from './prediction/explain-operator.ts';
import { makePredictOperator, type PredictSpec } from './prediction/predict-operator.ts';
import { type TreatedOutcomesSpec, treatedOutcomes } from './uplift/treated-outcomes.ts';

registerOperator<PredictSpec>('ensemble.predictTrees', makePredictOperator);
registerOperator<ExplainSpec>('ensemble.explainTrees', makeExplainOperator);
registerOperator<ExplainSpec>('ensemble.explainPairs', makeExplainPairsOperator);
registerOperator<DrawnRowsSpec>('ensemble.drawnRows', makeDrawnRowsOperator);
registerOperator<OutOfBagSpec>('ensemble.outOfBag', makeOutOfBagOperator);
registerOperator<TrainingLeavesSpec>('ensemble.trainingLeaves', makeTrainingLeavesOperator);
registerOperator<LeafStatisticsSpec>('ensemble.leafStatistics', makeLeafStatisticsOperator);
registerOperator<TreatedOutcomesSpec>(
  'ensemble.treatedOutcomes',
  (spec) => (batch, context) => treatedOutcomes(spec, batch, context),
);
