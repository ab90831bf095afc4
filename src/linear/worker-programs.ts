/** Makes the linear models' program and operator known to a thread. */
import { registerProgram } from '../cluster/rank-program.ts';
import { registerOperator } from '../table/operators.ts';
import type { LinearJob } from './messages.ts';
import { makePredictLinear, type PredictLinearSpec } from './predict-operator.ts';
import { runLinear } from './run-linear.ts';

registerProgram<LinearJob>('linear', runLinear);
registerOperator<PredictLinearSpec>('linear.predict', makePredictLinear);
