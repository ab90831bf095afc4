// What is done for one node of a growing tree: its histogram, its best split, its rows. The same steps and numbers as
// src/tree/backend/cpu has in own-histogram.ts, candidate.ts, sides.ts and row-store.ts, over the same kernels. What all ranks have follows from what
// each has alone by the same steps on every rank.

import { addNodeEntries, beginEntries, endEntries, hasEntries } from './grow-entries';
import { findMarkedSplit, findPackedSplit } from './find-packed-split';
import { clearBest, findSplit } from './find-split';
import {
  atBits, atBitsBytes, atBuilding, atBuildsPacked, atEndPlace, atEntriesOfRow, atEntryRows, atEntrySums, atExtras, atFeatures,
  atFeaturesDecided, atFirstPlace, atFirstRow, atFlushRows, atFound, atFoundBytes, atFree, atFrom, atGathered, atGatheredBytes,
  atGrowSpan, atHistogramBytes, atHistogramRows, atIds, atIsIndexed, atIsPacked, atLeafOf, atMask, atMaster, atMinInfoGain,
  atNarrow, atNumAll, atNumbers, atNumEntries, atNumExtras, atNumFree, atNumMade, atNumNarrow, atNumOthers, atNumPlaces,
  atNumRanks, atNumRows, atOrder, atOwnSpan, atParams, atParts, atPool, atRank, atRecords, atRowStarts, atSideOfRow, atSides,
  atSliceBytes, atSliceStart, atSlotBytes, atSlotOffset, atSpare, atStride, atTarget, atTotals, atUsual, atWideFeature,
  hessMask, nodeAt, ofBin, ofBuffer, ofCount, ofCover, ofFlags, ofGain, ofGrad, ofHess, ofLeftChild, ofLeftGrad, ofLeftHess,
  ofMaySplit, ofPlace, ofRows, ofRunnerUp, ofRunnerUpGain, ofSlot, ofStart, splitCost,
} from './grow-plan';
import { isLeftOf } from './grow-queue';
import { flushPacked, histogramPacked, histogramWide, reduceHistogram, reducePacked, subtractHistogram } from './histogram';
import { markLeaf } from './leaf-values';
import { addMarked, clearBuilt, clearSlot, hasMarks, marksOf, subtractMarked } from './marked-blocks';
import { markLeavesOfSides, partitionIds, partitionInPlace, partitionRecords, partitionSides } from './partition-rows';

/** Additions that the call may still do. */
export let workLeft: i64 = 0;

export function allowWork(additions: i64): void {
  workLeft = additions;
}

/** Begins to build the histogram of a node. */
export function beginBuild(plan: usize, index: i32, isPacked: bool, target: usize): void {
  store<i32>(plan, index, atBuilding);
  store<i32>(plan, 0, atFrom);
  store<i32>(plan, <i32>isPacked, atBuildsPacked);
  store<u32>(plan, <u32>target, atTarget);
  const numEntries = <usize>load<u32>(plan, atNumEntries);
  if (hasMarks(plan)) {
    if (buildsInPlace(plan, isPacked)) clearSlot(plan, load<i32>(nodeAt(plan, index), ofSlot));
    else clearBuilt(plan, target);
  } else if (hasEntries(plan)) memory.fill(target, 0, numEntries << (isPacked ? 3 : 4));
  else clearFeatures(plan, target, isPacked ? 3 : 4);
  if (hasEntries(plan)) beginEntries(plan);
  else if (!isPacked && addsPacked(plan)) memory.fill(<usize>load<u32>(plan, atNarrow), 0, numEntries << 3);
  store<f64>(plan, load<f64>(plan, atHistogramRows) + <f64>load<i32>(nodeAt(plan, index), ofCount), atHistogramRows);
}

/** Entries that are cleared along with those around them: fewer are not worth a call. */
const shortGap: usize = 32;

