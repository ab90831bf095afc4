// Finds the best split of a chosen feature from the sums of several numbers: what it lowers is the sum of their
// variances. With X_k and H of the node and x_k and h on the left the gain is
//   Σ_k (x_k · H − X_k · h)² / (h · (H − h) · H),
// that of find-ratio-split.ts for one number, so candidates are compared by products here too. See forest-plan.ts
// for the layouts.
import { touchedBytes } from './forest-histogram';
import { entryWords, keepsNames } from './forest-plan';
import { finishLeftBins, hasBin, markBin, sortAscending, startLeftBins } from './find-ratio-split';
import { randomCut, randomSide } from './mix';

// the node, the feature under way, what lies on the left, and the feature's best candidate so far
let numWords: usize;
let bytes: usize;
let totals: usize;
let totalH: f64;
let allH: i64;
let shift: u32;
let mask: i64;
let minWeight: f64;
let minRows: i64;
let entries: usize;
let missingAt: i32;
let hasMissing: bool;
let numValues: i32;
let count: i32;
let bins: usize;
let order: usize;
let ratios: usize;
let left: usize;
let bestLeft: usize;
let numerator: f64;
let denominator: f64;
let bestAt: i32;
let bestMissing: i32;
let isByName: bool;

/** What the scans need of a node, once before its features. */
export function beginVector(plan: usize, best: usize): void {
  numWords = entryWords(plan);
  bytes = numWords << 3;
  totals = best + 64;
  shift = load<u32>(plan, 28);
  mask = ((<i64>1) << shift) - 1;
  minWeight = load<f64>(plan, 80);
  minRows = <i64>load<f64>(plan, 88);
  allH = load<i64>(best, 72);
  totalH = <f64>(allH & mask);
}

/** Gain of the feature's best split, −Infinity where none is allowed; `commitVector` writes it. */
export function scanVector(plan: usize, key: u32, c: usize, hist: usize, touched: usize): f64 {
  const lists = <usize>load<u32>(plan, 60);
  const capacity = <usize>load<u32>(plan, 64);
  ratios = lists;
  bins = lists + (capacity << 3);
  order = lists + capacity * 12;
  left = lists + (capacity << 4);
  bestLeft = left + bytes;
  numValues = load<i32>(c, 16);
  missingAt = load<i32>(c, 20);
  entries = hist + <usize>load<u32>(c, 12) * bytes;
  hasMissing = holdsRows(missingAt);
  numerator = -1.0;
  denominator = 1.0;
  bestAt = -1;
  listPresent(c, touched);
  if (load<u32>(c, 24) != 0) scanCategories(plan, key, c);
  else scanValues(plan, key, c);
  return bestAt < 0 ? -Infinity : numerator / denominator / totalH;
}

function holdsRows(bin: i32): bool {
  return load<i64>(entries + <usize>bin * bytes, 8) != 0;
}

function listPresent(c: usize, touched: usize): void {
  count = 0;
  if (!touched) {
    for (let bin: i32 = 0; bin < numValues; bin++) {
      if (holdsRows(bin)) keepBin(bin);
    }
    return;
  }
  const numMarks = touchedBytes(c) >> 3;
  for (let w: usize = 0; w < numMarks; w++) {
    let marks = load<u64>(touched + (w << 3));
    if (marks == 0) continue;
    store<u64>(touched + (w << 3), 0);
    for (; marks != 0; marks &= marks - 1) {
      const bin = <i32>(w << 6) + <i32>ctz<u64>(marks);
      if (bin < numValues) keepBin(bin);
    }
  }
}

function keepBin(bin: i32): void {
  store<i32>(bins + (<usize>count << 2), bin);
  count++;
}

/** Clears the entries that hold rows; called when the feature's split is written. */
export function clearVector(): void {
  for (let i: i32 = 0; i < count; i++) {
    memory.fill(entryOf(load<i32>(bins + (<usize>i << 2))), 0, bytes);
  }
  if (hasMissing) memory.fill(entries + <usize>missingAt * bytes, 0, bytes);
}

function entryOf(bin: i32): usize {
  return entries + <usize>(bin == numValues ? missingAt : bin) * bytes;
}

function emptyLeft(): void {
  memory.fill(left, 0, bytes);
}

// moves a bin's rows to the left
function moveLeft(bin: i32): void {
  const entry = entryOf(bin);
  for (let w: usize = 0; w < bytes; w += 8) {
    store<i64>(left + w, load<i64>(left + w) + load<i64>(entry + w));
  }
}

// compares what lies on the left with the feature's best
function consider(at: i32, missingLeft: i32): void {
  const h = load<i64>(left, 8);
  const leftH = <f64>(h & mask);
  const den = leftH * (totalH - leftH);
  let num = squareAt(0, leftH);
  for (let w: usize = 16; w < bytes; w += 8) num += squareAt(w, leftH);
  if (!(num * denominator > numerator * den)) return;
  const leftRows = h >> shift;
  const rightRows = (allH - h) >> shift;
  if (leftRows < minRows || rightRows < minRows) return;
  if (leftH < minWeight || totalH - leftH < minWeight || den <= 0.0) return;
  numerator = num;
  denominator = den;
  bestAt = at;
  bestMissing = missingLeft;
  memory.copy(bestLeft, left, bytes);
}

