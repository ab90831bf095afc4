// Splits a node's rows: left from the front of the target, right from its back, without branches.
//
//   source  [ l r r l l r ]        target  [ l l l | r r r ]
//                                            →       ←
//
// Which side a bin takes stands in goesLeft: one byte a bin, 1 for left. width is 1 or 2 bytes.

/** Moves the records and their row numbers; sourceIds 0 means row firstId + i, target 0 row numbers only. Returns the rows on the left. */
export function partitionRecords(
  source: usize, sourceIds: usize, firstId: i32, numRows: i32, stride: usize, target: usize, targetIds: usize,
  offset: usize, width: i32, goesLeft: usize,
): i32 {
  if (target == 0) {
    return width == 1
      ? moveNumbers<u8>(source, sourceIds, firstId, numRows, stride, targetIds, offset, goesLeft)
      : moveNumbers<u16>(source, sourceIds, firstId, numRows, stride, targetIds, offset, goesLeft);
  }
  return width == 1
    ? moveBy<u8>(source, sourceIds, firstId, numRows, stride, target, targetIds, offset, goesLeft)
    : moveBy<u16>(source, sourceIds, firstId, numRows, stride, target, targetIds, offset, goesLeft);
}

// what nobody will look into stays where it is
function moveNumbers<Bin>(
  source: usize, sourceIds: usize, firstId: i32, numRows: i32, stride: usize, targetIds: usize, offset: usize,
  goesLeft: usize,
): i32 {
  let left: usize = 0;
  let rest = <usize>numRows;
  let p = source + offset;
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const isLeft = <usize>load<u8>(goesLeft + <usize>load<Bin>(p));
    rest -= 1;
    const place = isLeft ? left : left + rest;
    store<u32>(targetIds + (place << 2), sourceIds ? load<u32>(sourceIds + (i << 2)) : <u32>firstId + <u32>i);
    left += isLeft;
    p += stride;
  }
  return <i32>left;
}

/** Writes each row's leaf, `leaf` on the left and leaf + 1 on the right, by its number; sourceIds as in partitionRecords. Returns the rows on the left. */
export function markLeavesOfSides(
  source: usize, sourceIds: usize, firstId: i32, numRows: i32, stride: usize, offset: usize, width: i32, goesLeft: usize,
  leaf: u32, leafOf: usize,
): i32 {
  return width == 1
    ? markSides<u8>(source, sourceIds, firstId, numRows, stride, offset, goesLeft, leaf, leafOf)
    : markSides<u16>(source, sourceIds, firstId, numRows, stride, offset, goesLeft, leaf, leafOf);
}

function markSides<Bin>(
  source: usize, sourceIds: usize, firstId: i32, numRows: i32, stride: usize, offset: usize, goesLeft: usize, leaf: u32,
  leafOf: usize,
): i32 {
  let left: u32 = 0;
  let p = source + offset;
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const isLeft = <u32>load<u8>(goesLeft + <usize>load<Bin>(p));
    const id = sourceIds ? <usize>load<u32>(sourceIds + (i << 2)) : <usize>firstId + i;
    store<u32>(leafOf + (id << 2), leaf + 1 - isLeft);
    left += isLeft;
    p += stride;
  }
  return <i32>left;
}

function moveBy<Bin>(
  source: usize, sourceIds: usize, firstId: i32, numRows: i32, stride: usize, target: usize, targetIds: usize,
  offset: usize, goesLeft: usize,
): i32 {
  // a copy of known length is a few instructions, of unknown length a loop
  switch (<i32>stride) {
    case 16: return move<Bytes16, Bin>(source, sourceIds, firstId, numRows, stride, target, targetIds, offset, goesLeft);
    case 24: return move<Bytes24, Bin>(source, sourceIds, firstId, numRows, stride, target, targetIds, offset, goesLeft);
    case 32: return move<Bytes32, Bin>(source, sourceIds, firstId, numRows, stride, target, targetIds, offset, goesLeft);
    case 40: return move<Bytes40, Bin>(source, sourceIds, firstId, numRows, stride, target, targetIds, offset, goesLeft);
    case 48: return move<Bytes48, Bin>(source, sourceIds, firstId, numRows, stride, target, targetIds, offset, goesLeft);
    default: return move<AnyBytes, Bin>(source, sourceIds, firstId, numRows, stride, target, targetIds, offset, goesLeft);
  }
}

// lengths that are known when a mover is compiled
class Bytes16 { a: v128; }
class Bytes24 { a: v128; b: u64; }
class Bytes32 { a: v128; b: v128; }
class Bytes40 { a: v128; b: v128; c: u64; }
class Bytes48 { a: v128; b: v128; c: v128; }
class AnyBytes {}