// Clears what rows are added to, the values' entries and the missing one's of each feature: what lies between them nobody reads.
function clearFeatures(plan: usize, target: usize, size: usize): void {
  const features = <usize>load<u32>(plan, atFeatures);
  const end = features + (<usize>load<i32>(plan, atNumPlaces) << 5);
  let from: usize = 0;
  let to: usize = 0;
  for (let feature = features; feature < end; feature += 32) {
    const first = <usize>load<u32>(feature);
    const last = first + <usize>load<u32>(feature, 12);
    if (first > to + shortGap) {
      memory.fill(target + (from << size), 0, (to - from) << size);
      from = first;
    }
    to = first + <usize>load<u32>(feature, 8);
    if (last > to + shortGap) {
      memory.fill(target + (from << size), 0, (to - from) << size);
      from = last;
    }
    to = last + 1;
  }
  memory.fill(target + (from << size), 0, (to - from) << size);
}

// rows are few bits each, so that many are added before their sums need a wide entry
function addsPacked(plan: usize): bool {
  return load<i32>(plan, atSlotBytes) == 4 && load<i32>(<usize>load<u32>(plan, atParams), 64) >= 63;
}

/** Adds the node's rows, as many as the call may; true when all are there. */
export function buildOn(plan: usize): bool {
  const node = nodeAt(plan, load<i32>(plan, atBuilding));
  const count = load<i32>(node, ofCount);
  const isPacked = load<i32>(plan, atBuildsPacked) != 0;
  const isSparse = hasEntries(plan);
  const perRow = isSparse ? load<i32>(plan, atEntriesOfRow) : load<i32>(plan, atNumPlaces);
  const isFlushed = !isPacked && !isSparse && addsPacked(plan);
  const target = <usize>load<u32>(plan, atTarget);
  const narrow = <usize>load<u32>(plan, atNarrow);
  const slice = max<i32>(1024, 16777216 / max<i32>(1, perRow));
  const most = isSparse ? slice : isPacked ? count : isFlushed ? load<i32>(plan, atFlushRows) : slice;
  let from = load<i32>(plan, atFrom);
  while (from < count) {
    if (workLeft <= 0) {
      store<i32>(plan, from, atFrom);
      return false;
    }
    const numRows = min<i32>(most, count - from);
    if (isSparse) addNodeEntries(plan, idsOf(plan, node), firstIdOf(plan, node), from, numRows, isPacked, target);
    else if (isPacked) addPackedRows(plan, node, from, numRows, target);
    else if (isFlushed) {
      addPackedRows(plan, node, from, numRows, narrow);
      flushPacked(narrow, load<i32>(plan, atNumEntries), target);
    } else addWideRows(plan, node, from, numRows, target);
    workLeft -= <i64>numRows * <i64>perRow;
    from += numRows;
  }
  if (isSparse) endEntries(plan, isPacked, target);
  return true;
}

function addPackedRows(plan: usize, node: usize, from: i32, numRows: i32, hist: usize): void {
  const stride = <usize>load<u32>(plan, atStride);
  histogramPacked(
    walkRecords(plan, node, from), walkIds(plan, node, from), numRows, stride, <usize>load<u32>(plan, atSlotOffset),
    load<i32>(plan, atNumNarrow), <usize>load<u32>(plan, atExtras), load<i32>(plan, atNumExtras), hist,
  );
}

function addWideRows(plan: usize, node: usize, from: i32, numRows: i32, hist: usize): void {
  const stride = <usize>load<u32>(plan, atStride);
  const countShift = load<i32>(<usize>load<u32>(plan, atParams), 64);
  histogramWide(
    walkRecords(plan, node, from), walkIds(plan, node, from), numRows, stride, <usize>load<u32>(plan, atSlotOffset),
    load<i32>(plan, atSlotBytes), countShift, load<i32>(plan, atNumNarrow), <usize>load<u32>(plan, atExtras),
    load<i32>(plan, atNumExtras), hist,
  );
}

// row numbers of a node, counted in the process, where they are not those behind one another from its first on
export function idsOf(plan: usize, node: usize): usize {
  const buffer = load<i32>(node, ofBuffer);
  if (buffer == 0) return 0;
  return <usize>load<u32>(plan + (<usize>(buffer - 1) << 2), atIds) + (<usize>load<u32>(node, ofStart) << 2);
}

export function firstIdOf(plan: usize, node: usize): i32 {
  return load<i32>(node, ofBuffer) == 0 ? load<i32>(plan, atFirstRow) + load<i32>(node, ofStart) : 0;
}

