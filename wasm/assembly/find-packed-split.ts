// The best split of a node whose histogram is packed: 8-byte entries without gaps, (sum of g) << 32 + (sum of h), as
// nodes of at most 65,535 rows have them. A feature at a time is taken apart into `wide`, which stays in the cache,
// and looked at as find-split does; features, params, totals, best, leftBins and scratch are drawn there.
//   wide: 16 bytes for each bin of the feature of most bins, the missing one and another, then 4 bytes for each
// A small node leaves most bins of a numeric feature empty: only the others are looked at, and an empty bin could
// not have won. Their numbers stand behind them.
// Of many features only two count in the end, the best and the runner-up. So a feature is first looked at in
// float32, four bins at once and without a division: one that surely stays below the runner-up so far is passed over.

import { clearBest, lookAtFeature } from './find-split';
import { widen } from './histogram';

export function findPackedSplit(
  hist: usize, features: usize, begin: i32, end: i32, mask: usize, params: usize, totals: usize, best: usize,
  leftBins: usize, scratch: usize, wide: usize, numbers: usize,
): void {
  const isShort = load<i32>(params, 76) != 0 && load<i32>(params, 64) >= 63;
  clearBest(best);
  readScreen(params, totals);
  const known = knownScore(hist, features, begin, end, mask, isShort);
  for (let f = begin; f < end; f++) {
    if (mask && !load<u8>(mask + <usize>f)) continue;
    const feature = features + (<usize>f << 5);
    const entries = hist + (<usize>load<u32>(feature, 4) << 3);
    const numValues = load<i32>(feature, 8);
    const kind = load<i32>(feature, 16);
    if (isShort && kind == 0 && load<i64>(entries + (<usize>numValues << 3)) == 0) {
      if (!mayMatter(entries, numValues, max<f64>(load<f64>(best, 40) * screenUnit, known))) continue;
      const count = squeeze(entries, numValues, wide, numbers);
      lookAtFeature(wide, count, kind, f, params, totals, best, leftBins, scratch);
      nameBin(f, best, numbers);
    } else {
      widen(entries, <usize>numValues + 1, wide);
      lookAtFeature(wide, numValues, kind, f, params, totals, best, leftBins, scratch);
    }
  }
  lastBest = load<i32>(best, 8);
  lastRunnerUp = load<i32>(best, 48);
}

/**
 * The same of a histogram whose blocks have marks (marked-blocks.ts), without the usual bin of any feature: `usual` is a
 * record that has them. A feature is made whole while it is looked at.
 */
export function findMarkedSplit(
  hist: usize, marks: usize, usual: usize, features: usize, begin: i32, end: i32, mask: usize, params: usize,
  totals: usize, best: usize, leftBins: usize, scratch: usize, wide: usize, numbers: usize,
): void {
  const isShort = load<i32>(params, 76) != 0 && load<i32>(params, 64) >= 63;
  clearBest(best);
  readScreen(params, totals);
  const total = (load<i64>(totals) << 32) + load<i64>(totals, 8);
  const known = knownMarkedScore(hist, marks, usual, features, begin, end, mask, isShort, total);
  for (let f = begin; f < end; f++) {
    if (mask && !load<u8>(mask + <usize>f)) continue;
    const feature = features + (<usize>f << 5);
    if (!hasOthers(hist, marks, usual, feature)) continue;
    const numValues = load<i32>(feature, 8);
    const kind = load<i32>(feature, 16);
    const isPlain = isShort && kind == 0 && markedBits != 0 && markedUsual < <usize>numValues &&
      load<i64>(markedEntries + (<usize>numValues << 3)) == 0;
    if (isPlain && !blocksMayMatter(max<f64>(load<f64>(best, 40) * screenUnit, known))) continue;
    fillUsual(numValues, total);
    if (isPlain) {
      const count = squeezeMarked(wide, numbers);
      lookAtFeature(wide, count, kind, f, params, totals, best, leftBins, scratch);
      nameBin(f, best, numbers);
    } else {
      widen(markedEntries, <usize>numValues + 1, wide);
      lookAtFeature(wide, numValues, kind, f, params, totals, best, leftBins, scratch);
    }
    emptyUsual();
  }
  lastBest = load<i32>(best, 8);
  lastRunnerUp = load<i32>(best, 48);
}

// Of the feature that is looked at: its entries, its usual bin, and its blocks that hold something; 0 where they are too many
// to tell.
let markedEntries: usize = 0;
let markedUsual: usize = 0;
let markedBits: u64 = 0;

