/**
 * What do the rows of a node sum up to, bin by bin? The twin of wasm/assembly/histogram.ts, which draws the
 * entries: packed (8 bytes), wide (16 bytes) and class counts. Entries are added as 32-bit halves.
 * A row is a record at rec + i · stride, or at rec + ids[i] · stride when ids is not 0.
 */
import { narrowEntries } from '../narrow-entries.ts';
import { unpack } from './packed-entries.ts';
import type { Views } from './views.ts';

const twoTo32 = 2 ** 32;

function recordAt(m: Views, rec: number, ids: number, i: number, stride: number): number {
  return rec + (ids ? m.u32(ids + i * 4) : i) * stride;
}

/** Packed entries: (sum of g) << 32 + (sum of h). */
export function histogramPacked(
  m: Views,
  rec: number,
  ids: number,
  numRows: number,
  stride: number,
  slotOffset: number,
  numBytes: number,
  extras: number,
  numExtras: number,
  hist: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const p = recordAt(m, rec, ids, i, stride);
    const slot = m.i32(p + slotOffset);
    const g = slot >> 16;
    const h = slot & 0xffff;
    for (let j = 0; j < numBytes; j++) m.addI64(hist + (narrowEntries * j + m.u8(p + j)) * 8, h, g);
    for (let e = 0; e < numExtras; e++) {
      const bin = m.u16(p + m.u32(extras + e * 8));
      m.addI64(hist + (m.u32(extras + e * 8 + 4) + bin) * 8, h, g);
    }
  }
}

// g and (1 << countShift) + h of a record's slot, as halves
interface SlotValue {
  g: number;
  hLow: number;
  hHigh: number;
}

function readSlot(m: Views, at: number, slotBytes: number, countShift: number, v: SlotValue): void {
  let h: number;
  if (slotBytes === 4) {
    const packed = m.i32(at);
    v.g = packed >> 16;
    h = packed & 0xffff;
  } else {
    v.g = m.i32(at);
    h = m.u32(at + 4);
  }
  v.hHigh = countShift >= 32 && countShift < 63 ? 2 ** (countShift - 32) : 0;
  if (countShift < 32) h += 2 ** countShift;
  if (h >= twoTo32) {
    h -= twoTo32;
    v.hHigh++;
  }
  v.hLow = h;
}

function addWide(m: Views, at: number, v: SlotValue): void {
  m.addI64(at, v.g >>> 0, v.g >> 31);
  m.addI64(at + 8, v.hLow, v.hHigh);
}

/** Wide entries: int64 sum of g, int64 (count << countShift) + sum of h. */
export function histogramWide(
  m: Views,
  rec: number,
  ids: number,
  numRows: number,
  stride: number,
  slotOffset: number,
  slotBytes: number,
  countShift: number,
  numBytes: number,
  extras: number,
  numExtras: number,
  hist: number,
): void {
  const v: SlotValue = { g: 0, hLow: 0, hHigh: 0 };
  for (let i = 0; i < numRows; i++) {
    const p = recordAt(m, rec, ids, i, stride);
    readSlot(m, p + slotOffset, slotBytes, countShift, v);
    for (let j = 0; j < numBytes; j++) addWide(m, hist + (narrowEntries * j + m.u8(p + j)) * 16, v);
    for (let e = 0; e < numExtras; e++) {
      const bin = m.u16(p + m.u32(extras + e * 8));
      addWide(m, hist + (m.u32(extras + e * 8 + 4) + bin) * 16, v);
    }
  }
}

/** Clears so many bytes, a multiple of 8. */
export function clearBytes(m: Views, address: number, bytes: number): void {
  m.fillZero(address, bytes);
}

/** Adds packed entries to wide ones and clears them. */
export function flushPacked(m: Views, hist: number, numEntries: number, wide: number): void {
  for (let i = 0; i < numEntries; i++) {
    const from = hist + i * 8;
    const h = m.u32(from);
    const g = m.i32(from + 4);
    if (g === 0 && h === 0) continue;
    m.addI64(wide + i * 16, g >>> 0, g >> 31);
    m.addI64(wide + i * 16 + 8, h, 0);
    m.fillZero(from, 8);
  }
}

/** Adds the ranks' entries of features [begin, end) and stores them without gaps, wide. */
export function reduceHistogram(
  m: Views,
  parts: number,
  numParts: number,
  packed: number,
  firstEntry: number,
  features: number,
  begin: number,
  end: number,
  out: number,
): void {
  const entryBytes = packed ? 8 : 16;
  for (let f = begin; f < end; f++) {
    const feature = features + f * 32;
    const from = (m.u32(feature) - firstEntry) * entryBytes;
    const numValues = m.u32(feature + 8);
    const missing = m.u32(feature + 12);
    for (let b = 0; b <= numValues; b++) {
      const entry = from + (b === numValues ? missing : b) * entryBytes;
      const target = out + (m.u32(feature + 4) + b) * 16;
      m.fillZero(target, 16);
      for (let w = 0; w < numParts; w++) {
        const at = m.u32(parts + w * 4) + entry;
        m.addI64(target, m.u32(at), m.u32(at + 4));
        if (!packed) m.addI64(target + 8, m.u32(at + 8), m.u32(at + 12));
      }
      if (packed) unpack(m, target);
    }
  }
}

/** The same for parts that are packed, which stay packed. */
export function reducePacked(
  m: Views,
  parts: number,
  numParts: number,
  firstEntry: number,
  features: number,
  begin: number,
  end: number,
  out: number,
): void {
  for (let f = begin; f < end; f++) {
    const feature = features + f * 32;
    const from = (m.u32(feature) - firstEntry) * 8;
    const numValues = m.u32(feature + 8);
    const missing = m.u32(feature + 12);
    for (let b = 0; b <= numValues; b++) {
      const entry = from + (b === numValues ? missing : b) * 8;
      const target = out + (m.u32(feature + 4) + b) * 8;
      m.fillZero(target, 8);
      for (let w = 0; w < numParts; w++) {
        const at = m.u32(parts + w * 4) + entry;
        m.addI64(target, m.u32(at), m.u32(at + 4));
      }
    }
  }
}

/** out = parent − child, entry by entry, of either kind; out may be parent. */
export function subtractHistogram(
  m: Views,
  parent: number,
  child: number,
  out: number,
  bytes: number,
): void {
  for (let i = 0; i < bytes; i += 8) {
    const low = m.u32(parent + i) - m.u32(child + i);
    const high = m.u32(parent + i + 4) - m.u32(child + i + 4) - (low < 0 ? 1 : 0);
    m.setU32(out + i, low);
    m.setU32(out + i + 4, high);
  }
}

/** out += part, int64 by int64. */
export function addInt64(m: Views, out: number, part: number, bytes: number): void {
  for (let i = 0; i < bytes; i += 8) m.addI64(out + i, m.u32(part + i), m.u32(part + i + 4));
}
