/** The process that looks for a device, so that a driver that crashes takes nobody with it: prints what it found as JSON. */
import { asFailure } from './device-failure.ts';
import { acquireDevice, closeDevice } from './open-device.ts';
import type { ProbeAnswer } from './probe-device.ts';

async function look(): Promise<ProbeAnswer> {
  try {
    const { facts } = await acquireDevice();
    return { facts };
  } catch (error) {
    return { failure: asFailure(error).message };
  } finally {
    closeDevice();
  }
}

const answer = await look();
process.stdout.write(`\n${JSON.stringify(answer)}\n`);
