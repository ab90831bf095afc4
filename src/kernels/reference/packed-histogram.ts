/**
 * What does a process send of a node's histogram, and what is made of it? The twin of
 * wasm/assembly/packed-histogram.ts, which draws the bytes.
 */
import type { Views } from './views.ts';

const headBytes = 20;

function bytesFor(bits: bigint): number {
  return bits === 0n ? 0 : Math.ceil(bits.toString(2).length / 8);
}

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);

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
    const bitmapBytes = (numValues + 8) >> 3;
    const sums = bitmap + bitmapBytes + 8;
    let gBits = 0n;
    let hBits = 0n;
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
      m.setI64(sums + b * 16, g);
      m.setI64(sums + b * 16 + 8, h);
      gBits |= BigInt.asUintN(64, (g < 0n ? ~g : g) << 1n);
      hBits |= BigInt.asUintN(64, h);
      sumG += g;
      sumH += h;
    }
    const gBytes = Math.max(1, bytesFor(gBits));
    const hBytes = bytesFor(hBits);
    m.setU8(at, gBytes);
    m.setU8(at + 1, hBytes);
    m.fillZero(bitmap, bitmapBytes);
    at = bitmap + bitmapBytes;
    for (let b = 0; b <= numValues; b++) {
      const g = m.i64(sums + b * 16);
      const h = m.i64(sums + b * 16 + 8);
      if (g === 0n && h === 0n) continue;
      const byte = bitmap + (b >> 3);
      m.setU8(byte, m.u8(byte) | (1 << (b & 7)));
      m.setI64(at, g);
      at += gBytes;
      m.setI64(at, h);
      at += hBytes;
    }
    if (f === begin) {
      m.setI64(out, wrap(sumG));
      m.setI64(out + 8, wrap(sumH));
    }
  }
  return at - out;
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
    const gBytes = m.u8(at);
    const hBytes = m.u8(at + 1);
    if (gBytes === 0 || gBytes > 8 || hBytes > 8) return 0;
    let sumG = 0n;
    let sumH = 0n;
    at = bitmap + bitmapBytes;
    for (let b = 0; b < bitmapBytes * 8; b++) {
      if (((m.u8(bitmap + (b >> 3)) >> (b & 7)) & 1) === 0) continue;
      if (b > numValues || at + gBytes + hBytes > limit) return 0;
      const g = BigInt.asIntN(8 * gBytes, m.i64(at));
      const h = wrap(BigInt.asUintN(8 * hBytes, m.i64(at + gBytes)));
      at += gBytes + hBytes;
      sumG += g;
      sumH += h;
      const entry = target + b * 16;
      m.setI64(entry, wrap(m.i64(entry) + g));
      m.setI64(entry + 8, wrap(m.i64(entry + 8) + h));
    }
    if (wrap(sumG) !== wantedG || wrap(sumH) !== wantedH) return -1 - f;
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
