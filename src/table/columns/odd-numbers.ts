/** Numbers that JavaScript has no array of: decimals and halves. */
import type { Data, Decimal } from 'apache-arrow';
import { bitAt, validityOf } from './bitmap.ts';
import { decimalAt } from './decimal-digits.ts';

/** Where numbers go. */
export type NumericArray = Float32Array | Float64Array;

/** What of a column is looked at. */
export type NumberData = Pick<
  Data,
  'type' | 'length' | 'offset' | 'nullCount' | 'values' | 'nullBitmap' | 'stride'
>;

/** True for an integer that float64 does not have; nearly all are small, which costs no second integer. */
export function isOther(exact: bigint, rounded = Number(exact)): boolean {
  return Math.abs(rounded) >= 2 ** 53 && BigInt(rounded) !== exact;
}

const powersOfTen = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Decimals are little-endian integers of 32-bit words, scaled by a power of ten. Returns true where digits were lost. */
export function fillDecimal(data: NumberData, out: NumericArray, at: number): boolean {
  const type = data.type as Decimal;
  const words = data.values as Uint32Array;
  const { stride, length } = data;
  const power = powersOfTen[type.scale];
  const bits = validityOf(data);
  let hasRounded = false;
  for (let i = 0; i < length; i++) {
    const low = words[i * stride] as number;
    const high = stride === 1 ? (low | 0) >> 31 : (words[i * stride + 1] as number) | 0;
    let isNarrow = high >= -0x200000 && high < 0x200000;
    for (let j = 2; j < stride; j++) {
      isNarrow = isNarrow && ((words[i * stride + j] as number) | 0) === high >> 31;
    }
    // Both operands are exact, so the quotient is rounded once.
    if (isNarrow && power !== undefined) out[at + i] = (high * 4294967296 + low) / power;
    else {
      const exact = decimalAt(words, i * stride, stride);
      out[at + i] = Number(`${exact}e${-type.scale}`);
      hasRounded ||= isOther(exact) && (bits === null || bitAt(bits, data.offset + i) === 1);
    }
  }
  return hasRounded;
}

/** IEEE 754 binary16 to a number. */
export function fillHalf(values: Uint16Array, length: number, out: NumericArray, at: number): void {
  for (let i = 0; i < length; i++) {
    const half = values[i] as number;
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) out[at + i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) out[at + i] = fraction === 0 ? sign * Infinity : Number.NaN;
    else out[at + i] = sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
}
