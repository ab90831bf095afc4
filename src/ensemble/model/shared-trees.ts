/**
 * How do trees reach worker threads? Copied into shared memory once, under an id that threads keep predictors by. The
 * id hangs on what the trees hold: executors outlive drivers, and a driver that comes back, on another host too, names
 * the same work alike.
 */
import { createHash, type Hash } from 'node:crypto';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';

/**
 * An id of trees and of what is made of them.
 *
 * @param use whatever else a predictor of them hangs on
 */
export function modelIdOf(trees: TreeEnsemble, ...use: readonly unknown[]): string {
  const hash = createHash('sha256').update(JSON.stringify(use));
  addTo(hash, trees);
  return hash.digest('hex');
}

function addTo(hash: Hash, fields: object): void {
  for (const [name, value] of Object.entries(fields) as [string, unknown][]) {
    hash.update(`\n${name} `);
    if (ArrayBuffer.isView(value)) {
      hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    } else if (typeof value === 'object' && value !== null) addTo(hash, value);
    else hash.update(JSON.stringify(value) ?? '');
  }
}

/** The trees in shared memory. */
export function sharedTrees(trees: TreeEnsemble): TreeEnsemble {
  const { linear, planes } = trees;
  return {
    ...sharedArrays(trees),
    ...(linear === undefined ? {} : { linear: sharedArrays(linear) }),
    ...(planes === undefined ? {} : { planes: sharedArrays(planes) }),
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