function move<Length, Bin>(
  source: usize, sourceIds: usize, firstId: i32, numRows: i32, stride: usize, target: usize, targetIds: usize,
  offset: usize, goesLeft: usize,
): i32 {
  const step = offsetof<Length>() == 0 ? stride : offsetof<Length>();
  // the next row on the right goes to place left + rest
  let rest = <usize>numRows;
  let left: usize = 0;
  let p = source;
  if (sourceIds) {
    let idAt = sourceIds;
    // two rows a turn: the loop itself costs as much as a third of a row
    while (rest > 1) {
      rest -= 1;
      left += moveRow<Length, Bin>(p, load<u32>(idAt), step, target, targetIds, offset, goesLeft, left, left + rest);
      rest -= 1;
      const q = p + step;
      left += moveRow<Length, Bin>(q, load<u32>(idAt, 4), step, target, targetIds, offset, goesLeft, left, left + rest);
      p = q + step;
      idAt += 8;
    }
    if (rest) left += moveRow<Length, Bin>(p, load<u32>(idAt), step, target, targetIds, offset, goesLeft, left, left);
    return <i32>left;
  }
  let id = <u32>firstId;
  while (rest > 1) {
    rest -= 1;
    left += moveRow<Length, Bin>(p, id, step, target, targetIds, offset, goesLeft, left, left + rest);
    rest -= 1;
    const q = p + step;
    left += moveRow<Length, Bin>(q, id + 1, step, target, targetIds, offset, goesLeft, left, left + rest);
    p = q + step;
    id += 2;
  }
  if (rest) left += moveRow<Length, Bin>(p, id, step, target, targetIds, offset, goesLeft, left, left);
  return <i32>left;
}

// 1 when the row went left
// @ts-ignore: decorator
@inline
function moveRow<Length, Bin>(
  p: usize, id: u32, step: usize, target: usize, targetIds: usize, offset: usize, goesLeft: usize, left: usize,
  right: usize,
): usize {
  const isLeft = <usize>load<u8>(goesLeft + <usize>load<Bin>(p + offset));
  const place = isLeft ? left : right;
  copy<Length>(target + place * step, p, step);
  store<u32>(targetIds + (place << 2), id);
  return isLeft;
}

// @ts-ignore: decorator
@inline
function copy<Length>(to: usize, from: usize, stride: usize): void {
  if (offsetof<Length>() == 0) {
    const whole = stride & ~15;
    for (let b: usize = 0; b < whole; b += 16) v128.store(to + b, v128.load(from + b));
    if (stride & 8) store<u64>(to + whole, load<u64>(from + whole));
    return;
  }
  v128.store(to, v128.load(from));
  if (offsetof<Length>() == 24) store<u64>(to, load<u64>(from, 16), 16);
  if (offsetof<Length>() >= 32) v128.store(to, v128.load(from, 16), 16);
  if (offsetof<Length>() == 40) store<u64>(to, load<u64>(from, 32), 32);
  if (offsetof<Length>() == 48) v128.store(to, v128.load(from, 32), 32);
}

/** The form for records of 32 bytes. */
export function partitionRecords32(
  source: usize, sourceIds: usize, firstId: i32, numRows: i32, target: usize, targetIds: usize, offset: usize,
  goesLeft: usize,
): i32 {
  return move<Bytes32, u8>(source, sourceIds, firstId, numRows, 32, target, targetIds, offset, goesLeft);
}

/** Rows of a run: half of what `spare` has room for. */
const runRows: usize = 128;
const shortRun: usize = 16;

/**
 * The same within the rows' own memory, with their row numbers: rows that lie on the wrong side change places. A run of rows
 * at either end is looked through first, without branches, and those of the wrong side are listed; then pairs of them are
 * swapped until one run has none left, and the next run is looked through at that end.
 *
 *   | l l l [ l r l r ]    x x x x    [ l r r l ] r r |      what lies outside the runs is in its place or was not looked at
 *               \___\________________/_____/
 *
 * The rows between the runs in the end are set aside and placed one by one. spare: room for twice `runRows` rows, records and
 * then numbers; until then the lists are there.
 */
