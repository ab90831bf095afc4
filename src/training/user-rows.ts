/**
 * A rank's rows for a function of the user, batch by batch: labels and raw scores go in, what the function
 * wrote is checked and handed on. An answer that is no number names the row.
 */
import { CoppiceError } from '../base/errors.ts';
import { describeRow, type RowPart } from './given-rows.ts';
import type { IngestedRows } from './ingest/ingest.ts';
import type { IngestJob } from './messages.ts';
import type { RankEnvironment } from './rank-environment.ts';
import { callRows, type UserFunctionCaller } from './user-calls.ts';

/** Rows of a rank. */
export interface UserRows {
  readonly environment: RankEnvironment;
  readonly job: IngestJob;
  readonly rows: Pick<IngestedRows, 'trainRuns' | 'validationRuns'>;
  readonly part: RowPart;
  readonly labels: Float64Array;
  /** Scores of each output. */
  readonly scores: readonly Float64Array[];
}

/** What one batch gave; arrays are laid out as scores are: those of output k begin at k · numRows. */
export interface BatchAnswer {
  readonly from: number;
  readonly numRows: number;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** Calls the function on all rows. @throws CoppiceError `FUNCTION_FAILED` */
export function callOnRows(
  caller: UserFunctionCaller,
  given: UserRows,
  take: (answer: BatchAnswer) => void,
): void {
  const { labels, scores, environment } = given;
  const numOutputs = scores.length;
  for (let from = 0; from < labels.length; from += callRows) {
    environment.collective.checkAborted();
    const end = Math.min(labels.length, from + callRows);
    const numRows = end - from;
    const views = caller.batch(numRows, numOutputs);
    views.rows.labels.set(labels.subarray(from, end));
    scores.forEach((column, k) => {
      views.rows.scores.set(column.subarray(from, end), k * numRows);
    });
    caller.call(views, whereOf(given, from, end));
    const answer = { from, numRows, first: views.first, second: views.second };
    checkAnswer(caller, given, answer);
    take(answer);
  }
}

/** `rank 1, its rows 8192 to 16383 (from row 9216 of the training table)` */
function whereOf({ environment, job, rows, part }: UserRows, from: number, end: number): string {
  const name = part === 'train' ? 'training' : 'validation';
  const first = describeRow(job, rows, part, from);
  return `rank ${environment.collective.rank}, its ${name} rows ${from} to ${end - 1} (the first is ${first})`;
}

function checkAnswer(caller: UserFunctionCaller, given: UserRows, answer: BatchAnswer): void {
  const { first, second, numRows, from } = answer;
  const isMetric = caller.kind === 'metric';
  const length = isMetric ? numRows : first.length;
  for (let i = 0; i < length; i++) {
    const h = isMetric ? 0 : (second[i] as number);
    if (Number.isFinite(first[i]) && h >= 0 && h < Number.POSITIVE_INFINITY) continue;
    const isFirst = !Number.isFinite(first[i]);
    const what = isMetric ? 'losses' : isFirst ? 'grads' : 'hesses';
    const rule = what === 'hesses' ? 'a finite number ≥ 0' : 'a finite number';
    const got = isFirst ? first[i] : h;
    const row = describeRow(given.job, given.rows, given.part, from + (i % numRows));
    const rank = given.environment.collective.rank;
    throw new CoppiceError(
      'FUNCTION_FAILED',
      `${what} of ${caller.title} of ${given.job.owner} must be ${rule} in every row; got ${got} in ${row} (rank ${rank}, rows ${from} to ${from + numRows - 1})`,
      { context: { owner: given.job.owner, rank } },
    );
  }
}
