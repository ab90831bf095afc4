/** Makes the training programs known to a worker thread. */
import { registerProgram } from '../cluster/rank-program.ts';
import { runBoosting } from './boosting.ts';
import { runForest } from './forest.ts';
import type { BoostingJob, ForestJob } from './messages.ts';

registerProgram<BoostingJob>('boosting', runBoosting);
registerProgram<ForestJob>('forest', runForest);
