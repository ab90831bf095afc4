/**
 * The hot loops, by name. Each exists twice: wasm/assembly/<file>.ts (AssemblyScript) and
 * src/kernels/reference/<file>.ts (plain TypeScript, the definition of truth and the fallback). Both work on
 * the same shared memory; every address is a byte offset into it. What a kernel takes stands at its plain twin,
 * what it does and the layout of its structures at its AssemblyScript source. Unchecked: the caller guarantees bounds.
 */
import type { LeafKernels } from './leaf-kernels.ts';
import type { Twins } from './reference/twins.ts';
import type { Views } from './reference/views.ts';

/** Functions of a memory and what else they take, as they are where the memory is given. */
export type OnMemory<T> = {
  readonly [Name in keyof T]: T[Name] extends (m: Views, ...rest: infer Rest) => infer Result
    ? (...rest: Rest) => Result
    : never;
};

/** Every kernel; addresses and lengths only. */
export interface Kernels extends OnMemory<Twins>, Partial<LeafKernels> {
  /** Which twin this is. */
  readonly kind: 'wasm' | 'reference';
  // wasm/assembly/portable-math.ts
  exp(x: number): number;
  log(x: number): number;
  softplus(x: number): number;
  logistic(x: number): number;
}
