// What is done for one node of a growing tree: its histogram, its best split, its rows. The same steps and numbers as
// src/tree/backend/cpu has in own-histogram.ts, candidate.ts, sides.ts and row-store.ts, over the same kernels.

import { findPackedSplit } from './find-packed-split';
import { findSplit } from './find-split';
import {
  atBest, atBits, atBitsBytes, atBuilding, atBuildsPacked, atExtras, atFeatures, atFeaturesDecided, atFirstRow, atFlushRows, atFree,
  atFrom, atHeap, atHeapSize, atHistogramBytes, atHistogramRows, atIds, atIsIndexed, atIsPacked, atMask, atMaster, atMinInfoGain, atNarrow,
  atNumbers, atNumEntries, atNumExtras, atNumFree, atNumNarrow, atNumPlaces, atOrder, atParams, atParts, atPool, atRecords, atSides,
  atSlotBytes, atSlotOffset, atStride, atTotals, atWide, atWideFeature, hessMask, nodeAt, ofBin, ofBuffer, ofCount, ofCover, ofFlags,
  ofGain, ofGrad, ofHess, ofLeftGrad, ofLeftHess, ofMaySplit, ofPlace, ofRunnerUp, ofRunnerUpGain, ofSlot, ofStart,
} from './grow-plan';
import { flushPacked, histogramPacked, histogramWide, reduceHistogram, reducePacked } from './histogram';
import { markLeaf } from './leaf-values';
import { partitionIds, partitionRecords } from './partition-rows';

/** Additions that the call may still do. */
export let workLeft: i64 = 0;

export function allowWork(additions: i64): void {
  workLeft = additions;
}

/** Begins to build the histogram of a node. */
export function beginBuild(plan: usize, index: i32, isPacked: bool): void {
  store<i32>(plan, index, atBuilding);
  store<i32>(plan, 0, atFrom);
  store<i32>(plan, <i32>isPacked, atBuildsPacked);
  const numEntries = <usize>load<u32>(plan, atNumEntries);
  if (isPacked || addsPacked(plan)) memory.fill(<usize>load<u32>(plan, atNarrow), 0, numEntries << 3);
  if (!isPacked) memory.fill(<usize>load<u32>(plan, atWide), 0, numEntries << 4);
  store<f64>(plan, load<f64>(plan, atHistogramRows) + <f64>load<i32>(nodeAt(plan, index), ofCount), atHistogramRows);
}

// rows are few bits each, so that many are added before their sums need a wide entry
function addsPacked(plan: usize): bool {
  return load<i32>(plan, atSlotBytes) == 4 && load<i32>(<usize>load<u32>(plan, atParams), 64) >= 63;
}

/** Adds the node's rows, as many as the call may; true when all are there. */
export function buildOn(plan: usize): bool {
  const node = nodeAt(plan, load<i32>(plan, atBuilding));
  const count = load<i32>(node, ofCount);
  const numPlaces = load<i32>(plan, atNumPlaces);
  const isPacked = load<i32>(plan, atBuildsPacked) != 0;
  const isFlushed = !isPacked && addsPacked(plan);
  const most = isPacked ? count : isFlushed ? load<i32>(plan, atFlushRows) : max<i32>(1024, 16777216 / max<i32>(1, numPlaces));
  let from = load<i32>(plan, atFrom);
  while (from < count) {
    if (workLeft <= 0) {
      store<i32>(plan, from, atFrom);
      return false;
    }
    const numRows = min<i32>(most, count - from);
    if (isPacked || isFlushed) addPackedRows(plan, node, from, numRows);
    else addWideRows(plan, node, from, numRows);
    if (isFlushed) flushPacked(<usize>load<u32>(plan, atNarrow), load<i32>(plan, atNumEntries), <usize>load<u32>(plan, atWide));
    workLeft -= <i64>numRows * <i64>numPlaces;
    from += numRows;
  }
  return true;
}

/** Address of what was built. */
export function builtHistogram(plan: usize): usize {
  return <usize>(load<i32>(plan, atBuildsPacked) != 0 ? load<u32>(plan, atNarrow) : load<u32>(plan, atWide));
}

