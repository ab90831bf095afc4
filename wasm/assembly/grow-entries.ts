// Histograms of a growing tree's nodes from the entries of their rows, where rows have such: see row-entries.ts. The same
// steps as src/tree/backend/cpu/entry-histogram.ts.

import {
  atEntries, atEntriesOfRow, atEntrySums, atFeatures, atNumEntries, atNumPlaces, atParams, atSlotBytes, atSlots, atStarts, atUsual,
} from './grow-plan';
import { hasMarks, marksOf } from './marked-blocks';
import { addEntriesMarked, addEntriesPacked, addEntriesWide, fillUsualBins } from './row-entries';

export function hasEntries(plan: usize): bool {
  return load<u32>(plan, atStarts) != 0;
}

/** The histogram itself is clear. */
export function beginEntries(plan: usize): void {
  v128.store(<usize>load<u32>(plan, atEntrySums), i64x2.splat(0));
}

/** Adds rows [from, from + numRows) of a node; `ids` 0 means that they are those from row `firstId` on. */
export function addNodeEntries(
  plan: usize, ids: usize, firstId: i32, from: i32, numRows: i32, isPacked: bool, hist: usize,
): void {
  const starts = <usize>load<u32>(plan, atStarts);
  const entries = <usize>load<u32>(plan, atEntries);
  const slots = <usize>load<u32>(plan, atSlots);
  const sums = <usize>load<u32>(plan, atEntrySums);
  const ownIds = ids ? ids + (<usize>from << 2) : 0;
  if (hasMarks(plan)) {
    const numEntries = load<i32>(plan, atNumEntries);
    if (<i64>numRows * <i64>load<i32>(plan, atEntriesOfRow) > <i64>(numEntries >> 1)) {
      // hardly a block stays empty
      memory.fill(marksOf(plan, hist), 1, numEntries >> 3);
      addEntriesPacked(starts, entries, slots, ownIds, firstId + from, numRows, hist, sums);
      return;
    }
    addEntriesMarked(starts, entries, slots, ownIds, firstId + from, numRows, hist, marksOf(plan, hist), sums);
    return;
  }
  if (isPacked) {
    addEntriesPacked(starts, entries, slots, ownIds, firstId + from, numRows, hist, sums);
    return;
  }
  const countShift = load<i32>(<usize>load<u32>(plan, atParams), 64);
  const slotBytes = load<i32>(plan, atSlotBytes);
  addEntriesWide(starts, entries, slots, slotBytes, countShift, ownIds, firstId + from, numRows, hist, sums);
}

/** When all rows are there. */
export function endEntries(plan: usize, isPacked: bool, hist: usize): void {
  if (hasMarks(plan)) return;
  const features = <usize>load<u32>(plan, atFeatures);
  const usual = <usize>load<u32>(plan, atUsual);
  const sums = <usize>load<u32>(plan, atEntrySums);
  fillUsualBins(hist, <i32>isPacked, features, load<i32>(plan, atNumPlaces), usual, sums);
}
