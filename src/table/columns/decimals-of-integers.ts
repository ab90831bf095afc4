/** Integers as decimals, every digit of them, in digits of 16 bits: no value becomes a BigInt. */
import type { Data, Decimal, Int } from 'apache-arrow';
import { maskOfValidity } from './bitmap.ts';
import type { RefuseValue } from './cast-numbers.ts';
import { fixedWidthColumn } from './make-column.ts';
import { columnArray } from './shared-buffer.ts';

/** The largest power of ten by which a digit of 16 bits is multiplied at once. */
const maxPower = 9;

/** A column of integers as decimals of a scale that is not below 0. */
export function decimalsOfIntegers(data: Data, type: Decimal, refuse: RefuseValue): Data {
  const { isSigned } = data.type as Int;
  const stride = type.bitWidth / 32;
  const valid = maskOfValidity(data);
  const out = columnArray(Uint32Array, data.length * stride);
  const powers = powersOf(type.scale);
  const digits = new Float64Array(stride * 2);
  const wide = widthOf(data);
  const values = data.values as Int32Array;
  const end = wholeEnd(type);
  for (let i = 0; i < data.length; i++) {
    if (valid[i] === 0) continue;
    let low = wide === null ? (values[i] as number) : (wide[2 * i] as number);
    let high = wide === null ? (low < 0 ? -1 : 0) : (wide[2 * i + 1] as number);
    const isNegative = isSigned && high < 0;
    if (isNegative) {
      low = -low | 0;
      high = low === 0 ? -high | 0 : ~high;
    }
    low >>>= 0;
    high >>>= 0;
    if (high > end.high || (high === end.high && low >= end.low)) {
      if (refuse !== null) throw refuse(String(data.values[i]));
      valid[i] = 0;
      continue;
    }
    digits.fill(0);
    digits[0] = low & 65_535;
    digits[1] = low >>> 16;
    digits[2] = high & 65_535;
    digits[3] = high >>> 16;
    for (const power of powers) multiply(digits, power);
    writeWords(digits, isNegative, out, i * stride);
  }
  const column = fixedWidthColumn(type, out, valid.includes(0) ? valid : undefined).data[0] as Data;
  return column.clone(type, 0, data.length);
}

function widthOf(data: Data): Int32Array | null {
  if ((data.type as Int).bitWidth < 64) return null;
  const { buffer, byteOffset } = data.values as BigInt64Array;
  return new Int32Array(buffer, byteOffset, data.length * 2);
}

/** What the digits before the point have no room for, as two words; nothing of 64 bits where they are many. */
function wholeEnd({ precision, scale }: Decimal): { readonly low: number; readonly high: number } {
  const whole = Math.max(precision - scale, 0);
  if (whole > 19) return { low: 0, high: Number.POSITIVE_INFINITY };
  const end = 10n ** BigInt(whole);
  return { low: Number(end & 0xffffffffn), high: Number(end >> 32n) };
}

function powersOf(scale: number): number[] {
  const powers: number[] = [];
  for (let left = scale; left > 0; left -= maxPower) {
    powers.push(Number(`1e${Math.min(left, maxPower)}`));
  }
  return powers;
}

function multiply(digits: Float64Array, by: number): void {
  let carry = 0;
  for (let j = 0; j < digits.length; j++) {
    const product = (digits[j] as number) * by + carry;
    carry = Math.floor(product / 65_536);
    digits[j] = product - carry * 65_536;
  }
}

/** Two's complement of a negative value. */
function writeWords(digits: Float64Array, isNegative: boolean, out: Uint32Array, at: number): void {
  let isZeroSoFar = true;
  for (let j = 0; j < digits.length / 2; j++) {
    const word = ((digits[2 * j] as number) | ((digits[2 * j + 1] as number) << 16)) >>> 0;
    out[at + j] = !isNegative ? word : isZeroSoFar ? -word : ~word;
    isZeroSoFar &&= word === 0;
  }
}
