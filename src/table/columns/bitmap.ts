/**
 * Bitmaps as Arrow lays them out: row i is bit (i & 7) of byte (i >> 3), 1 for valid or true. A bitmap
 * may begin at any bit (`offset`), so copies shift.
 */
import type { Data } from 'apache-arrow';
import { bitmapBytes, columnArray } from './shared-buffer.ts';

/** The bit of a row, 0 or 1. */
export function bitAt(bits: Uint8Array, index: number): number {
  return ((bits[index >> 3] as number) >> (index & 7)) & 1;
}

/** A bit of a bitmap. */
export interface BitPlace {
  readonly bits: Uint8Array;
  readonly offset: number;
}

/** Copies `length` bits; the target's other bits stay. */
export function copyBits(from: BitPlace, to: BitPlace, length: number): void {
  const { bits: source, offset: sourceOffset } = from;
  const { bits: target, offset: targetOffset } = to;
  let done = 0;
  while (done < length && ((targetOffset + done) & 7) !== 0) {
    setBit(target, targetOffset + done, bitAt(source, sourceOffset + done));
    done++;
  }
  const wholeBytes = (length - done) >> 3;
  const firstSource = (sourceOffset + done) >> 3;
  const firstTarget = (targetOffset + done) >> 3;
  const shift = (sourceOffset + done) & 7;
  if (shift === 0) target.set(source.subarray(firstSource, firstSource + wholeBytes), firstTarget);
  else {
    for (let i = 0; i < wholeBytes; i++) {
      const low = (source[firstSource + i] as number) >> shift;
      target[firstTarget + i] = low | ((source[firstSource + i + 1] as number) << (8 - shift));
    }
  }
  for (done += wholeBytes * 8; done < length; done++) {
    setBit(target, targetOffset + done, bitAt(source, sourceOffset + done));
  }
}

/** Sets or clears one bit. */
export function setBit(bits: Uint8Array, index: number, bit: number): void {
  const mask = 1 << (index & 7);
  const byte = bits[index >> 3] as number;
  bits[index >> 3] = bit === 0 ? byte & ~mask : byte | mask;
}

/** Sets `length` bits to 1. */
export function setBits(bits: Uint8Array, offset: number, length: number): void {
  let i = offset;
  const end = offset + length;
  for (; i < end && (i & 7) !== 0; i++) setBit(bits, i, 1);
  const wholeBytes = (end - i) >> 3;
  bits.fill(255, i >> 3, (i >> 3) + wholeBytes);
  for (i += wholeBytes * 8; i < end; i++) setBit(bits, i, 1);
}

/** A bitmap of ones. */
export function allValid(length: number): Uint8Array {
  const bits = columnArray(Uint8Array, bitmapBytes(length));
  setBits(bits, 0, length);
  return bits;
}

/** Calls back for every 0 among bits [offset, offset + length), with its place from `offset`. */
export function eachNull(
  bits: Uint8Array,
  offset: number,
  length: number,
  told: (row: number) => void,
): void {
  const end = offset + length;
  for (let i = offset; i < end; i++) {
    if ((i & 7) === 0 && bits[i >> 3] === 255) i += 7;
    else if (bitAt(bits, i) === 0) told(i - offset);
  }
}

/** The validity bits of a column, or null when every row is valid. Row i is bit data.offset + i. */
export function validityOf(data: Pick<Data, 'nullBitmap' | 'nullCount'>): Uint8Array | null {
  const bits = data.nullBitmap as Uint8Array | undefined;
  if (bits === undefined || bits.length === 0 || data.nullCount === 0) return null;
  return bits;
}

/** A bitmap that starts at bit 0, made of a mask of bytes: 0 is null, anything else is valid. */
export function bitmapOfMask(mask: Uint8Array): Uint8Array {
  const bits = columnArray(Uint8Array, bitmapBytes(mask.length));
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== 0) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
  }
  return bits;
}

/** A mask of bytes, 1 where the row of the column is not null. */
export function maskOfValidity(data: Data): Uint8Array {
  const mask = new Uint8Array(data.length);
  const bits = validityOf(data);
  if (bits === null) return mask.fill(data.nullCount === data.length ? 0 : 1);
  for (let i = 0; i < mask.length; i++) mask[i] = bitAt(bits, data.offset + i);
  return mask;
}
