// Finds the best split of a chosen feature whose entries are several words, whatever they hold: sums of classes, which
// find-class-split.ts judges, or of several numbers, which find-vector-split.ts judges. Ties stay with the lower bin,
// missing on the left. See forest-plan.ts for the layouts.
import {
  beginClasses, classesHeldBy, emptyClasses, gainOfClasses, isBestOfClasses, moveClasses, numClassOrders, rowsOfClasses, shareOf,
  startClasses, weightOfClasses,
} from './find-class-split';
import { finishLeftBins, hasBin, markBin, sortAscending, startLeftBins } from './find-ratio-split';
import {
  beginNumbers, gainOfNumbers, isBestOfNumbers, meanOf, moveNumbers, numbersHeldBy, numNumberOrders, rowsOfNumbers,
  startNumbers, weightOfNumbers,
} from './find-vector-split';
import { touchedBytes } from './forest-histogram';
import { entryWords, keepsNames } from './forest-plan';
import { randomCut, randomSide } from './mix';

/** Bytes of an entry. */
export let bytes: usize;
/** Where the node's words are. */
export let totals: usize;
/** Where the words of what lies on the left are. */
export let left: usize;
let areNumbers: bool;

// the feature under way, and its best candidate so far
let entries: usize;
let missingAt: i32;
let hasMissing: bool;
let numValues: i32;
let count: i32;
let bins: usize;
let order: usize;
let ratios: usize;
let isByName: bool;
let bestLeft: usize;
let bestAt: i32;
let bestMissing: i32;

/** What the scans need of a node, once before its features. */
export function beginWords(plan: usize, best: usize): void {
  areNumbers = load<u32>(plan) == 3;
  bytes = entryWords(plan) << 3;
  totals = best + 64;
  if (areNumbers) beginNumbers(plan);
  else beginClasses(plan);
}

/** Gain of the feature's best split, −Infinity where none is allowed; `commitWords` writes it. */
export function scanWords(plan: usize, key: u32, c: usize, hist: usize, touched: usize): f64 {
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
  bestAt = -1;
  if (areNumbers) startNumbers();
  else startClasses(plan, c);
  listPresent(c, touched);
  if (load<u32>(c, 24) != 0) scanCategories(plan, key, c);
  else scanValues(plan, key, c);
  return bestAt < 0 ? -Infinity : areNumbers ? gainOfNumbers() : gainOfClasses();
}

