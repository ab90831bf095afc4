/**
 * Which function answers to each kernel's name when WebAssembly is not to be had, or not to be trusted?
 * The plain TypeScript twins, the definition of truth: the same bits on the same memory, many times slower.
 */
import { exp, log, logistic, softplus } from '../../base/portable-math.ts';
import type { Kernels, OnMemory } from '../kernels.ts';
import { type Twins, twins } from './twins.ts';
import { Views } from './views.ts';

/** The plain kernels on a memory; the memory may grow between calls. */
export function referenceKernels(memory: WebAssembly.Memory): Kernels {
  let views = new Views(memory.buffer);
  const bind = (twin: (m: Views, ...rest: number[]) => unknown) => {
    return (...rest: number[]) => {
      if (views.buffer !== memory.buffer) views = new Views(memory.buffer);
      return twin(views, ...rest);
    };
  };
  const bound = Object.fromEntries(
    Object.entries(twins).map(([name, twin]) => [
      name,
      bind(twin as (m: Views, ...rest: number[]) => unknown),
    ]),
  ) as unknown as OnMemory<Twins>;
  return { kind: 'reference', ...bound, exp, log, softplus, logistic };
}
