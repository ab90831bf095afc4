// Finds the best split of a chosen feature from sums of x and h: the variance of a number, or two classes by
// gini (x is then the weight of class 1). With X and H of the node and x and h on the left,
//   x² / h + (X − x)² / (H − h) − X² / H = (x · H − X · h)² / (h · (H − h) · H),
// so candidates of a feature are compared by products, and one division a feature gives its gain.
// See forest-plan.ts for the layouts.
import { touchedBytes } from './forest-histogram';
import { directionOf, keepsNames, keepsOrder } from './forest-plan';
import { randomCut, randomSide } from './mix';

// the node, the feature under way and its best candidate so far
let totalX: f64;
let totalH: f64;
let allH: i64;
let shift: u32;
let mask: i64;
let minWeight: f64;
let minRows: i64;
let missingX: i64;
let missingH: i64;
let count: i32;
let xs: usize;
let hs: usize;
let bins: usize;
let order: usize;
let ratios: usize;
let numerator: f64;
let denominator: f64;
let bestAt: i32;
let bestMissing: i32;
let bestX: i64;
let bestH: i64;

/** Gain of the feature's best split, −Infinity where none is allowed; `commitRatio` writes it. */
export function scanRatio(plan: usize, key: u32, c: usize, hist: usize, touched: usize, best: usize): f64 {
  const lists = <usize>load<u32>(plan, 60);
  const capacity = <usize>load<u32>(plan, 64);
  xs = lists;
  hs = lists + (capacity << 3);
  ratios = lists + (capacity << 4);
  bins = lists + capacity * 24;
  order = lists + capacity * 28;
  shift = load<u32>(plan, 28);
  mask = ((<i64>1) << shift) - 1;
  minWeight = load<f64>(plan, 80);
  minRows = <i64>load<f64>(plan, 88);
  allH = load<i64>(best, 72);
  totalX = <f64>load<i64>(best, 64);
  totalH = <f64>(allH & mask);
  numerator = -1.0;
  denominator = 1.0;
  bestAt = -1;
  gather(c, hist + (<usize>load<u32>(c, 12) << 4), touched);
  if (load<u32>(c, 24) != 0) scanCategories(plan, key, c);
  else scanValues(plan, key, c);
  if (bestAt < 0) return -Infinity;
  const gain = numerator / denominator / totalH;
  return load<u32>(plan) == 1 ? 2.0 * gain : gain;
}

/** Lists the entries that hold rows, ascending, and clears them. */
function gather(c: usize, entries: usize, touched: usize): void {
  const numValues = load<i32>(c, 16);
  const missingAt = load<i32>(c, 20);
  const missing = entries + (<usize>missingAt << 4);
  missingX = load<i64>(missing);
  missingH = load<i64>(missing, 8);
  v128.store(missing, i64x2.splat(0));
  count = 0;
  if (touched) {
    const numWords = touchedBytes(c) >> 3;
    for (let w: usize = 0; w < numWords; w++) {
      let marks = load<u64>(touched + (w << 3));
      if (marks == 0) continue;
      store<u64>(touched + (w << 3), 0);
      for (; marks != 0; marks &= marks - 1) {
        const bin = <i32>(w << 6) + <i32>ctz<u64>(marks);
        if (bin < numValues) keepEntry(entries, bin);
      }
    }
  } else {
    for (let bin: i32 = 0; bin < numValues; bin++) {
      if (load<i64>(entries + (<usize>bin << 4), 8) != 0) keepEntry(entries, bin);
    }
  }
}

function keepEntry(entries: usize, bin: i32): void {
  const entry = entries + (<usize>bin << 4);
  store<i64>(xs + (<usize>count << 3), load<i64>(entry));
  store<i64>(hs + (<usize>count << 3), load<i64>(entry, 8));
  store<i32>(bins + (<usize>count << 2), bin);
  v128.store(entry, i64x2.splat(0));
  count++;
}

