/**
 * Which bins of a row are not the usual ones, and what do the rows of a node sum up to when only these are added?
 * The twin of wasm/assembly/row-entries.ts, which draws starts, entries, usual and slots.
 */
import type { Views } from './views.ts';

/** Writes the entries of rows and their starts, or only counts them where `entries` is 0. */
export function writeRowEntries(
  m: Views,
  records: number,
  stride: number,
  numRows: number,
  usual: number,
  features: number,
  numNarrow: number,
  numPlaces: number,
  starts: number,
  entries: number,
  from: number,
): number {
  let count = from;
  for (let i = 0; i < numRows; i++) {
    const record = records + i * stride;
    if (entries) m.setU32(starts + i * 4, count);
    for (let f = 0; f < numPlaces; f++) {
      const feature = features + f * 32;
      const offset = m.u32(feature + 20);
      const width = f < numNarrow ? 1 : 2;
      const bin = m.bin(record + offset, width);
      if (bin === m.bin(usual + offset, width)) continue;
      if (entries) {
        m.setU32(entries + count * 4, m.u32(feature + 4) + Math.min(bin, m.u32(feature + 8)));
      }
      count++;
    }
  }
  if (entries) m.setU32(starts + numRows * 4, count);
  return count;
}

/** Lists rows by entry, ascending; rowStarts is clear. */
export function listEntryRows(
  m: Views,
  starts: number,
  entries: number,
  firstRow: number,
  numRows: number,
  numEntries: number,
  rowStarts: number,
  rows: number,
): void {
  const lists: number[][] = Array.from({ length: numEntries }, () => []);
  for (let row = firstRow; row < firstRow + numRows; row++) {
    const end = m.u32(starts + row * 4 + 4);
    for (let e = m.u32(starts + row * 4); e < end; e++) lists[m.u32(entries + e * 4)]?.push(row);
  }
  let place = m.u32(starts + firstRow * 4);
  lists.forEach((list, entry) => {
    m.setU32(rowStarts + entry * 4, place);
    for (const row of list) m.setU32(rows + place++ * 4, row);
  });
  m.setU32(rowStarts + numEntries * 4, place);
}

/** Adds rows' entries to packed ones, and the rows' sum, packed, to `totals`. */
export function addEntriesPacked(
  m: Views,
  starts: number,
  entries: number,
  slots: number,
  ids: number,
  firstRow: number,
  numRows: number,
  hist: number,
  totals: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const row = ids ? m.u32(ids + i * 4) : firstRow + i;
    const slot = m.i32(slots + row * 4);
    const g = slot >> 16;
    const h = slot & 0xffff;
    m.addI64(totals, h, g);
    const end = m.u32(starts + row * 4 + 4);
    for (let e = m.u32(starts + row * 4); e < end; e++) {
      m.addI64(hist + m.u32(entries + e * 4) * 8, h, g);
    }
  }
}

/** The same for wide entries; `totals` has sums of g and of (1 << countShift) + h. */
export function addEntriesWide(
  m: Views,
  starts: number,
  entries: number,
  slots: number,
  slotBytes: number,
  countShift: number,
  ids: number,
  firstRow: number,
  numRows: number,
  hist: number,
  totals: number,
): void {
  const one = countShift < 63 ? 1n << BigInt(countShift) : 0n;
  for (let i = 0; i < numRows; i++) {
    const row = ids ? m.u32(ids + i * 4) : firstRow + i;
    const slot = slots + row * slotBytes;
    const g = BigInt(slotBytes === 4 ? m.i32(slot) >> 16 : m.i32(slot));
    const h = one + BigInt(slotBytes === 4 ? m.i32(slot) & 0xffff : m.u32(slot + 4));
    addWide(m, totals, g, h);
    const end = m.u32(starts + row * 4 + 4);
    for (let e = m.u32(starts + row * 4); e < end; e++) {
      addWide(m, hist + m.u32(entries + e * 4) * 16, g, h);
    }
  }
}

function addWide(m: Views, at: number, g: bigint, h: bigint): void {
  m.setI64(at, BigInt.asIntN(64, m.i64(at) + g));
  m.setI64(at + 8, BigInt.asIntN(64, m.i64(at + 8) + h));
}

/** Gives the usual bin of every feature what the others leave of `totals`; its entry was clear. */
export function fillUsualBins(
  m: Views,
  hist: number,
  packed: number,
  features: number,
  numPlaces: number,
  usual: number,
  totals: number,
): void {
  for (let f = 0; f < numPlaces; f++) {
    const feature = features + f * 32;
    const numValues = m.u32(feature + 8);
    const usualBin = m.bin(usual + m.u32(feature + 20), m.u32(feature + 24));
    for (let word = 0; word < (packed ? 1 : 2); word++) {
      const entryBytes = packed ? 8 : 16;
      const entries = hist + m.u32(feature + 4) * entryBytes + word * 8;
      let left = m.i64(totals + word * 8);
      for (let b = 0; b <= numValues; b++) left -= m.i64(entries + b * entryBytes);
      m.setI64(entries + Math.min(usualBin, numValues) * entryBytes, BigInt.asIntN(64, left));
    }
  }
}