export function walkRecords(plan: usize, node: usize, from: i32): usize {
  const buffer = load<i32>(node, ofBuffer);
  const stride = <usize>load<u32>(plan, atStride);
  const master = <usize>load<u32>(plan, atMaster);
  if (buffer == 0) return master + <usize>(firstIdOf(plan, node) + from) * stride;
  if (load<i32>(plan, atIsIndexed)) return master;
  return <usize>load<u32>(plan, atRecords) + <usize>(load<i32>(node, ofStart) + from) * stride;
}

function walkIds(plan: usize, node: usize, from: i32): usize {
  if (!load<i32>(plan, atIsIndexed) || load<i32>(node, ofBuffer) == 0) return 0;
  return idsOf(plan, node) + (<usize>from << 2);
}

/** Gives a node the sums of the histogram that all ranks have built: those of its first feature. */
export function readTotals(plan: usize, node: usize, target: usize, isPacked: bool): void {
  const features = <usize>load<u32>(plan, atFeatures);
  const first = <usize>load<u32>(features);
  const end = first + <usize>load<u32>(features, 8) + 1;
  const missing = first + <usize>load<u32>(features, 12);
  const numRanks = load<i32>(plan, atNumRanks);
  let grad: i64 = 0;
  let hess: i64 = 0;
  for (let r: i32 = 0; r < numRanks; r++) {
    if (hasMarks(plan)) {
      // the sums of all rows that were added
      const sum = load<i64>(builtBy(plan, r, <usize>load<u32>(plan, atEntrySums)));
      grad += sum >> 32;
      hess += sum & 0xffffffff;
      continue;
    }
    const built = builtBy(plan, r, target);
    for (let at = first; at < end; at++) {
      const entry = at == end - 1 ? missing : at;
      if (isPacked) {
        const sum = load<i64>(built + (entry << 3));
        grad += sum >> 32;
        hess += sum & 0xffffffff;
      } else {
        grad += load<i64>(built + (entry << 4));
        hess += load<i64>(built + (entry << 4), 8);
      }
    }
  }
  setTotals(plan, node, grad, hess);
}

