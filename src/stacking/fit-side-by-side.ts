/**
 * Runs many fits, some of them at once, on one pool. Each fit asks the pool for as many threads as it can use and
 * is admitted when they are free, so there are never more threads at work than the session has; what runs side by
 * side is the planning of one fit and the training of another, and fits too small for several threads.
 */
import { allowListeners, throwIfAborted } from '../base/abort.ts';
import type { OnProgress } from '../base/progress.ts';
import type { Model } from '../pipeline/model.ts';
import { mapInOrder } from '../table/plan/map-in-order.ts';

/** One fit. */
export type FitJob = (signal: AbortSignal) => Promise<Model>;

/** How they run. */
export interface SideBySide {
  /** Who fits, for errors and progress. */
  readonly owner: string;
  /** Most fits at once. */
  readonly parallelism: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: OnProgress | undefined;
}

/**
 * What the fits gave, in their order; when one fails the others are ended.
 *
 * @throws CoppiceError `ABORTED`, and what the fits throw
 */
export async function fitSideBySide(jobs: readonly FitJob[], how: SideBySide): Promise<Model[]> {
  const { owner, parallelism, onProgress } = how;
  throwIfAborted(how.signal, `${owner}.fit`);
  const ending = new AbortController();
  const signal = AbortSignal.any([
    ending.signal,
    ...(how.signal === undefined ? [] : [how.signal]),
  ]);
  // every task of every fit under way listens to it
  allowListeners(signal);
  const failures: unknown[] = [];
  let done = 0;
  const work = async (job: FitJob): Promise<Model> => {
    try {
      const model = await job(signal);
      done += 1;
      await onProgress?.({ phase: 'train', done, total: jobs.length, message: `fits of ${owner}` });
      return model;
    } catch (error) {
      failures.push(error);
      ending.abort();
      throw error;
    }
  };
  const models: Model[] = [];
  try {
    for await (const model of mapInOrder(jobs, parallelism, work)) models.push(model);
  } catch (error) {
    throw failures[0] ?? error;
  }
  return models;
}
