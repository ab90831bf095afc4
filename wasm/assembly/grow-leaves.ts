// Grows a tree leaf by leaf without coming back for every split: the open leaf of the highest gain is split, its rows
// moved, the lighter child's histogram built, its sibling's derived, and both looked at. A rank that meets nobody has
// its trees grown here; src/tree/grow-tree.ts over cpu-backend.ts is the same in plain TypeScript, equal bit for bit,
// and does what this does not. A call returns after some work, so that an abort is seen, and goes on when called again.

import {
  allowWork, beginBuild, buildOn, keepBuilt, keptHistogram, markRows, moveRows, readTotals, releaseSlot, searchNode, setTotals, workLeft,
} from './grow-node';
import {
  atBuilding, atFeaturesDecided, atFlushRows, atFree, atHeapSize, atHistogramBytes, atHistogramRows, atIsPacked, atLeastGain, atMaxDepth,
  atMaxLeaves, atMostWork, atNumFree, atNumLeaves, atNumNodes, atOther, atParams, atPoolSlots, atRootSegment, atSlotBytes, atWay, hessMask,
  nodeAt, nodeBytes, ofBuffer, ofCount, ofDepth, ofGain, ofGrad, ofHess, ofLeftChild, ofLeftGrad, ofLeftHess, ofMaySplit, ofParent, ofSlot,
  ofStart,
} from './grow-plan';
import { popOpen, pushOpen } from './grow-queue';
import { subtractHistogram } from './histogram';

// how the histograms of a pair come about
const rootWay: i32 = 0;
/** The sibling's is the parent's less what is built. */
const subtractWay: i32 = 1;
/** Both are built, for the parent's is gone. */
const firstWay: i32 = 2;
const secondWay: i32 = 3;

/** Begins a tree. */
export function beginLeaves(plan: usize): void {
  const poolSlots = load<i32>(plan, atPoolSlots);
  const free = <usize>load<u32>(plan, atFree);
  for (let slot: i32 = 0; slot < poolSlots; slot++) store<i32>(free + (<usize>slot << 2), poolSlots - 1 - slot);
  store<i32>(plan, poolSlots, atNumFree);
  store<i32>(plan, 1, atNumNodes);
  store<i32>(plan, 1, atNumLeaves);
  store<i32>(plan, 0, atHeapSize);
  store<f64>(plan, 0.0, atHistogramRows);
  store<f64>(plan, 0.0, atFeaturesDecided);
  store<f64>(plan, Infinity, atLeastGain);
  openNode(plan, 0, -1, 0);
  const root = nodeAt(plan, 0);
  placeRows(root, load<i32>(plan, atRootSegment), load<i32>(plan, atRootSegment + 4), load<i32>(plan, atRootSegment + 8));
  store<i32>(plan, rootWay, atWay);
  beginBuild(plan, 0, load<i32>(plan, atIsPacked) != 0);
}

/** Goes on with it; 0 when the tree is done, 1 when there is more to do. */
export function growLeaves(plan: usize): i32 {
  allowWork(<i64>load<i32>(plan, atMostWork));
  while (workLeft > 0) {
    if (load<i32>(plan, atBuilding) < 0) {
      if (!splitNext(plan)) return 0;
    } else if (buildOn(plan)) useBuilt(plan);
  }
  return 1;
}

/** Numbers the leaves in the order of their nodes and writes for each row of the tree that of its leaf. */
export function markLeaves(plan: usize, leafOf: usize): void {
  const numNodes = load<i32>(plan, atNumNodes);
  let number: i32 = 0;
  for (let i: i32 = 0; i < numNodes; i++) {
    const node = nodeAt(plan, i);
    if (load<i32>(node, ofLeftChild) != 0) continue;
    markRows(plan, node, number, leafOf);
    number++;
  }
}

function openNode(plan: usize, index: i32, parent: i32, depth: i32): void {
  const node = nodeAt(plan, index);
  memory.fill(node, 0, nodeBytes);
  store<i32>(node, parent, ofParent);
  store<i32>(node, depth, ofDepth);
  store<i32>(node, -1, ofSlot);
}

function placeRows(node: usize, buffer: i32, start: i32, count: i32): void {
  store<i32>(node, buffer, ofBuffer);
  store<i32>(node, start, ofStart);
  store<i32>(node, count, ofCount);
}

