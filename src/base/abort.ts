/** Aborting, as an error of this library: what was aborted is named, and the signal's reason is the cause. */
import { setMaxListeners } from 'node:events';
import { CoppiceError } from './errors.ts';

/** Throws `ABORTED` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw abortedError(what, signal);
}

/** Lets any number of tasks listen to a signal: each of many threads and fits does, and Node would warn of a leak. */
export function allowListeners(signal: AbortSignal | undefined): void {
  if (signal !== undefined) setMaxListeners(0, signal);
}

/** The error of work that its signal ended. */
export function abortedError(what: string, signal: AbortSignal): CoppiceError {
  return new CoppiceError('ABORTED', `${what} was aborted`, { cause: signal.reason });
}