function addPackedRows(plan: usize, node: usize, from: i32, numRows: i32): void {
  const stride = <usize>load<u32>(plan, atStride);
  histogramPacked(
    walkRecords(plan, node, from), walkIds(plan, node, from), numRows, stride, <usize>load<u32>(plan, atSlotOffset),
    load<i32>(plan, atNumNarrow), <usize>load<u32>(plan, atExtras), load<i32>(plan, atNumExtras), <usize>load<u32>(plan, atNarrow),
  );
}

function addWideRows(plan: usize, node: usize, from: i32, numRows: i32): void {
  const stride = <usize>load<u32>(plan, atStride);
  const countShift = load<i32>(<usize>load<u32>(plan, atParams), 64);
  histogramWide(
    walkRecords(plan, node, from), walkIds(plan, node, from), numRows, stride, <usize>load<u32>(plan, atSlotOffset),
    load<i32>(plan, atSlotBytes), countShift, load<i32>(plan, atNumNarrow), <usize>load<u32>(plan, atExtras),
    load<i32>(plan, atNumExtras), <usize>load<u32>(plan, atWide),
  );
}

// row numbers of a node, counted in the process, where they are not those behind one another from its first on
function idsOf(plan: usize, node: usize): usize {
  const buffer = load<i32>(node, ofBuffer);
  if (buffer == 0) return 0;
  return <usize>load<u32>(plan + (<usize>(buffer - 1) << 2), atIds) + (<usize>load<u32>(node, ofStart) << 2);
}

function firstIdOf(plan: usize, node: usize): i32 {
  return load<i32>(node, ofBuffer) == 0 ? load<i32>(plan, atFirstRow) + load<i32>(node, ofStart) : 0;
}

function walkRecords(plan: usize, node: usize, from: i32): usize {
  const buffer = load<i32>(node, ofBuffer);
  const stride = <usize>load<u32>(plan, atStride);
  const master = <usize>load<u32>(plan, atMaster);
  if (buffer == 0) return master + <usize>(firstIdOf(plan, node) + from) * stride;
  if (load<i32>(plan, atIsIndexed)) return master;
  return <usize>load<u32>(plan + (<usize>(buffer - 1) << 2), atRecords) + <usize>(load<i32>(node, ofStart) + from) * stride;
}

function walkIds(plan: usize, node: usize, from: i32): usize {
  if (!load<i32>(plan, atIsIndexed) || load<i32>(node, ofBuffer) == 0) return 0;
  return idsOf(plan, node) + (<usize>from << 2);
}

/** Gives a node the sums of the histogram that was built: those of its first feature. */
export function readTotals(plan: usize, node: usize): void {
  const built = builtHistogram(plan);
  const features = <usize>load<u32>(plan, atFeatures);
  const first = <usize>load<u32>(features);
  const end = first + <usize>load<u32>(features, 12) + 1;
  const isPacked = load<i32>(plan, atBuildsPacked) != 0;
  let grad: i64 = 0;
  let hess: i64 = 0;
  for (let entry = first; entry < end; entry++) {
    if (isPacked) {
      const sum = load<i64>(built + (entry << 3));
      grad += sum >> 32;
      hess += sum & 0xffffffff;
    } else {
      grad += load<i64>(built + (entry << 4));
      hess += load<i64>(built + (entry << 4), 8);
    }
  }
  setTotals(plan, node, grad, hess);
}

export function setTotals(plan: usize, node: usize, grad: i64, hess: i64): void {
  store<i64>(node, grad, ofGrad);
  store<i64>(node, hess, ofHess);
  const hessUnit = load<f64>(<usize>load<u32>(plan, atParams), 8);
  store<f64>(node, <f64>(hess & hessMask(plan)) * hessUnit, ofCover);
}

/** Address of the histogram that is kept for a node. */
export function keptHistogram(plan: usize, node: usize): usize {
  return <usize>load<u32>(plan, atPool) + <usize>load<u32>(node, ofSlot) * <usize>load<u32>(plan, atHistogramBytes);
}

