// Grows a tree without coming back for every split: leaf by leaf the open leaf of the highest gain is split, level by level
// every node of a level; its rows are moved, the lighter child's histogram built, its sibling's derived, and both looked at.
// One rank alone has its trees grown here, and ranks that share a memory, which meet twice for a batch of leaves: when each has
// added its rows, and when each has looked at its features. Ranks of several processes meet in JavaScript at these two points,
// where a call returns (grow-elsewhere.ts). All take the same steps from the same integers. src/tree/grow-tree.ts over
// cpu-backend.ts is the same in plain TypeScript, equal bit for bit, and does what this does not. A call returns after
// some work or waiting, so that an abort is seen, and goes on when called again.

import { comeToGate, isGateOpen } from './gang-gate';
import { gatherLevel, gatherPairs } from './grow-batch';
import { inferElsewhere, packBuild, takeElsewhere } from './grow-elsewhere';
import { gatherFar } from './grow-far';
import {
  allowWork, beginBuild, bufferOfChildren, buildOn, buildsInPlace, inheritHistogram, keepBuilt, makeRoom, markRows, markSides, moveRows, pickSplit,
  readTotals,
  releaseSlot, searchNode,
  setTotals, workLeft,
} from './grow-node';
import {
  atBatch, atBuilding, atBuilds, atBuildsPacked, atByLevel, atFeaturesDecided, atFlushRows, atFound, atFoundBytes, atFree, atHeap, atHeapSize,
  atHistogramBytes, atHistogramRows, atIsPacked, atLeafOf, atLeafOffset, atLeastGain, atMadeBits, atMadeNodes, atMaxDepth, atMaxLeaves, atMeetings, atMostPairs, atMostWork,
  atNextBuild, atNextOpen, atNextPair, atNextTarget, atNodes, atNumBuilds, atNumEntries, atNumFound, atNumFree, atNumLeaves, atNumMade,
  atNumNodes, atNumOthers, atNumPairs, atNumRanks, atParams, atPhase, atPoolSlots, atRefused, atRootSegment, atSlotBytes, atBits, atBitsBytes,
  atTreeBits, atTreeNodes, hessMask, nodeAt,
  nodeBytes, ofBuffer, ofCount, ofDepth, ofGain, ofGrad, ofHess, ofLeftChild, ofLeftGrad, ofLeftHess, ofMaySplit, ofNumber, ofParent,
  ofRows, ofSlot, ofStart,
} from './grow-plan';
import { popOpen, pushOpen } from './grow-queue';
import { countRows, hasFewRows, searchRows, sumRows } from './grow-rows';
import { hasMarks } from './marked-blocks';
import { beginWindow, gatherWindow } from './grow-window';

// what a rank does next
const choosing: i32 = 0;
const adding: i32 = 1;
/** It waits until all have added their rows. */
const added: i32 = 2;
/** It waits until all have looked at their features. */
const searched: i32 = 3;
/** What other processes have added is there. */
const brought: i32 = 4;
/** What all ranks have found is there. */
const told: i32 = 5;

/** Begins a tree. */
export function beginLeaves(plan: usize): void {
  const poolSlots = load<i32>(plan, atPoolSlots);
  const free = <usize>load<u32>(plan, atFree);
  for (let slot: i32 = 0; slot < poolSlots; slot++) store<i32>(free + (<usize>slot << 2), poolSlots - 1 - slot);
  store<i32>(plan, poolSlots, atNumFree);
  store<u32>(plan, load<u32>(plan, atMadeNodes), atNodes);
  store<u32>(plan, load<u32>(plan, atMadeBits), atBits);
  store<i32>(plan, 1, atNumMade);
  store<i32>(plan, 1, atNumNodes);
  store<i32>(plan, 1, atNumLeaves);
  store<i32>(plan, 0, atHeapSize);
  store<f64>(plan, 0.0, atHistogramRows);
  store<f64>(plan, 0.0, atFeaturesDecided);
  store<f64>(plan, Infinity, atLeastGain);
  store<i32>(plan, 0, atMeetings);
  store<i32>(plan, 0, atNextOpen);
  store<i32>(plan, 0, atRefused);
  store<i32>(plan, 0, atLeafOffset);
  beginWindow(plan);
  openNode(plan, 0, -1, 0);
  const root = nodeAt(plan, 0);
  store<i32>(root, 0, ofNumber);
  placeRows(root, load<i32>(plan, atRootSegment), load<i32>(plan, atRootSegment + 4), load<i32>(plan, atRootSegment + 8));
  // the root is a batch of its own, of no pair
  beginBatch(plan, 0);
  if (hasFewRows(plan, root)) {
    countRows(plan, root);
    listRows(plan, 0);
  } else listBuild(plan, 0, load<i32>(plan, atIsPacked) != 0);
}

