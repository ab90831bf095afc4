/**
 * The name of a group as 64 bits: an integer as it is, a text as a hash of it (two texts share one with a chance of
 * 1 in 2^64). Groups are compared, ordered and drawn by these bits, so no topology shows.
 */
import { mix32, rowKeyOfId } from '../../base/rng.ts';

/** Writes the bits of the group of a row, the low word first. */
export function writeGroupWords(
  group: bigint | number | string,
  words: Uint32Array,
  row: number,
): void {
  if (typeof group === 'string') {
    words[2 * row] = rowKeyOfId(group);
    words[2 * row + 1] = secondHash(group);
    return;
  }
  const bits = BigInt.asUintN(64, BigInt(group));
  words[2 * row] = Number(bits & 0xffffffffn);
  words[2 * row + 1] = Number(bits >> 32n);
}

/** A hash of a text that has nothing to do with its key as a row id. */
function secondHash(text: string): number {
  let hash = 0x9747b28c;
  for (let i = text.length - 1; i >= 0; i--) {
    hash = mix32((Math.imul(hash, 0x01000193) ^ text.charCodeAt(i)) + 0x7f4a7c15);
  }
  return hash;
}
