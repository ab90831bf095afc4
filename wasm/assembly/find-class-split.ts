// Finds the best split of a chosen feature from the weights of several classes, by gini or entropy, or by how far the
// outcome of treated rows diverges from that of the others. A side's score is Σ w_k² / W (gini), Σ w_k log(w_k / W)
// (entropy) or W times the divergence (classes: untreated 0 and 1, treated 0 and 1); the gain is what both sides have
// more than the node. See forest-plan.ts for the layouts.
import { directionOf, entryWords, keepsNames, keepsOrder } from './forest-plan';
import { touchedBytes } from './forest-histogram';
import { finishLeftBins, hasBin, markBin, sortAscending, startLeftBins } from './find-ratio-split';
import { randomCut, randomSide } from './mix';
import { log } from './portable-math';

const weightMask: i64 = 0xfffffffff;

// the node, the feature under way, what lies on the left, and the feature's best candidate so far
let numClasses: usize;
let measure: u32;
let minArmRows: i64;
let rowWeight: f64;
let totals: usize;
let entries: usize;
let bytes: usize;
let missingAt: i32;
let hasMissing: bool;
let numValues: i32;
let minWeight: f64;
let minRows: i64;
let allH: i64;
let count: i32;
let bins: usize;
let order: usize;
let ratios: usize;
let left: usize;
let bestLeft: usize;
let leftH: i64;
let leftSquares: f64;
let rightSquares: f64;
let allSquares: f64;
let bestScore: f64;
let bestAt: i32;
let bestMissing: i32;
let bestH: i64;
let planAt: usize;
let monotone: i32;
let isByName: bool;

/** What the scans need of a node, once before its features; puts the node's own score into `best`. */
export function beginClasses(plan: usize, best: usize): void {
  numClasses = entryWords(plan);
  bytes = numClasses << 3;
  measure = load<u32>(plan, 68);
  minArmRows = <i64>load<u32>(plan, 128);
  totals = best + 64;
  minWeight = load<f64>(plan, 80);
  minRows = <i64>load<f64>(plan, 88);
  allH = 0;
  allSquares = 0.0;
  for (let k: usize = 0; k < numClasses; k++) {
    const t = load<i64>(totals + (k << 3));
    const w = <f64>(t & weightMask);
    allH += t;
    allSquares += w * w;
  }
  rowWeight = <f64>(allH & weightMask) / <f64>(allH >> 36);
}

function nodeScore(): f64 {
  const W = <f64>(allH & weightMask);
  if (measure == 0) return allSquares / W;
  if (measure > 1) return W * divergenceOf(weightAt(totals, 0), weightAt(totals, 1), weightAt(totals, 2), weightAt(totals, 3));
  let score = 0.0;
  for (let k: usize = 0; k < numClasses; k++) {
    const w = <f64>(load<i64>(totals + (k << 3)) & weightMask);
    if (w > 0.0) score += w * log(w / W);
  }
  return score;
}

/** Gain of the feature's best split, −Infinity where none is allowed; `commitClasses` writes it. */
export function scanClasses(plan: usize, key: u32, c: usize, hist: usize, touched: usize): f64 {
  const lists = <usize>load<u32>(plan, 60);
  const capacity = <usize>load<u32>(plan, 64);
  ratios = lists;
  bins = lists + (capacity << 3);
  order = lists + capacity * 12;
  left = lists + (capacity << 4);
  bestLeft = left + bytes;
  planAt = plan;
  monotone = directionOf(plan, load<u32>(c));
  numValues = load<i32>(c, 16);
  missingAt = load<i32>(c, 20);
  entries = hist + <usize>load<u32>(c, 12) * bytes;
  hasMissing = holdsRows(missingAt);
  bestScore = -Infinity;
  listPresent(c, touched);
  if (load<u32>(c, 24) != 0) scanCategories(plan, key, c);
  else scanValues(plan, key, c);
  return bestScore == -Infinity ? bestScore : bestScore - nodeScore();
}

function weightAt(words: usize, k: usize): f64 {
  return <f64>(load<i64>(words + (k << 3)) & weightMask);
}

