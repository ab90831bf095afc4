/**
 * What a pool thread does with a job: run a named task, or be one rank of a gang. Errors go back as
 * records, because a thrown error loses its code on the way.
 */
import type { MessagePort } from 'node:worker_threads';
import { type ErrorRecord, isCoppiceError, toErrorRecord } from '../../base/errors.ts';
import { InlineCollective } from '../inline/inline-collective.ts';
import { runProgram } from '../rank-program.ts';
import { runTask } from '../task-runner.ts';
import { endGang, type GangControl, gangState } from './gang-control.ts';
import { ThreadsCollective } from './threads-collective.ts';

/** A named task for one thread. */
export interface TaskJob {
  readonly kind: 'task';
  readonly name: string;
  readonly payload: unknown;
}

/** One rank of a gang. */
export interface RankJob {
  readonly kind: 'rank';
  readonly program: string;
  readonly rank: number;
  readonly control: GangControl;
  readonly memory: WebAssembly.Memory;
  readonly port: MessagePort;
  readonly payload: unknown;
}

/** What a pool thread is asked to do. */
export type WorkerJob = TaskJob | RankJob;

/** What it answers. */
export type WorkerAnswer = { readonly value: unknown } | { readonly error: ErrorRecord };

/** Runs one job in this thread; never throws. */
export async function handleJob(job: WorkerJob): Promise<WorkerAnswer> {
  try {
    if (job.kind === 'task') return { value: await runTask(job.name, job.payload) };
    return { value: await runRank(job) };
  } catch (error) {
    return { error: toErrorRecord(error) };
  }
}

async function runRank(job: RankJob): Promise<unknown> {
  const threads = new ThreadsCollective(job.control, job.rank);
  const alone = job.control.size === 1;
  const collective = alone ? new InlineCollective(() => threads.checkAborted()) : threads;
  const notify = (message: unknown): void => job.port.postMessage(message);
  try {
    return await runProgram(job.program, { collective, memory: job.memory, notify }, job.payload);
  } catch (error) {
    if (!isCoppiceError(error, 'ABORTED')) endGang(job.control, gangState.failed);
    throw error;
  } finally {
    job.port.close();
  }
}
