/** Makes the training programs known to a worker thread. */
import { registerProgram } from '../cluster/rank-program.ts';
import { runBoosting } from './boosting/boosting.ts';
import { runRefit } from './boosting/refit.ts';
import { runForest } from './forest/forest.ts';
import type { BoostingJob, ForestJob, RefitJob } from './messages.ts';

registerProgram<BoostingJob>('boosting', runBoosting);
registerProgram<ForestJob>('forest', runForest);
registerProgram<RefitJob>('refit', runRefit);
