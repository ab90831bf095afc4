// Finds the best split of a node from its histogram: gains in float64, from integers.
//
//   features: 32 bytes each, uint32: first entry in a rank's histogram, first entry in the compact one,
//     number of value bins, place of the missing bin in a rank's histogram, kind (0 numeric, 1 category),
//     offset in the record, bytes in the record, unused
//   params: float64 gradUnit, hessUnit, lambda, minHess, minRows, categorySmooth, categoryLambda,
//     minGroupRows; int32 at 64: countShift, maxCategories, maxOneHot, isShort (all sums are under 2^51)
//   totals: int64 sum of g, int64 (count << countShift) + sum of h of the node
//   best: float64 score at 0; int32 feature 8, bin 12, missingLeft 16, numLeft 20 (categories);
//     int64 left g 24, left h 32; float64 runner-up score 40; int32 runner-up feature 48
//   leftBins: for a category split, the bins that go left as bits; bin numValues is the missing one
//
// score = GL² / (HL + λ) + GR² / (HR + λ); a candidate must beat the best so far, so ties stay with the
// lower feature, the lower bin, missing left. Where sums are short, two bins are looked at at once, in whole
// units: as units are powers of two, the scores are the same bits.

import { binAt, keepCategories, listCategories, sortByRatio, toFloats, wordOfRows } from './category-order';

export function findSplit(
  hist: usize, features: usize, begin: i32, end: i32, mask: usize, params: usize, totals: usize, best: usize,
  leftBins: usize, scratch: usize,
): void {
  clearBest(best);
  for (let f = begin; f < end; f++) {
    if (mask && !load<u8>(mask + <usize>f)) continue;
    const feature = features + (<usize>f << 5);
    const entries = hist + (<usize>load<u32>(feature, 4) << 4);
    const numValues = load<i32>(feature, 8);
    lookAtFeature(entries, numValues, load<i32>(feature, 16), f, params, totals, best, leftBins, scratch);
  }
}

/** Nothing was found yet. */
export function clearBest(best: usize): void {
  store<f64>(best, -Infinity);
  store<i32>(best, -1, 8);
  store<f64>(best, -Infinity, 40);
  store<i32>(best, -1, 48);
}

/** Scans one feature's entries against the best so far. */
export function lookAtFeature(
  entries: usize, numValues: i32, kind: i32, f: i32, params: usize, totals: usize, best: usize, leftBins: usize,
  scratch: usize,
): void {
  const before = load<f64>(best);
  const owner = load<i32>(best, 8);
  const score = kind == 0
    ? isPlain(entries, numValues, params)
      ? scanPairs(entries, numValues, f, params, totals, best)
      : load<i32>(params, 76) != 0
        ? scanShort(entries, numValues, f, params, totals, best)
        : scanValues(entries, numValues, f, params, totals, best)
    : scanCategories(entries, numValues, f, params, totals, best, leftBins, scratch);
  // the loser of this feature against the best so far is the runner-up, if it is the best loser
  const won = load<i32>(best, 8) == f;
  const loserScore = won ? before : score;
  const loser = won ? owner : f;
  const runnerUp = load<f64>(best, 40);
  // of equals the lower feature, so that slices of features add up to the same answer
  if (loser >= 0 && (loserScore > runnerUp || (loserScore == runnerUp && loser < load<i32>(best, 48)))) {
    store<f64>(best, loserScore, 40);
    store<i32>(best, loser, 48);
  }
}

// Short sums without missing rows, of which the hessian tells whether a side has rows: either it counts them, or there must be
// some on both sides and rows need not be counted besides.
function isPlain(entries: usize, numValues: i32, params: usize): bool {
  const missing = load<i64>(entries + (<usize>numValues << 4), 8);
  if (load<i32>(params, 76) == 0 || missing != 0) return false;
  return load<i32>(params, 64) >= 63 || (load<f64>(params, 32) <= 1.0 && load<f64>(params, 24) > 0.0);
}

