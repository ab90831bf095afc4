// The best split of a node of few rows, from the rows themselves. Such a node leaves most bins empty: a histogram of it that is
// cleared, brought to its place, subtracted and scanned is mostly nothing. Here the rows are added up feature by feature, in scratch
// that stays in the first-level cache, bins that get a row are marked, and only these are looked at, in their order. An empty
// bin could not have won, and sums are integers, so what is found is what find-split.ts finds in a histogram.
//   scratch: int64 g, int64 h of 256 bins, all 0; a byte for each of them, all 0; int64 g, int64 h of the node's rows

import { nameBin } from './find-packed-split';
import { clearBest, lookAtFeature } from './find-split';
import { hasTwoSides, setTotals, walkRecords } from './grow-node';
import {
  atEndPlace, atFeatures, atFeaturesDecided, atFewRows, atFirstPlace, atFoundBytes, atHistogramRows, atMask, atNumbers, atOrder, atParams,
  atRowScratch, atSlotBytes, atSlotOffset, atStride, atTotals, atWideFeature, ofCount, ofGrad, ofHess,
} from './grow-plan';

const marksAt: usize = 4096;
const slotsAt: usize = 4352;

/** Whether the children of a node, or the root, are looked at without a histogram. */
export function hasFewRows(plan: usize, node: usize): bool {
  return load<i32>(node, ofCount) <= load<i32>(plan, atFewRows);
}

/** Counts rows as if a histogram of them were built. */
export function countRows(plan: usize, node: usize): void {
  store<f64>(plan, load<f64>(plan, atHistogramRows) + <f64>load<i32>(node, ofCount), atHistogramRows);
}

/** Gives the root its sums. */
export function sumRows(plan: usize, node: usize): void {
  const slots = readSlots(plan, node);
  const end = slots + (<usize>load<i32>(node, ofCount) << 4);
  let sums = i64x2.splat(0);
  for (let at = slots; at < end; at += 16) sums = i64x2.add(sums, v128.load(at));
  setTotals(plan, node, i64x2.extract_lane(sums, 0), i64x2.extract_lane(sums, 1));
}

/** Finds the best split of a node. */
export function searchRows(plan: usize, node: usize, found: usize): void {
  const features = <usize>load<u32>(plan, atFeatures);
  const first = load<i32>(plan, atFirstPlace);
  const end = load<i32>(plan, atEndPlace);
  const mask = <usize>load<u32>(plan, atMask);
  const params = <usize>load<u32>(plan, atParams);
  const totals = <usize>load<u32>(plan, atTotals);
  const order = <usize>load<u32>(plan, atOrder);
  const wide = <usize>load<u32>(plan, atWideFeature);
  const numbers = <usize>load<u32>(plan, atNumbers);
  const stride = <usize>load<u32>(plan, atStride);
  const sums = <usize>load<u32>(plan, atRowScratch);
  const count = load<i32>(node, ofCount);
  clearBest(found);
  store<f64>(found + <usize>load<u32>(plan, atFoundBytes) - 8, <f64>count);
  store<f64>(plan, load<f64>(plan, atFeaturesDecided) + <f64>(end - first), atFeaturesDecided);
  if (!hasTwoSides(plan, node)) return;
  const slots = readSlots(plan, node);
  const slotsEnd = slots + (<usize>count << 4);
  const records = walkRecords(plan, node, 0);
  store<i64>(totals, load<i64>(node, ofGrad));
  store<i64>(totals, load<i64>(node, ofHess), 8);
  for (let f = first; f < end; f++) {
    if (mask && !load<u8>(mask + <usize>f)) continue;
    const feature = features + (<usize>f << 5);
    const numValues = load<i32>(feature, 8);
    const kind = load<i32>(feature, 16);
    const bins = records + <usize>load<u32>(feature, 20);
    if (kind == 0 && load<i32>(feature, 24) == 1) {
      addBins(bins, stride, slots, slotsEnd, sums);
      const listed = listBins(sums, numValues, wide, numbers);
      // all rows have the same bin
      if (listed == 1 && load<i64>(wide, 24) == 0) continue;
      lookAtFeature(wide, listed, kind, f, params, totals, found, found + 64, order);
      nameBin(f, found, numbers);
    } else {
      memory.fill(wide, 0, (<usize>numValues + 1) << 4);
      if (load<i32>(feature, 24) == 1) addAll<u8>(bins, stride, slots, slotsEnd, numValues, wide);
      else addAll<u16>(bins, stride, slots, slotsEnd, numValues, wide);
      lookAtFeature(wide, numValues, kind, f, params, totals, found, found + 64, order);
    }
  }
}