/** Where a rank of this process has what this one built at `target`. */
export function builtBy(plan: usize, rank: i32, target: usize): usize {
  return target + <usize>((rank - load<i32>(plan, atRank)) * load<i32>(plan, atOwnSpan));
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

/** Keeps what all ranks have built for a node, added up and without gaps: this rank's places of it. */
export function keepBuilt(plan: usize, node: usize, target: usize, isPacked: bool): void {
  if (buildsInPlace(plan, isPacked)) return;
  store<i32>(node, takeSlot(plan), ofSlot);
  const hist = keptHistogram(plan, node);
  const parts = <usize>load<u32>(plan, atParts);
  const features = <usize>load<u32>(plan, atFeatures);
  const numRanks = load<i32>(plan, atNumRanks);
  const first = load<i32>(plan, atFirstPlace);
  const end = load<i32>(plan, atEndPlace);
  for (let r: i32 = 0; r < numRanks; r++) store<u32>(parts + (<usize>r << 2), <u32>builtBy(plan, r, target));
  if (hasMarks(plan)) {
    clearSlot(plan, load<i32>(node, ofSlot));
    addMarked(plan, parts, numRanks, hist);
  } else if (load<i32>(plan, atIsPacked)) reducePacked(parts, numRanks, 0, features, first, end, hist);
  else reduceHistogram(parts, numRanks, <i32>isPacked, 0, features, first, end, hist);
}

/** Whether what this rank builds is what is kept: it is alone, and both lie without gaps, their entries alike. */
export function buildsInPlace(plan: usize, isPacked: bool): bool {
  return hasEntries(plan) && load<i32>(plan, atNumRanks) == 1 && isPacked == (load<i32>(plan, atIsPacked) != 0);
}

/** Makes room for a node's histogram and says where it is. */
export function makeRoom(plan: usize, node: usize): usize {
  store<i32>(node, takeSlot(plan), ofSlot);
  return keptHistogram(plan, node);
}

/** Makes what is kept for a parent that of one child: less that of the other. */
export function inheritHistogram(plan: usize, parent: usize, child: usize, other: usize): void {
  store<i32>(child, load<i32>(parent, ofSlot), ofSlot);
  store<i32>(parent, -1, ofSlot);
  if (hasMarks(plan)) {
    subtractMarked(plan, keptHistogram(plan, child), keptHistogram(plan, other));
    return;
  }
  const start = <usize>load<u32>(plan, atSliceStart);
  const hist = keptHistogram(plan, child) + start;
  subtractHistogram(hist, keptHistogram(plan, other) + start, hist, load<i32>(plan, atSliceBytes));
}

// a free place, or that of the node of the lowest gain that waits for its split: should that be split later, both its
// children are built. Which are kept is the same on all ranks.
function takeSlot(plan: usize): i32 {
  const numFree = load<i32>(plan, atNumFree) - 1;
  if (numFree >= 0) {
    store<i32>(plan, numFree, atNumFree);
    return load<i32>(<usize>load<u32>(plan, atFree) + (<usize>numFree << 2));
  }
  const numMade = load<i32>(plan, atNumMade);
  let victim: i32 = -1;
  for (let i: i32 = 0; i < numMade; i++) {
    const node = nodeAt(plan, i);
    if (load<i32>(node, ofSlot) < 0 || load<i32>(node, ofLeftChild) != 0 || load<i32>(node, ofMaySplit) == 0) continue;
    if (victim < 0 || isPoorer(plan, i, victim)) victim = i;
  }
  const node = nodeAt(plan, victim);
  const slot = load<i32>(node, ofSlot);
  store<i32>(node, -1, ofSlot);
  return slot;
}

function isPoorer(plan: usize, a: i32, b: i32): bool {
  const aGain = load<f64>(nodeAt(plan, a), ofGain);
  const bGain = load<f64>(nodeAt(plan, b), ofGain);
  return aGain != bGain ? aGain < bGain : isLeftOf(plan, b, a);
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

/** Whether two children may have as many rows and as much h as they must; of ranks of one process, who know what all have. */
export function hasTwoSides(plan: usize, node: usize): bool {
  const params = <usize>load<u32>(plan, atParams);
  if (load<f64>(node, ofCover) < 2.0 * load<f64>(params, 24)) return false;
  const countShift = <i64>load<i32>(params, 64);
  return countShift >= 63 || <f64>(load<i64>(node, ofHess) >> countShift) >= 2.0 * load<f64>(params, 32);
}

/** Finds the best split of a node among this rank's places. */
export function searchNode(plan: usize, node: usize, found: usize): void {
  const hist = keptHistogram(plan, node);
  const features = <usize>load<u32>(plan, atFeatures);
  const first = load<i32>(plan, atFirstPlace);
  const end = load<i32>(plan, atEndPlace);
  const mask = <usize>load<u32>(plan, atMask);
  const params = <usize>load<u32>(plan, atParams);
  const totals = <usize>load<u32>(plan, atTotals);
  const order = <usize>load<u32>(plan, atOrder);
  store<i64>(totals, load<i64>(node, ofGrad));
  store<i64>(totals, load<i64>(node, ofHess), 8);
  const wide = <usize>load<u32>(plan, atWideFeature);
  const numbers = <usize>load<u32>(plan, atNumbers);
  if (load<i32>(plan, atNumOthers) == 0 && !hasTwoSides(plan, node)) clearBest(found);
  else if (hasMarks(plan)) {
    const marks = marksOf(plan, hist);
    const usual = <usize>load<u32>(plan, atUsual);
    findMarkedSplit(hist, marks, usual, features, first, end, mask, params, totals, found, found + 64, order, wide, numbers);
  } else if (load<i32>(plan, atIsPacked)) {
    findPackedSplit(hist, features, first, end, mask, params, totals, found, found + 64, order, wide, numbers);
  } else findSplit(hist, features, first, end, mask, params, totals, found, found + 64, order);
  store<f64>(found + <usize>load<u32>(plan, atFoundBytes) - 8, <f64>load<i32>(node, ofCount));
  store<f64>(plan, load<f64>(plan, atFeaturesDecided) + <f64>(end - first), atFeaturesDecided);
}

// where a rank's candidate lies that this rank has at `found`
function foundBy(plan: usize, rank: i32, found: usize): usize {
  if (load<i32>(plan, atNumOthers) == 0) return found + <usize>((rank - load<i32>(plan, atRank)) * load<i32>(plan, atGrowSpan));
  const all = <usize>load<u32>(plan, atGathered) + <usize>rank * <usize>load<u32>(plan, atGatheredBytes);
  return all + (found - <usize>load<u32>(plan, atFound));
}

let runnerUpScore: f64 = 0.0;
let runnerUp: i32 = -1;

function considerRunnerUp(score: f64, place: i32): void {
  if (!(score > runnerUpScore) && !(score == runnerUpScore && place < runnerUp)) return;
  if (!(score > -Infinity)) return;
  runnerUpScore = score;
  runnerUp = place;
}

/** Gives a node the best split that any rank has found, if one is allowed, and its rows on all of them. */
export function pickSplit(plan: usize, index: i32, found: usize): void {
  const node = nodeAt(plan, index);
  const numRanks = load<i32>(plan, atNumOthers) == 0 ? load<i32>(plan, atNumRanks) : load<i32>(plan, atNumAll);
  const toRows = <usize>load<u32>(plan, atFoundBytes) - 8;
  let best: usize = 0;
  let score: f64 = -Infinity;
  let rows: i32 = 0;
  runnerUpScore = -Infinity;
  runnerUp = -1;
  // ranks hold ascending places, so the first of equals wins
  for (let r: i32 = 0; r < numRanks; r++) {
    const own = foundBy(plan, r, found);
    rows += <i32>load<f64>(own + toRows);
    const place = load<i32>(own, 8);
    if (place >= 0 && load<f64>(own) > score) {
      if (best != 0) considerRunnerUp(score, load<i32>(best, 8));
      best = own;
      score = load<f64>(own);
    } else if (place >= 0) considerRunnerUp(load<f64>(own), place);
    const other = load<i32>(own, 48);
    if (other >= 0) considerRunnerUp(load<f64>(own, 40), other);
  }
  store<i32>(node, rows, ofRows);
  if (best == 0) return;
  const params = <usize>load<u32>(plan, atParams);
  const H = load<f64>(node, ofCover);
  const G = <f64>load<i64>(node, ofGrad) * load<f64>(params);
  const parentScore = (G * G) / (H + load<f64>(params, 16));
  const cost = splitCost(plan, rows);
  const gain = score - parentScore - cost;
  if (!(gain > load<f64>(plan, atMinInfoGain) * H) || !(gain > 1e-12 * abs<f64>(score))) return;
  const place = load<i32>(best, 8);
  const mask = hessMask(plan);
  const leftHess = load<i64>(best, 32);
  const heavierLeft = <i32>(2 * (leftHess & mask) >= (load<i64>(node, ofHess) & mask));
  store<i32>(node, place, ofPlace);
  store<i32>(node, load<i32>(best, 12), ofBin);
  store<i32>(node, <i32>(load<i32>(best, 16) == 1) | (heavierLeft << 1), ofFlags);
  store<i32>(node, runnerUp, ofRunnerUp);
  store<f64>(node, gain, ofGain);
  store<f64>(node, runnerUp >= 0 ? max<f64>(0.0, runnerUpScore - parentScore - cost) : 0.0, ofRunnerUpGain);
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

/**
 * Where the rows of a node's children are: records that were moved once change places among themselves, row numbers alone
 * go from one buffer to the other.
 */
export function bufferOfChildren(plan: usize, parent: usize, movesRecords: bool): i32 {
  const buffer = load<i32>(parent, ofBuffer);
  if (buffer == 0) return 1;
  return load<i32>(plan, atIsIndexed) || !movesRecords ? 3 - buffer : buffer;
}

/**
 * Moves a node's rows to the sides of its split; returns how many are on the left. movesRecords: false where nobody will look
 * into the children's records, but only at their row numbers.
 */
export function moveRows(plan: usize, index: i32, movesRecords: bool): i32 {
  const node = nodeAt(plan, index);
  const feature = <usize>load<u32>(plan, atFeatures) + (<usize>load<u32>(node, ofPlace) << 5);
  const sides = <usize>load<u32>(plan, atSides);
  writeSides(plan, index, feature, sides);
  const count = load<i32>(node, ofCount);
  workLeft -= <i64>count << 2;
  const stride = <usize>load<u32>(plan, atStride);
  const to = <usize>(bufferOfChildren(plan, node, movesRecords) - 1) << 2;
  const start = <usize>load<u32>(node, ofStart);
  const targetIds = <usize>load<u32>(plan + to, atIds) + (start << 2);
  const offset = <usize>load<u32>(feature, 20);
  const width = load<i32>(feature, 24);
  const ids = idsOf(plan, node);
  const firstId = firstIdOf(plan, node);
  if (hasMarks(plan) && writeRowSides(plan, feature, sides, count)) {
    return partitionSides(ids, firstId, count, targetIds, <usize>load<u32>(plan, atSideOfRow));
  }
  if (load<i32>(plan, atIsIndexed)) {
    return partitionIds(<usize>load<u32>(plan, atMaster), ids, firstId, count, stride, targetIds, offset, width, sides);
  }
  if (movesRecords && load<i32>(node, ofBuffer) != 0) {
    const spare = <usize>load<u32>(plan, atSpare);
    return partitionInPlace(walkRecords(plan, node, 0), ids, count, stride, spare, offset, width, sides);
  }
  const target = movesRecords ? <usize>load<u32>(plan, atRecords) + start * stride : 0;
  return partitionRecords(walkRecords(plan, node, 0), ids, firstId, count, stride, target, targetIds, offset, width, sides);
}

/**
 * Tells the rows of a node that is split for the last time which leaf they are in: `leaf` on the left, the next one on the
 * right. Nothing is moved. Returns how many are on the left.
 */
export function markSides(plan: usize, index: i32, leaf: i32): i32 {
  const node = nodeAt(plan, index);
  const feature = <usize>load<u32>(plan, atFeatures) + (<usize>load<u32>(node, ofPlace) << 5);
  const sides = <usize>load<u32>(plan, atSides);
  writeSides(plan, index, feature, sides);
  const count = load<i32>(node, ofCount);
  workLeft -= <i64>count << 2;
  return markLeavesOfSides(
    walkRecords(plan, node, 0), idsOf(plan, node), firstIdOf(plan, node), count, <usize>load<u32>(plan, atStride),
    <usize>load<u32>(feature, 20), load<i32>(feature, 24), sides, <u32>leaf, <usize>load<u32>(plan, atLeafOf),
  );
}

// One byte a row of this rank, 1 when it goes left: most have the usual bin, the others are listed by entry. False where
// looking into the records of the node's rows is less work.
function writeRowSides(plan: usize, feature: usize, sides: usize, count: i32): bool {
  const starts = <usize>load<u32>(plan, atRowStarts) + (<usize>load<u32>(feature, 4) << 2);
  const numValues = <usize>load<u32>(feature, 8);
  const firstRow = <usize>load<u32>(plan, atFirstRow);
  const numRows = <usize>load<u32>(plan, atNumRows);
  const numOthers = load<u32>(starts + ((numValues + 1) << 2)) - load<u32>(starts);
  if (numOthers + <u32>(numRows >> 4) > <u32>count << 1) return false;
  const usual = <usize>load<u32>(plan, atUsual) + <usize>load<u32>(feature, 20);
  const side = load<u8>(sides + <usize>(load<u32>(feature, 24) == 1 ? load<u8>(usual) : load<u16>(usual)));
  const sideOfRow = <usize>load<u32>(plan, atSideOfRow);
  const rows = <usize>load<u32>(plan, atEntryRows);
  memory.fill(sideOfRow + firstRow, side, numRows);
  for (let b: usize = 0; b <= numValues; b++) {
    const own = load<u8>(sides + (b == numValues ? missingBin(feature) : b));
    if (own == side) continue;
    const end = rows + (<usize>load<u32>(starts + (b << 2), 4) << 2);
    for (let at = rows + (<usize>load<u32>(starts + (b << 2)) << 2); at < end; at += 4) {
      store<u8>(sideOfRow + <usize>load<u32>(at), own);
    }
  }
  return true;
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
  store<u8>(sides + missingBin(feature), <u8>(flags & 1));
}

// in a record; in histograms without gaps it always stands behind the values
function missingBin(feature: usize): usize {
  return load<i32>(feature, 24) == 1 ? 255 : <usize>load<u32>(feature, 8);
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