export function partitionInPlace(
  records: usize, ids: usize, numRows: i32, stride: usize, spare: usize, offset: usize, width: i32, goesLeft: usize,
): i32 {
  if (width != 1) {
    return stride == 32
      ? swapSides<Bytes32, u16>(records, ids, <usize>numRows, stride, spare, offset, goesLeft)
      : swapSides<AnyBytes, u16>(records, ids, <usize>numRows, stride, spare, offset, goesLeft);
  }
  switch (<i32>stride) {
    case 16: return swapSides<Bytes16, u8>(records, ids, <usize>numRows, stride, spare, offset, goesLeft);
    case 24: return swapSides<Bytes24, u8>(records, ids, <usize>numRows, stride, spare, offset, goesLeft);
    case 32: return swapSides<Bytes32, u8>(records, ids, <usize>numRows, stride, spare, offset, goesLeft);
    case 40: return swapSides<Bytes40, u8>(records, ids, <usize>numRows, stride, spare, offset, goesLeft);
    case 48: return swapSides<Bytes48, u8>(records, ids, <usize>numRows, stride, spare, offset, goesLeft);
    default: return swapSides<AnyBytes, u8>(records, ids, <usize>numRows, stride, spare, offset, goesLeft);
  }
}

function swapSides<Length, Bin>(
  records: usize, ids: usize, numRows: usize, stride: usize, spare: usize, offset: usize, goesLeft: usize,
): i32 {
  const step = offsetof<Length>() == 0 ? stride : offsetof<Length>();
  const listOfLast = spare + (runRows << 2);
  // rows before `from` are left, rows from `to` on right
  let from: usize = 0;
  let to = numRows;
  // what is left between long runs is done by short ones, so that few rows are set aside
  for (let run = runRows; run >= shortRun; run >>= 3) {
    let first = spare;
    let firstEnd = first;
    let last = listOfLast;
    let lastEnd = last;
    while (to - from >= 2 * run) {
      if (first == firstEnd) {
        first = spare;
        firstEnd = listRun<Length, Bin>(records, from, 1, run, step, offset, goesLeft, 1, first);
      }
      if (last == lastEnd) {
        last = listOfLast;
        lastEnd = listRun<Length, Bin>(records, to - 1, -1, run, step, offset, goesLeft, 0, last);
      }
      const end = first + min<usize>(firstEnd - first, lastEnd - last);
      for (; first < end; first += 4) {
        swapRows<Length>(records, ids, <usize>load<u32>(first), <usize>load<u32>(last), step);
        last += 4;
      }
      if (first == firstEnd) from += run;
      if (last == lastEnd) to -= run;
    }
  }
  const rest = to - from;
  const spareIds = spare + 2 * runRows * step;
  memory.copy(spare, records + from * step, rest * step);
  memory.copy(spareIds, ids + (from << 2), rest << 2);
  return <i32>placeRows<Length, Bin>(spare, spareIds, rest, step, records, ids, offset, goesLeft, from);
}

// lists those rows of a run whose side is not the other one; returns the list's end. by: 1 or −1
function listRun<Length, Bin>(
  records: usize, row: usize, by: usize, run: usize, step: usize, offset: usize, goesLeft: usize, other: usize, list: usize,
): usize {
  let p = records + row * step + offset;
  const stride = by * step;
  let i = row;
  const end = row + by * run;
  let at = list;
  do {
    store<u32>(at, <u32>i);
    at += (<usize>load<u8>(goesLeft + <usize>load<Bin>(p)) ^ other) << 2;
    p += stride;
    i += by;
    store<u32>(at, <u32>i);
    at += (<usize>load<u8>(goesLeft + <usize>load<Bin>(p)) ^ other) << 2;
    p += stride;
    i += by;
  } while (i != end);
  return at;
}

// @ts-ignore: decorator
@inline
function swapRows<Length>(records: usize, ids: usize, a: usize, b: usize, step: usize): void {
  const p = records + a * step;
  const q = records + b * step;
  const idAt = ids + (a << 2);
  const otherAt = ids + (b << 2);
  const id = load<u32>(idAt);
  store<u32>(idAt, load<u32>(otherAt));
  store<u32>(otherAt, id);
  if (offsetof<Length>() == 0) {
    for (let at: usize = 0; at < step; at += 8) {
      const word = load<u64>(p + at);
      store<u64>(p + at, load<u64>(q + at));
      store<u64>(q + at, word);
    }
    return;
  }
  const first = v128.load(p);
  v128.store(p, v128.load(q));
  v128.store(q, first);
  if (offsetof<Length>() >= 32) {
    const second = v128.load(p, 16);
    v128.store(p, v128.load(q, 16), 16);
    v128.store(q, second, 16);
  }
  if (offsetof<Length>() == 24) swapWords(p + 16, q + 16);
  if (offsetof<Length>() == 40) swapWords(p + 32, q + 32);
  if (offsetof<Length>() == 48) {
    const third = v128.load(p, 32);
    v128.store(p, v128.load(q, 32), 32);
    v128.store(q, third, 32);
  }
}