// compares a left side with the feature's best; at least one row stays on each side
function consider(x: i64, h: i64, at: i32): void {
  const leftH = <f64>(h & mask);
  const rightH = totalH - leftH;
  const d = <f64>x * totalH - totalX * leftH;
  const num = d * d;
  const den = leftH * rightH;
  if (!(num * denominator > numerator * den)) return;
  const leftRows = h >> shift;
  const rightRows = (allH - h) >> shift;
  if (leftRows < minRows || rightRows < minRows) return;
  if (leftH < minWeight || rightH < minWeight || den <= 0.0) return;
  numerator = num;
  denominator = den;
  bestAt = at;
  bestX = x;
  bestH = h;
}

function scanValues(plan: usize, key: u32, c: usize): void {
  if (count == 0) return;
  let from: i32 = 0;
  let to = count;
  if (load<u32>(plan, 76) != 0 && count > 1) {
    // one cut, all between the lowest and the highest alike likely
    const low = load<i32>(bins);
    const high = load<i32>(bins + (<usize>(count - 1) << 2));
    const cut = randomCut(key, load<u32>(c, 28), low, high);
    while (load<i32>(bins + (<usize>(from + 1) << 2)) <= cut) from++;
    to = from + 1;
  }
  // locals: nothing else may change them, so they stay in registers
  const X = totalX;
  const H = totalH;
  const all = allH;
  const rowShift = shift;
  const weightMask = mask;
  const leastRows = minRows;
  const leastWeight = minWeight;
  const direction = directionOf(plan, load<u32>(c));
  let top = numerator;
  let bottom = denominator;
  for (let side: i32 = missingH != 0 ? 1 : 0; side >= 0; side--) {
    let x = side ? missingX : 0;
    let h = side ? missingH : 0;
    // all values on the left is a split only where missing ones are on the right
    const end = missingH != 0 && side == 0 ? to : min<i32>(to, count - 1);
    for (let i: i32 = 0; i < end; i++) {
      x += load<i64>(xs + (<usize>i << 3));
      h += load<i64>(hs + (<usize>i << 3));
      if (i < from) continue;
      const leftH = <f64>(h & weightMask);
      const rightH = H - leftH;
      const d = <f64>x * H - X * leftH;
      const num = d * d;
      const den = leftH * rightH;
      if (!(num * bottom > top * den)) continue;
      const leftRows = h >> rowShift;
      const rightRows = (all - h) >> rowShift;
      if (leftRows < leastRows || rightRows < leastRows) continue;
      if (leftH < leastWeight || rightH < leastWeight || den <= 0.0) continue;
      if (direction != 0 && !keepsOrder(plan, direction, <f64>x / leftH, (X - <f64>x) / rightH)) continue;
      top = num;
      bottom = den;
      bestAt = i;
      bestMissing = side;
      bestX = x;
      bestH = h;
    }
  }
  numerator = top;
  denominator = bottom;
}

// Categories ordered by x / h (Fisher, 1958): the best prefix from either end; missing is one of them. Of few rows
// a category: in the order of their names, missing last.
function scanCategories(plan: usize, key: u32, c: usize): void {
  const numValues = load<i32>(c, 16);
  if (missingH != 0) {
    store<i64>(xs + (<usize>count << 3), missingX);
    store<i64>(hs + (<usize>count << 3), missingH);
    store<i32>(bins + (<usize>count << 2), numValues);
    count++;
  }
  if (load<u32>(plan, 76) != 0) {
    takeRandomSide(key, load<u32>(c, 28));
    return;
  }
  const isByName = keepsNames(plan, allH >> shift, count);
  for (let i: i32 = 0; i < count; i++) {
    const h = load<i64>(hs + (<usize>i << 3)) & mask;
    store<f64>(ratios + (<usize>i << 3), <f64>load<i64>(xs + (<usize>i << 3)) / <f64>h);
    store<i32>(order + (<usize>i << 2), i);
  }
  if (!isByName) sortAscending(ratios, order, count);
  const limit = isByName ? count - 1 : min<i32>(count - 1, load<i32>(plan, 72));
  for (let direction: i32 = 0; direction < 2; direction++) {
    let x: i64 = 0;
    let h: i64 = 0;
    for (let i: i32 = 0; i < limit; i++) {
      const at = <usize>load<i32>(order + (<usize>(direction ? count - 1 - i : i) << 2));
      x += load<i64>(xs + (at << 3));
      h += load<i64>(hs + (at << 3));
      // at: how many, and from which end
      consider(x, h, (i << 1) | direction);
    }
  }
}

