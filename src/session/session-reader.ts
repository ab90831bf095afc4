/** `session.read`: tables from files. */
import type { TaskRunner } from '../cluster/task-runner.ts';

/** Reads tables from files, lazily. */
export class SessionReader {
  readonly #runner: TaskRunner;

  /** @internal */
  constructor(runner: TaskRunner) {
    this.#runner = runner;
  }

  /** The threads that will read. */
  get runner(): TaskRunner {
    return this.#runner;
  }
}
