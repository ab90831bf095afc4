/**
 * Random numbers without state: each is a hash of what it is for, so that no order, thread or partition
 * can change it. Keys are 32-bit; the mixer is the bijective "lowbias32" of C. Wellons' hash prospector.
 */

/** What a random number is for; part of every key, so that two uses never share numbers. */
export const purposes = {
  binSample: 1,
  rounding: 2,
  rowSample: 3,
  columnSample: 4,
  bootstrap: 5,
  fold: 6,
  split: 7,
  shuffle: 8,
  data: 9,
  holdout: 10,
  extraTrees: 11,
  search: 12,
  listTargets: 13,
  resample: 14,
  groupOrder: 15,
  goss: 21,
  kMeans: 31,
  isolation: 41,
  dropping: 42,
  honest: 43,
  projection: 44,
} as const;

/** A bijective mix of 32 bits. */
export function mix32(value: number): number {
  let x = value | 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  x ^= x >>> 16;
  return x >>> 0;
}

/** 32 random bits of a key of four integers. */
export function hash32(seed: number, purpose: number, a = 0, b = 0): number {
  const head = mix32((seed ^ mix32((purpose + 0x9e3779b9) | 0)) | 0);
  return mix32(Math.imul(mix32(head ^ a), 0x9e3779b1) ^ mix32((b + 0x85ebca6b) | 0));
}

/** Maps 32 bits onto [0, 1), exactly. */
export function unitInterval(bits: number): number {
  return (bits >>> 0) / 4294967296;
}

/** The key of the row at a position of the table (0 to 2^53). */
export function rowKey(position: number): number {
  const low = mix32(position);
  if (position < 4294967296) return low;
  return mix32(low ^ mix32(Math.floor(position / 4294967296) ^ 0x51ed270b));
}

/** The keys of neighbouring rows from a position on. One loop of whole numbers of 32 bits: its first turns are slow enough. */
export function fillRowKeys(keys: Uint32Array, first: number): void {
  const { length } = keys;
  if (first + length > 4294967296) {
    for (let i = 0; i < length; i++) keys[i] = rowKey(first + i);
    return;
  }
  for (let i = 0; i < length; i++) {
    let x = (first + i) | 0;
    x ^= x >>> 16;
    x = Math.imul(x, 0x7feb352d);
    x ^= x >>> 15;
    x = Math.imul(x, 0x846ca68b);
    keys[i] = x ^ (x >>> 16);
  }
}

/** The key of a row that has an id of its own; equal ids have equal keys, whatever the column's width. */
export function rowKeyOfId(id: bigint | string | number): number {
  if (typeof id === 'string') {
    let hash = 0x811c9dc5;
    for (let i = 0; i < id.length; i++) hash = mix32(hash ^ id.charCodeAt(i));
    return hash;
  }
  const whole = typeof id === 'bigint' ? id : Number.isInteger(id) ? BigInt(id) : null;
  if (whole === null) return rowKeyOfId(String(id));
  const bits = BigInt.asUintN(64, whole);
  const low = Number(bits & 0xffffffffn);
  const high = Number(bits >> 32n);
  return high === 0 ? mix32(low) : mix32(mix32(low) ^ mix32(high ^ 0x51ed270b));
}

/** The seed of one part of a job (a fold, a base estimator, a tree), drawn from the job's seed. */
export function deriveSeed(seed: number, purpose: number, index: number): number {
  return hash32(seed, purpose, index, 0x5eed);
}
