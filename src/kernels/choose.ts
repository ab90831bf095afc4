/**
 * Chooses the kernels of this thread: WebAssembly where it loads, else the plain TypeScript twin with one
 * warning. `COPPICE_KERNELS=reference` asks for the twin (tests run both).
 */
import { reasonOf } from '../base/describe-value.ts';
import { CoppiceError } from '../base/errors.ts';
import { newSharedMemory } from '../base/shared-memory.ts';
import { emitWarning } from '../base/warn.ts';
import type { Kernels } from './kernels.ts';
import { referenceKernels } from './reference/kernels.ts';
import { wasmKernels } from './wasm/load.ts';

/** How many pages of 64 KiB a memory of ours may have: 4 GiB. */
export const maxPages = 65536;

let warned = false;

/** A shared memory that kernels can work on. */
export function newKernelMemory(bytes: number): WebAssembly.Memory {
  const initial = Math.max(1, Math.ceil(bytes / 65536));
  return newSharedMemory(initial, maxPages);
}

/** The kernels on a memory. */
export function chooseKernels(
  memory: WebAssembly.Memory,
  choice: string | undefined = process.env.COPPICE_KERNELS,
): Kernels {
  if (choice === 'reference') return referenceKernels(memory);
  try {
    return wasmKernels(memory);
  } catch (cause) {
    if (cause instanceof CoppiceError) throw cause; // the package is not whole
    if (!warned) {
      warned = true;
      const reason = reasonOf(cause);
      emitWarning(
        `the WebAssembly kernels did not load (${reason}); the plain TypeScript ones run instead, many times slower`,
      );
    }
    return referenceKernels(memory);
  }
}