/**
 * Goes on with it; 0 when the tree is done, 1 when there is more to do, 2 when others have not come for a while. Of ranks of
 * several processes: 3 when histograms are built and have to be brought to others, 4 when candidates are found and have to
 * be told, 5 where something that came is refused.
 */
export function growLeaves(plan: usize): i32 {
  allowWork(<i64>load<i32>(plan, atMostWork));
  for (;;) {
    const phase = load<i32>(plan, atPhase);
    if (phase == choosing) {
      if (!chooseBatch(plan)) break;
    } else if (phase == adding) {
      if (!addBatch(plan)) return 1;
      goOn(plan, load<i32>(plan, atNumBuilds) == 0 ? choosing : added);
    } else if (isAcross(plan)) {
      const state = goOnAcross(plan, phase);
      if (state != 0) return state;
    } else {
      if (!isGateOpen(plan)) return 2;
      if (phase == searched) {
        pickBatch(plan);
        store<i32>(plan, choosing, atPhase);
      } else if (searchBatch(plan)) goOn(plan, searched);
      else break;
    }
  }
  orderNodes(plan);
  return 0;
}

/** Numbers the leaves in the order of their nodes and writes for each row of the tree that of its leaf. */
export function markLeaves(plan: usize, leafOf: usize): void {
  const numNodes = load<i32>(plan, atNumNodes);
  let number: i32 = 0;
  for (let i: i32 = 0; i < numNodes; i++) {
    const node = nodeAt(plan, i);
    if (load<i32>(node, ofLeftChild) != 0) continue;
    if (isOfLastLevel(plan, node)) {
      // its rows know it already
    } else if (isAcross(plan) && !load<i32>(plan, atByLevel)) markMade(plan, madeAt(plan, load<i32>(node, ofSlot)), number, leafOf);
    else markRows(plan, node, number, leafOf);
    number++;
  }
}

// A leaf that was split ahead in vain still has its rows where they were, unless a child was split as well: that moved rows
// back over them, so they are the children's.
function markMade(plan: usize, node: usize, leaf: i32, leafOf: usize): void {
  const left = load<i32>(node, ofLeftChild);
  if (left == 0 || (load<i32>(madeAt(plan, left), ofLeftChild) | load<i32>(madeAt(plan, left + 1), ofLeftChild)) == 0) {
    markRows(plan, node, leaf, leafOf);
    return;
  }
  markMade(plan, madeAt(plan, left), leaf, leafOf);
  markMade(plan, madeAt(plan, left + 1), leaf, leafOf);
}

// a leaf that no rows are moved to, for they are told it at once
function isOfLastLevel(plan: usize, node: usize): bool {
  return load<i32>(plan, atLeafOffset) != 0 && load<i32>(node, ofDepth) == load<i32>(plan, atMaxDepth);
}

function madeAt(plan: usize, index: i32): usize {
  return <usize>load<u32>(plan, atMadeNodes) + <usize>index * nodeBytes;
}

function goOn(plan: usize, phase: i32): void {
  store<i32>(plan, phase, atPhase);
  if (phase != choosing && !isAcross(plan)) comeToGate(plan);
}