// The scores of two candidates, in whole units; NaN where one leaves too little on a side. even: sums of the left
// side up to an even bin, odd: up to the next.
// @ts-ignore: decorator
@inline
function scorePair(even: v128, odd: v128, masks: v128, G: v128, H: v128, lambda: v128, least: v128): v128 {
  const GL = toFloats(v128.shuffle<i64>(even, odd, 0, 2));
  const HL = toFloats(v128.and(v128.shuffle<i64>(even, odd, 1, 3), masks));
  const GR = f64x2.sub(G, GL);
  const HR = f64x2.sub(H, HL);
  const left = f64x2.add(HL, lambda);
  const right = f64x2.add(HR, lambda);
  const num = f64x2.add(f64x2.mul(f64x2.mul(GL, GL), right), f64x2.mul(f64x2.mul(GR, GR), left));
  const isRefused = v128.or(f64x2.lt(HL, least), f64x2.lt(HR, least));
  return v128.or(f64x2.div(num, f64x2.mul(left, right)), isRefused);
}

// Even bins in lane 0, odd ones in lane 1. An empty bin repeats the candidate before it; behind an odd number of bins
// the empty missing entry is the last of lane 1. Only the highest score is looked for, which few features' beats the
// best so far; where it does, a second walk ends at the first bin that has it. A test for empty bins in the first
// walk would keep V8 from moving what does not change out of the loop.
function scanPairs(entries: usize, numValues: i32, f: i32, params: usize, totals: usize, best: usize): f64 {
  const gradUnit = load<f64>(params);
  const hessUnit = load<f64>(params, 8);
  const lambda = f64x2.splat(load<f64>(params, 16) / hessUnit);
  const minHess = load<f64>(params, 24) / hessUnit;
  const countShift = <i64>load<i32>(params, 64);
  const counted = countShift < 63;
  const hessMask: i64 = counted ? (<i64>1 << countShift) - 1 : -1;
  const masks = i64x2.splat(hessMask);
  const least = f64x2.splat(counted ? minHess : max<f64>(minHess, 1.0));
  const totalHess = load<i64>(totals, 8) & hessMask;
  const G = f64x2.splat(<f64>load<i64>(totals));
  const H = f64x2.splat(<f64>totalHess);
  const end = entries + (<usize>numValues << 4);
  let sums = i64x2.splat(0);
  let tops = f64x2.splat(-Infinity);
  let at = entries;
  if (at == end) return -Infinity;
  do {
    const even = i64x2.add(sums, v128.load(at));
    sums = i64x2.add(even, v128.load(at, 16));
    // keeps the left one where the right one is NaN
    tops = f64x2.pmax(tops, scorePair(even, sums, masks, G, H, lambda, least));
    at += 32;
  } while (at < end);
  const top = max<f64>(f64x2.extract_lane(tops, 0), f64x2.extract_lane(tops, 1));
  if (top == -Infinity) return top;
  const score = (top * gradUnit * gradUnit) / hessUnit;
  if (score > load<f64>(best)) {
    sums = i64x2.splat(0);
    at = entries;
    const wanted = f64x2.splat(top);
    let even: v128;
    let isFirst: i32;
    do {
      even = i64x2.add(sums, v128.load(at));
      sums = i64x2.add(even, v128.load(at, 16));
      isFirst = i64x2.bitmask(f64x2.eq(scorePair(even, sums, masks, G, H, lambda, least), wanted));
      at += 32;
    } while (!isFirst);
    const isOdd = !(isFirst & 1);
    const leftSums = isOdd ? sums : even;
    const leftHess = i64x2.extract_lane(leftSums, 1) & hessMask;
    store<f64>(best, score);
    store<i32>(best, f, 8);
    store<i32>(best, <i32>((at - entries) >> 4) - (isOdd ? 1 : 2), 12);
    store<i32>(best, <i32>(leftHess + leftHess >= totalHess), 16);
    store<i32>(best, 0, 20);
    v128.store(best + 24, leftSums);
  }
  return score;
}

