/** Makes the training programs known to a worker thread. */
import { registerProgram } from '../cluster/rank-program.ts';
import { runBoosting } from './boosting.ts';
import { runForest } from './forest.ts';
import type { BoostingJob, ForestJob, RefitJob } from './messages.ts';
import { runRefit } from './refit.ts';

registerProgram<BoostingJob>('boosting', runBoosting);
registerProgram<ForestJob>('forest', runForest);
registerProgram<RefitJob>('refit', runRefit);
