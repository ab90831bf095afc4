// Open leaves of a growing tree: a binary heap by gain, of equals the one further left first.

import { atHeap, atHeapSize, nodeAt, ofDepth, ofGain, ofParent } from './grow-plan';

export function pushOpen(plan: usize, index: i32): void {
  const heap = <usize>load<u32>(plan, atHeap);
  let at = load<i32>(plan, atHeapSize);
  store<i32>(plan, at + 1, atHeapSize);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = load<i32>(heap + (<usize>parent << 2));
    if (!comesBefore(plan, index, above)) break;
    store<i32>(heap + (<usize>at << 2), above);
    at = parent;
  }
  store<i32>(heap + (<usize>at << 2), index);
}

export function popOpen(plan: usize): i32 {
  const heap = <usize>load<u32>(plan, atHeap);
  const size = load<i32>(plan, atHeapSize) - 1;
  store<i32>(plan, size, atHeapSize);
  const top = load<i32>(heap);
  const last = load<i32>(heap + (<usize>size << 2));
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    let below = load<i32>(heap + (<usize>child << 2));
    if (child + 1 < size) {
      const other = load<i32>(heap + (<usize>child << 2), 4);
      if (comesBefore(plan, other, below)) {
        child++;
        below = other;
      }
    }
    if (!comesBefore(plan, below, last)) break;
    store<i32>(heap + (<usize>at << 2), below);
    at = child;
  }
  store<i32>(heap + (<usize>at << 2), last);
  return top;
}

/** Is an open leaf the next one, of two? */
export function comesBefore(plan: usize, a: i32, b: i32): bool {
  const aGain = load<f64>(nodeAt(plan, a), ofGain);
  const bGain = load<f64>(nodeAt(plan, b), ofGain);
  return aGain != bGain ? aGain > bGain : isLeftOf(plan, a, b);
}

/** Of two nodes; one above the other comes first. */
export function isLeftOf(plan: usize, a: i32, b: i32): bool {
  let left = a;
  let right = b;
  let difference = load<i32>(nodeAt(plan, left), ofDepth) - load<i32>(nodeAt(plan, right), ofDepth);
  for (; difference > 0; difference--) left = load<i32>(nodeAt(plan, left), ofParent);
  for (; difference < 0; difference++) right = load<i32>(nodeAt(plan, right), ofParent);
  if (left == right) return load<i32>(nodeAt(plan, a), ofDepth) < load<i32>(nodeAt(plan, b), ofDepth);
  let leftParent = load<i32>(nodeAt(plan, left), ofParent);
  let rightParent = load<i32>(nodeAt(plan, right), ofParent);
  while (leftParent != rightParent) {
    left = leftParent;
    right = rightParent;
    leftParent = load<i32>(nodeAt(plan, left), ofParent);
    rightParent = load<i32>(nodeAt(plan, right), ofParent);
  }
  return left < right;
}
