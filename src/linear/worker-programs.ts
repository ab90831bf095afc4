/** Makes the linear models' program and operator known to a thread. */
import { registerProgram } from '../cluster/rank-program.ts';
import { registerOperator } from '../table/plan/operators.ts';
import { makePredictClusters, type PredictClustersSpec } from './cluster-operator.ts';
import { runClusters } from './find-clusters.ts';
import type { ClusterJob, LinearJob } from './messages.ts';
import { makePredictLinear, type PredictLinearSpec } from './predict-operator.ts';
import { runLinear } from './run-linear.ts';

registerProgram<LinearJob>('linear', runLinear);
registerProgram<ClusterJob>('clusters', runClusters);
registerOperator<PredictClustersSpec>('linear.cluster', makePredictClusters);
registerOperator<PredictLinearSpec>('linear.predict', makePredictLinear);
