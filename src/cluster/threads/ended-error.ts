/** Why did a thread of the pool end in the middle of its work, and what is to be done? */
import { reasonOf } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { errnoOf } from '../../base/write-durably.ts';

/** The error of the call: `MEMORY_LIMIT` where V8 ended the thread because its heap was full, else `EXECUTOR_LOST`. */
export function endedError(what: string, cause: unknown): CoppiceError {
  const thread = `the thread that was to run ${what}`;
  if (errnoOf(cause) === 'ERR_WORKER_OUT_OF_MEMORY') {
    const message =
      `${thread} had no room for its objects: a function of yours that runs in threads must keep ` +
      'less (columns in typed arrays, not rows), or texts be fewer or shorter: repartition the table into smaller parts, or ' +
      'start node with --max-old-space-size=8192';
    return new CoppiceError('MEMORY_LIMIT', message, { cause });
  }
  const message = `${thread} ended: ${reasonOf(cause)}; the pool starts another, so the call can be made again`;
  return new CoppiceError('EXECUTOR_LOST', message, { cause });
}
