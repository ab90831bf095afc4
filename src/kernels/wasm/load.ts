/**
 * Loads wasm/build/kernels.wasm onto a shared memory. The module is compiled once a thread; one instance is
 * made for each memory.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ownFileMissing } from '../../base/own-file.ts';
import type { Kernels } from '../kernels.ts';

let compiled: WebAssembly.Module | null = null;

const made = new WeakMap<WebAssembly.Memory, Kernels>();

const kernelsUrl = new URL('../../../wasm/build/kernels.wasm', import.meta.url);

function kernelBytes(): Buffer<ArrayBuffer> {
  try {
    return readFileSync(kernelsUrl);
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'ENOENT'
      ? ownFileMissing(kernelsUrl, cause)
      : cause;
  }
}

/** A hash of the kernels: machines that train one model together must have the same. */
export function kernelsHash(): string {
  return createHash('sha256').update(kernelBytes()).digest('hex');
}

/** The compiled module; throws what WebAssembly throws where SIMD or threads are missing, `FILE_NOT_FOUND` without the file. */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(kernelBytes());
  return compiled;
}

/** The kernels on a memory that was made shared with a maximum of 65,536 pages. */
export function wasmKernels(memory: WebAssembly.Memory): Kernels {
  const known = made.get(memory);
  if (known !== undefined) return known;
  const instance = new WebAssembly.Instance(kernelModule(), { env: { memory } });
  const exported = instance.exports as unknown as Omit<Kernels, 'kind'>;
  const kernels: Kernels = { kind: 'wasm', ...exported };
  made.set(memory, kernels);
  return kernels;
}
