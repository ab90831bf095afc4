/** Makes the training programs known to a worker thread. */
import { registerProgram } from '../cluster/rank-program.ts';
import './boosting/boosting-program.ts';
import { runMeasureModel } from './boosting/measure-model.ts';
import { runRefit } from './boosting/refit.ts';
import { runForest } from './forest/forest.ts';
import type { ForestJob, MeasureJob, RefitJob } from './messages.ts';

registerProgram<ForestJob>('forest', runForest);
registerProgram<RefitJob>('refit', runRefit);
registerProgram<MeasureJob>('measureModel', runMeasureModel);
