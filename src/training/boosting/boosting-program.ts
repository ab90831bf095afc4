/** Makes boosting known to a worker thread: the program that a thread has at hand from its start. */
import { registerProgram } from '../../cluster/rank-program.ts';
import type { BoostingJob } from '../messages.ts';
import { runBoosting } from './boosting.ts';

registerProgram<BoostingJob>('boosting', runBoosting);
