/**
 * The values of a category column over all partitions, in the order of their UTF-8 bytes: the same list
 * whatever the partitions and the order they were read in.
 */
import { CoppiceError } from '../base/errors.ts';

/** The most values one category column may have; bins are two bytes wide and one is for missing. */
export const maxCategoryValues = 65_534;

/** Merges lists of values into one dictionary. */
export function mergeCategories(lists: Iterable<readonly string[]>, column: string): string[] {
  const seen = new Set<string>();
  for (const list of lists) for (const value of list) seen.add(value);
  if (seen.size > maxCategoryValues) {
    throw new CoppiceError(
      'DATA_INVALID',
      `the number of values of category column ${column} must be at most ${maxCategoryValues}; got ${seen.size}; leave the column out or group its rare values`,
      { context: { column } },
    );
  }
  return [...seen].sort(compareUtf8);
}

/** Order by UTF-8 bytes, which is the order of code points. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // surrogates stand for code points above every other unit
    const xTop = x >= 0xd800 && x <= 0xdfff;
    const yTop = y >= 0xd800 && y <= 0xdfff;
    if (xTop !== yTop) return xTop ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}
