/**
 * Loads wasm/build/kernels.wasm onto a shared memory. The module is compiled once a thread; an instance is
 * made for each memory.
 */
import { readFileSync } from 'node:fs';
import type { Kernels } from '../kernels.ts';

let compiled: WebAssembly.Module | null = null;

/** The compiled module; throws what WebAssembly throws where SIMD or threads are missing. */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(
    readFileSync(new URL('../../../wasm/build/kernels.wasm', import.meta.url)),
  );
  return compiled;
}

/** The kernels on a memory that was made shared with a maximum of 65,536 pages. */
export function wasmKernels(memory: WebAssembly.Memory): Kernels {
  const instance = new WebAssembly.Instance(kernelModule(), { env: { memory } });
  return { kind: 'wasm', ...(instance.exports as unknown as Omit<Kernels, 'kind'>) };
}