// each category takes a side by itself; they are put in order, left ones first
function takeRandomSide(key: u32, featureIndex: u32): void {
  let x: i64 = 0;
  let h: i64 = 0;
  let left: i32 = 0;
  let right = count - 1;
  for (let i: i32 = 0; i < count; i++) {
    if (randomSide(key, featureIndex, load<u32>(bins + (<usize>i << 2)))) {
      store<i32>(order + (<usize>left << 2), i);
      left++;
      x += load<i64>(xs + (<usize>i << 3));
      h += load<i64>(hs + (<usize>i << 3));
    } else {
      store<i32>(order + (<usize>right << 2), i);
      right--;
    }
  }
  if (left > 0 && left < count) consider(x, h, (left - 1) << 1);
}

/** Writes the feature's best split behind the head of `best`. */
export function commitRatio(c: usize, best: usize): void {
  store<i64>(best, bestX, 80);
  store<i64>(best, bestH, 88);
  const heavier = <i32>(2 * (bestH & mask) >= (allH & mask));
  store<i32>(best, heavier, 44);
  const numValues = load<i32>(c, 16);
  if (load<u32>(c, 24) == 0) {
    store<i32>(best, load<i32>(bins + (<usize>bestAt << 2)), 16);
    store<i32>(best, bestAt + 1 < count ? load<i32>(bins + (<usize>(bestAt + 1) << 2)) : numValues, 20);
    store<i32>(best, missingH != 0 ? bestMissing : heavier, 24);
    store<i32>(best, 0, 28);
    return;
  }
  const leftBins = best + 96;
  const numLeft = (bestAt >> 1) + 1;
  const direction = bestAt & 1;
  startLeftBins(leftBins, numValues);
  for (let i: i32 = 0; i < count; i++) {
    const at = load<i32>(order + (<usize>(direction ? count - 1 - i : i) << 2));
    markBin(leftBins, load<i32>(bins + (<usize>at << 2)), i < numLeft, heavier);
  }
  finishLeftBins(leftBins, numValues, heavier);
  store<i32>(best, -1, 16);
  store<i32>(best, -1, 20);
  store<i32>(best, missingH != 0 ? <i32>hasBin(leftBins, numValues) : heavier, 24);
  store<i32>(best, numLeft, 28);
}

// Left bins as bits; categories that the node has not seen follow the heavier side. While they are marked,
// a set bit means "seen and on the lighter side" where the left is heavier, else "seen and on the left".
export function startLeftBins(leftBins: usize, numValues: i32): void {
  memory.fill(leftBins, 0, ((<usize>numValues + 64) >> 6) << 3);
}

export function markBin(leftBins: usize, bin: i32, isLeft: bool, heavier: i32): void {
  if (<i32>isLeft == heavier) return;
  const word = leftBins + (<usize>(bin >> 5) << 2);
  store<u32>(word, load<u32>(word) | (1 << (bin & 31)));
}

export function finishLeftBins(leftBins: usize, numValues: i32, heavier: i32): void {
  if (!heavier) return;
  const numWords = ((<usize>numValues + 64) >> 6) << 1;
  for (let w: usize = 0; w < numWords; w++) {
    store<u32>(leftBins + (w << 2), ~load<u32>(leftBins + (w << 2)));
  }
}

export function hasBin(leftBins: usize, bin: i32): u32 {
  return (load<u32>(leftBins + (<usize>(bin >> 5) << 2)) >> (bin & 31)) & 1;
}

/** Shell sort, ascending by (ratio, position in the list). */
export function sortAscending(ratios: usize, order: usize, count: i32): void {
  for (let gap = count >> 1; gap > 0; gap >>= 1) {
    for (let i = gap; i < count; i++) {
      const moved = load<i32>(order + (<usize>i << 2));
      const ratio = load<f64>(ratios + (<usize>moved << 3));
      let j = i;
      for (; j >= gap; j -= gap) {
        const other = load<i32>(order + (<usize>(j - gap) << 2));
        const otherRatio = load<f64>(ratios + (<usize>other << 3));
        if (otherRatio < ratio || (otherRatio == ratio && other < moved)) break;
        store<i32>(order + (<usize>j << 2), other);
      }
      store<i32>(order + (<usize>j << 2), moved);
    }
  }
}
