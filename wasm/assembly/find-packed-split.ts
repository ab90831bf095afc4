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
      if (load<i32>(best, 8) == f) store<i32>(best, load<u32>(numbers + (<usize>load<i32>(best, 12) << 2)), 12);
    } else {
      widen(entries, <usize>numValues + 1, wide);
      lookAtFeature(wide, numValues, kind, f, params, totals, best, leftBins, scratch);
    }
  }
  lastBest = load<i32>(best, 8);
  lastRunnerUp = load<i32>(best, 48);
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
    // sums up to each of the four bins; g in the upper half of a word, h in the lower
    const low = i64x2.add(before, i64x2.add(first, v128.shuffle<i64>(zero, first, 0, 2)));
    const middle = v128.shuffle<i64>(low, low, 1, 1);
    const high = i64x2.add(middle, i64x2.add(second, v128.shuffle<i64>(zero, second, 0, 2)));
    before = v128.shuffle<i64>(high, high, 1, 1);
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
    found = v128.or(found, v128.and(reaches, isAllowed));
  }
  return v128.any_true(found);
}
