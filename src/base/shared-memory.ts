import { CoppiceError, memoryRemedy } from './errors.ts';

/**
 * A shared memory of WebAssembly.
 *
 * @param initial its pages of 64 KiB now
 * @param maximum the most pages it may grow to: addresses are reserved for them, and some GiB more, but no memory
 * @throws CoppiceError `MEMORY_LIMIT` where the process may not reserve them
 */
export function newSharedMemory(initial: number, maximum: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial, maximum, shared: true });
  } catch (cause) {
    const needed = initial * 65536;
    throw new CoppiceError(
      'MEMORY_LIMIT',
      `${needed} bytes for the kernels could not be had: ${memoryRemedy}`,
      {
        context: { needed },
        cause,
      },
    );
  }
}