// Short sums whose rows are counted, or of which some are missing: one pass with the missing rows on the right,
// and one with them on the left, where some value must be with them.
function scanShort(entries: usize, numValues: i32, f: i32, params: usize, totals: usize, best: usize): f64 {
  const missing = v128.load(entries + (<usize>numValues << 4));
  const hasMissing = i64x2.extract_lane(missing, 1) != 0;
  let score = scanSide(entries, numValues, params, totals, i64x2.splat(0));
  let bin = sideBin;
  let missingLeft: i32 = 0;
  if (hasMissing) {
    const leftScore = scanSide(entries, numValues, params, totals, missing);
    if (leftScore > score || (leftScore == score && sideBin <= bin)) {
      score = leftScore;
      bin = sideBin;
      missingLeft = 1;
    }
  }
  if (bin < 0) return -Infinity;
  if (score > load<f64>(best)) {
    let leftSums = missingLeft ? missing : i64x2.splat(0);
    for (let at = entries, last = entries + (<usize>bin << 4); at <= last; at += 16) {
      leftSums = i64x2.add(leftSums, v128.load(at));
    }
    if (!hasMissing) {
      const countShift = <i64>load<i32>(params, 64);
      const hessMask: i64 = countShift < 63 ? (<i64>1 << countShift) - 1 : -1;
      const HL = i64x2.extract_lane(leftSums, 1) & hessMask;
      missingLeft = <i32>(HL + HL >= (load<i64>(totals, 8) & hessMask));
    }
    store<f64>(best, score);
    store<i32>(best, f, 8);
    store<i32>(best, bin, 12);
    store<i32>(best, missingLeft, 16);
    store<i32>(best, 0, 20);
    v128.store(best + 24, leftSums);
  }
  return score;
}

// The bin that the last scanSide found, or -1.
let sideBin: i32 = -1;

// Even bins in lane 0, odd ones in lane 1, as in scanPairs. `start` is on the left from the first bin on. What
// lies behind an odd number of bins, the missing entry, leaves no row on the right.
function scanSide(entries: usize, numValues: i32, params: usize, totals: usize, start: v128): f64 {
  const gradUnit = load<f64>(params);
  const hessUnit = load<f64>(params, 8);
  const countShift = load<i32>(params, 64);
  const counted = countShift < 63;
  const shift = counted ? countShift : 63;
  const hessMask = i64x2.splat(counted ? (<i64>1 << <i64>countShift) - 1 : -1);
  const startWord = i64x2.extract_lane(start, 1);
  const totalWord = load<i64>(totals, 8);
  const minHess = load<f64>(params, 24) / hessUnit;
  const minRows = counted ? max<f64>(load<f64>(params, 32), 1.0) : 0.0;
  // at least one row beside those of the start: told by the count, or by the hessian where that counts
  const lambda = f64x2.splat(load<f64>(params, 16) / hessUnit);
  const leastRight = f64x2.splat(counted ? minHess : max<f64>(minHess, 1.0));
  const leastLeft = f64x2.splat(counted ? minHess : max<f64>(minHess, <f64>startWord + 1.0));
  const rowsRight = f64x2.splat(minRows);
  const rowsLeft = f64x2.splat(counted ? max<f64>(minRows, <f64>(startWord >> <i64>shift) + 1.0) : 0.0);
  const G = f64x2.splat(<f64>load<i64>(totals));
  const H = f64x2.splat(<f64>(totalWord & i64x2.extract_lane(hessMask, 0)));
  const N = f64x2.splat(counted ? <f64>(totalWord >> <i64>shift) : 0.0);
  const never = f64x2.splat(-Infinity);
  const two = i64x2.splat(2);
  let sums = start;
  let tops = never;
  let topBins = i64x2.splat(-1);
  let bins = i64x2.replace_lane(i64x2.splat(0), 1, 1);
  const end = entries + (<usize>numValues << 4);
  let at = entries;
  sideBin = -1;
  if (at == end) return -Infinity;
  do {
    const even = i64x2.add(sums, v128.load(at));
    sums = i64x2.add(even, v128.load(at, 16));
    const words = v128.shuffle<i64>(even, sums, 1, 3);
    const GL = toFloats(v128.shuffle<i64>(even, sums, 0, 2));
    const HL = toFloats(v128.and(words, hessMask));
    const NL = toFloats(i64x2.shr_s(words, shift));
    const GR = f64x2.sub(G, GL);
    const HR = f64x2.sub(H, HL);
    const left = f64x2.add(HL, lambda);
    const right = f64x2.add(HR, lambda);
    const num = f64x2.add(f64x2.mul(f64x2.mul(GL, GL), right), f64x2.mul(f64x2.mul(GR, GR), left));
    const hasHess = v128.and(f64x2.ge(HL, leastLeft), f64x2.ge(HR, leastRight));
    const hasRows = v128.and(f64x2.ge(NL, rowsLeft), f64x2.ge(f64x2.sub(N, NL), rowsRight));
    const isAllowed = v128.and(hasHess, hasRows);
    const scores = v128.bitselect(f64x2.div(num, f64x2.mul(left, right)), never, isAllowed);
    topBins = v128.bitselect(bins, topBins, f64x2.gt(scores, tops));
    tops = f64x2.pmax(tops, scores);
    bins = i64x2.add(bins, two);
    at += 32;
  } while (at < end);
  const even = f64x2.extract_lane(tops, 0);
  const odd = f64x2.extract_lane(tops, 1);
  const evenBin = <i32>i64x2.extract_lane(topBins, 0);
  const oddBin = <i32>i64x2.extract_lane(topBins, 1);
  const isOdd = odd > even || (odd == even && oddBin < evenBin);
  sideBin = isOdd ? oddBin : evenBin;
  return sideBin < 0 ? -Infinity : ((isOdd ? odd : even) * gradUnit * gradUnit) / hessUnit;
}

