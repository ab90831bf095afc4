/**
 * Which rows of a node go left, which right, and which are drawn for a tree at all? The twin of
 * wasm/assembly/partition-rows.ts. Left rows fill the target from the front, right rows from the back.
 * sourceIds 0 means row firstId + i, target 0 that row numbers alone are moved; goesLeft holds one byte a bin, 1 for left.
 */
import { mix32 } from '../../base/rng.ts';
import type { Views } from './views.ts';

/** Moves the records and their row numbers; returns the rows on the left. */
export function partitionRecords(
  m: Views,
  source: number,
  sourceIds: number,
  firstId: number,
  numRows: number,
  stride: number,
  target: number,
  targetIds: number,
  offset: number,
  width: number,
  goesLeft: number,
): number {
  let left = 0;
  let right = numRows - 1;
  for (let i = 0; i < numRows; i++) {
    const p = source + i * stride;
    const isLeft = m.u8(goesLeft + m.bin(p + offset, width)) !== 0;
    const place = isLeft ? left++ : right--;
    if (target !== 0) m.copy(target + place * stride, p, stride);
    m.setU32(targetIds + place * 4, sourceIds ? m.u32(sourceIds + i * 4) : firstId + i);
  }
  return left;
}

/** The form for records of 32 bytes and bins of one. */
export function partitionRecords32(
  m: Views,
  source: number,
  sourceIds: number,
  firstId: number,
  numRows: number,
  target: number,
  targetIds: number,
  offset: number,
  goesLeft: number,
): number {
  return partitionRecords(
    m,
    source,
    sourceIds,
    firstId,
    numRows,
    32,
    target,
    targetIds,
    offset,
    1,
    goesLeft,
  );
}

/** Rows of a run, and of those that end it. */
const runRows = 128;
const shortRun = 16;

/**
 * The same within the rows' own memory: a run of rows at either end is looked through and those on the wrong side are
 * listed, then pairs of them are swapped until one of the runs has none left. What lies between the runs in the end is set
 * aside and placed row by row. spare: room for two runs, records and then numbers.
 */
export function partitionInPlace(
  m: Views,
  records: number,
  ids: number,
  numRows: number,
  stride: number,
  spare: number,
  offset: number,
  width: number,
  goesLeft: number,
): number {
  const isLeft = (record: number) => m.u8(goesLeft + m.bin(record + offset, width)) !== 0;
  const swap = (a: number, b: number) => {
    const [p, q] = [records + a * stride, records + b * stride];
    m.copy(spare, p, stride);
    m.copy(p, q, stride);
    m.copy(q, spare, stride);
    const id = m.u32(ids + a * 4);
    m.setU32(ids + a * 4, m.u32(ids + b * 4));
    m.setU32(ids + b * 4, id);
  };
  let from = 0;
  let to = numRows;
  for (const run of [runRows, shortRun]) {
    const places = Array.from({ length: run }, (_, i) => i);
    let first: number[] = [];
    let last: number[] = [];
    while (to - from >= 2 * run) {
      if (first.length === 0) {
        first = places.map((i) => from + i).filter((row) => !isLeft(records + row * stride));
      }
      if (last.length === 0) {
        last = places.map((i) => to - 1 - i).filter((row) => isLeft(records + row * stride));
      }
      const numPairs = Math.min(first.length, last.length);
      for (let pair = 0; pair < numPairs; pair++) swap(first[pair] as number, last[pair] as number);
      first = first.slice(numPairs);
      last = last.slice(numPairs);
      if (first.length === 0) from += run;
      if (last.length === 0) to -= run;
    }
  }
  const numAside = to - from;
  const spareIds = spare + 2 * runRows * stride;
  for (let i = 0; i < numAside; i++) {
    m.copy(spare + i * stride, records + (from + i) * stride, stride);
    m.setU32(spareIds + i * 4, m.u32(ids + (from + i) * 4));
  }
  let left = from;
  let right = to;
  for (let i = 0; i < numAside; i++) {
    const record = spare + i * stride;
    const at = isLeft(record) ? left++ : --right;
    m.copy(records + at * stride, record, stride);
    m.setU32(ids + at * 4, m.u32(spareIds + i * 4));
  }
  return left;
}

/** Moves row numbers only; the records stay at master + id · stride. */
export function partitionIds(
  m: Views,
  master: number,
  sourceIds: number,
  firstId: number,
  numRows: number,
  stride: number,
  targetIds: number,
  offset: number,
  width: number,
  goesLeft: number,
): number {
  let left = 0;
  let right = numRows - 1;
  for (let i = 0; i < numRows; i++) {
    const id = sourceIds ? m.u32(sourceIds + i * 4) : firstId + i;
    const isLeft = m.u8(goesLeft + m.bin(master + id * stride + offset, width)) !== 0;
    m.setU32(targetIds + (isLeft ? left++ : right--) * 4, id);
  }
  return left;
}

/**
 * Draws the rows of a tree: a row's count is how many thresholds its random bits reach. counts, when not
 * 0, receives them all, a byte a row, by row number.
 */
export function drawRows(
  m: Views,
  master: number,
  firstId: number,
  numRows: number,
  stride: number,
  rowKeys: number,
  treeKey: number,
  thresholds: number,
  numThresholds: number,
  target: number,
  targetIds: number,
  slotOffset: number,
  mode: number,
  counts: number,
): number {
  let drawn = 0;
  for (let i = 0; i < numRows; i++) {
    const random = mix32(m.u32(rowKeys + i * 4) ^ treeKey);
    let count = 0;
    while (count < numThresholds && random >= m.u32(thresholds + count * 4)) count++;
    if (counts) m.setU8(counts + firstId + i, count);
    if (count === 0) continue;
    if (target) {
      const record = target + drawn * stride;
      m.copy(record, master + i * stride, stride);
      multiplySlot(m, record + slotOffset, count, mode);
    }
    m.setU32(targetIds + drawn * 4, firstId + i);
    drawn++;
  }
  return drawn;
}

function multiplySlot(m: Views, slot: number, count: number, mode: number): void {
  if (mode === 1) {
    m.setU32(slot, Math.imul(m.u32(slot), count));
    m.setU32(slot + 4, Math.imul(m.u32(slot + 4), count));
  } else if (mode === 2) {
    const packed = m.u32(slot);
    m.setU32(slot, (packed & 0xffff0000) | Math.imul(packed & 0xffff, count));
  }
}