// false where no row has another bin than the usual one, so that nothing can be split
function hasOthers(hist: usize, marks: usize, usual: usize, feature: usize): bool {
  const first = <usize>load<u32>(feature, 4);
  const numValues = load<u32>(feature, 8);
  const numBlocks = <i32>((numValues + 8) >> 3);
  markedBits = 0;
  if (numBlocks <= 48) {
    const own = marks + (first >> 3);
    let bits = <u64>markBits(own);
    if (numBlocks > 16) bits |= (<u64>markBits(own + 16) << 16) | (<u64>markBits(own + 32) << 32);
    // those of the next features
    bits &= ((<u64>1) << numBlocks) - 1;
    if (bits == 0) return false;
    markedBits = bits;
  }
  const offset = usual + <usize>load<u32>(feature, 20);
  markedEntries = hist + (first << 3);
  markedUsual = <usize>min<u32>(load<u32>(feature, 24) == 1 ? load<u8>(offset) : load<u16>(offset), numValues);
  return true;
}

// gives the usual bin what the node's sums leave
function fillUsual(numValues: i32, total: i64): void {
  let sums = i64x2.splat(0);
  if (markedBits != 0) {
    let bits = markedBits;
    do {
      const at = markedEntries + (<usize>ctz<u64>(bits) << 6);
      const low = i64x2.add(v128.load(at), v128.load(at, 16));
      sums = i64x2.add(sums, i64x2.add(low, i64x2.add(v128.load(at, 32), v128.load(at, 48))));
      bits &= bits - 1;
    } while (bits != 0);
    markedBits |= (<u64>1) << <u64>(markedUsual >> 3);
  } else {
    const end = markedEntries + (<usize>((numValues + 8) & ~7) << 3);
    for (let at = markedEntries; at < end; at += 16) sums = i64x2.add(sums, v128.load(at));
  }
  const rest = total - i64x2.extract_lane(sums, 0) - i64x2.extract_lane(sums, 1);
  store<i64>(markedEntries + (markedUsual << 3), rest);
}

function emptyUsual(): void {
  store<i64>(markedEntries + (markedUsual << 3), 0);
}

// @ts-ignore: decorator
@inline
function markBits(marks: usize): i32 {
  return i8x16.bitmask(i8x16.ne(v128.load(marks), i8x16.splat(0)));
}

/** Of a feature that was looked at without its empty bins. */
export function nameBin(f: i32, best: usize, numbers: usize): void {
  if (load<i32>(best, 8) == f) store<i32>(best, load<u32>(numbers + (<usize>load<i32>(best, 12) << 2)), 12);
}

// The entries that are not empty, taken apart, an empty one behind them, and which bins they are.
function squeezeMarked(wide: usize, numbers: usize): i32 {
  let to = wide;
  let number = numbers;
  let bits = markedBits;
  do {
    const first = <usize>ctz<u64>(bits) << 3;
    for (let b = first; b < first + 8; b++) {
      const sum = load<i64>(markedEntries + (b << 3));
      store<i64>(to, sum >> 32);
      store<i64>(to, sum & 0xffffffff, 8);
      store<i32>(number, <i32>b);
      const step = <usize>(sum != 0);
      to += step << 4;
      number += step << 2;
    }
    bits &= bits - 1;
  } while (bits != 0);
  v128.store(to, i64x2.splat(0));
  return <i32>((to - wide) >> 4);
}

function knownMarkedScore(
  hist: usize, marks: usize, usual: usize, features: usize, begin: i32, end: i32, mask: usize, isShort: bool, total: i64,
): f64 {
  if (!canScreen || !isShort || lastBest == lastRunnerUp) return 0.0;
  const first = markedScore(lastBest, hist, marks, usual, features, begin, end, mask, total);
  if (first == 0.0) return 0.0;
  return min<f64>(first, markedScore(lastRunnerUp, hist, marks, usual, features, begin, end, mask, total)) * trust * trust;
}

function markedScore(
  f: i32, hist: usize, marks: usize, usual: usize, features: usize, begin: i32, end: i32, mask: usize, total: i64,
): f64 {
  if (f < begin || f >= end) return 0.0;
  const feature = features + (<usize>f << 5);
  if (!hasOthers(hist, marks, usual, feature)) return 0.0;
  fillUsual(load<i32>(feature, 8), total);
  const score = surelyScores(f, hist, features, begin, end, mask);
  emptyUsual();
  return score;
}