// @ts-ignore: decorator
@inline
function swapWords(p: usize, q: usize): void {
  const word = load<u64>(p);
  store<u64>(p, load<u64>(q));
  store<u64>(q, word);
}

// places rows, left ones from `from` on and right ones from the back of what they fill; returns where the right ones begin
function placeRows<Length, Bin>(
  source: usize, sourceIds: usize, count: usize, step: usize, target: usize, targetIds: usize, offset: usize,
  goesLeft: usize, from: usize,
): usize {
  let p = source;
  let idAt = sourceIds;
  let left = from;
  let rest = count;
  while (rest) {
    rest -= 1;
    left += moveRow<Length, Bin>(p, load<u32>(idAt), step, target, targetIds, offset, goesLeft, left, left + rest);
    p += step;
    idAt += 4;
  }
  return left;
}

/** Moves row numbers only; the records stay at master + id · stride. */
export function partitionIds(
  master: usize, sourceIds: usize, firstId: i32, numRows: i32, stride: usize, targetIds: usize, offset: usize,
  width: i32, goesLeft: usize,
): i32 {
  let left: usize = 0;
  let right: usize = <usize>numRows - 1;
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const id = sourceIds ? <usize>load<u32>(sourceIds + (i << 2)) : <usize>firstId + i;
    const p = master + id * stride + offset;
    const bin = width == 1 ? <usize>load<u8>(p) : <usize>load<u16>(p);
    const isLeft = <usize>load<u8>(goesLeft + bin);
    store<u32>(targetIds + ((isLeft ? left : right) << 2), <u32>id);
    left += isLeft;
    right -= 1 - isLeft;
  }
  return <i32>left;
}

/** The same by a byte for each row, 1 when it goes left. */
export function partitionSides(sourceIds: usize, firstId: i32, numRows: i32, targetIds: usize, sides: usize): i32 {
  let left: usize = 0;
  let right: usize = <usize>numRows - 1;
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const id = sourceIds ? <usize>load<u32>(sourceIds + (i << 2)) : <usize>firstId + i;
    const isLeft = <usize>load<u8>(sides + id);
    store<u32>(targetIds + ((isLeft ? left : right) << 2), <u32>id);
    left += isLeft;
    right -= 1 - isLeft;
  }
  return <i32>left;
}

/**
 * Draws the rows of a tree. A row's count is how many of the thresholds its random bits
 * mix32(rowKey ^ treeKey) reach; rows with a count are copied to the target, with their row numbers.
 * mode 0 leaves the slot, 1 multiplies int32 g and uint32 h by the count, 2 the weight in the low half.
 * target 0 copies row numbers only. counts, when not 0, receives each row's count (a byte, by its number).
 * Returns the rows drawn.
 */
export function drawRows(
  master: usize, firstId: i32, numRows: i32, stride: usize, rowKeys: usize, treeKey: u32, thresholds: usize,
  numThresholds: i32, target: usize, targetIds: usize, slotOffset: usize, mode: i32, counts: usize,
): i32 {
  let drawn: usize = 0;
  for (let i: usize = 0; i < <usize>numRows; i++) {
    let x = load<u32>(rowKeys + (i << 2)) ^ treeKey;
    x ^= x >> 16;
    x *= 0x7feb352d;
    x ^= x >> 15;
    x *= 0x846ca68b;
    x ^= x >> 16;
    let count: u32 = 0;
    while (<i32>count < numThresholds && x >= load<u32>(thresholds + (<usize>count << 2))) count++;
    if (counts) store<u8>(counts + <usize>firstId + i, <u8>count);
    if (count == 0) continue;
    if (target) {
      const p = master + i * stride;
      const q = target + drawn * stride;
      for (let b: usize = 0; b < stride; b += 8) store<u64>(q + b, load<u64>(p + b));
      const slot = q + slotOffset;
      if (mode == 1) {
        store<i32>(slot, load<i32>(slot) * <i32>count);
        store<u32>(slot, load<u32>(slot, 4) * count, 4);
      } else if (mode == 2) {
        const packed = load<u32>(slot);
        store<u32>(slot, (packed & 0xffff0000) | ((packed & 0xffff) * count));
      }
    }
    store<u32>(targetIds + (drawn << 2), <u32>firstId + <u32>i);
    drawn++;
  }
  return <i32>drawn;
}