// ranks of several processes grow the tree
function isAcross(plan: usize): bool {
  return load<i32>(plan, atNumOthers) != 0;
}

// what follows when a batch is built; 0 where nobody has to be met for it
function goOnAcross(plan: usize, phase: i32): i32 {
  if (phase == added) {
    store<i32>(plan, brought, atPhase);
    return 3;
  }
  if (phase == brought) {
    searchBatch(plan);
    if (load<i32>(plan, atRefused) != 0) return 5;
    store<i32>(plan, told, atPhase);
    return 4;
  }
  pickBatch(plan);
  store<i32>(plan, choosing, atPhase);
  return 0;
}

export function openNode(plan: usize, index: i32, parent: i32, depth: i32): void {
  const node = nodeAt(plan, index);
  memory.fill(node, 0, nodeBytes);
  store<i32>(node, parent, ofParent);
  store<i32>(node, depth, ofDepth);
  store<i32>(node, -1, ofSlot);
  store<i32>(node, -1, ofRows);
  store<i32>(node, -1, ofNumber);
}

function placeRows(node: usize, buffer: i32, start: i32, count: i32): void {
  store<i32>(node, buffer, ofBuffer);
  store<i32>(node, start, ofStart);
  store<i32>(node, count, ofCount);
}

// commits what is split already and then lists what is to be split next; false when the tree is done
function chooseBatch(plan: usize): bool {
  if (load<i32>(plan, atByLevel)) return chooseOfLevel(plan);
  for (;;) {
    const numLeft = load<i32>(plan, atMaxLeaves) - load<i32>(plan, atNumLeaves);
    if (load<i32>(plan, atHeapSize) == 0 || numLeft <= 0) return false;
    const node = nodeAt(plan, load<i32>(<usize>load<u32>(plan, atHeap)));
    if (load<i32>(node, ofLeftChild) == 0) break;
    popOpen(plan);
    commit(plan, node);
  }
  let numPairs = isAcross(plan) ? gatherFar(plan) : gatherWindow(plan);
  if (numPairs == 0) numPairs = gatherPairs(plan);
  beginBatch(plan, numPairs);
  return true;
}

// level by level all that may be split are, and nodes are made in the order of the tree
function chooseOfLevel(plan: usize): bool {
  const numPairs = gatherLevel(plan);
  if (numPairs == 0) return false;
  const isLast = load<i32>(pairAt(plan, 0), 4) == 0;
  if (isLast && load<u32>(plan, atLeafOf) != 0 && load<i32>(plan, atLeafOffset) == 0) numberLastLevel(plan);
  beginBatch(plan, numPairs);
  for (let pair: i32 = 0; pair < numPairs; pair++) {
    const parent = nodeAt(plan, load<i32>(pairAt(plan, pair)));
    store<f64>(plan, min<f64>(load<f64>(plan, atLeastGain), load<f64>(parent, ofGain)), atLeastGain);
  }
  const numMade = load<i32>(plan, atNumMade);
  store<i32>(plan, numMade, atNumNodes);
  store<i32>(plan, (numMade + 1) >> 1, atNumLeaves);
  return true;
}

// Leaves have the order of their nodes, and what is made from now on are leaves: those behind the leaves that there are.
function numberLastLevel(plan: usize): void {
  const numMade = load<i32>(plan, atNumMade);
  let numLeaves: i32 = 0;
  for (let i: i32 = 0; i < numMade; i++) numLeaves += 1 - load<i32>(nodeAt(plan, i), ofMaySplit);
  store<i32>(plan, numLeaves - numMade, atLeafOffset);
}

/** Makes a split the tree's. */
export function commit(plan: usize, parent: usize): void {
  const number = load<i32>(plan, atNumNodes);
  store<i32>(plan, number + 2, atNumNodes);
  store<i32>(plan, load<i32>(plan, atNumLeaves) + 1, atNumLeaves);
  store<f64>(plan, min<f64>(load<f64>(plan, atLeastGain), load<f64>(parent, ofGain)), atLeastGain);
  for (let side: i32 = 0; side < 2; side++) {
    const index = load<i32>(parent, ofLeftChild) + side;
    const child = nodeAt(plan, index);
    store<i32>(child, number + side, ofNumber);
    if (load<i32>(child, ofMaySplit)) pushOpen(plan, index);
  }
}

