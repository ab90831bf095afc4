/** What ends the work of a device, in words that a user can act on. It never decides a number: the work is done again or refused. */
import { CoppiceError } from '../../../base/errors.ts';

/** No device can be used, or the one in use gave up. */
export class DeviceFailure extends Error {
  /** `GPU_UNAVAILABLE` before the first kernel ran, then `GPU_FAILED`. */
  readonly code: 'GPU_UNAVAILABLE' | 'GPU_FAILED';

  constructor(code: 'GPU_UNAVAILABLE' | 'GPU_FAILED', message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'DeviceFailure';
    this.code = code;
  }

  /** The error that the user sees where no other way is left. */
  toError(owner: string): CoppiceError {
    const remedy = "device 'cpu' trains the same model without it, and 'auto' falls back to that";
    const text =
      this.code === 'GPU_UNAVAILABLE'
        ? `device of ${owner} must be 'cpu' or 'auto' on this machine; got 'gpu'`
        : `the GPU that trained ${owner} stopped`;
    return new CoppiceError(this.code, `${text}: ${this.message}; ${remedy}`, {
      context: { owner, reason: this.message },
      cause: this,
    });
  }
}

/** True for one, also of another copy of this module: a loader may make two. */
export function isDeviceFailure(error: unknown): error is DeviceFailure {
  return error instanceof Error && error.name === 'DeviceFailure';
}

/** Any error as a failure of the device. */
export function asFailure(error: unknown): DeviceFailure {
  if (isDeviceFailure(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new DeviceFailure('GPU_FAILED', message, error);
}