// what was built is there: its sibling's follows, or is built next; then both are looked at
function useBuilt(plan: usize): void {
  const index = load<i32>(plan, atBuilding);
  const node = nodeAt(plan, index);
  const way = load<i32>(plan, atWay);
  store<i32>(plan, -1, atBuilding);
  if (way == rootWay) {
    readTotals(plan, node);
    if (load<i32>(plan, atMaxDepth) == 0 || load<i32>(plan, atMaxLeaves) <= 1) return;
    keepBuilt(plan, node);
    searchNode(plan, index);
    keepOrClose(plan, index);
    return;
  }
  keepBuilt(plan, node);
  const otherIndex = load<i32>(plan, atOther);
  if (way == firstWay) {
    store<i32>(plan, secondWay, atWay);
    store<i32>(plan, index, atOther);
    beginBuild(plan, otherIndex, isSmall(plan, nodeAt(plan, load<i32>(node, ofParent))));
    return;
  }
  if (way == subtractWay) {
    const parent = nodeAt(plan, load<i32>(node, ofParent));
    const other = nodeAt(plan, otherIndex);
    store<i32>(other, load<i32>(parent, ofSlot), ofSlot);
    store<i32>(parent, -1, ofSlot);
    const hist = keptHistogram(plan, other);
    subtractHistogram(hist, keptHistogram(plan, node), hist, load<i32>(plan, atHistogramBytes));
  }
  searchNode(plan, index);
  searchNode(plan, otherIndex);
  keepOrClose(plan, index);
  keepOrClose(plan, otherIndex);
}

function keepOrClose(plan: usize, index: i32): void {
  const node = nodeAt(plan, index);
  if (load<i32>(node, ofMaySplit)) pushOpen(plan, index);
  else releaseSlot(plan, node);
}

// children of so few rows that their histograms can be built packed
function isSmall(plan: usize, parent: usize): bool {
  if (load<i32>(plan, atIsPacked)) return true;
  if (load<i32>(plan, atSlotBytes) != 4 || load<i32>(<usize>load<u32>(plan, atParams), 64) < 63) return false;
  return load<i32>(parent, ofCount) <= load<i32>(plan, atFlushRows);
}

// splits the open leaf whose turn it is; false when the tree is done
function splitNext(plan: usize): bool {
  const numLeft = load<i32>(plan, atMaxLeaves) - load<i32>(plan, atNumLeaves);
  if (load<i32>(plan, atHeapSize) == 0 || numLeft <= 0) return false;
  const index = popOpen(plan);
  const parent = nodeAt(plan, index);
  const leftIndex = load<i32>(plan, atNumNodes);
  const depth = load<i32>(parent, ofDepth) + 1;
  store<i32>(plan, leftIndex + 2, atNumNodes);
  store<i32>(plan, load<i32>(plan, atNumLeaves) + 1, atNumLeaves);
  store<f64>(plan, min<f64>(load<f64>(plan, atLeastGain), load<f64>(parent, ofGain)), atLeastGain);
  store<i32>(parent, leftIndex, ofLeftChild);
  openNode(plan, leftIndex, index, depth);
  openNode(plan, leftIndex + 1, index, depth);
  const left = nodeAt(plan, leftIndex);
  const right = nodeAt(plan, leftIndex + 1);
  const numRows = moveRows(plan, index);
  const buffer = load<i32>(parent, ofBuffer) == 1 ? 2 : 1;
  const start = load<i32>(parent, ofStart);
  placeRows(left, buffer, start, numRows);
  placeRows(right, buffer, start + numRows, load<i32>(parent, ofCount) - numRows);
  const leftGrad = load<i64>(parent, ofLeftGrad);
  const leftHess = load<i64>(parent, ofLeftHess);
  setTotals(plan, left, leftGrad, leftHess);
  setTotals(plan, right, load<i64>(parent, ofGrad) - leftGrad, load<i64>(parent, ofHess) - leftHess);
  // the children of the last split can only be leaves
  if (numLeft == 1 || depth >= load<i32>(plan, atMaxDepth)) releaseSlot(plan, parent);
  else beginPair(plan, parent, leftIndex);
  return true;
}

function beginPair(plan: usize, parent: usize, leftIndex: i32): void {
  const mask = hessMask(plan);
  const leftHess = load<i64>(nodeAt(plan, leftIndex), ofHess) & mask;
  const rightHess = load<i64>(nodeAt(plan, leftIndex + 1), ofHess) & mask;
  const hasHistogram = load<i32>(parent, ofSlot) >= 0;
  // of two that are both built any may be the first
  const built = leftIndex + <i32>(leftHess > rightHess);
  store<i32>(plan, leftIndex + leftIndex + 1 - built, atOther);
  store<i32>(plan, hasHistogram ? subtractWay : firstWay, atWay);
  beginBuild(plan, built, isSmall(plan, parent));
}