// As mayMatter, without the usual bin: left of it sums are those from the left, right of it those from the right. Where a
// block goes on beyond it sums belong to no split, and may only let a feature through in vain.
function blocksMayMatter(score: f64): bool {
  if (!canScreen || !(score > 1e-30) || !(score < 1e30)) return true;
  screenScore = <f32>score;
  const block = <u64>(markedUsual >> 3);
  const zero = i64x2.splat(0);
  let found = zero;
  let before = zero;
  let bits = (markedBits >> block) << block;
  if (bits != 0) do {
    const top = 63 - clz<u64>(bits);
    bits ^= (<u64>1) << top;
    const at = markedEntries + (<usize>top << 6);
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const sumD = i64x2.add(before, i64x2.add(d, v128.shuffle<i64>(d, zero, 1, 2)));
    const sumC = i64x2.add(v128.shuffle<i64>(sumD, sumD, 0, 0), i64x2.add(c, v128.shuffle<i64>(c, zero, 1, 2)));
    const sumB = i64x2.add(v128.shuffle<i64>(sumC, sumC, 0, 0), i64x2.add(b, v128.shuffle<i64>(b, zero, 1, 2)));
    const sumA = i64x2.add(v128.shuffle<i64>(sumB, sumB, 0, 0), i64x2.add(a, v128.shuffle<i64>(a, zero, 1, 2)));
    before = v128.shuffle<i64>(sumA, sumA, 0, 0);
    found = v128.or(found, v128.or(fourMayMatter(sumA, sumB), fourMayMatter(sumC, sumD)));
  } while (bits != 0);
  before = zero;
  bits = markedBits & (((<u64>2) << block) - 1);
  if (bits != 0 && markedUsual != 0) do {
    const at = markedEntries + (<usize>ctz<u64>(bits) << 6);
    bits &= bits - 1;
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const sumA = i64x2.add(before, i64x2.add(a, v128.shuffle<i64>(zero, a, 0, 2)));
    const sumB = i64x2.add(v128.shuffle<i64>(sumA, sumA, 1, 1), i64x2.add(b, v128.shuffle<i64>(zero, b, 0, 2)));
    const sumC = i64x2.add(v128.shuffle<i64>(sumB, sumB, 1, 1), i64x2.add(c, v128.shuffle<i64>(zero, c, 0, 2)));
    const sumD = i64x2.add(v128.shuffle<i64>(sumC, sumC, 1, 1), i64x2.add(d, v128.shuffle<i64>(zero, d, 0, 2)));
    before = v128.shuffle<i64>(sumD, sumD, 1, 1);
    found = v128.or(found, v128.or(fourMayMatter(sumA, sumB), fourMayMatter(sumC, sumD)));
  } while (bits != 0);
  return v128.any_true(found);
}

// Of sums up to each of four bins; g in the upper half of a word, h in the lower.
// @ts-ignore: decorator
@inline
function fourMayMatter(low: v128, high: v128): v128 {
  const g = v128.shuffle<i32>(low, high, 1, 3, 5, 7);
  const h = v128.shuffle<i32>(low, high, 0, 2, 4, 6);
  const otherHess = i32x4.sub(i32x4.splat(screenHess), h);
  const lambda = f32x4.splat(screenLambda);
  const limit = i32x4.splat(screenLimit);
  const GL = f32x4.convert_i32x4_s(g);
  const GR = f32x4.convert_i32x4_s(i32x4.sub(i32x4.splat(screenGrad), g));
  const left = f32x4.add(f32x4.convert_i32x4_s(h), lambda);
  const right = f32x4.add(f32x4.convert_i32x4_s(otherHess), lambda);
  const num = f32x4.add(f32x4.mul(f32x4.mul(GL, GL), right), f32x4.mul(f32x4.mul(GR, GR), left));
  const reaches = f32x4.ge(num, f32x4.mul(f32x4.splat(screenScore), f32x4.mul(left, right)));
  const isAllowed = v128.and(i32x4.gt_s(h, limit), i32x4.gt_s(otherHess, limit));
  return v128.and(reaches, isAllowed);
}

// The entries that are not empty, taken apart, an empty one behind them, and which bins they are.
function squeeze(entries: usize, numValues: i32, wide: usize, numbers: usize): i32 {
  let to = wide;
  let number = numbers;
  for (let b: i32 = 0; b < numValues; b++) {
    const sum = load<i64>(entries + (<usize>b << 3));
    store<i64>(to, sum >> 32);
    store<i64>(to, sum & 0xffffffff, 8);
    store<i32>(number, b);
    const step = <usize>(sum != 0);
    to += step << 4;
    number += step << 2;
  }
  v128.store(to, i64x2.splat(0));
  return <i32>((to - wide) >> 4);
}

// Relative error of what float32 says, and much to spare: eight roundings of 2^-24.
const trust: f64 = 0.99999;

// What the screen knows of a node, in whole units. Globals, for the optimiser moves what is computed before a loop into
// it, where it is used.
let canScreen: bool = false;
let screenGrad: i32 = 0;
let screenHess: i32 = 0;
let screenLambda: f32 = 0;
let screenLimit: i32 = 0;
let screenUnit: f64 = 0;
let screenScore: f32 = 0;

