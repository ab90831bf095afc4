/**
 * The splits of trees over other dictionaries: a split lists categories by their places in a dictionary, so trees
 * of two fits need one dictionary before they can stand in one model. A category that a tree was grown without
 * goes where that tree sends categories it does not know.
 */
import { nodeFlag } from './tree.ts';
import type { TreeEnsemble } from './tree-ensemble.ts';

/**
 * The same trees over other dictionaries.
 *
 * @param from the dictionaries that splits list categories of, one a feature (empty for numbers)
 * @param to dictionaries that hold all of those
 */
export function recodeCategories(
  trees: TreeEnsemble,
  from: readonly (readonly string[])[],
  to: readonly (readonly string[])[],
): TreeEnsemble {
  const places = from.map((known, f) => placesIn(known, to[f] ?? []));
  if (places.every((place) => place === null)) return trees;
  const numNodes = trees.feature.length;
  const categoryStart = new Uint32Array(numNodes);
  const categoryCount = new Uint32Array(numNodes);
  const words: number[] = [];
  for (let n = 0; n < numNodes; n++) {
    const count = trees.categoryCount[n] as number;
    if (count === 0) continue;
    const place = places[trees.feature[n] as number] ?? null;
    categoryStart[n] = words.length;
    categoryCount[n] = place === null ? count : place.length;
    const bits = new Uint32Array(Math.ceil((categoryCount[n] as number) / 32));
    for (let c = 0; c < (categoryCount[n] as number); c++) {
      const old = place === null ? c : (place[c] as number);
      if (goesLeft(trees, n, old)) {
        bits[c >> 5] = (bits[c >> 5] as number) | (1 << (c & 31));
      }
    }
    for (const word of bits) words.push(word);
  }
  return { ...trees, categoryStart, categoryCount, categoryBits: Uint32Array.from(words) };
}

/** Where the new dictionary's values stand in the old one, −1 where they do not; null where both are the same. */
function placesIn(known: readonly string[], wanted: readonly string[]): Int32Array | null {
  if (known.length === wanted.length && known.every((value, i) => value === wanted[i])) return null;
  const place = new Map(known.map((value, i) => [value, i]));
  return Int32Array.from(wanted, (value) => place.get(value) ?? -1);
}

function goesLeft(trees: TreeEnsemble, node: number, category: number): boolean {
  const count = trees.categoryCount[node] as number;
  if (category < 0 || category >= count) {
    return ((trees.flags[node] as number) & nodeFlag.unseenGoesLeft) !== 0;
  }
  const word = trees.categoryBits[
    (trees.categoryStart[node] as number) + (category >> 5)
  ] as number;
  return ((word >>> (category & 31)) & 1) === 1;
}