function holdsRows(at: i32): bool {
  const entry = entries + <usize>at * bytes;
  return areNumbers ? numbersHeldBy(entry) : classesHeldBy(entry);
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
export function clearWords(): void {
  for (let i: i32 = 0; i < count; i++) {
    memory.fill(entryOf(binAt(i)), 0, bytes);
  }
  if (hasMissing) memory.fill(entries + <usize>missingAt * bytes, 0, bytes);
}

function binAt(i: i32): i32 {
  return load<i32>(bins + (<usize>i << 2));
}

function entryOf(bin: i32): usize {
  return entries + <usize>(bin == numValues ? missingAt : bin) * bytes;
}

function emptyLeft(): void {
  memory.fill(left, 0, bytes);
  if (!areNumbers) emptyClasses();
}

// moves a bin's rows to the left
// @ts-ignore: decorator
@inline
function moveLeft(bin: i32): void {
  if (areNumbers) moveNumbers(entryOf(bin));
  else moveClasses(entryOf(bin));
}

// compares what lies on the left with the feature's best
// @ts-ignore: decorator
@inline
function consider(at: i32, missingLeft: i32): void {
  if (!(areNumbers ? isBestOfNumbers() : isBestOfClasses())) return;
  bestAt = at;
  bestMissing = missingLeft;
  memory.copy(bestLeft, left, bytes);
}

function scanValues(plan: usize, key: u32, c: usize): void {
  if (count == 0) return;
  let from: i32 = 0;
  let to = count;
  if (load<u32>(plan, 76) != 0 && count > 1) {
    const cut = randomCut(key, load<u32>(c, 28), binAt(0), binAt(count - 1));
    while (binAt(from + 1) <= cut) from++;
    to = from + 1;
  }
  for (let side: i32 = hasMissing ? 1 : 0; side >= 0; side--) {
    emptyLeft();
    if (side) moveLeft(numValues);
    // all values on the left is a split only where missing ones are on the right
    const end = hasMissing && side == 0 ? to : min<i32>(to, count - 1);
    for (let i: i32 = 0; i < end; i++) {
      moveLeft(binAt(i));
      if (i >= from) consider(i, side);
    }
  }
}

// Each class or number in turn orders the categories, by its share or mean; the best prefix of all orders wins, from
// either end. Of few rows a category the one order is that of their names, missing last.
function scanCategories(plan: usize, key: u32, c: usize): void {
  if (hasMissing) keepBin(numValues);
  if (load<u32>(plan, 76) != 0) {
    takeRandomSide(key, load<u32>(c, 28));
    return;
  }
  isByName = keepsNames(plan, areNumbers ? rowsOfNumbers() : rowsOfClasses(), count);
  const limit = isByName ? count - 1 : min<i32>(count - 1, load<i32>(plan, 72));
  const numOrders = isByName ? 1 : areNumbers ? numNumberOrders() : numClassOrders();
  for (let k: i32 = 0; k < numOrders; k++) {
    orderBy(k);
    for (let direction: i32 = 0; direction < 2; direction++) {
      emptyLeft();
      for (let i: i32 = 0; i < limit; i++) {
        moveLeft(binAt(placeAt(direction ? count - 1 - i : i)));
        consider((k << 17) | (i << 1) | direction, 0);
      }
    }
  }
  if (bestAt >= 0) orderBy(bestAt >> 17);
}

function placeAt(i: i32): i32 {
  return load<i32>(order + (<usize>i << 2));
}

function orderBy(k: i32): void {
  for (let i: i32 = 0; i < count; i++) {
    const entry = entryOf(binAt(i));
    store<f64>(ratios + (<usize>i << 3), areNumbers ? meanOf(entry, k) : shareOf(entry, k));
    store<i32>(order + (<usize>i << 2), i);
  }
  if (!isByName) sortAscending(ratios, order, count);
}

function takeRandomSide(key: u32, featureIndex: u32): void {
  emptyLeft();
  let numLeft: i32 = 0;
  let right = count - 1;
  for (let i: i32 = 0; i < count; i++) {
    const bin = binAt(i);
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
export function commitWords(c: usize, best: usize): void {
  memory.copy(totals + bytes, bestLeft, bytes);
  const heavier = <i32>(2 * weightOf(bestLeft) >= weightOf(totals));
  store<i32>(best, heavier, 44);
  if (load<u32>(c, 24) == 0) {
    store<i32>(best, binAt(bestAt), 16);
    store<i32>(best, bestAt + 1 < count ? binAt(bestAt + 1) : numValues, 20);
    store<i32>(best, hasMissing ? bestMissing : heavier, 24);
    store<i32>(best, 0, 28);
    return;
  }
  const leftBins = totals + (bytes << 1);
  const numLeft = ((bestAt & 0x1ffff) >> 1) + 1;
  const direction = bestAt & 1;
  startLeftBins(leftBins, numValues);
  for (let i: i32 = 0; i < count; i++) {
    markBin(leftBins, binAt(placeAt(direction ? count - 1 - i : i)), i < numLeft, heavier);
  }
  finishLeftBins(leftBins, numValues, heavier);
  store<i32>(best, -1, 16);
  store<i32>(best, -1, 20);
  store<i32>(best, hasMissing ? <i32>hasBin(leftBins, numValues) : heavier, 24);
  store<i32>(best, numLeft, 28);
}

function weightOf(words: usize): i64 {
  return areNumbers ? weightOfNumbers(words) : weightOfClasses(words);
}
