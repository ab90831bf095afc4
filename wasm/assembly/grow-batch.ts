// Which open leaves are split in one batch: a meeting of the ranks costs the same for one pair of children as for several.
// So those that will probably follow are split with the one whose turn it is, and become the tree's strictly by gain:
// splitting ahead can cost work, never a number. See src/tree/grow-tree.ts, which takes the same ones.

import {
  atBatch, atExpectedGain, atHeap, atHeapSize, atMaxDepth, atMaxLeaves, atMostPairs, atNextOpen, atNumLeaves, atNumMade, atNumRanks, atSeen,
  nodeAt, ofDepth, ofGain, ofLeftChild, ofMaySplit,
} from './grow-plan';
import { popOpen, pushOpen } from './grow-queue';

/** Lists the pairs of a batch, int32 parent and whether the children may be split; returns how many. */
export function gatherPairs(plan: usize): i32 {
  const maxLeaves = load<i32>(plan, atMaxLeaves);
  const numLeaves = load<i32>(plan, atNumLeaves);
  const numLeft = maxLeaves - numLeaves;
  // pairs that were made and are not the tree's
  const numAhead = ((load<i32>(plan, atNumMade) - 1) >> 1) - (numLeaves - 1);
  const most = load<i32>(plan, atNumRanks) == 1 ? 1 : min<i32>(load<i32>(plan, atMostPairs), numLeft);
  const expectedGain = load<f64>(plan, atExpectedGain);
  const heap = <usize>load<u32>(plan, atHeap);
  const batch = <usize>load<u32>(plan, atBatch);
  const seen = <usize>load<u32>(plan, atSeen);
  // even the best is below what was expected: a few splits are left, and the next of many leaves will be among them
  const isPast = load<f64>(nodeAt(plan, load<i32>(heap)), ofGain) < expectedGain;
  const numNext = isPast ? min<i32>(numLeft >> 1, load<i32>(plan, atHeapSize) >> 2) : 0;
  let numSeen: i32 = 0;
  let numPairs: i32 = 0;
  while (load<i32>(plan, atHeapSize) > 0 && numSeen < numLeft && numPairs < most) {
    const index = load<i32>(heap);
    const node = nodeAt(plan, index);
    if (numSeen > numNext && !isLikely(node, numSeen, numLeft, expectedGain)) break;
    store<i32>(seen + (<usize>numSeen << 2), popOpen(plan));
    numSeen++;
    if (load<i32>(node, ofLeftChild) != 0) continue;
    // no more than there is room for
    if (numPairs > 0 && numAhead + numPairs >= maxLeaves) break;
    const entry = batch + (<usize>numPairs << 4);
    // the children of the last split can only be leaves
    const mayGrow = numLeft > 1 && load<i32>(node, ofDepth) + 1 < load<i32>(plan, atMaxDepth);
    store<i32>(entry, index);
    store<i32>(entry, <i32>mayGrow, 4);
    numPairs++;
  }
  for (let i: i32 = 0; i < numSeen; i++) pushOpen(plan, load<i32>(seen + (<usize>i << 2)));
  return numPairs;
}

/** The same where trees grow level by level: the next nodes of a level, in the order of the tree. */
export function gatherLevel(plan: usize): i32 {
  const numMade = load<i32>(plan, atNumMade);
  const most = load<i32>(plan, atMostPairs);
  const batch = <usize>load<u32>(plan, atBatch);
  let index = load<i32>(plan, atNextOpen);
  let numPairs: i32 = 0;
  let depth: i32 = 0;
  for (; index < numMade && numPairs < most; index++) {
    const node = nodeAt(plan, index);
    if (load<i32>(node, ofMaySplit) == 0) continue;
    if (numPairs == 0) depth = load<i32>(node, ofDepth);
    else if (load<i32>(node, ofDepth) != depth) break;
    const entry = batch + (<usize>numPairs << 4);
    store<i32>(entry, index);
    store<i32>(entry, <i32>(depth + 1 < load<i32>(plan, atMaxDepth)), 4);
    numPairs++;
  }
  store<i32>(plan, index, atNextOpen);
  return numPairs;
}

function isLikely(node: usize, place: i32, numLeft: i32, expectedGain: f64): bool {
  if (isNaN(expectedGain)) return place <= numLeft >> 3;
  return load<f64>(node, ofGain) >= expectedGain;
}
