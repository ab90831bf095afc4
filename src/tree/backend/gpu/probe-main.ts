/** The process that looks for a device, so that a driver that crashes takes nobody with it: prints what it found as JSON. */
import { asFailure } from './device-failure.ts';
import { acquireDevice, closeDevice } from './open-device.ts';
import type { ProbeAnswer } from './probe-device.ts';

async function look(): Promise<ProbeAnswer> {
  try {
    const open = await acquireDevice();
    const { facts } = open;
    if (!process.argv.includes('--self-test')) return { facts };
    const { selfTest } = await import('./self-test.ts');
    const numRows = facts.isSoftware ? 20_000 : 1_000_000;
    return { facts, selfTest: await selfTest(open, numRows, () => performance.now()) };
  } catch (error) {
    return { failure: asFailure(error).message };
  } finally {
    await closeDevice();
  }
}

const answer = await look();
process.stdout.write(`\n${JSON.stringify(answer)}\n`);
