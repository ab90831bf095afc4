// Which leaves are split in one batch where meetings are dear: as in grow-batch.ts, but the children of leaves that are split
// ahead count too, so every branch grows by a split in one batch. src/tree/grow-tree.ts takes the same ones.

import {
  atBatch, atExpectedGain, atFar, atHeap, atHeapSize, atLeastAhead, atMaxDepth, atMaxLeaves, atMostPairs, atNumLeaves, atNumMade, nodeAt,
  ofDepth, ofGain, ofLeftChild, ofMaySplit,
} from './grow-plan';
import { comesBefore } from './grow-queue';

/** How much lower the last gain of a tree is than that of the tree before: a guess that costs work only. */
const usualDecline: f64 = 0.97;

/** Lists the pairs of a batch as gatherPairs does; returns how many. */
export function gatherFar(plan: usize): i32 {
  const maxLeaves = load<i32>(plan, atMaxLeaves);
  const numLeaves = load<i32>(plan, atNumLeaves);
  const numLeft = maxLeaves - numLeaves;
  const most = min<i32>(load<i32>(plan, atMostPairs), numLeft);
  const leastAhead = load<f64>(plan, atLeastAhead);
  // pairs that were made and are not the tree's
  const numAhead = ((load<i32>(plan, atNumMade) - 1) >> 1) - (numLeaves - 1);
  const far = <usize>load<u32>(plan, atFar);
  let numFar = listFar(plan, far);
  const first = load<i32>(<usize>load<u32>(plan, atHeap));
  listPair(plan, 0, first, numLeft > 1);
  let numPairs: i32 = 1;
  const end = min<i32>(numFar, numLeft);
  for (let place: i32 = 0; place < end && numPairs < most; place++) {
    const index = load<i32>(far);
    numFar--;
    store<i32>(far, load<i32>(far + (<usize>numFar << 2)));
    sink(plan, far, numFar, 0);
    const node = nodeAt(plan, index);
    if (index == first || load<i32>(node, ofLeftChild) != 0) continue;
    if (!isLikely(plan, node, place, numLeft) && <f64>place >= leastAhead) break;
    // no more than there is room for
    if (numAhead + numPairs >= maxLeaves) break;
    listPair(plan, numPairs, index, true);
    numPairs++;
  }
  return numPairs;
}

function listPair(plan: usize, pair: i32, index: i32, mayGrow: bool): void {
  const entry = <usize>load<u32>(plan, atBatch) + (<usize>pair << 4);
  const isShallow = load<i32>(nodeAt(plan, index), ofDepth) + 1 < load<i32>(plan, atMaxDepth);
  store<i32>(entry, index);
  store<i32>(entry, <i32>(mayGrow && isShallow), 4);
}

function isLikely(plan: usize, node: usize, place: i32, numLeft: i32): bool {
  const expectedGain = load<f64>(plan, atExpectedGain);
  if (isNaN(expectedGain)) return place <= numLeft >> 3;
  return load<f64>(node, ofGain) >= usualDecline * expectedGain;
}

// open leaves and what lies below them as a heap, the next one on top; returns how many
function listFar(plan: usize, far: usize): i32 {
  let numFar = load<i32>(plan, atHeapSize);
  memory.copy(far, <usize>load<u32>(plan, atHeap), <usize>numFar << 2);
  for (let i: i32 = 0; i < numFar; i++) {
    const left = load<i32>(nodeAt(plan, load<i32>(far + (<usize>i << 2))), ofLeftChild);
    if (left == 0) continue;
    for (let child = left; child < left + 2; child++) {
      if (load<i32>(nodeAt(plan, child), ofMaySplit) == 0) continue;
      store<i32>(far + (<usize>numFar << 2), child);
      numFar++;
    }
  }
  for (let at = (numFar >> 1) - 1; at >= 0; at--) sink(plan, far, numFar, at);
  return numFar;
}

function sink(plan: usize, far: usize, size: i32, from: i32): void {
  let at = from;
  const index = load<i32>(far + (<usize>at << 2));
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    let below = load<i32>(far + (<usize>child << 2));
    if (child + 1 < size) {
      const other = load<i32>(far + (<usize>child << 2), 4);
      if (comesBefore(plan, other, below)) {
        child++;
        below = other;
      }
    }
    if (!comesBefore(plan, below, index)) break;
    store<i32>(far + (<usize>at << 2), below);
    at = child;
  }
  store<i32>(far + (<usize>at << 2), index);
}
