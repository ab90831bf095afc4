/**
 * The file that a worker thread starts with. It asks for the rest of the thread's code as a module, whichever way it was
 * loaded itself: a program that is run from TypeScript may have it required, and modules that it then imported by name
 * would not be those that are loaded late.
 */
import type { WorkerAnswer, WorkerJob } from '../cluster/threads/worker-handler.ts';

const work = import('./executor-work.ts');

/** Runs one job in this thread; never throws. */
export async function handleJob(job: WorkerJob): Promise<WorkerAnswer> {
  return await (await work).handleJob(job);
}
