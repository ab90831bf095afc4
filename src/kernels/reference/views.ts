/**
 * How do the plain twins read and write the shared memory? Through one DataView, little-endian and at any
 * address, as WebAssembly does: fields of a record need not be aligned. The views go stale when the memory
 * grows, so a twin gets fresh ones with every call. int64 is read as bigint, or handled as two 32-bit halves
 * where a bigint would be slow; both wrap at 64 bits. Conversions of floats to integers saturate, NaN is 0.
 */

const twoTo32 = 2 ** 32;
const twoTo63 = 2 ** 63;

/** Loads and stores by byte address. */
export class Views {
  readonly buffer: ArrayBufferLike;
  readonly bytes: Uint8Array;
  readonly #data: DataView;

  constructor(buffer: ArrayBufferLike) {
    this.buffer = buffer;
    this.bytes = new Uint8Array(buffer);
    this.#data = new DataView(buffer);
  }

  u8(at: number): number {
    return this.#data.getUint8(at);
  }
  u16(at: number): number {
    return this.#data.getUint16(at, true);
  }
  i32(at: number): number {
    return this.#data.getInt32(at, true);
  }
  u32(at: number): number {
    return this.#data.getUint32(at, true);
  }
  i64(at: number): bigint {
    return this.#data.getBigInt64(at, true);
  }
  f32(at: number): number {
    return this.#data.getFloat32(at, true);
  }
  f64(at: number): number {
    return this.#data.getFloat64(at, true);
  }
  setU8(at: number, value: number): void {
    this.#data.setUint8(at, value);
  }
  setU16(at: number, value: number): void {
    this.#data.setUint16(at, value, true);
  }
  /** Signed or not: the low 32 bits are stored. */
  setU32(at: number, value: number): void {
    this.#data.setUint32(at, value, true);
  }
  setI64(at: number, value: bigint): void {
    this.#data.setBigInt64(at, value, true);
  }
  setF64(at: number, value: number): void {
    this.#data.setFloat64(at, value, true);
  }

  /** The byte or the two bytes at an address. */
  bin(at: number, width: number): number {
    return width === 1 ? this.u8(at) : this.u16(at);
  }

  /** int64 at += low + high · 2^32; low is a uint32, high at least −2^31 and below 2^32. */
  addI64(at: number, low: number, high: number): void {
    const sum = this.u32(at) + low;
    this.setU32(at, sum);
    this.setU32(at + 4, this.u32(at + 4) + high + (sum >= twoTo32 ? 1 : 0));
  }

  /** int64 at += an integer in float64, taken to the nearest int64 where it lies outside. */
  addWhole(at: number, whole: number): void {
    if (whole >= twoTo63) this.addI64(at, 0xffffffff, 0x7fffffff);
    else if (whole < -twoTo63) this.addI64(at, 0, -0x80000000);
    else if (!Number.isNaN(whole)) {
      const high = Math.floor(whole / twoTo32);
      this.addI64(at, whole - high * twoTo32, high);
    }
  }

  /** Sets a bit in a row of uint32 words. */
  setBit(words: number, index: number): void {
    const at = words + (index >> 5) * 4;
    this.setU32(at, this.u32(at) | (1 << (index & 31)));
  }
  fillZero(at: number, numBytes: number): void {
    this.bytes.fill(0, at, at + numBytes);
  }
  copy(to: number, from: number, numBytes: number): void {
    this.bytes.copyWithin(to, from, from + numBytes);
  }
}

/** float64 → int32 as WebAssembly's saturating conversion does it. */
export function toI32(x: number): number {
  if (x >= 2147483647) return 2147483647;
  if (x <= -2147483648) return -2147483648;
  return x | 0;
}

/** float64 → uint32, saturating. */
export function toU32(x: number): number {
  if (x >= 4294967295) return 4294967295;
  return x > 0 ? Math.floor(x) : 0;
}

/** float64 → int64, saturating. */
export function toI64(x: number): bigint {
  if (x >= twoTo63) return 0x7fffffffffffffffn;
  if (x < -twoTo63) return -0x8000000000000000n;
  return Number.isNaN(x) ? 0n : BigInt(Math.trunc(x));
}