function readScreen(params: usize, totals: usize): void {
  const gradUnit = load<f64>(params);
  const hessUnit = load<f64>(params, 8);
  const lambda = load<f64>(params, 16) / hessUnit;
  const minHess = Math.floor(load<f64>(params, 24) / hessUnit);
  const totalGrad = load<i64>(totals);
  const totalHess = load<i64>(totals, 8);
  const isSmall = totalHess >= 0 && totalHess < 0x7fffffff && totalGrad < 0x7fffffff && totalGrad > -0x7fffffff;
  // numbers that float32 or a signed 32-bit integer cannot hold are looked at without a screen
  canScreen = isSmall && lambda >= 0.0 && lambda < 1e12 && minHess < 2147483647.0;
  if (!canScreen) return;
  screenGrad = <i32>totalGrad;
  screenHess = <i32>totalHess;
  screenLambda = <f32>lambda;
  screenLimit = <i32>max<f64>(minHess, 1.0) - 1;
  screenUnit = (hessUnit / gradUnit / gradUnit) * trust;
  // scores that float64 holds in full
  canScreen = screenUnit > 1e-200 && screenUnit < 1e200;
}

// What two features of this node surely score. The two that came first in the node before, a relative most often, are
// good ones here too: with them the screen lets little through from the first feature on.
function knownScore(hist: usize, features: usize, begin: i32, end: i32, mask: usize, isShort: bool): f64 {
  if (!canScreen || !isShort || lastBest == lastRunnerUp) return 0.0;
  const first = surelyScores(lastBest, hist, features, begin, end, mask);
  if (first == 0.0) return 0.0;
  return min<f64>(first, surelyScores(lastRunnerUp, hist, features, begin, end, mask)) * trust * trust;
}

let lastBest: i32 = -1;
let lastRunnerUp: i32 = -1;

function surelyScores(f: i32, hist: usize, features: usize, begin: i32, end: i32, mask: usize): f64 {
  if (f < begin || f >= end || (mask && !load<u8>(mask + <usize>f))) return 0.0;
  const feature = features + (<usize>f << 5);
  const numValues = load<i32>(feature, 8);
  const entries = hist + (<usize>load<u32>(feature, 4) << 3);
  if (load<i32>(feature, 16) != 0 || load<i64>(entries + (<usize>numValues << 3)) != 0) return 0.0;
  let sum: i64 = 0;
  let top: f64 = 0.0;
  for (let b: i32 = 0; b < numValues; b++) {
    const own = load<i64>(entries + (<usize>b << 3));
    if (own == 0) continue;
    sum += own;
    const h = <i32>(sum & 0xffffffff);
    const otherHess = screenHess - h;
    // a limit that is no whole number is rounded up here
    if (h <= screenLimit + 1 || otherHess <= screenLimit + 1) continue;
    const GL = <f64>(sum >> 32);
    const GR = <f64>screenGrad - GL;
    const left = <f64>h + <f64>screenLambda;
    const right = <f64>otherHess + <f64>screenLambda;
    top = max<f64>(top, (GL * GL * right + GR * GR * left) / (left * right));
  }
  return top;
}

// Could a split of this feature, of which no row is missing, score as much as `score`, in whole units? Sums are integers
// and taken apart exactly; only then are they rounded. Limits on h are looked at as well, or single rows of tiny h would
// be let through.
function mayMatter(entries: usize, numValues: i32, score: f64): bool {
  if (!canScreen || !(score > 1e-30) || !(score < 1e30)) return true;
  screenScore = <f32>score;
  const zero = i64x2.splat(0);
  let before = zero;
  let found = zero;
  const end = entries + (<usize>numValues << 3);
  const whole = entries + ((<usize>numValues & ~3) << 3);
  for (let at = entries; at < end; at += 32) {
    let first: v128;
    let second: v128;
    if (at < whole) {
      first = v128.load(at);
      second = v128.load(at, 16);
    } else {
      const rest = <i32>((end - at) >> 3);
      first = rest > 1 ? v128.load(at) : v128.load64_zero(at);
      second = rest > 2 ? v128.load64_zero(at, 16) : zero;
    }
    // empty bins repeat the candidate before them
    if (!v128.any_true(v128.or(first, second))) continue;
    const low = i64x2.add(before, i64x2.add(first, v128.shuffle<i64>(zero, first, 0, 2)));
    const middle = v128.shuffle<i64>(low, low, 1, 1);
    const high = i64x2.add(middle, i64x2.add(second, v128.shuffle<i64>(zero, second, 0, 2)));
    before = v128.shuffle<i64>(high, high, 1, 1);
    found = v128.or(found, fourMayMatter(low, high));
  }
  return v128.any_true(found);
}