// of pairs: int32 the parent, whether its children may be split
function pairAt(plan: usize, pair: i32): usize {
  return <usize>load<u32>(plan, atBatch) + (<usize>pair << 4);
}

// of histograms: int32 the node, the other one of its pair where that inherits the parent's, whether it is packed, its address;
// of a node that has none because its rows are few `ofFewRows` in place of that
const ofFewRows: i32 = 2;

function buildAt(plan: usize, build: i32): usize {
  return pairAt(plan, load<i32>(plan, atMostPairs) + build);
}

// what was found for a node of the batch, by its place among those that are looked at
function foundAt(plan: usize, place: i32): usize {
  return <usize>load<u32>(plan, atFound) + <usize>place * <usize>load<u32>(plan, atFoundBytes);
}

function beginBatch(plan: usize, numPairs: i32): void {
  store<i32>(plan, adding, atPhase);
  store<i32>(plan, numPairs, atNumPairs);
  store<i32>(plan, 0, atNextPair);
  store<i32>(plan, 0, atNumBuilds);
  store<i32>(plan, 0, atNextBuild);
  store<u32>(plan, load<u32>(plan, atBuilds), atNextTarget);
  store<i32>(plan, -1, atBuilding);
  // all are made before anything is built: a parent's histogram must not be given away before its turn has come
  for (let pair: i32 = 0; pair < numPairs; pair++) {
    const index = load<i32>(pairAt(plan, pair));
    const parent = nodeAt(plan, index);
    const leftIndex = load<i32>(plan, atNumMade);
    const depth = load<i32>(parent, ofDepth) + 1;
    store<i32>(plan, leftIndex + 2, atNumMade);
    store<i32>(parent, leftIndex, ofLeftChild);
    openNode(plan, leftIndex, index, depth);
    openNode(plan, leftIndex + 1, index, depth);
  }
}

// moves rows and builds histograms, as many as the call may; true when all are there
function addBatch(plan: usize): bool {
  for (;;) {
    if (load<i32>(plan, atBuilding) >= 0) {
      if (!buildOn(plan)) return false;
      store<i32>(plan, -1, atBuilding);
      // while it is in the cache
      if (isAcross(plan) && load<i32>(plan, atNumRanks) == 1) packBuild(plan, load<i32>(plan, atNextBuild) - 1);
    }
    const build = load<i32>(plan, atNextBuild);
    const pair = load<i32>(plan, atNextPair);
    const isListed = build < load<i32>(plan, atNumBuilds);
    if (!isListed && pair >= load<i32>(plan, atNumPairs)) break;
    if (isListed) {
      const entry = buildAt(plan, build);
      store<i32>(plan, build + 1, atNextBuild);
      if (load<i32>(entry, 8) == ofFewRows) continue;
      beginBuild(plan, load<i32>(entry), load<i32>(entry, 8) != 0, <usize>load<u32>(entry, 12));
    } else {
      if (workLeft <= 0) return false;
      store<i32>(plan, pair + 1, atNextPair);
      splitPair(plan, pairAt(plan, pair));
    }
  }
  return true;
}

