import { CoppiceError, memoryRemedy } from './errors.ts';

/** Refuses work where Node was told to do without WebAssembly. @throws CoppiceError `UNSUPPORTED` */
export function requireWebAssembly(): void {
  if (typeof WebAssembly !== 'undefined') return;
  const message =
    'WebAssembly must be there, for its memory is what threads share; it is switched off: start node without --jitless ' +
    'and --no-expose-wasm (look into NODE_OPTIONS too)';
  throw new CoppiceError('UNSUPPORTED', message);
}

/**
 * A shared memory of WebAssembly.
 *
 * @param initial its pages of 64 KiB now
 * @param maximum the most pages it may grow to: addresses are reserved for them, and some GiB more, but no memory
 * @throws CoppiceError `UNSUPPORTED` without WebAssembly, `MEMORY_LIMIT` where the process may not reserve them
 */
export function newSharedMemory(initial: number, maximum: number): WebAssembly.Memory {
  requireWebAssembly();
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
