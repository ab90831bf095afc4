/**
 * Linear models, as every rank fits them. Driver: plans what is read, starts one rank a thread, takes the first
 * rank's answer. Rank: reads its share of the rows, then evaluates sums over them as often as the learner asks;
 * all ranks hold the same sums after each meeting and take the same next step.
 */
import { CoppiceError } from '../base/errors.ts';
import type { RankContext } from '../cluster/rank-program.ts';
import { RankEnvironment } from '../training/rank-environment.ts';
import { descend, numMargins } from './descend.ts';
import { fitLeastSquares } from './least-squares.ts';
import { readLinearRows } from './linear-rows.ts';
import type { LinearAnswer, LinearJob, LinearResult } from './messages.ts';

/** One rank of a linear job. */
export async function runLinear(context: RankContext, job: LinearJob): Promise<LinearAnswer> {
  const environment = new RankEnvironment(context, job.kernels);
  const result = await learn(environment, job);
  return { result, roundedColumns: [...environment.roundedColumns] };
}

async function learn(environment: RankEnvironment, job: LinearJob): Promise<LinearResult> {
  const rows = await readLinearRows(environment, job.ingest);
  checkOffsets(job, rows.classes.length);
  if (job.learner.kind === 'leastSquares') {
    return await fitLeastSquares(environment, rows, job.learner);
  }
  const { family, kind } = job.learner;
  if (rows.classes.length > 2 && (family === 'binomial' || kind === 'squaredHinge')) {
    const { owner, labelCol } = job.ingest;
    throw new CoppiceError(
      'LABEL_INVALID',
      `${labelCol} (the label of ${owner}) must have two classes; got ${rows.classes.length}`,
      { context: { owner, column: labelCol } },
    );
  }
  return await descend(environment, rows, job.learner);
}

/** One offset a margin; how many margins there are is known when the classes are. */
function checkOffsets({ ingest, learner }: LinearJob, numClasses: number): void {
  const { owner, offsets } = ingest;
  const found = offsets.length;
  const wanted = learner.kind === 'logistic' ? numMargins(learner.family, numClasses) : 1;
  if (found === 0 || numClasses === 1 || found === wanted) return;
  const shape = (length: number): string =>
    length === 1 ? 'a number' : `a vector of ${length} numbers`;
  const rule = wanted === 1 ? shape(1) : `${shape(wanted)}, one a class`;
  throw new CoppiceError(
    'COLUMN_TYPE',
    `offsetCol of ${owner} must be ${rule}; got ${shape(found)}`,
    { context: { owner, column: offsets[0]?.[0] ?? '' } },
  );
}