function squareAt(w: usize, leftH: f64): f64 {
  const d = <f64>load<i64>(left + w) * totalH - <f64>load<i64>(totals + w) * leftH;
  return d * d;
}

function scanValues(plan: usize, key: u32, c: usize): void {
  if (count == 0) return;
  let from: i32 = 0;
  let to = count;
  if (load<u32>(plan, 76) != 0 && count > 1) {
    const low = load<i32>(bins);
    const high = load<i32>(bins + (<usize>(count - 1) << 2));
    const cut = randomCut(key, load<u32>(c, 28), low, high);
    while (load<i32>(bins + (<usize>(from + 1) << 2)) <= cut) from++;
    to = from + 1;
  }
  for (let side: i32 = hasMissing ? 1 : 0; side >= 0; side--) {
    emptyLeft();
    if (side) moveLeft(numValues);
    // all values on the left is a split only where missing ones are on the right
    const end = hasMissing && side == 0 ? to : min<i32>(to, count - 1);
    for (let i: i32 = 0; i < end; i++) {
      moveLeft(load<i32>(bins + (<usize>i << 2)));
      if (i >= from) consider(i, side);
    }
  }
}

// Each number in turn orders the categories by its mean; the best prefix of all orders wins, from either end. Of few
// rows a category the one order is that of their names, missing last.
function scanCategories(plan: usize, key: u32, c: usize): void {
  if (hasMissing) keepBin(numValues);
  if (load<u32>(plan, 76) != 0) {
    takeRandomSide(key, load<u32>(c, 28));
    return;
  }
  isByName = keepsNames(plan, allH >> shift, count);
  const limit = isByName ? count - 1 : min<i32>(count - 1, load<i32>(plan, 72));
  const numOrders = isByName ? 1 : <i32>numWords - 1;
  for (let k: i32 = 0; k < numOrders; k++) {
    orderByMean(k);
    for (let direction: i32 = 0; direction < 2; direction++) {
      emptyLeft();
      for (let i: i32 = 0; i < limit; i++) {
        const at = <usize>load<i32>(order + (<usize>(direction ? count - 1 - i : i) << 2));
        moveLeft(load<i32>(bins + (at << 2)));
        consider((k << 17) | (i << 1) | direction, 0);
      }
    }
  }
  if (bestAt >= 0) orderByMean(bestAt >> 17);
}

function orderByMean(k: i32): void {
  // the weight stands between the first number and the others
  const word = <usize>(k == 0 ? 0 : k + 1) << 3;
  for (let i: i32 = 0; i < count; i++) {
    const entry = entryOf(load<i32>(bins + (<usize>i << 2)));
    const mean = <f64>load<i64>(entry + word) / <f64>(load<i64>(entry, 8) & mask);
    store<f64>(ratios + (<usize>i << 3), mean);
    store<i32>(order + (<usize>i << 2), i);
  }
  if (!isByName) sortAscending(ratios, order, count);
}

function takeRandomSide(key: u32, featureIndex: u32): void {
  emptyLeft();
  let numLeft: i32 = 0;
  let right = count - 1;
  for (let i: i32 = 0; i < count; i++) {
    const bin = load<i32>(bins + (<usize>i << 2));
    if (randomSide(key, featureIndex, <u32>bin)) {
      store<i32>(order + (<usize>numLeft << 2), i);
      numLeft++;
      moveLeft(bin);
    } else {
      store<i32>(order + (<usize>right << 2), i);
      right--;
    }
  }
  if (numLeft > 0 && numLeft < count) consider((numLeft - 1) << 1, 0);
}

/** Writes the feature's best split behind the head of `best`. */
export function commitVector(c: usize, best: usize): void {
  memory.copy(totals + bytes, bestLeft, bytes);
  const heavier = <i32>(2 * (load<i64>(bestLeft, 8) & mask) >= (allH & mask));
  store<i32>(best, heavier, 44);
  if (load<u32>(c, 24) == 0) {
    store<i32>(best, load<i32>(bins + (<usize>bestAt << 2)), 16);
    store<i32>(best, bestAt + 1 < count ? load<i32>(bins + (<usize>(bestAt + 1) << 2)) : numValues, 20);
    store<i32>(best, hasMissing ? bestMissing : heavier, 24);
    store<i32>(best, 0, 28);
    return;
  }
  const leftBins = totals + (bytes << 1);
  const numLeft = ((bestAt & 0x1ffff) >> 1) + 1;
  const direction = bestAt & 1;
  startLeftBins(leftBins, numValues);
  for (let i: i32 = 0; i < count; i++) {
    const at = load<i32>(order + (<usize>(direction ? count - 1 - i : i) << 2));
    markBin(leftBins, load<i32>(bins + (<usize>at << 2)), i < numLeft, heavier);
  }
  finishLeftBins(leftBins, numValues, heavier);
  store<i32>(best, -1, 16);
  store<i32>(best, -1, 20);
  store<i32>(best, hasMissing ? <i32>hasBin(leftBins, numValues) : heavier, 24);
  store<i32>(best, numLeft, 28);
}