function scanValues(entries: usize, numValues: i32, f: i32, params: usize, totals: usize, best: usize): f64 {
  const gradUnit = load<f64>(params);
  const hessUnit = load<f64>(params, 8);
  const lambda = load<f64>(params, 16);
  const minHess = load<f64>(params, 24);
  const minRows = <i64>load<f64>(params, 32);
  const countShift = <i64>load<i32>(params, 64);
  const counted = countShift < 63;
  const hessMask: i64 = counted ? (<i64>1 << countShift) - 1 : -1;
  const totalGrad = load<i64>(totals);
  const totalHess = load<i64>(totals, 8);
  const G = <f64>totalGrad * gradUnit;
  const H = <f64>(totalHess & hessMask) * hessUnit;
  const missingGrad = load<i64>(entries + (<usize>numValues << 4));
  const missingHess = load<i64>(entries + (<usize>numValues << 4), 8);
  const hasMissing = missingHess != 0;
  let featureScore = -Infinity;
  let bestScore = load<f64>(best);
  let bestBin: i32 = -1;
  let bestMissingLeft: i32 = 0;
  let bestGrad: i64 = 0;
  let bestHess: i64 = 0;
  let leftGrad: i64 = 0;
  let leftHess: i64 = 0;
  let b: i32 = -1;
  while (++b < numValues) {
    const at = entries + (<usize>b << 4);
    const h = load<i64>(at, 8);
    if (h == 0) continue;
    leftGrad += load<i64>(at);
    leftHess += h;
    // missing rows on the left, then on the right; without missing rows the two are one candidate
    for (let side: i32 = hasMissing ? 1 : 0; side >= 0; side--) {
      const g = side ? leftGrad + missingGrad : leftGrad;
      const hh = side ? leftHess + missingHess : leftHess;
      if (hh == totalHess) continue;
      const HL = <f64>(hh & hessMask) * hessUnit;
      const HR = H - HL;
      if (HL < minHess || HR < minHess) continue;
      if (counted && (hh >> countShift < minRows || (totalHess - hh) >> countShift < minRows)) continue;
      const GL = <f64>g * gradUnit;
      const GR = G - GL;
      const score = (GL * GL * (HR + lambda) + GR * GR * (HL + lambda)) / ((HL + lambda) * (HR + lambda));
      if (score > featureScore) {
        featureScore = score;
        if (score > bestScore) {
          bestScore = score;
          bestBin = b;
          bestMissingLeft = side;
          bestGrad = g;
          bestHess = hh;
        }
      }
    }
  }
  if (bestBin >= 0) {
    if (!hasMissing) {
      const HL = bestHess & hessMask;
      bestMissingLeft = <i32>(HL + HL >= (totalHess & hessMask));
    }
    store<f64>(best, bestScore);
    store<i32>(best, f, 8);
    store<i32>(best, bestBin, 12);
    store<i32>(best, bestMissingLeft, 16);
    store<i32>(best, 0, 20);
    store<i64>(best, bestGrad, 24);
    store<i64>(best, bestHess, 32);
  }
  return featureScore;
}

