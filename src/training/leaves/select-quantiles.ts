/**
 * Weighted quantiles of many groups of rows at once, exact and the same on any topology: radix selection on
 * integer keys that keep the order of float64. Each of eight passes counts one byte of the keys that still
 * match their group's prefix; only the counts cross, and they are integers.
 *
 * The quantile is the lower one: the least value v with weight(x ≤ v) ≥ level · weight(all).
 */
import type { RankEnvironment } from '../rank-environment.ts';

/** Rows of one rank. */
export interface GroupedValues {
  readonly values: Float64Array;
  /** Group of each row; a row with the top bit set is in none. */
  readonly groups: Uint32Array;
  /** Whole numbers above 0, or null for 1 each; their sums stay below 2^53. */
  readonly weights: Float64Array | null;
  readonly numGroups: number;
}

const outside = 0x80000000;

/** The quantile of each group; 0 for a group without rows. */
export async function selectQuantiles(
  environment: RankEnvironment,
  rows: GroupedValues,
  level: number,
): Promise<Float64Array> {
  const { values, groups, weights, numGroups } = rows;
  const { high, low } = orderedKeys(values);
  const prefixHigh = new Uint32Array(numGroups);
  const prefixLow = new Uint32Array(numGroups);
  const wanted = new Float64Array(numGroups);
  const isEmpty = new Uint8Array(numGroups);
  const isMember = (i: number, group: number, pass: number): boolean => {
    if (pass === 0) return true;
    const top = high[i] as number;
    const prefix = prefixHigh[group] as number;
    if (pass < 4) return top >>> (32 - 8 * pass) === prefix >>> (32 - 8 * pass);
    if (top !== prefix) return false;
    const shift = 64 - 8 * pass;
    return pass === 4 || (low[i] as number) >>> shift === (prefixLow[group] as number) >>> shift;
  };
  for (let pass = 0; pass < 8; pass++) {
    environment.collective.checkAborted();
    const counts = new Float64Array(numGroups * 256);
    const isHigh = pass < 4;
    const shift = 24 - 8 * (pass & 3);
    const keys = isHigh ? high : low;
    for (let i = 0; i < values.length; i++) {
      const group = groups[i] as number;
      if (group >= outside) continue;
      if (!isMember(i, group, pass)) continue;
      const at = group * 256 + (((keys[i] as number) >>> shift) & 255);
      counts[at] = (counts[at] as number) + (weights === null ? 1 : (weights[i] as number));
    }
    const words = BigInt64Array.from(counts, (count) => BigInt(count));
    await environment.wait(environment.collective.allreduce(words, 'sum'));
    for (let group = 0; group < numGroups; group++) {
      const own = words.subarray(group * 256, group * 256 + 256);
      if (pass === 0) {
        let total = 0;
        for (const count of own) total += Number(count);
        wanted[group] = Math.max(1, Math.ceil(level * total));
        isEmpty[group] = total === 0 ? 1 : 0;
      }
      const digit = digitOf(own, wanted, group);
      if (isHigh) prefixHigh[group] = (prefixHigh[group] as number) | (digit << shift);
      else prefixLow[group] = (prefixLow[group] as number) | (digit << shift);
    }
  }
  return valuesOf(prefixHigh, prefixLow, isEmpty);
}

/** The byte in which the wanted weight is reached; what lies below it is taken off. */
function digitOf(counts: BigInt64Array, wanted: Float64Array, group: number): number {
  let rest = wanted[group] as number;
  for (let digit = 0; digit < 255; digit++) {
    const count = Number(counts[digit]);
    if (rest <= count) {
      wanted[group] = rest;
      return digit;
    }
    rest -= count;
  }
  wanted[group] = rest;
  return 255;
}

/** Keys whose unsigned order is the order of the values. */
function orderedKeys(values: Float64Array): { high: Uint32Array; low: Uint32Array } {
  const high = new Uint32Array(values.length);
  const low = new Uint32Array(values.length);
  const one = new Float64Array(1);
  const words = new Uint32Array(one.buffer);
  for (let i = 0; i < values.length; i++) {
    // −0 counts as 0
    one[0] = (values[i] as number) + 0;
    const top = words[1] as number;
    const isNegative = top >>> 31 === 1;
    high[i] = isNegative ? ~top : top | 0x80000000;
    low[i] = isNegative ? ~(words[0] as number) : (words[0] as number);
  }
  return { high, low };
}

function valuesOf(high: Uint32Array, low: Uint32Array, isEmpty: Uint8Array): Float64Array {
  const values = new Float64Array(high.length);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < high.length; i++) {
    if (isEmpty[i] === 1) continue;
    const top = high[i] as number;
    const isPositive = top >>> 31 === 1;
    words[2 * i] = isPositive ? (low[i] as number) : ~(low[i] as number);
    words[2 * i + 1] = isPositive ? top & 0x7fffffff : ~top;
  }
  return values;
}
