/**
 * The 32 bits that Spark hashes a text to: MurmurHash3 x86_32 (A. Appleby) of its UTF-8 bytes with seed 42, as
 * FeatureHasher and HashingTF have it since Spark 3.
 */

const sparkSeed = 42;
const encoder = new TextEncoder();

/** The hash as a signed integer, Java's int. */
export function murmurHash(text: string, seed = sparkSeed): number {
  const bytes = encoder.encode(text);
  const numWhole = bytes.length & ~3;
  let hash = seed | 0;
  for (let at = 0; at < numWhole; at += 4) {
    hash = Math.imul(rotate(hash ^ scramble(wordAt(bytes, at, 4)), 13), 5) + 0xe6546b64;
  }
  if (numWhole < bytes.length) hash ^= scramble(wordAt(bytes, numWhole, bytes.length - numWhole));
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

/** Up to four bytes, the first one lowest. */
function wordAt(bytes: Uint8Array, at: number, count: number): number {
  let word = 0;
  for (let i = count - 1; i >= 0; i--) word = (word << 8) | (bytes[at + i] as number);
  return word;
}

function scramble(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
