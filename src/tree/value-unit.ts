/** The coarsest power of two that leaf values are whole multiples of: scores made of them lie on that grid. */
import { powerOfTwo } from '../base/portable-math.ts';

/** The largest power of two that divides every value; infinite where all are 0. */
export function valueUnit(values: Float64Array): number {
  const words = new Uint32Array(values.slice().buffer);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const low = words[2 * i] as number;
    const high = words[2 * i + 1] as number;
    const biased = (high >>> 20) & 0x7ff;
    const mantissa = high & 0xfffff;
    if (biased === 0 && mantissa === 0 && low === 0) continue;
    // a subnormal has the least exponent and no leading one
    const top = biased === 0 ? mantissa : mantissa | 0x100000;
    const zeros = low !== 0 ? trailingZeros(low) : 32 + trailingZeros(top);
    least = Math.min(least, Math.max(biased, 1) - 1075 + zeros);
  }
  return least === Number.POSITIVE_INFINITY ? least : powerOfTwo(Math.max(-1022, least));
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}
