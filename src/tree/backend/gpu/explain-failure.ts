/** From what the packages and drivers say to what is missing and how to get it. */
import { DeviceFailure } from './device-failure.ts';

/** The versions that are known to work together. */
export const gpuJsVersion = '2.24.1';
/** Earlier ones do not load with glibc 2.36 or lose their device. */
export const webGpuVersion = '0.6.2';

const install = `npm i gpu.js@${gpuJsVersion} webgpu@${webGpuVersion}`;

/** Why a package did not load. */
export function explainImport(error: unknown): DeviceFailure {
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  const library = /GLIBC(?:XX)?_([\d.]+)/.exec(message);
  if (library !== null) {
    return unavailable(
      `the installed webgpu needs ${library[0]}, which this system lacks; install webgpu@${webGpuVersion}`,
      error,
    );
  }
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') {
    return unavailable(`the packages for GPUs are not installed: ${install}`, error);
  }
  return unavailable(`the packages for GPUs did not load (${message}); try ${install}`, error);
}

/** Nothing drives a device. */
export function explainNoAdapter(
  tried: readonly string[],
  missing: readonly string[] = [],
): DeviceFailure {
  const remedy =
    missing.length > 0
      ? missing.join('; ')
      : 'check the driver, libvulkan1 and nvidia_icd.json (in a container ' +
        'NVIDIA_DRIVER_CAPABILITIES=graphics,compute), or name the driver in VK_DRIVER_FILES';
  return unavailable(`no GPU answered (tried ${tried.join(', ')}): ${remedy}`);
}

/** Nothing drives a device, or only a program does: another driver may. */
export function isWithoutDevice({ message }: Error): boolean {
  return /^(no GPU|only a software adapter) answered/.test(message);
}

/** Only a program answers, on the processor. */
export function explainSoftware(name: string): DeviceFailure {
  return unavailable(
    `only a software adapter answered (${name}), slower than the CPU; COPPICE_ALLOW_SOFTWARE_GPU=1 allows it, for tests`,
  );
}

/** The wrong version of gpu.js. */
export function explainVersion(found: string): DeviceFailure {
  return unavailable(`gpu.js must be ${gpuJsVersion}; got ${found}: ${install}`);
}

/** The child that looked for a device died. */
export function explainCrash(signal: string): DeviceFailure {
  return unavailable(
    `the driver crashed (${signal}) when it was looked at in a process of its own; update it`,
  );
}

/** The child that looked for a device did not answer. */
export function explainSilence(seconds: number): DeviceFailure {
  return unavailable(`the driver did not answer within ${seconds} seconds`);
}

function unavailable(message: string, cause?: unknown): DeviceFailure {
  return new DeviceFailure('GPU_UNAVAILABLE', message, cause);
}
