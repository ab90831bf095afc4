/** Aborting, as an error of this library: what was aborted is named, and the signal's reason is the cause. */
import { CoppiceError } from './errors.ts';

/** Throws `ABORTED` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw abortedError(what, signal);
}

/** The error of work that its signal ended. */
export function abortedError(what: string, signal: AbortSignal): CoppiceError {
  return new CoppiceError('ABORTED', `${what} was aborted`, { cause: signal.reason });
}