/** Keeps what was built for a node, without gaps. */
export function keepBuilt(plan: usize, node: usize): void {
  store<i32>(node, takeSlot(plan), ofSlot);
  const hist = keptHistogram(plan, node);
  const parts = <usize>load<u32>(plan, atParts);
  const features = <usize>load<u32>(plan, atFeatures);
  const numPlaces = load<i32>(plan, atNumPlaces);
  store<u32>(parts, <u32>builtHistogram(plan));
  if (load<i32>(plan, atIsPacked)) reducePacked(parts, 1, load<i32>(features), features, 0, numPlaces, hist);
  else reduceHistogram(parts, 1, load<i32>(plan, atBuildsPacked), load<i32>(features), features, 0, numPlaces, hist);
}

// a free place, or that of the open node of the lowest gain: should that be split later, both its children are built
function takeSlot(plan: usize): i32 {
  const numFree = load<i32>(plan, atNumFree) - 1;
  if (numFree >= 0) {
    store<i32>(plan, numFree, atNumFree);
    return load<i32>(<usize>load<u32>(plan, atFree) + (<usize>numFree << 2));
  }
  const heap = <usize>load<u32>(plan, atHeap);
  const size = load<i32>(plan, atHeapSize);
  let victim: usize = 0;
  for (let i: i32 = 0; i < size; i++) {
    const node = nodeAt(plan, load<i32>(heap + (<usize>i << 2)));
    if (load<i32>(node, ofSlot) < 0) continue;
    if (victim == 0 || load<f64>(node, ofGain) < load<f64>(victim, ofGain)) victim = node;
  }
  const slot = load<i32>(victim, ofSlot);
  store<i32>(victim, -1, ofSlot);
  return slot;
}

/** Gives a node's place in the pool back, if it has one. */
export function releaseSlot(plan: usize, node: usize): void {
  const slot = load<i32>(node, ofSlot);
  if (slot < 0) return;
  const numFree = load<i32>(plan, atNumFree);
  store<i32>(<usize>load<u32>(plan, atFree) + (<usize>numFree << 2), slot);
  store<i32>(plan, numFree + 1, atNumFree);
  store<i32>(node, -1, ofSlot);
}

/** Finds the best split of a node, if one is allowed. */
export function searchNode(plan: usize, index: i32): void {
  const node = nodeAt(plan, index);
  const hist = keptHistogram(plan, node);
  const features = <usize>load<u32>(plan, atFeatures);
  const numPlaces = load<i32>(plan, atNumPlaces);
  const mask = <usize>load<u32>(plan, atMask);
  const params = <usize>load<u32>(plan, atParams);
  const totals = <usize>load<u32>(plan, atTotals);
  const best = <usize>load<u32>(plan, atBest);
  const order = <usize>load<u32>(plan, atOrder);
  store<i64>(totals, load<i64>(node, ofGrad));
  store<i64>(totals, load<i64>(node, ofHess), 8);
  if (load<i32>(plan, atIsPacked)) {
    const wide = <usize>load<u32>(plan, atWideFeature);
    const numbers = <usize>load<u32>(plan, atNumbers);
    findPackedSplit(hist, features, 0, numPlaces, mask, params, totals, best, best + 64, order, wide, numbers);
  } else findSplit(hist, features, 0, numPlaces, mask, params, totals, best, best + 64, order);
  store<f64>(plan, load<f64>(plan, atFeaturesDecided) + <f64>numPlaces, atFeaturesDecided);
  pickSplit(plan, index, best);
}

function pickSplit(plan: usize, index: i32, best: usize): void {
  const node = nodeAt(plan, index);
  const place = load<i32>(best, 8);
  if (place < 0) return;
  const params = <usize>load<u32>(plan, atParams);
  const H = load<f64>(node, ofCover);
  const G = <f64>load<i64>(node, ofGrad) * load<f64>(params);
  const parentScore = (G * G) / (H + load<f64>(params, 16));
  const score = load<f64>(best);
  const gain = score - parentScore;
  if (!(gain > load<f64>(plan, atMinInfoGain) * H) || !(gain > 1e-12 * abs<f64>(score))) return;
  const mask = hessMask(plan);
  const leftHess = load<i64>(best, 32);
  const heavierLeft = <i32>(2 * (leftHess & mask) >= (load<i64>(node, ofHess) & mask));
  const runnerUpScore = load<f64>(best, 40);
  const hasRunnerUp = load<i32>(best, 48) >= 0 && runnerUpScore > -Infinity;
  store<i32>(node, place, ofPlace);
  store<i32>(node, load<i32>(best, 12), ofBin);
  store<i32>(node, <i32>(load<i32>(best, 16) == 1) | (heavierLeft << 1), ofFlags);
  store<i32>(node, hasRunnerUp ? load<i32>(best, 48) : -1, ofRunnerUp);
  store<f64>(node, gain, ofGain);
  store<f64>(node, hasRunnerUp ? max<f64>(0.0, runnerUpScore - parentScore) : 0.0, ofRunnerUpGain);
  store<i64>(node, load<i64>(best, 24), ofLeftGrad);
  store<i64>(node, leftHess, ofLeftHess);
  store<i32>(node, 1, ofMaySplit);
  const feature = <usize>load<u32>(plan, atFeatures) + (<usize>place << 5);
  if (load<i32>(feature, 16) == 0) return;
  memory.copy(bitsOf(plan, index), best + 64, ((<usize>load<u32>(feature, 8) + 64) >> 6) << 3);
}