// the share of outcome 1, after a row of either outcome more
function rateOf(of0: f64, of1: f64): f64 {
  return (of1 + rowWeight) / (of0 + of1 + 2.0 * rowWeight);
}

// how far the outcome of treated rows is from that of the others: Kullback-Leibler, squared Euclidean, chi-squared
function divergenceOf(c0: f64, c1: f64, t0: f64, t1: f64): f64 {
  const p = rateOf(t0, t1);
  const q = rateOf(c0, c1);
  if (measure == 2) return p * log(p / q) + (1.0 - p) * log((1.0 - p) / (1.0 - q));
  const d = (p - q) * (p - q);
  return measure == 3 ? d + d : d / q + d / (1.0 - q);
}

function divergenceScore(L: f64, R: f64): f64 {
  const c0 = weightAt(left, 0);
  const c1 = weightAt(left, 1);
  const t0 = weightAt(left, 2);
  const t1 = weightAt(left, 3);
  return L * divergenceOf(c0, c1, t0, t1) + R * divergenceOf(
    weightAt(totals, 0) - c0, weightAt(totals, 1) - c1, weightAt(totals, 2) - t0, weightAt(totals, 3) - t1,
  );
}

// rows enough of either treatment on both sides
function hasBothArms(): bool {
  const untreated = (load<i64>(left) + load<i64>(left, 8)) >> 36;
  const treated = (load<i64>(left, 16) + load<i64>(left, 24)) >> 36;
  const others = ((load<i64>(totals) + load<i64>(totals, 8)) >> 36) - untreated;
  const othersTreated = ((load<i64>(totals, 16) + load<i64>(totals, 24)) >> 36) - treated;
  return untreated >= minArmRows && treated >= minArmRows && others >= minArmRows && othersTreated >= minArmRows;
}

function holdsRows(bin: i32): bool {
  const entry = entries + <usize>bin * bytes;
  let any: i64 = 0;
  for (let k: usize = 0; k < numClasses; k++) any |= load<i64>(entry + (k << 3));
  return any != 0;
}

function listPresent(c: usize, touched: usize): void {
  count = 0;
  if (touched) {
    const numWords = touchedBytes(c) >> 3;
    for (let w: usize = 0; w < numWords; w++) {
      let marks = load<u64>(touched + (w << 3));
      if (marks == 0) continue;
      store<u64>(touched + (w << 3), 0);
      for (; marks != 0; marks &= marks - 1) {
        const bin = <i32>(w << 6) + <i32>ctz<u64>(marks);
        if (bin >= numValues) continue;
        store<i32>(bins + (<usize>count << 2), bin);
        count++;
      }
    }
    return;
  }
  for (let bin: i32 = 0; bin < numValues; bin++) {
    if (!holdsRows(bin)) continue;
    store<i32>(bins + (<usize>count << 2), bin);
    count++;
  }
}

/** Clears the entries that hold rows; called when the feature's split is written. */
export function clearClasses(): void {
  for (let i: i32 = 0; i < count; i++) {
    memory.fill(entries + <usize>load<i32>(bins + (<usize>i << 2)) * bytes, 0, bytes);
  }
  if (hasMissing) memory.fill(entries + <usize>missingAt * bytes, 0, bytes);
}

function emptyLeft(): void {
  memory.fill(left, 0, bytes);
  leftH = 0;
  leftSquares = 0.0;
  rightSquares = allSquares;
}

// moves a bin's rows to the left
function moveLeft(bin: i32): void {
  const entry = entries + <usize>(bin == numValues ? missingAt : bin) * bytes;
  for (let k: usize = 0; k < numClasses; k++) {
    const e = load<i64>(entry + (k << 3));
    if (e == 0) continue;
    const before = load<i64>(left + (k << 3));
    const w = <f64>(e & weightMask);
    const l = <f64>(before & weightMask);
    const r = <f64>(load<i64>(totals + (k << 3)) & weightMask) - l;
    leftSquares += w * (l + l + w);
    rightSquares -= w * (r + r - w);
    store<i64>(left + (k << 3), before + e);
    leftH += e;
  }
}