// Many-vs-many (W. D. Fisher, 1958): bins in the order of g / (h + smooth); the best subset is a prefix.
// The missing bin is a category like any other. With at most maxOneHot bins present each is tried alone.
function scanCategories(
  entries: usize, numValues: i32, f: i32, params: usize, totals: usize, best: usize, leftBins: usize, scratch: usize,
): f64 {
  const gradUnit = load<f64>(params);
  const hessUnit = load<f64>(params, 8);
  const minHess = load<f64>(params, 24);
  const minRows = <i64>load<f64>(params, 32);
  const countShift = <i64>load<i32>(params, 64);
  const maxCategories = load<i32>(params, 68);
  const maxOneHot = load<i32>(params, 72);
  const counted = countShift < 63;
  const hessMask: i64 = counted ? (<i64>1 << countShift) - 1 : -1;
  const totalGrad = load<i64>(totals);
  const totalHess = load<i64>(totals, 8);
  const G = <f64>totalGrad * gradUnit;
  const H = <f64>(totalHess & hessMask) * hessUnit;
  const present = listCategories(entries, numValues, params, scratch);
  if (present < 1) return -Infinity;
  const oneHot = present <= maxOneHot;
  const lambda = load<f64>(params, 16) + (oneHot ? 0.0 : load<f64>(params, 48));
  const sorted = oneHot ? scratch : sortByRatio(scratch, present);
  if (!oneHot && load<i32>(params, 76) != 0) {
    return scanOrder(entries, numValues, f, params, totals, best, leftBins, sorted, present, lambda);
  }
  let featureScore = -Infinity;
  let bestScore = load<f64>(best);
  let bestCount: i32 = 0;
  let bestFrom: i32 = 0;
  let bestGrad: i64 = 0;
  let bestHess: i64 = 0;
  const numDirections = oneHot ? 1 : 2;
  for (let direction: i32 = 0; direction < numDirections; direction++) {
    let leftGrad: i64 = 0;
    let leftHess: i64 = 0;
    const limit = oneHot ? present : min<i32>(present, maxCategories);
    for (let k: i32 = 0; k < limit; k++) {
      const at = entries + (<usize>binAt(sorted, direction ? present - 1 - k : k) << 4);
      if (oneHot) {
        leftGrad = 0;
        leftHess = 0;
      }
      leftGrad += load<i64>(at);
      leftHess += load<i64>(at, 8);
      if (leftHess == totalHess) continue;
      const HL = <f64>(leftHess & hessMask) * hessUnit;
      const HR = H - HL;
      if (HL < minHess || HR < minHess) continue;
      if (counted && (leftHess >> countShift < minRows || (totalHess - leftHess) >> countShift < minRows)) continue;
      const GL = <f64>leftGrad * gradUnit;
      const GR = G - GL;
      const score = (GL * GL * (HR + lambda) + GR * GR * (HL + lambda)) / ((HL + lambda) * (HR + lambda));
      if (score > featureScore) {
        featureScore = score;
        if (score > bestScore) {
          bestScore = score;
          bestCount = oneHot ? 1 : k + 1;
          bestFrom = oneHot ? k : direction ? present - 1 - k : 0;
          bestGrad = leftGrad;
          bestHess = leftHess;
        }
      }
    }
  }
  if (bestCount > 0) {
    store<f64>(best, bestScore);
    store<i32>(best, f, 8);
    keepCategories(entries, numValues, sorted, bestFrom, bestCount, totalHess, hessMask, bestGrad, bestHess, best, leftBins);
  }
  return featureScore;
}

