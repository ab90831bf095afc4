/** The typed error that a call ends with; anything else fails the test. */
import { type CoppiceError, isCoppiceError } from '../../src/base/errors.ts';

/** Waits for the error of a call. */
export async function errorOf(work: () => unknown): Promise<CoppiceError> {
  try {
    await work();
  } catch (error) {
    if (isCoppiceError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