function bitsOf(plan: usize, index: i32): usize {
  return <usize>load<u32>(plan, atBits) + <usize>index * <usize>load<u32>(plan, atBitsBytes);
}

/** Moves a node's rows to the sides of its split; returns how many are on the left. */
export function moveRows(plan: usize, index: i32): i32 {
  const node = nodeAt(plan, index);
  const feature = <usize>load<u32>(plan, atFeatures) + (<usize>load<u32>(node, ofPlace) << 5);
  const sides = <usize>load<u32>(plan, atSides);
  writeSides(plan, index, feature, sides);
  const count = load<i32>(node, ofCount);
  workLeft -= <i64>count << 2;
  const stride = <usize>load<u32>(plan, atStride);
  const to = <usize>(load<i32>(node, ofBuffer) == 1 ? 4 : 0);
  const start = <usize>load<u32>(node, ofStart);
  const targetIds = <usize>load<u32>(plan + to, atIds) + (start << 2);
  const offset = <usize>load<u32>(feature, 20);
  const width = load<i32>(feature, 24);
  const ids = idsOf(plan, node);
  const firstId = firstIdOf(plan, node);
  if (load<i32>(plan, atIsIndexed)) {
    return partitionIds(<usize>load<u32>(plan, atMaster), ids, firstId, count, stride, targetIds, offset, width, sides);
  }
  const target = <usize>load<u32>(plan + to, atRecords) + start * stride;
  return partitionRecords(walkRecords(plan, node, 0), ids, firstId, count, stride, target, targetIds, offset, width, sides);
}

/** One byte a bin, 1 when its rows go left. */
export function writeSides(plan: usize, index: i32, feature: usize, sides: usize): void {
  const node = nodeAt(plan, index);
  const numValues = <usize>load<u32>(feature, 8);
  const isCategory = load<i32>(feature, 16) != 0;
  const flags = load<i32>(node, ofFlags);
  if (isCategory) {
    const bits = bitsOf(plan, index);
    for (let b: usize = 0; b < numValues; b++) {
      store<u8>(sides + b, <u8>((load<u8>(bits + (b >> 3)) >> <u8>(b & 7)) & 1));
    }
  } else {
    const numLeft = min<usize>(<usize>load<u32>(node, ofBin) + 1, numValues);
    memory.fill(sides, 1, numLeft);
    memory.fill(sides + numLeft, 0, numValues - numLeft);
  }
  store<u8>(sides + unseenBin(feature), <u8>(flags >> 1));
  store<u8>(sides + <usize>load<u32>(feature, 12), <u8>(flags & 1));
}

// the bin of a category that no training row has
function unseenBin(feature: usize): usize {
  const numValues = <usize>load<u32>(feature, 8);
  return load<i32>(feature, 24) == 2 ? numValues + 1 : load<i32>(feature, 16) != 0 ? numValues : 255;
}

/** Bytes of the sides of a feature. */
export function sideBytes(feature: usize): usize {
  return load<i32>(feature, 24) == 1 ? 256 : unseenBin(feature) + 1;
}

/** Writes the number of a leaf for each of its rows. */
export function markRows(plan: usize, node: usize, leaf: i32, leafOf: usize): void {
  markLeaf(idsOf(plan, node), firstIdOf(plan, node), load<i32>(node, ofCount), leaf, leafOf);
}
