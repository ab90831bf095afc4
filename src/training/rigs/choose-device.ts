/**
 * On which device is a fit done? The driver asks, before anything is read: `gpu` wants one or a clear refusal,
 * `auto` takes a real one where the work is large enough. Which it is decides nothing about the model.
 */
import type { TaskRunner } from '../../cluster/task-runner.ts';
import { asFailure } from '../../tree/backend/gpu/device-failure.ts';
import type { DeviceName, DeviceRequest } from '../messages.ts';

/** Values (rows · features) from which `auto` takes a GPU: a guess, no device has been measured yet. */
const valuesForDevice = 50_000_000;

/** Who asks. */
export interface DeviceQuestion {
  readonly owner: string;
  readonly request: DeviceRequest | null;
  /** Rows · features. */
  readonly numValues: number;
  /** Ranks of other processes open devices of their own machines. */
  readonly hasOtherProcesses: boolean;
}

/** The device that an estimator or else the session names. */
export function deviceRequest(
  asked: DeviceName | undefined,
  runner: Pick<TaskRunner, 'device'>,
): DeviceRequest | null {
  const name = asked ?? (runner.device as DeviceName | undefined) ?? 'cpu';
  return name === 'cpu' ? null : { kind: name };
}

/** What becomes of a request. @throws CoppiceError `GPU_UNAVAILABLE` */
export async function chooseDevice({
  owner,
  request,
  numValues,
  hasOtherProcesses,
}: DeviceQuestion): Promise<DeviceRequest | null> {
  if (request === null) return null;
  const isAuto = request.kind === 'auto';
  if (isAuto && numValues < valuesForDevice) return null;
  if (hasOtherProcesses) return request;
  const { probeDevice } = await import('../../tree/backend/gpu/probe-device.ts');
  try {
    const { name, backend } = await probeDevice();
    if (isAuto) {
      process.emitWarning(
        `${owner} is trained on ${name} (${backend}): ${numValues} values are at least ${valuesForDevice}`,
        'CoppiceNotice',
      );
    }
    return request;
  } catch (error) {
    const failure = asFailure(error);
    if (isAuto) {
      process.emitWarning(`${owner} is trained on the CPU: ${failure.message}`, 'CoppiceNotice');
      return null;
    }
    throw failure.toError(owner);
  }
}
