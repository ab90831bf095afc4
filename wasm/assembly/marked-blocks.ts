// Histograms of which only blocks that hold something are ever looked at. A node of few rows leaves most bins empty, and
// memory is the time where a histogram does not fit the cache.
//
//   hist    packed entries (8 bytes) by feature; a feature begins at a whole block of eight, a line of the cache
//   marks   behind them, one byte a block: 0 when all its entries are 0
//
// The usual bin of a feature (row-entries.ts) is not added up at all: a search works it out from the node's sums, of
// features that have a mark. Who takes a histogram clears what is marked in it.

import {
  atBuilds, atBuildsUsed, atHasMarks, atHistogramBytes, atNumEntries, atPool, atSliceBytes, atSliceStart, atSlotsUsed,
} from './grow-plan';

export function hasMarks(plan: usize): bool {
  return load<u32>(plan, atHasMarks) != 0;
}

/** Where the marks of a histogram begin. */
export function marksOf(plan: usize, hist: usize): usize {
  return hist + (<usize>load<u32>(plan, atNumEntries) << 3);
}

/** Makes a rank's own histogram empty; those of a batch lie behind one another. */
export function clearBuilt(plan: usize, hist: usize): void {
  const bytes = <usize>load<u32>(plan, atHistogramBytes);
  const place = <i32>((hist - <usize>load<u32>(plan, atBuilds)) / bytes);
  if (place < load<i32>(plan, atBuildsUsed)) {
    clearMarked(hist, marksOf(plan, hist), 0, <usize>load<u32>(plan, atNumEntries) >> 3);
    return;
  }
  store<i32>(plan, place + 1, atBuildsUsed);
  memory.fill(hist, 0, bytes);
}

/** Makes this rank's places of a slot of the pool empty. What a slot holds that no tree has used yet is unknown. */
export function clearSlot(plan: usize, slot: i32): void {
  const hist = <usize>load<u32>(plan, atPool) + <usize>slot * <usize>load<u32>(plan, atHistogramBytes);
  const marks = marksOf(plan, hist);
  const start = <usize>load<u32>(plan, atSliceStart);
  const bytes = <usize>load<u32>(plan, atSliceBytes);
  if (slot < load<i32>(plan, atSlotsUsed)) {
    clearMarked(hist, marks, start >> 6, (start + bytes) >> 6);
    return;
  }
  // slots come into use one after another
  store<i32>(plan, slot + 1, atSlotsUsed);
  memory.fill(hist + start, 0, bytes);
  memory.fill(marks + (start >> 6), 0, bytes >> 6);
}

function clearMarked(hist: usize, marks: usize, begin: usize, end: usize): void {
  const zero = i64x2.splat(0);
  for (let block = nextMark(marks, begin, end); block < end; block = nextMark(marks, block + 1, end)) {
    store<u8>(marks + block, 0);
    const at = hist + (block << 6);
    v128.store(at, zero);
    v128.store(at, zero, 16);
    v128.store(at, zero, 32);
    v128.store(at, zero, 48);
  }
}

// the first marked block from `block` on, or `end`; marks of a slice may be followed by those of another rank
// @ts-ignore: decorator
@inline
function nextMark(marks: usize, block: usize, end: usize): usize {
  let at = block;
  while (at < end) {
    const word = load<u64>(marks + at);
    if (word != 0) return min<usize>(end, at + (<usize>ctz<u64>(word) >> 3));
    at += 8;
  }
  return end;
}

/** Makes a slot's places, which are empty, the sum of what the ranks have built. */
export function addMarked(plan: usize, parts: usize, numParts: i32, hist: usize): void {
  const start = <usize>load<u32>(plan, atSliceStart) >> 6;
  const end = start + (<usize>load<u32>(plan, atSliceBytes) >> 6);
  const marks = marksOf(plan, hist);
  for (let r: i32 = 0; r < numParts; r++) {
    const part = <usize>load<u32>(parts + (<usize>r << 2));
    const own = marksOf(plan, part);
    for (let block = nextMark(own, start, end); block < end; block = nextMark(own, block + 1, end)) {
      store<u8>(marks + block, 1);
      const from = part + (block << 6);
      const to = hist + (block << 6);
      for (let at: usize = 0; at < 64; at += 16) {
        v128.store(to + at, i64x2.add(v128.load(to + at), v128.load(from + at)));
      }
    }
  }
}

/** Takes a child's histogram off its parent's, whose it becomes its sibling's. */
export function subtractMarked(plan: usize, hist: usize, child: usize): void {
  const start = <usize>load<u32>(plan, atSliceStart) >> 6;
  const end = start + (<usize>load<u32>(plan, atSliceBytes) >> 6);
  const marks = marksOf(plan, hist);
  const own = marksOf(plan, child);
  for (let block = nextMark(own, start, end); block < end; block = nextMark(own, block + 1, end)) {
    const from = child + (block << 6);
    const to = hist + (block << 6);
    const a = i64x2.sub(v128.load(to), v128.load(from));
    const b = i64x2.sub(v128.load(to, 16), v128.load(from, 16));
    const c = i64x2.sub(v128.load(to, 32), v128.load(from, 32));
    const d = i64x2.sub(v128.load(to, 48), v128.load(from, 48));
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
    store<u8>(marks + block, <u8>v128.any_true(v128.or(v128.or(a, b), v128.or(c, d))));
  }
}