/** Moves a node's rows to its children and gives these what is known of them. movesRecords: see moveRows. */
export function splitRows(plan: usize, index: i32, movesRecords: bool): void {
  const parent = nodeAt(plan, index);
  const leftIndex = load<i32>(parent, ofLeftChild);
  const left = nodeAt(plan, leftIndex);
  const right = nodeAt(plan, leftIndex + 1);
  const leafOffset = load<i32>(plan, atLeafOffset);
  const isLast = !movesRecords && leafOffset != 0;
  const numRows = isLast ? markSides(plan, index, leftIndex + leafOffset) : moveRows(plan, index, movesRecords);
  const buffer = bufferOfChildren(plan, parent, movesRecords);
  const start = load<i32>(parent, ofStart);
  placeRows(left, buffer, start, numRows);
  placeRows(right, buffer, start + numRows, load<i32>(parent, ofCount) - numRows);
  const leftGrad = load<i64>(parent, ofLeftGrad);
  const leftHess = load<i64>(parent, ofLeftHess);
  setTotals(plan, left, leftGrad, leftHess);
  setTotals(plan, right, load<i64>(parent, ofGrad) - leftGrad, load<i64>(parent, ofHess) - leftHess);
}

/** Of two siblings the one whose histogram is built; the other's is the parent's less it. */
export function lighterOf(plan: usize, leftIndex: i32): i32 {
  const mask = hessMask(plan);
  const left = load<i64>(nodeAt(plan, leftIndex), ofHess) & mask;
  return leftIndex + <i32>(left > (load<i64>(nodeAt(plan, leftIndex + 1), ofHess) & mask));
}

function splitPair(plan: usize, entry: usize): void {
  const index = load<i32>(entry);
  const parent = nodeAt(plan, index);
  const leftIndex = load<i32>(parent, ofLeftChild);
  const mayGrow = load<i32>(entry, 4) != 0;
  splitRows(plan, index, mayGrow);
  if (!mayGrow) {
    releaseSlot(plan, parent);
    return;
  }
  const built = lighterOf(plan, leftIndex);
  if (hasFewRows(plan, parent)) {
    releaseSlot(plan, parent);
    countRows(plan, nodeAt(plan, built));
    listRows(plan, built);
    listRows(plan, 2 * leftIndex + 1 - built);
    return;
  }
  const isPacked = isSmall(plan, parent);
  const hasHistogram = load<i32>(parent, ofSlot) >= 0;
  if (hasHistogram) listBuild(plan, built, isPacked, 2 * leftIndex + 1 - built);
  else {
    listBuild(plan, leftIndex, isPacked);
    listBuild(plan, leftIndex + 1, isPacked);
  }
}

/** Children of so few rows that their histograms can be built packed. */
export function isSmall(plan: usize, parent: usize): bool {
  if (load<i32>(plan, atIsPacked)) return true;
  if (load<i32>(plan, atSlotBytes) != 4 || load<i32>(<usize>load<u32>(plan, atParams), 64) < 63) return false;
  return load<i32>(parent, ofRows) <= load<i32>(plan, atFlushRows);
}

// a node that is looked at by its rows
function listRows(plan: usize, index: i32): void {
  const build = load<i32>(plan, atNumBuilds);
  const entry = buildAt(plan, build);
  store<i32>(entry, index);
  store<i32>(entry, -1, 4);
  store<i32>(entry, ofFewRows, 8);
  store<i32>(plan, build + 1, atNumBuilds);
}

function listBuild(plan: usize, index: i32, isPacked: bool, heir: i32 = -1): void {
  const build = load<i32>(plan, atNumBuilds);
  const isKept = buildsInPlace(plan, isPacked);
  const target = isKept ? <u32>makeRoom(plan, nodeAt(plan, index)) : load<u32>(plan, atNextTarget);
  const entry = buildAt(plan, build);
  store<i32>(entry, index);
  store<i32>(entry, heir, 4);
  store<i32>(entry, <i32>isPacked, 8);
  store<u32>(entry, target, 12);
  store<i32>(plan, build + 1, atNumBuilds);
  if (isKept) return;
  const bytes = hasMarks(plan) ? load<u32>(plan, atHistogramBytes) : load<u32>(plan, atNumEntries) << (isPacked ? 3 : 4);
  store<u32>(plan, target + bytes, atNextTarget);
}

