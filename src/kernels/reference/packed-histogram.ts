/**
 * What does a process send of a node's histogram, and what is made of it? The twin of
 * wasm/assembly/packed-histogram.ts, which draws the bytes.
 */
import type { Views } from './views.ts';

const headBytes = 20;

/** The most bits of g and h together that are written in one go. */
const mostAtOnce = 56;

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);

const bitsOf = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

/** Bits that are written one behind the other; a store is of eight bytes, as in WebAssembly. */
class BitWriter {
  at: number;
  readonly #m: Views;
  #held = 0n;
  #numHeld = 0;

  constructor(m: Views, at: number) {
    this.#m = m;
    this.at = at;
  }

  /** Writes `bits` bits of a value; only tries where none are to be kept. */
  put(value: bigint, bits: number): void {
    this.#m.setI64(this.at, wrap(this.#held | (value << BigInt(this.#numHeld))));
    this.#held |= value << BigInt(this.#numHeld);
    this.#numHeld += bits;
    this.at += this.#numHeld >> 3;
    this.#held >>= BigInt(this.#numHeld & 56);
    this.#numHeld &= 7;
  }

  /** The byte behind the last bit. */
  end(): number {
    return this.at + ((this.#numHeld + 7) >> 3);
  }
}

/** Adds the ranks' entries of features [begin, end) and writes them; returns the bytes written. */
export function packHistogram(
  m: Views,
  parts: number,
  numParts: number,
  packed: number,
  firstEntry: number,
  features: number,
  begin: number,
  end: number,
  rows: number,
  out: number,
): number {
  const entryBytes = packed ? 8 : 16;
  m.setI64(out, 0n);
  m.setI64(out + 8, 0n);
  m.setU32(out + 16, rows);
  let at = out + headBytes;
  for (let f = begin; f < end; f++) {
    const feature = features + f * 32;
    const from = (m.u32(feature) - firstEntry) * entryBytes;
    const numValues = m.u32(feature + 8);
    const missing = m.u32(feature + 12);
    const bitmap = at + 2;
    const stream = bitmap + ((numValues + 8) >> 3);
    const entries: { readonly g: bigint; readonly h: bigint }[] = [];
    let gUsed = 0n;
    let hUsed = 0n;
    let sumG = 0n;
    let sumH = 0n;
    for (let b = 0; b <= numValues; b++) {
      const entry = from + (b === numValues ? missing : b) * entryBytes;
      let first = 0n;
      let second = 0n;
      for (let w = 0; w < numParts; w++) {
        const part = m.u32(parts + w * 4) + entry;
        first = wrap(first + m.i64(part));
        if (!packed) second = wrap(second + m.i64(part + 8));
      }
      const g = packed ? first >> 32n : first;
      const h = packed ? first & 0xffffffffn : second;
      entries.push({ g, h });
      gUsed |= g < 0n ? ~g : g;
      hUsed |= BigInt.asUintN(64, h);
      sumG += g;
      sumH += h;
      if (numParts > 1) {
        m.setI64(stream + 16 + b * entryBytes, first);
        if (!packed) m.setI64(stream + 24 + b * 16, second);
      }
    }
    const gBits = bitsOf(gUsed) + 1;
    const hBits = bitsOf(hUsed);
    m.setU8(at, gBits);
    m.setU8(at + 1, hBits);
    if (f === begin) {
      m.setI64(out, wrap(sumG));
      m.setI64(out + 8, wrap(sumH));
    }
    m.fillZero(bitmap, stream - bitmap);
    const writer = new BitWriter(m, stream);
    entries.forEach(({ g, h }, b) => {
      const isThere = g !== 0n || h !== 0n;
      if (isThere) m.setU8(bitmap + (b >> 3), m.u8(bitmap + (b >> 3)) | (1 << (b & 7)));
      const [gWord, hWord] = [BigInt.asUintN(gBits, g), BigInt.asUintN(64, h)];
      if (gBits + hBits <= mostAtOnce) {
        writer.put(hWord | (gWord << BigInt(hBits)), isThere ? gBits + hBits : 0);
      } else if (isThere) {
        for (const [word, bits] of [[hWord, hBits] as const, [gWord, gBits] as const]) {
          writer.put(BigInt.asUintN(32, word), Math.min(bits, 32));
          writer.put(word >> 32n, Math.max(bits, 32) - 32);
        }
      }
    });
    at = writer.end();
  }
  return at - out;
}

/** `bits` bits from bit `position` behind an address. */
function bitsAt(m: Views, at: number, position: number, bits: number): bigint {
  let value = 0n;
  for (let i = 0; i < bits; i++) {
    const bit = (m.u8(at + ((position + i) >> 3)) >> ((position + i) & 7)) & 1;
    value |= BigInt(bit) << BigInt(i);
  }
  return value;
}

/** Adds what packHistogram wrote to a compact histogram; returns the bytes read, or what is wrong with them. */
export function addPackedHistogram(
  m: Views,
  from: number,
  bytes: number,
  features: number,
  begin: number,
  end: number,
  hist: number,
): number {
  if (bytes < headBytes) return 0;
  const limit = from + bytes;
  const wantedG = m.i64(from);
  const wantedH = m.i64(from + 8);
  let at = from + headBytes;
  for (let f = begin; f < end; f++) {
    const feature = features + f * 32;
    const target = hist + m.u32(feature + 4) * 16;
    const numValues = m.u32(feature + 8);
    const bitmap = at + 2;
    const bitmapBytes = (numValues + 8) >> 3;
    if (bitmap + bitmapBytes > limit) return 0;
    const gBits = m.u8(at);
    const hBits = m.u8(at + 1);
    if (gBits === 0 || gBits > 64 || hBits > 64) return 0;
    const there: number[] = [];
    for (let b = 0; b < bitmapBytes * 8; b++) {
      if (((m.u8(bitmap + (b >> 3)) >> (b & 7)) & 1) === 1) there.push(b);
    }
    if ((there.at(-1) ?? 0) > numValues) return 0;
    at = bitmap + bitmapBytes;
    const bits = gBits + hBits;
    const next = at + ((there.length * bits + 7) >> 3);
    if (next > limit) return 0;
    let sumG = 0n;
    let sumH = 0n;
    there.forEach((b, i) => {
      const h = wrap(bitsAt(m, at, i * bits, hBits));
      const g = BigInt.asIntN(gBits, bitsAt(m, at, i * bits + hBits, gBits));
      sumG += g;
      sumH += h;
      const entry = target + b * 16;
      m.setI64(entry, wrap(m.i64(entry) + g));
      m.setI64(entry + 8, wrap(m.i64(entry + 8) + h));
    });
    if (wrap(sumG) !== wantedG || wrap(sumH) !== wantedH) return -1 - f;
    at = next;
  }
  return at - from;
}

/** Sums of g and h over the bins of a feature of a compact histogram. */
export function featureSums(
  m: Views,
  hist: number,
  features: number,
  f: number,
  out: number,
): void {
  const feature = features + f * 32;
  const from = hist + m.u32(feature + 4) * 16;
  const numValues = m.u32(feature + 8);
  m.fillZero(out, 16);
  for (let b = 0; b <= numValues; b++) {
    m.addI64(out, m.u32(from + b * 16), m.u32(from + b * 16 + 4));
    m.addI64(out + 8, m.u32(from + b * 16 + 8), m.u32(from + b * 16 + 12));
  }
}
