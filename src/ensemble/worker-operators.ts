/** Makes the ensembles' operators known to a thread. */
import { registerOperator } from '../table/operators.ts';
import { type DrawnRowsSpec, makeDrawnRowsOperator } from './drawn-rows.ts';
import {
  type ExplainSpec,
  makeExplainOperator,
  makeExplainPairsOperator,
} from './explain-operator.ts';
import { type LeafStatisticsSpec, makeLeafStatisticsOperator } from './leaf-statistics-operator.ts';
import { makeOutOfBagOperator, type OutOfBagSpec } from './out-of-bag-operator.ts';
import { makePredictOperator, type PredictSpec } from './predict-operator.ts';
import { makeTrainingLeavesOperator, type TrainingLeavesSpec } from './training-leaves.ts';

registerOperator<PredictSpec>('ensemble.predictTrees', makePredictOperator);
registerOperator<ExplainSpec>('ensemble.explainTrees', makeExplainOperator);
registerOperator<ExplainSpec>('ensemble.explainPairs', makeExplainPairsOperator);
registerOperator<DrawnRowsSpec>('ensemble.drawnRows', makeDrawnRowsOperator);
registerOperator<OutOfBagSpec>('ensemble.outOfBag', makeOutOfBagOperator);
registerOperator<TrainingLeavesSpec>('ensemble.trainingLeaves', makeTrainingLeavesOperator);
registerOperator<LeafStatisticsSpec>('ensemble.leafStatistics', makeLeafStatisticsOperator);