// The same of short sums, from both ends of the order at once: lane 0 takes the lowest ratios, lane 1 the highest ones.
function scanOrder(
  entries: usize, numValues: i32, f: i32, params: usize, totals: usize, best: usize, leftBins: usize, sorted: usize,
  present: i32, categoryLambda: f64,
): f64 {
  const countShift = <i64>load<i32>(params, 64);
  const counted = countShift < 63;
  const hessMask: i64 = counted ? (<i64>1 << countShift) - 1 : -1;
  const totalHess = load<i64>(totals, 8);
  const gradUnit = f64x2.splat(load<f64>(params));
  const hessUnit = f64x2.splat(load<f64>(params, 8));
  const lambda = f64x2.splat(categoryLambda);
  const minHess = f64x2.splat(load<f64>(params, 24));
  const masks = i64x2.splat(hessMask);
  const words = i64x2.splat(totalHess);
  const least = i64x2.splat(counted ? wordOfRows(<i64>load<f64>(params, 32), countShift) : i64.MIN_VALUE);
  const G = f64x2.mul(f64x2.splat(<f64>load<i64>(totals)), gradUnit);
  const H = f64x2.mul(f64x2.splat(<f64>(totalHess & hessMask)), hessUnit);
  const limit = min<i32>(present, load<i32>(params, 68));
  let lowest = i64x2.splat(0);
  let highest = lowest;
  let tops = f64x2.splat(-Infinity);
  let counts = lowest;
  let k = i64x2.splat(0);
  const one = i64x2.splat(1);
  for (let i: i32 = 0; i < limit; i++) {
    lowest = i64x2.add(lowest, v128.load(entries + (<usize>binAt(sorted, i) << 4)));
    highest = i64x2.add(highest, v128.load(entries + (<usize>binAt(sorted, present - 1 - i) << 4)));
    k = i64x2.add(k, one);
    const left = v128.shuffle<i64>(lowest, highest, 1, 3);
    const GL = f64x2.mul(toFloats(v128.shuffle<i64>(lowest, highest, 0, 2)), gradUnit);
    const HL = f64x2.mul(toFloats(v128.and(left, masks)), hessUnit);
    const GR = f64x2.sub(G, GL);
    const HR = f64x2.sub(H, HL);
    const leftDivisor = f64x2.add(HL, lambda);
    const rightDivisor = f64x2.add(HR, lambda);
    const num = f64x2.add(f64x2.mul(f64x2.mul(GL, GL), rightDivisor), f64x2.mul(f64x2.mul(GR, GR), leftDivisor));
    const scores = f64x2.div(num, f64x2.mul(leftDivisor, rightDivisor));
    const hasFew = v128.or(i64x2.lt_s(left, least), i64x2.lt_s(i64x2.sub(words, left), least));
    const isLight = v128.or(f64x2.lt(HL, minHess), f64x2.lt(HR, minHess));
    const isRefused = v128.or(v128.or(hasFew, isLight), i64x2.eq(left, words));
    const isBetter = v128.andnot(f64x2.gt(scores, tops), isRefused);
    tops = v128.bitselect(scores, tops, isBetter);
    counts = v128.bitselect(k, counts, isBetter);
  }
  // of equals the lowest ratios
  const isHighest = f64x2.extract_lane(tops, 1) > f64x2.extract_lane(tops, 0);
  const score = isHighest ? f64x2.extract_lane(tops, 1) : f64x2.extract_lane(tops, 0);
  if (!(score > load<f64>(best))) return score;
  const count = <i32>(isHighest ? i64x2.extract_lane(counts, 1) : i64x2.extract_lane(counts, 0));
  const from = isHighest ? present - count : 0;
  let sums = i64x2.splat(0);
  for (let i: i32 = 0; i < count; i++) {
    sums = i64x2.add(sums, v128.load(entries + (<usize>binAt(sorted, from + i) << 4)));
  }
  store<f64>(best, score);
  store<i32>(best, f, 8);
  keepCategories(
    entries, numValues, sorted, from, count, totalHess, hessMask, i64x2.extract_lane(sums, 0), i64x2.extract_lane(sums, 1),
    best, leftBins,
  );
  return score;
}
