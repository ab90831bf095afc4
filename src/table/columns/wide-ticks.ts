/**
 * Arithmetic on columns of 64-bit integers as two words of 32 bits each, the low one first, as they lie in memory: no value
 * becomes a BigInt, and no digit is lost.
 */
import { columnArray } from './shared-buffer.ts';

const wordSize = 4_294_967_296;

/** Whole numbers of float64 as integers of 64 bits; NaN is 0. */
export function wideOfNumbers(values: ArrayLike<number>): BigInt64Array {
  const out = columnArray(BigInt64Array, values.length);
  const words = wordsOf(out);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // exact: the low word is what is left of the high one
    const high = Math.floor(value / wordSize);
    words[2 * i] = value - high * wordSize;
    words[2 * i + 1] = high;
  }
  return out;
}

/** The quotients, rounded down. @param by an integer from 1 to 2^30 */
export function dividedTicks(ticks: BigInt64Array, by: number): BigInt64Array {
  const out = columnArray(BigInt64Array, ticks.length);
  const from = wordsOf(ticks);
  const to = wordsOf(out);
  // digit by digit: what is left of one is 16 bits more of the next, within what float64 holds
  for (let i = 0; i < from.length; i += 2) {
    const low = from[i] as number;
    const high = from[i + 1] as number;
    const top = Math.floor(high / by);
    const left = (high - top * by) * 65_536 + (low >>> 16);
    const middle = Math.floor(left / by);
    const last = (left - middle * by) * 65_536 + (low & 65_535);
    to[i] = (middle << 16) | Math.floor(last / by);
    to[i + 1] = top;
  }
  return out;
}

/**
 * The products; what 64 bits have no room for is told by its row, and means nothing.
 *
 * @param by an integer from 1 to 2^30
 */
export function multipliedTicks(
  ticks: BigInt64Array,
  by: number,
  tooLarge: (row: number) => void,
): BigInt64Array {
  const out = columnArray(BigInt64Array, ticks.length);
  const from = wordsOf(ticks);
  const to = wordsOf(out);
  for (let i = 0; i < from.length; i += 2) {
    const low = from[i] as number;
    const last = (low & 65_535) * by;
    const middle = (low >>> 16) * by + Math.floor(last / 65_536);
    const high = (from[i + 1] as number) * by + Math.floor(middle / 65_536);
    to[i] = (middle << 16) | (last & 65_535);
    to[i + 1] = high;
    // a high word that float64 has rounded is far beyond 32 bits
    if (high !== to[i + 1]) tooLarge(i >> 1);
  }
  return out;
}

/** The integers as float64, rounded to the nearest where it has fewer digits. */
export function numbersOfWide(ticks: BigInt64Array): Float64Array {
  const out = new Float64Array(ticks.length);
  const words = wordsOf(ticks);
  for (let i = 0; i < out.length; i++) {
    out[i] = (words[2 * i + 1] as number) * wordSize + ((words[2 * i] as number) >>> 0);
  }
  return out;
}

function wordsOf(ticks: BigInt64Array): Int32Array {
  return new Int32Array(ticks.buffer, ticks.byteOffset, ticks.length * 2);
}
