// Grows a tree leaf by leaf as grow-leaves.ts does, on one rank alone, and looks only at nodes that may be split in the
// end. From its rows alone a node's gain has an upper bound (gain-bound.ts). It waits among the open leaves under that
// bound; its histogram is built and scanned when its turn comes, and then it waits under its gain. The tree has all its
// leaves before the turn of many has come. That pays where a node has more bins than rows.
//
//   a pair of which nobody was looked at   the parent keeps its histogram
//   the lighter one was looked at          it has its own, the parent keeps its own for the other
//   the heavier one, or both               each has its own, the parent's has become the heavier one's

import { gainBound } from './gain-bound';
import { beginLeaves, commit, isSmall, lighterOf, openNode, splitRows } from './grow-leaves';
import {
  allowWork, beginBuild, buildOn, buildsInPlace, inheritHistogram, keepBuilt, keptHistogram, makeRoom, pickSplit, readTotals, releaseSlot,
  searchNode, workLeft,
} from './grow-node';
import {
  atBuilding, atBuilds, atBuildsPacked, atFound, atHeapSize, atIsPacked, atMaxDepth, atMaxLeaves, atMinInfoGain, atMostWork, atNumEntries,
  atNumLeaves, atNumMade, atTarget, atWanted, nodeAt, ofCount, ofCover, ofDepth, ofGain, ofLeftChild, ofMaySplit, ofParent, ofRows, ofSlot,
  splitCost,
} from './grow-plan';
import { popOpen, pushOpen } from './grow-queue';

/** In place of whether a node may be split: nobody knows, its gain is a bound. */
const waits: i32 = 2;

/** Begins a tree. */
export function beginLazily(plan: usize): void {
  beginLeaves(plan);
  store<i32>(plan, 0, atWanted);
  startBuild(plan, 0, load<i32>(plan, atIsPacked) != 0);
}

/** Goes on with it; 0 when the tree is done, 1 when there is more to do. */
export function growLazily(plan: usize): i32 {
  allowWork(<i64>load<i32>(plan, atMostWork));
  let steps: i64 = 0;
  for (;;) {
    const wanted = load<i32>(plan, atWanted);
    if (wanted >= 0) {
      if (!finishBuild(plan)) return 1;
      store<i32>(plan, -1, atWanted);
      lookAt(plan, wanted);
    }
    const numLeft = load<i32>(plan, atMaxLeaves) - load<i32>(plan, atNumLeaves);
    if (load<i32>(plan, atHeapSize) == 0 || numLeft <= 0) break;
    if (workLeft <= steps) return 1;
    steps += <i64>load<i32>(plan, atNumEntries);
    const index = popOpen(plan);
    if (load<i32>(nodeAt(plan, index), ofMaySplit) == waits) askFor(plan, index);
    else split(plan, index, numLeft);
  }
  return 0;
}

function siblingOf(plan: usize, index: i32): i32 {
  const left = load<i32>(nodeAt(plan, load<i32>(nodeAt(plan, index), ofParent)), ofLeftChild);
  return 2 * left + 1 - index;
}

function startBuild(plan: usize, index: i32, isPacked: bool): void {
  const node = nodeAt(plan, index);
  let target = <usize>load<u32>(plan, atBuilds);
  if (buildsInPlace(plan, isPacked)) target = load<i32>(node, ofSlot) < 0 ? makeRoom(plan, node) : keptHistogram(plan, node);
  beginBuild(plan, index, isPacked, target);
}

// false when the call may add no more rows
function finishBuild(plan: usize): bool {
  const index = load<i32>(plan, atBuilding);
  if (index < 0) return true;
  if (!buildOn(plan)) return false;
  store<i32>(plan, -1, atBuilding);
  const isPacked = load<i32>(plan, atBuildsPacked) != 0;
  const target = <usize>load<u32>(plan, atTarget);
  const node = nodeAt(plan, index);
  if (index == 0) readTotals(plan, node, target, isPacked);
  keepBuilt(plan, node, target, isPacked);
  return true;
}

