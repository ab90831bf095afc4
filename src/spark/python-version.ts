/** Which Python the workers have: a function must name its minor version, and is refused by any other. */
import { isCoppiceError } from '../base/errors.ts';
import { workerPythonIn } from './connect/spark-error.ts';

/** The version that functions name. */
export class PythonVersion {
  #current: string;
  #known = false;

  /** @param guess the version to begin with */
  constructor(guess = '3.11') {
    this.#current = guess;
  }

  get current(): string {
    return this.#current;
  }

  /** Takes the workers' version from their refusal of another one; false where the error is about something else. */
  learn(error: unknown): boolean {
    if (!isCoppiceError(error) || this.#known) return false;
    const found = workerPythonIn(error.message);
    if (found === null || found === this.#current) return false;
    this.#current = found;
    this.#known = true;
    return true;
  }
}