// what each row of the node adds to a bin: see slotValue of histogram.ts
function readSlots(plan: usize, node: usize): usize {
  const slots = <usize>load<u32>(plan, atRowScratch) + slotsAt;
  const end = slots + (<usize>load<i32>(node, ofCount) << 4);
  const stride = <usize>load<u32>(plan, atStride);
  const countShift = <i64>load<i32>(<usize>load<u32>(plan, atParams), 64);
  const one: i64 = countShift < 63 ? <i64>1 << countShift : 0;
  let slot = walkRecords(plan, node, 0) + <usize>load<u32>(plan, atSlotOffset);
  const isShort = load<i32>(plan, atSlotBytes) == 4;
  for (let at = slots; at < end; at += 16) {
    const first = load<i32>(slot);
    const grad = <i64>(isShort ? first >> 16 : first);
    const hess = <i64>(isShort ? <u32>first & 0xffff : load<u32>(slot, 4));
    v128.store(at, i64x2.replace_lane(i64x2.splat(grad), 1, hess + one));
    slot += stride;
  }
  return slots;
}

function addBins(bins: usize, stride: usize, slots: usize, slotsEnd: usize, sums: usize): void {
  let bin = bins;
  let slot = slots;
  while (slot < slotsEnd) {
    const b = <usize>load<u8>(bin);
    const at = sums + (b << 4);
    v128.store(at, i64x2.add(v128.load(at), v128.load(slot)));
    store<u8>(sums + b, 255, marksAt);
    bin += stride;
    slot += 16;
  }
}

// The sums of bins that have rows, the missing rows' behind them, and which bins they are; scratch is all 0 again.
function listBins(sums: usize, numValues: i32, wide: usize, numbers: usize): i32 {
  let to = wide;
  let number = numbers;
  const zero = i64x2.splat(0);
  store<u8>(sums, 0, marksAt + 255);
  for (let first: usize = 0; first < <usize>numValues; first += 64) {
    const marks = sums + first;
    let bits = bitsOf(marks) | (bitsOf(marks + 16) << 16) | (bitsOf(marks + 32) << 32) | (bitsOf(marks + 48) << 48);
    while (bits != 0) {
      const b = first + <usize>ctz<u64>(bits);
      bits &= bits - 1;
      const at = sums + (b << 4);
      v128.store(to, v128.load(at));
      v128.store(at, zero);
      store<i32>(number, <i32>b);
      to += 16;
      number += 4;
    }
  }
  v128.store(to, v128.load(sums, 4080));
  v128.store(sums, zero, 4080);
  return <i32>((to - wide) >> 4);
}

// sixteen marks as bits; they are cleared
// @ts-ignore: decorator
@inline
function bitsOf(marks: usize): u64 {
  const bits = <u64><u32>i8x16.bitmask(v128.load(marks, marksAt));
  v128.store(marks, i64x2.splat(0), marksAt);
  return bits;
}

// every bin has its place: missing rows lie behind the values
function addAll<Bin>(bins: usize, stride: usize, slots: usize, slotsEnd: usize, numValues: i32, wide: usize): void {
  let bin = bins;
  for (let slot = slots; slot < slotsEnd; slot += 16) {
    const at = wide + (<usize>min<u32>(<u32>load<Bin>(bin), <u32>numValues) << 4);
    v128.store(at, i64x2.add(v128.load(at), v128.load(slot)));
    bin += stride;
  }
}
