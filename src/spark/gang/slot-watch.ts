/**
 * A gang that asks for more slots than there are would wait for them in silence. The watch looks at how far Spark
 * is; where nothing moves and nothing runs for too long, it ends the job with an error that says what was asked for.
 */
import { CoppiceError } from '../../base/errors.ts';
import type { ExecutionProgress } from '../connect/messages.ts';

/** See the header. */
export class SlotWatch {
  /** Why the watch ended the job. */
  failure: CoppiceError | null = null;
  readonly #own = new AbortController();
  readonly #given: AbortSignal | undefined;
  readonly #numMembers: number;
  readonly #timeoutMs: number;
  readonly #abort = (): void => this.#own.abort(this.#given?.reason);
  #timer: NodeJS.Timeout | undefined;

  constructor(numMembers: number, timeoutMs: number, signal: AbortSignal | undefined) {
    this.#numMembers = numMembers;
    this.#timeoutMs = timeoutMs;
    this.#given = signal;
    if (signal?.aborted === true) this.#abort();
    signal?.addEventListener('abort', this.#abort, { once: true });
    this.#restart();
  }

  /** Fires with the caller's signal, and when the watch gives up. */
  get signal(): AbortSignal {
    return this.#own.signal;
  }

  /** Takes note of how far Spark is. */
  see({ num_inflight_tasks: running = 0 }: ExecutionProgress): void {
    clearTimeout(this.#timer);
    // while tasks run, slots are not what is missing
    if (running === 0) this.#restart();
  }

  /** Stops watching. */
  end(): void {
    clearTimeout(this.#timer);
    this.#given?.removeEventListener('abort', this.#abort);
  }

  #restart(): void {
    this.#timer = setTimeout(() => {
      this.failure = new CoppiceError(
        'EXECUTOR_LOST',
        `a gang of ${this.#numMembers} members must get as many free slots within ${this.#timeoutMs} ms; Spark ran none of its tasks; ask for fewer executors, or give the cluster more cores`,
      );
      this.#own.abort(this.failure);
    }, this.#timeoutMs);
  }
}
