/**
 * The threads of a session. One admission queue serves single tasks and gangs in the order they came; a
 * gang starts only when as many threads are free as it has ranks, so two gangs can never wait for each
 * other. A thread that died is replaced by the pool; the job it had rejects with the cause.
 */
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { CoppiceError, fromErrorRecord } from '../../base/errors.ts';
import type { GangRequest, GangRunner } from '../gang-runner.ts';
import type { TaskOptions } from '../task-runner.ts';
import { endGang, gangState, newGangControl } from './gang-control.ts';
import type { RankJob, TaskJob, WorkerAnswer, WorkerJob } from './worker-handler.ts';

/** How long a gang may take to end by itself after an abort before its threads are ended. */
const graceMs = 800;

interface Waiting {
  readonly threads: number;
  start(): void;
}

/** A fixed number of worker threads that run tasks and gangs. */
export class ThreadPool implements GangRunner {
  readonly numThreads: number;
  readonly #piscina: Piscina;
  readonly #queue: Waiting[] = [];
  #free: number;
  #closed = false;

  /** @param workerUrl the worker's entry module, which exports handleJob */
  constructor(numThreads: number, workerUrl: URL) {
    this.numThreads = numThreads;
    this.#free = numThreads;
    this.#piscina = new Piscina({
      filename: workerUrl.href,
      minThreads: 0,
      maxThreads: numThreads,
      name: 'handleJob',
      concurrentTasksPerWorker: 1,
      idleTimeout: 60_000,
      atomics: 'disabled',
      recordTiming: false,
    });
    // a thread that dies rejects its own job; the pool's event only repeats it
    this.#piscina.on('error', () => undefined);
  }

  async run<T>(name: string, payload: unknown, options: TaskOptions = {}): Promise<T> {
    const signal = options.signal;
    await this.#acquire(1, signal);
    try {
      const job: TaskJob = { kind: 'task', name, payload };
      return (await this.#submit(job, [], signal, name)) as T;
    } finally {
      this.#release(1);
    }
  }

  /** Runs a program on `width` threads at once; resolves with what each rank returned. */
  async runGang(request: GangRequest): Promise<unknown[]> {
    const { width, signal } = request;
    await this.#acquire(width, signal);
    const control = newGangControl(width);
    const hard = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      endGang(control, gangState.aborted);
      timer = setTimeout(() => hard.abort(), graceMs);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    try {
      const ranks = Array.from({ length: width }, (_, rank) =>
        this.#startRank(request, rank, control, hard.signal),
      );
      const outcomes = await Promise.allSettled(
        ranks.map((rank) =>
          rank.catch((error: unknown) => {
            endGang(control, gangState.failed);
            throw error;
          }),
        ),
      );
      if (signal?.aborted === true && outcomes.some((o) => o.status === 'rejected')) {
        throw new CoppiceError('ABORTED', `the ${request.program} job was aborted`);
      }
      throwRootCause(outcomes);
      return outcomes.map((o) => (o as PromiseFulfilledResult<unknown>).value);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#release(width);
    }
  }

  /** Ends every thread; jobs under way reject. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.start();
    await this.#piscina.destroy();
  }

  async #startRank(
    request: GangRequest,
    rank: number,
    control: RankJob['control'],
    signal: AbortSignal,
  ): Promise<unknown> {
    const channel = new MessageChannel();
    channel.port2.on('message', (message) => request.onMessage?.(message));
    channel.port2.unref();
    const job: RankJob = {
      kind: 'rank',
      program: request.program,
      rank,
      control,
      memory: request.memory,
      port: channel.port1,
      payload: request.payload(rank),
    };
    try {
      return await this.#submit(job, [channel.port1], signal, `${request.program} rank ${rank}`);
    } finally {
      channel.port2.close();
    }
  }

  async #submit(
    job: WorkerJob,
    transferList: MessageChannel['port1'][],
    signal: AbortSignal | undefined,
    what: string,
  ): Promise<unknown> {
    if (this.#closed) throw closedError();
    let answer: WorkerAnswer;
    try {
      answer = (await this.#piscina.run(job, {
        transferList: transferList as never,
        ...(signal === undefined ? {} : { signal }),
      })) as WorkerAnswer;
    } catch (cause) {
      if (signal?.aborted === true) throw new CoppiceError('ABORTED', `${what} was aborted`);
      if (this.#closed) throw closedError();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CoppiceError(
        'EXECUTOR_LOST',
        `the thread that ran ${what} ended: ${reason}; the pool starts another, so the call can be made again`,
        { cause },
      );
    }
    if ('error' in answer) throw fromErrorRecord(answer.error);
    return answer.value;
  }

  #acquire(threads: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    if (threads > this.numThreads) {
      return Promise.reject(
        new CoppiceError(
          'PARAM_INVALID',
          `the number of ranks must be at most the session's threads (${this.numThreads}); got ${threads}`,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        threads,
        start: () => {
          signal?.removeEventListener('abort', onAbort);
          if (this.#closed) reject(closedError());
          else resolve();
        },
      };
      const onAbort = (): void => {
        const at = this.#queue.indexOf(waiting);
        if (at < 0) return;
        this.#queue.splice(at, 1);
        reject(new CoppiceError('ABORTED', 'the job was aborted while it waited for threads'));
        this.#admit();
      };
      if (signal?.aborted === true) {
        reject(new CoppiceError('ABORTED', 'the job was aborted before it began'));
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(waiting);
      this.#admit();
    });
  }

  #release(threads: number): void {
    this.#free += threads;
    this.#admit();
  }

  #admit(): void {
    for (;;) {
      const next = this.#queue[0];
      if (next === undefined || next.threads > this.#free) return;
      this.#queue.shift();
      this.#free -= next.threads;
      next.start();
    }
  }
}

function closedError(): CoppiceError {
  return new CoppiceError(
    'SESSION_CLOSED',
    'the session is closed; make a new one with Session.local()',
  );
}

/** Throws the failure that the others only followed. */
function throwRootCause(outcomes: readonly PromiseSettledResult<unknown>[]): void {
  const failures = outcomes.flatMap((o) => (o.status === 'rejected' ? [o.reason as unknown] : []));
  if (failures.length === 0) return;
  const isSecondary = (error: unknown): boolean =>
    error instanceof CoppiceError && error.context.secondary === true;
  throw failures.find((error) => !isSecondary(error)) ?? failures[0];
}
