/**
 * Who may use the threads of a pool next. Jobs are admitted in the order they came; a gang only when as
 * many threads are free as it has ranks, so two gangs can never wait for each other.
 */
import { allowListeners } from '../../base/abort.ts';
import { CoppiceError } from '../../base/errors.ts';

interface Waiting {
  readonly threads: number;
  admit(): void;
}

/** Counts the free threads of a pool and queues the jobs that wait for some. */
export class AdmissionQueue {
  readonly #numThreads: number;
  readonly #queue: Waiting[] = [];
  #free: number;
  #isClosed = false;

  constructor(numThreads: number) {
    this.#numThreads = numThreads;
    this.#free = numThreads;
  }

  /** True once close was called. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when so many threads are the caller's; it gives them back with {@link release}. */
  acquire(threads: number, signal: AbortSignal | undefined): Promise<void> {
    allowListeners(signal);
    if (this.#isClosed) return Promise.reject(closedError());
    if (signal?.aborted === true) {
      const { reason: cause } = signal;
      return Promise.reject(
        new CoppiceError('ABORTED', 'the job was aborted before it began', { cause }),
      );
    }
    if (threads > this.#numThreads) {
      return Promise.reject(
        new CoppiceError(
          'PARAM_INVALID',
          `the number of ranks must be at most the session's threads (${this.#numThreads}); got ${threads}`,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        threads,
        admit: () => {
          signal?.removeEventListener('abort', onAbort);
          if (this.#isClosed) reject(closedError());
          else resolve();
        },
      };
      const onAbort = (): void => {
        const at = this.#queue.indexOf(waiting);
        if (at < 0) return;
        this.#queue.splice(at, 1);
        const message = 'the job was aborted while it waited for threads';
        reject(new CoppiceError('ABORTED', message, { cause: signal?.reason }));
        this.#admit();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(waiting);
      this.#admit();
    });
  }

  /** Gives threads back. */
  release(threads: number): void {
    this.#free += threads;
    this.#admit();
  }

  /** Rejects who waits, and who comes later. */
  close(): void {
    this.#isClosed = true;
    for (const waiting of this.#queue.splice(0)) waiting.admit();
  }

  #admit(): void {
    for (;;) {
      const next = this.#queue[0];
      if (next === undefined || next.threads > this.#free) return;
      this.#queue.shift();
      this.#free -= next.threads;
      next.admit();
    }
  }
}

/** The error of work on a closed session. */
export function closedError(): CoppiceError {
  return new CoppiceError(
    'SESSION_CLOSED',
    'the session is closed; open another one: Session.local(), Session.connect() or Session.spark()',
  );
}
