// Which leaves ranks that share a memory split in one batch where many rows are moved: neighbours, so that most rows of a
// batch are those that the one before has moved, and few meetings serve. The leaves that will be split anyway, by what the
// last split of the tree before gained, wait in the order of the tree; a batch takes the first ones, until they have as many
// rows as a window, and their children take their places:
//
//   | a  b | c  d  e          a and b fill the window
//   | a0 a1 b1 | c  d  e      their children do, b0 will not be split
//   | a10 | c  d | e
//
// Nodes of more rows than a window come first, all at once. What is split becomes the tree's strictly by gain, as ever
// (grow-leaves.ts): which rows are moved first is no matter of the model. src/tree/grow-tree.ts has the same tree by gains alone.

import {
  atBatch, atExpectedGain, atFrontier, atMaxDepth, atMaxLeaves, atMostPairs, atNumFrontier, atNumMade, atSeen, atWindowRows, nodeAt, ofDepth,
  ofGain, ofLeftChild, ofMaySplit, ofRows,
} from './grow-plan';

/** Begins a tree; without a gain to expect, which is NaN then, it is left to gatherPairs. */
export function beginWindow(plan: usize): void {
  const isUsed = load<i32>(plan, atWindowRows) > 0 && load<f64>(plan, atExpectedGain) >= 0.0;
  store<i32>(plan, isUsed ? 0 : -1, atNumFrontier);
}

/** Lists the pairs of a batch as gatherPairs does; returns how many, 0 when it is to choose the rest of the tree's. */
export function gatherWindow(plan: usize): i32 {
  if (load<i32>(plan, atNumFrontier) < 0) return 0;
  const numOpen = renewFrontier(plan);
  const numMade = (load<i32>(plan, atNumMade) - 1) >> 1;
  const most = min<i32>(load<i32>(plan, atMostPairs), load<i32>(plan, atMaxLeaves) - 1 - numMade);
  if (numOpen == 0 || most <= 0) {
    store<i32>(plan, -1, atNumFrontier);
    return 0;
  }
  const windowRows = load<i32>(plan, atWindowRows);
  const frontier = <usize>load<u32>(plan, atFrontier);
  let numPairs: i32 = 0;
  for (let i: i32 = 0; i < numOpen && numPairs < most; i++) {
    const index = load<i32>(frontier + (<usize>i << 2));
    if (load<i32>(nodeAt(plan, index), ofRows) > windowRows) listPair(plan, numPairs++, index);
  }
  if (numPairs > 0) return numPairs;
  let rows: i32 = 0;
  for (let i: i32 = 0; i < numOpen && numPairs < most; i++) {
    const index = load<i32>(frontier + (<usize>i << 2));
    rows += load<i32>(nodeAt(plan, index), ofRows);
    if (rows > windowRows) break;
    listPair(plan, numPairs++, index);
  }
  return numPairs;
}

// has the children of what was split take its place; returns how many wait
function renewFrontier(plan: usize): i32 {
  const frontier = <usize>load<u32>(plan, atFrontier);
  const before = <usize>load<u32>(plan, atSeen);
  const numBefore = load<i32>(plan, atNumFrontier);
  memory.copy(before, frontier, <usize>numBefore << 2);
  let numOpen = numBefore == 0 ? enter(plan, frontier, 0, 0) : 0;
  for (let i: i32 = 0; i < numBefore; i++) {
    const index = load<i32>(before + (<usize>i << 2));
    const left = load<i32>(nodeAt(plan, index), ofLeftChild);
    if (left == 0) {
      store<i32>(frontier + (<usize>numOpen << 2), index);
      numOpen++;
    } else numOpen = enter(plan, frontier, enter(plan, frontier, numOpen, left), left + 1);
  }
  store<i32>(plan, numOpen, atNumFrontier);
  return numOpen;
}

function enter(plan: usize, frontier: usize, numOpen: i32, index: i32): i32 {
  const node = nodeAt(plan, index);
  if (load<i32>(node, ofMaySplit) == 0 || !(load<f64>(node, ofGain) >= load<f64>(plan, atExpectedGain))) return numOpen;
  store<i32>(frontier + (<usize>numOpen << 2), index);
  return numOpen + 1;
}

function listPair(plan: usize, pair: i32, index: i32): void {
  const entry = <usize>load<u32>(plan, atBatch) + (<usize>pair << 4);
  store<i32>(entry, index);
  store<i32>(entry, <i32>(load<i32>(nodeAt(plan, index), ofDepth) + 1 < load<i32>(plan, atMaxDepth)), 4);
}
