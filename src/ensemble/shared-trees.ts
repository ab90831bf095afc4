/** How do trees reach worker threads? Copied into shared memory once, under an id that threads keep predictors by. */
import { hash32 } from '../base/rng.ts';
import type { TreeEnsemble } from '../tree/tree.ts';

let modelCount = 0;

/** An id that no other model of this process has. */
export function newModelId(): string {
  modelCount += 1;
  return `${process.pid}.${modelCount}.${hash32(modelCount, 0)}`;
}

/** The trees in shared memory. */
export function sharedTrees(trees: TreeEnsemble): TreeEnsemble {
  const { linear } = trees;
  return {
    ...sharedArrays(trees),
    ...(linear === undefined ? {} : { linear: sharedArrays(linear) }),
  };
}

function sharedArrays<T extends object>(arrays: T): T {
  const entries = Object.entries(arrays).map(([name, value]) => [
    name,
    ArrayBuffer.isView(value) ? sharedCopy(value as Float64Array) : value,
  ]);
  return Object.fromEntries(entries) as T;
}

/** A copy of an array in shared memory. */
export function sharedCopy<A extends Float64Array | Uint32Array>(array: A): A {
  const buffer = new SharedArrayBuffer(array.byteLength);
  const copy = Reflect.construct(array.constructor, [buffer]) as A;
  copy.set(array as never);
  return copy;
}