// begins what is to be done before a node is looked at
function askFor(plan: usize, index: i32): void {
  store<i32>(plan, index, atWanted);
  if (load<i32>(nodeAt(plan, index), ofSlot) >= 0) return;
  const sibling = siblingOf(plan, index);
  if (load<i32>(nodeAt(plan, sibling), ofSlot) >= 0) return;
  const parent = nodeAt(plan, load<i32>(nodeAt(plan, index), ofParent));
  startBuild(plan, lighterOf(plan, min<i32>(index, sibling)), isSmall(plan, parent));
}

// finds a node's best split; it or its sibling has a histogram
function lookAt(plan: usize, index: i32): void {
  if (index == 0) {
    if (load<i32>(plan, atMaxDepth) == 0 || load<i32>(plan, atMaxLeaves) <= 1) return;
  } else takeHistogram(plan, index);
  const node = nodeAt(plan, index);
  const found = <usize>load<u32>(plan, atFound);
  searchNode(plan, node, found);
  store<i32>(node, 0, ofMaySplit);
  pickSplit(plan, index, found);
  if (load<i32>(node, ofMaySplit) != 0) pushOpen(plan, index);
  else dropHistogram(plan, index);
}

function takeHistogram(plan: usize, index: i32): void {
  const sibling = siblingOf(plan, index);
  const parent = load<i32>(nodeAt(plan, index), ofParent);
  if (load<i32>(nodeAt(plan, index), ofSlot) < 0) inherit(plan, parent, index, sibling);
  if (load<i32>(nodeAt(plan, sibling), ofLeftChild) != 0 || load<i32>(nodeAt(plan, sibling), ofMaySplit) != 0) return;
  // nobody will look at the other one
  releaseSlot(plan, nodeAt(plan, sibling));
  dropHistogram(plan, parent);
}

// the parent's less that of the other child
function inherit(plan: usize, parent: i32, index: i32, other: i32): void {
  settleSibling(plan, parent);
  inheritHistogram(plan, nodeAt(plan, parent), nodeAt(plan, index), nodeAt(plan, other));
}

// before a node's histogram is gone: its sibling may need it to get its own
function settleSibling(plan: usize, index: i32): void {
  const parent = load<i32>(nodeAt(plan, index), ofParent);
  if (parent < 0 || load<i32>(nodeAt(plan, parent), ofSlot) < 0) return;
  const sibling = siblingOf(plan, index);
  const node = nodeAt(plan, sibling);
  if (load<i32>(node, ofMaySplit) == waits && load<i32>(node, ofSlot) < 0) inherit(plan, parent, sibling, index);
}

function dropHistogram(plan: usize, index: i32): void {
  if (load<i32>(nodeAt(plan, index), ofSlot) < 0) return;
  settleSibling(plan, index);
  releaseSlot(plan, nodeAt(plan, index));
}

function split(plan: usize, index: i32, numLeft: i32): void {
  const node = nodeAt(plan, index);
  const left = load<i32>(plan, atNumMade);
  const depth = load<i32>(node, ofDepth) + 1;
  store<i32>(plan, left + 2, atNumMade);
  store<i32>(node, left, ofLeftChild);
  openNode(plan, left, index, depth);
  openNode(plan, left + 1, index, depth);
  commit(plan, node);
  // the children of the last split can only be leaves
  const mayGrow = numLeft > 1 && depth < load<i32>(plan, atMaxDepth);
  splitRows(plan, index, mayGrow);
  if (mayGrow) offer(plan, left);
  if (mayGrow) offer(plan, left + 1);
  const isWanted = load<i32>(nodeAt(plan, left), ofMaySplit) | load<i32>(nodeAt(plan, left + 1), ofMaySplit);
  if (isWanted == 0) dropHistogram(plan, index);
}

// has a node wait, if it may be worth a split
function offer(plan: usize, index: i32): void {
  const node = nodeAt(plan, index);
  store<i32>(node, load<i32>(node, ofCount), ofRows);
  const bound = gainBound(plan, node) - splitCost(plan, load<i32>(node, ofCount));
  if (!(bound > load<f64>(plan, atMinInfoGain) * load<f64>(node, ofCover)) || !(bound > 0.0)) return;
  store<f64>(node, bound, ofGain);
  store<i32>(node, waits, ofMaySplit);
  pushOpen(plan, index);
}
