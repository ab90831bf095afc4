/**
 * A number ≥ 0 as an integer whose order is the opposite one: the largest word over all ranks is the least
 * number. The bits of a float64 that is not negative count upwards with it.
 */
const value = new Float64Array(1);
const bits = new BigInt64Array(value.buffer);
const top = 0x7ff0000000000000n;

/** The word of a number from 0 to Infinity. */
export function orderWord(number: number): bigint {
  value[0] = number;
  return top - (bits[0] as bigint);
}

/** The number of a word. */
export function numberOfWord(word: bigint): number {
  bits[0] = top - word;
  return value[0] as number;
}
