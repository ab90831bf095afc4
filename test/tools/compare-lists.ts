/**
 * `toEqual` looks for keys, symbols and cycles in whatever it compares, which for a long list of numbers takes
 * far longer than the fit that made it. Lists of plain values that are equal are seen here in one loop; whatever
 * else there is, and every difference, is left to `toEqual`.
 */
import { expect } from 'vitest';

const isPlain = (value: unknown): boolean =>
  value !== undefined && (value === null || typeof value !== 'object');

/** True for two arrays of one kind with the same plain values; undefined where it takes a closer look. */
export function areEqualLists(left: unknown, right: unknown): true | undefined {
  const areLists = Array.isArray(left) ? Array.isArray(right) : ArrayBuffer.isView(left);
  if (!areLists || left instanceof DataView) return undefined;
  const [some, others] = [left, right] as [readonly unknown[], readonly unknown[]];
  if (some.constructor !== others?.constructor || some.length !== others.length) return undefined;
  for (let i = 0; i < some.length; i++) {
    if (!Object.is(some[i], others[i]) || !isPlain(some[i])) return undefined;
  }
  return true;
}

// this runs for every file of tests, in processes that several of them share
const added = Symbol.for('coppice.test.compare-lists');
const place = globalThis as { [added]?: true };
if (place[added] === undefined) {
  place[added] = true;
  expect.addEqualityTesters([areEqualLists]);
}
