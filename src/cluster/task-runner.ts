/**
 * How work of one partition reaches a thread. The driver names a task and gives it a cloneable payload;
 * the thread that runs it looks the name up in the table that {@link registerTask} fills. Buffers are
 * shared (SharedArrayBuffer), never copied.
 */
import { abortedError } from '../base/abort.ts';
import { CoppiceError } from '../base/errors.ts';
import { knownAs } from '../base/late-modules.ts';

/** Options of one task. */
export interface TaskOptions {
  /** Ends the task (its thread is replaced) and rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** So little to do that the calling thread may do it while no thread is up. */
  readonly isBrief?: boolean | undefined;
  /** Only makes a thread ready: what comes next waits for that one, where it would have to start another. */
  readonly isAhead?: boolean | undefined;
  /** The answer may be large: a thread hands its memory over where the task says that it can. */
  readonly isLarge?: boolean | undefined;
}

/** What a task returns with memory that it does not need any more: a thread gives that away instead of copying it. */
export class HandedOver<T = unknown> {
  readonly value: T;
  readonly buffers: readonly ArrayBuffer[];

  /** @param buffers memory that lies in `value` and that nobody else in this thread will look at again */
  constructor(value: T, buffers: readonly ArrayBuffer[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

const handedOver = new WeakSet<object>();

/** Marks an answer whose memory a thread handed over to this one. */
export function markHandedOver<T>(answer: T): T {
  if (typeof answer === 'object' && answer !== null) handedOver.add(answer);
  return answer;
}

/** True for an answer of {@link TaskRunner.run} whose memory nobody but the caller has: it may be freed. */
export function wasHandedOver(answer: object): boolean {
  return handedOver.has(answer);
}

/** Runs named tasks, in worker threads or in the calling thread. */
export interface TaskRunner {
  /** How many tasks run at once. */
  readonly numThreads: number;
  /** True where files are read by other machines: paths are theirs. */
  readonly readsElsewhere?: boolean;
  /** Where fits build histograms unless they say so themselves; a word of the session's, which says nothing here. */
  readonly device?: string | undefined;
  /** True when it does no more work. */
  readonly isClosed?: boolean;
  /** Runs the task `name` and resolves with what it returned. */
  run<T>(name: string, payload: unknown, options?: TaskOptions): Promise<T>;
}

type TaskFunction = (payload: never) => unknown;

const tasks = new Map<string, TaskFunction>();

/** Makes a task known under a name in this thread; the worker's entry file imports every module that does so. */
export function registerTask<P>(name: string, run: (payload: P) => unknown): void {
  tasks.set(name, run as TaskFunction);
}

/** Runs a registered task in this thread. */
export async function runTask(name: string, payload: unknown): Promise<unknown> {
  const result = await runOwnTask(name, payload);
  return result instanceof HandedOver ? result.value : result;
}

/** The same for a thread that can hand memory over. */
export async function runOwnTask(name: string, payload: unknown): Promise<unknown> {
  const task = await knownAs(tasks, name);
  if (task === undefined) {
    throw new CoppiceError('INTERNAL', `no task is registered under the name ${name}`);
  }
  return await task(payload as never);
}

/** A runner without threads: every task runs in the calling thread, one after another. */
export class InlineRunner implements TaskRunner {
  readonly numThreads = 1;

  async run<T>(name: string, payload: unknown, options: TaskOptions = {}): Promise<T> {
    if (options.signal?.aborted === true) {
      throw abortedError(`the task ${name}`, options.signal);
    }
    return (await runTask(name, payload)) as T;
  }
}
