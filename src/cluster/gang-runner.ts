/**
 * Who can run an SPMD program: a pool of threads, the calling thread alone, or a cluster. Estimators ask
 * the table's runner for a gang and do not know which it is.
 */

import { abortedError } from '../base/abort.ts';
import { CoppiceError, isCoppiceError } from '../base/errors.ts';
import type { KernelMemory } from '../base/kernel-memory.ts';
import { InlineCollective } from './inline/inline-collective.ts';
import { runProgram } from './rank-program.ts';
import type { TaskRunner } from './task-runner.ts';

/** The ranks of one process: [first, first + count) of total. */
export interface RankShare {
  readonly first: number;
  readonly count: number;
  readonly total: number;
}

/** One SPMD job. */
export interface GangRequest {
  readonly program: string;
  /** How many ranks; each is one thread. */
  readonly width: number;
  readonly memory: KernelMemory;
  /** What the ranks of one process are told. */
  payload(ranks: RankShare): unknown;
  readonly signal?: AbortSignal | undefined;
  readonly onMessage?: ((message: unknown) => void) | undefined;
  /** After a loss the caller goes on from what it kept; the runner is not to begin again by itself. */
  readonly retriesItself?: boolean | undefined;
  /**
   * Given where there is so little to do that the calling thread may do it while no thread has been started:
   * makes the program known to this thread.
   */
  readonly prepareBrief?: (() => Promise<unknown>) | undefined;
  /**
   * Given where a part of the work is so little that the calling thread may do it while the gang's only thread starts;
   * called, if at all, before the ranks are told their payload.
   */
  readonly beginHere?:
    | ((heard: Pick<GangRequest, 'signal' | 'onMessage'>) => Promise<void>)
    | undefined;
}

/** A runner that can also start gangs. */
export interface GangRunner extends TaskRunner {
  /** True where ranks run in other processes, so that no memory is shared with them. */
  readonly hasOtherProcesses?: boolean;
  /** How often work is begun again after one of them was lost; 0 where this is left out. */
  readonly retries?: number;
  /** Long gangs end early, having told all they have, and their callers are to go on from there (`isPause`). */
  readonly pauses?: boolean;
  /** Runs a program on every rank; resolves with what each returned. */
  runGang(request: GangRequest): Promise<unknown[]>;
}

/** Known by what they are, as pauses are. */
const ends = new WeakSet<object>();

/** Marks the loss of everybody: nobody is left who could begin the work again. */
export function endOf(loss: CoppiceError): CoppiceError {
  ends.add(loss);
  return loss;
}

/** True for an error of the machines, not of the work: the same work may succeed when it is begun again. */
export function isLoss(error: unknown): boolean {
  if (typeof error === 'object' && error !== null && ends.has(error)) return false;
  return isCoppiceError(error, 'EXECUTOR_LOST') || isCoppiceError(error, 'COLLECTIVE_TIMEOUT');
}

/** Known by what they are, so that no executor can send something that looks like one. */
const pauses = new WeakSet<object>();

/** A gang that ended by plan, to be gone on with; who knows nothing of pauses begins it again, as after a loss. */
export function pauseOf(program: string): CoppiceError {
  const pause = new CoppiceError(
    'EXECUTOR_LOST',
    `the ${program} job paused, to go on in another gang`,
  );
  pauses.add(pause);
  return pause;
}

/** True for the end of a gang that is to be gone on with; nothing was lost. */
export function isPause(error: unknown): boolean {
  return typeof error === 'object' && error !== null && pauses.has(error);
}

/** The runner's gangs, or a gang of one in the calling thread. */
export function gangRunnerOf(runner: TaskRunner): GangRunner {
  if ('runGang' in runner) return runner as GangRunner;
  return {
    numThreads: 1,
    run: (name, payload, options) => runner.run(name, payload, options),
    runGang: async (request) => [await runAlone(request)],
  };
}

/** Runs a program as the only rank, in the calling thread. */
export async function runAlone(request: GangRequest): Promise<unknown> {
  const collective = new InlineCollective(() => {
    if (request.signal?.aborted === true) {
      throw abortedError(`the ${request.program} job`, request.signal);
    }
  });
  const context = {
    collective,
    memory: request.memory,
    notify: (message: unknown) => request.onMessage?.(message),
  };
  return await runProgram(
    request.program,
    context,
    request.payload({ first: 0, count: 1, total: 1 }),
  );
}