// adds up what all have built and looks at it; false when that is all there is to do
function searchBatch(plan: usize): bool {
  const numBuilds = load<i32>(plan, atNumBuilds);
  let place: i32 = 0;
  for (let build: i32 = 0; build < numBuilds; build++) {
    const entry = buildAt(plan, build);
    const index = load<i32>(entry);
    const node = nodeAt(plan, index);
    if (load<i32>(entry, 8) == ofFewRows) {
      if (index == 0) {
        sumRows(plan, node);
        if (load<i32>(plan, atMaxDepth) == 0 || load<i32>(plan, atMaxLeaves) <= 1) return false;
      }
      searchRows(plan, node, foundAt(plan, place++));
      continue;
    }
    const heir = load<i32>(entry, 4);
    const isPacked = load<i32>(entry, 8) != 0;
    const target = <usize>load<u32>(entry, 12);
    if (index == 0 && !isAcross(plan)) {
      readTotals(plan, node, target, isPacked);
      if (load<i32>(plan, atMaxDepth) == 0 || load<i32>(plan, atMaxLeaves) <= 1) return false;
    }
    keepBuilt(plan, node, target, isPacked);
    if (isAcross(plan) && !takeElsewhere(plan, index)) return false;
    searchNode(plan, node, foundAt(plan, place++));
    if (heir < 0) continue;
    const other = nodeAt(plan, heir);
    inheritHistogram(plan, nodeAt(plan, load<i32>(node, ofParent)), other, node);
    if (isAcross(plan)) inferElsewhere(plan, index, heir);
    searchNode(plan, other, foundAt(plan, place++));
  }
  store<i32>(plan, place, atNumFound);
  return true;
}

// gives all that were looked at their splits
function pickBatch(plan: usize): void {
  const numBuilds = load<i32>(plan, atNumBuilds);
  let place: i32 = 0;
  for (let build: i32 = 0; build < numBuilds; build++) {
    const entry = buildAt(plan, build);
    pickFor(plan, load<i32>(entry), place++);
    if (load<i32>(entry, 4) >= 0) pickFor(plan, load<i32>(entry, 4), place++);
  }
  if (load<i32>(plan, atByLevel)) return;
  if (load<i32>(plan, atNumPairs) == 0 && load<i32>(nodeAt(plan, 0), ofMaySplit) != 0) pushOpen(plan, 0);
}

function pickFor(plan: usize, index: i32, place: i32): void {
  pickSplit(plan, index, foundAt(plan, place));
  const node = nodeAt(plan, index);
  if (load<i32>(node, ofMaySplit) == 0) releaseSlot(plan, node);
}

// writes the nodes again in the order of their numbers, without those that were split off ahead in vain
function orderNodes(plan: usize): void {
  if (load<i32>(plan, atByLevel) || (load<i32>(plan, atNumRanks) == 1 && !isAcross(plan))) return;
  const numMade = load<i32>(plan, atNumMade);
  const nodes = <usize>load<u32>(plan, atTreeNodes);
  const bits = <usize>load<u32>(plan, atTreeBits);
  const madeBits = <usize>load<u32>(plan, atBits);
  const bitsBytes = <usize>load<u32>(plan, atBitsBytes);
  for (let i: i32 = 0; i < numMade; i++) {
    const node = nodeAt(plan, i);
    const number = load<i32>(node, ofNumber);
    if (number < 0) continue;
    const copy = nodes + <usize>number * nodeBytes;
    memory.copy(copy, node, nodeBytes);
    // no histogram is kept any more
    store<i32>(copy, i, ofSlot);
    memory.copy(bits + <usize>number * bitsBytes, madeBits + <usize>i * bitsBytes, bitsBytes);
    const parent = load<i32>(node, ofParent);
    if (parent >= 0) store<i32>(copy, load<i32>(nodeAt(plan, parent), ofNumber), ofParent);
    const left = load<i32>(node, ofLeftChild);
    store<i32>(copy, left == 0 ? 0 : max<i32>(0, load<i32>(nodeAt(plan, left), ofNumber)), ofLeftChild);
  }
  store<u32>(plan, <u32>nodes, atNodes);
  store<u32>(plan, <u32>bits, atBits);
}