// compares what lies on the left with the feature's best
function consider(at: i32, missingLeft: i32): void {
  const leftRows = leftH >> 36;
  const rightRows = (allH - leftH) >> 36;
  if (leftRows < minRows || rightRows < minRows) return;
  const L = <f64>(leftH & weightMask);
  const R = <f64>((allH - leftH) & weightMask);
  if (L < minWeight || R < minWeight) return;
  if (monotone != 0) {
    // of two classes the second
    const l = <f64>(load<i64>(left, 8) & weightMask);
    const all = <f64>(load<i64>(totals, 8) & weightMask);
    if (!keepsOrder(planAt, monotone, l / L, (all - l) / R)) return;
  }
  if (measure > 1 && !hasBothArms()) return;
  const score = measure == 0
    ? (leftSquares * R + rightSquares * L) / (L * R)
    : measure == 1 ? entropyScore(L, R) : divergenceScore(L, R);
  if (!(score > bestScore)) return;
  bestScore = score;
  bestAt = at;
  bestMissing = missingLeft;
  bestH = leftH;
  memory.copy(bestLeft, left, bytes);
}

function entropyScore(L: f64, R: f64): f64 {
  let onLeft = 0.0;
  let onRight = 0.0;
  for (let k: usize = 0; k < numClasses; k++) {
    const l = <f64>(load<i64>(left + (k << 3)) & weightMask);
    const r = <f64>(load<i64>(totals + (k << 3)) & weightMask) - l;
    if (l > 0.0) onLeft += l * log(l / L);
    if (r > 0.0) onRight += r * log(r / R);
  }
  return onLeft + onRight;
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
    const end = hasMissing && side == 0 ? to : min<i32>(to, count - 1);
    for (let i: i32 = 0; i < end; i++) {
      moveLeft(load<i32>(bins + (<usize>i << 2)));
      if (i >= from) consider(i, side);
    }
  }
}

// Each class in turn orders the categories by its share (treatments: what they change); the best prefix of all wins.
// Of few rows a category the one order is that of their names, missing last.
function scanCategories(plan: usize, key: u32, c: usize): void {
  if (hasMissing) {
    store<i32>(bins + (<usize>count << 2), numValues);
    count++;
  }
  if (load<u32>(plan, 76) != 0) {
    takeRandomSide(key, load<u32>(c, 28));
  } else {
    isByName = keepsNames(plan, allH >> 36, count);
    const limit = isByName ? count - 1 : min<i32>(count - 1, load<i32>(plan, 72));
    const numOrders = numClasses == 2 || measure > 1 || isByName ? 1 : <i32>numClasses;
    for (let k: i32 = 0; k < numOrders; k++) {
      orderByShare(k);
      for (let direction: i32 = 0; direction < 2; direction++) {
        emptyLeft();
        for (let i: i32 = 0; i < limit; i++) {
          const at = load<i32>(order + (<usize>(direction ? count - 1 - i : i) << 2));
          moveLeft(load<i32>(bins + (<usize>at << 2)));
          consider((k << 17) | (i << 1) | direction, 0);
        }
      }
    }
    if (bestScore > -Infinity) orderByShare(bestAt >> 17);
  }
}

function orderByShare(k: i32): void {
  for (let i: i32 = 0; i < count; i++) {
    const bin = load<i32>(bins + (<usize>i << 2));
    const entry = entries + <usize>(bin == numValues ? missingAt : bin) * bytes;
    let weight: i64 = 0;
    for (let j: usize = 0; j < numClasses; j++) weight += load<i64>(entry + (j << 3)) & weightMask;
    const share = measure > 1
      ? rateOf(weightAt(entry, 2), weightAt(entry, 3)) - rateOf(weightAt(entry, 0), weightAt(entry, 1))
      : <f64>(load<i64>(entry + (<usize>k << 3)) & weightMask) / <f64>weight;
    store<f64>(ratios + (<usize>i << 3), share);
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
export function commitClasses(c: usize, best: usize): void {
  memory.copy(totals + bytes, bestLeft, bytes);
  const heavier = <i32>(2 * (bestH & weightMask) >= (allH & weightMask));
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
