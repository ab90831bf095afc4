// Finds the best split of a node where leaf values are penalised, capped, smoothed or bounded, or where each
// feature tries one random threshold only (P. Geurts et al., "Extremely randomized trees", 2006). Apart from the
// plain finder, which knows none of this and stays fast.
//
//   features, params, totals, best, leftBins: as in find-split.ts; uint32 at 28 of a feature: its index
//   shape: float64 alpha 0, maxDeltaStep 8, smoothing 16, the node's value 24, lower 32 and upper bound 40;
//     uint32 draws one threshold 48, key of the draws 52, address of one int8 a feature (−1, 0, 1) or 0 56,
//     address of the steps of the one feature that is searched, or 0 60
//   steps: where the children of a cut of numbers have bounds of their own: int32 how many 0; float64 lower 8 and upper
//     bound 16 of the side with the missing values; then, 40 bytes a step, ascending: int32 the first bin that it holds
//     for 0, float64 lower and upper bound of the left child 8, 16, and of the right one 24, 32
//
// value of a child = clamp(smooth(cap(−T(G) / (H + λ)))), T the soft threshold by alpha
// score = −(2 G w + (H + λ) w² + 2 alpha |w|) of both children; GL² / (HL + λ) + … where nothing bends w

import { drawBelow, mix32 } from './mix';
import { binAt, keepCategories, listCategories, sortByRatio } from './category-order';

// What every candidate of the node is measured with; set once a call. A thread has an instance of its own.
let gradUnit: f64 = 1;
let hessUnit: f64 = 1;
let minHess: f64 = 0;
let minRows: i64 = 0;
let countShift: i64 = 63;
let counted: bool = false;
let hessMask: i64 = -1;
let totalHess: i64 = 0;
let G: f64 = 0;
let H: f64 = 0;
let alpha: f64 = 0;
let maxDeltaStep: f64 = 0;
let smoothing: f64 = 0;
let nodeValue: f64 = 0;
let lower: f64 = 0;
let upper: f64 = 0;
let drawsOne: bool = false;
let steps: usize = 0;

export function findShapedSplit(
  hist: usize, features: usize, begin: i32, end: i32, mask: usize, params: usize, totals: usize, shape: usize,
  best: usize, leftBins: usize, scratch: usize,
): void {
  store<f64>(best, -Infinity);
  store<i32>(best, -1, 8);
  store<f64>(best, -Infinity, 40);
  store<i32>(best, -1, 48);
  readNode(params, totals, shape);
  const drawKey = load<u32>(shape, 52);
  const directions = <usize>load<u32>(shape, 56);
  for (let f = begin; f < end; f++) {
    if (mask && !load<u8>(mask + <usize>f)) continue;
    const before = load<f64>(best);
    const owner = load<i32>(best, 8);
    const feature = features + (<usize>f << 5);
    const entries = hist + (<usize>load<u32>(feature, 4) << 4);
    const numValues = load<i32>(feature, 8);
    const direction = directions ? <i32>load<i8>(directions + <usize>f) : 0;
    const draw = mix32(drawKey ^ mix32(load<u32>(feature, 28) + 1));
    const score = load<u32>(feature, 16) == 0
      ? scanValues(entries, numValues, f, direction, draw, params, best)
      : scanCategories(entries, numValues, f, draw, params, best, leftBins, scratch);
    const won = load<i32>(best, 8) == f;
    const loserScore = won ? before : score;
    const loser = won ? owner : f;
    const runnerUp = load<f64>(best, 40);
    if (loser >= 0 && (loserScore > runnerUp || (loserScore == runnerUp && loser < load<i32>(best, 48)))) {
      store<f64>(best, loserScore, 40);
      store<i32>(best, loser, 48);
    }
  }
}

function readNode(params: usize, totals: usize, shape: usize): void {
  gradUnit = load<f64>(params);
  hessUnit = load<f64>(params, 8);
  minHess = load<f64>(params, 24);
  minRows = <i64>load<f64>(params, 32);
  countShift = <i64>load<i32>(params, 64);
  counted = countShift < 63;
  hessMask = counted ? (<i64>1 << countShift) - 1 : -1;
  totalHess = load<i64>(totals, 8);
  G = <f64>load<i64>(totals) * gradUnit;
  H = <f64>(totalHess & hessMask) * hessUnit;
  alpha = load<f64>(shape);
  maxDeltaStep = load<f64>(shape, 8);
  smoothing = load<f64>(shape, 16);
  nodeValue = load<f64>(shape, 24);
  lower = load<f64>(shape, 32);
  upper = load<f64>(shape, 40);
  drawsOne = load<u32>(shape, 48) != 0;
  steps = <usize>load<u32>(shape, 60);
}

function valueOf(g: f64, h: f64, rows: f64, lambda: f64): f64 {
  const denominator = h + lambda;
  const pull = g > alpha ? g - alpha : g < -alpha ? g + alpha : 0.0;
  let value = denominator > 0 ? -pull / denominator : 0.0;
  value = clamp(value, -maxDeltaStep, maxDeltaStep);
  if (smoothing > 0) {
    const ratio = rows / smoothing;
    value = (value * ratio + nodeValue) / (ratio + 1);
  }
  return clamp(value, lower, upper);
}

function clamp(value: f64, low: f64, high: f64): f64 {
  const raised = value < low ? low : value;
  return raised > high ? high : raised;
}

function scoreOfValue(g: f64, h: f64, lambda: f64, value: f64): f64 {
  return -(2 * g * value + (h + lambda) * value * value + 2 * alpha * abs(value));
}

/** NaN, which never wins, where a limit or the direction is broken. */
function scoreOf(leftGrad: i64, leftHess: i64, lambda: f64, direction: i32): f64 {
  if (leftHess == totalHess) return NaN;
  const HL = <f64>(leftHess & hessMask) * hessUnit;
  const HR = H - HL;
  if (HL < minHess || HR < minHess) return NaN;
  let leftRows: f64 = 0;
  let rightRows: f64 = 0;
  if (counted) {
    const left = leftHess >> countShift;
    const right = (totalHess - leftHess) >> countShift;
    if (left < minRows || right < minRows) return NaN;
    leftRows = <f64>left;
    rightRows = <f64>right;
  }
  const GL = <f64>leftGrad * gradUnit;
  const GR = G - GL;
  const left = valueOf(GL, HL, leftRows, lambda);
  const right = valueOf(GR, HR, rightRows, lambda);
  if (direction > 0 ? left > right : direction < 0 && left < right) return NaN;
  return scoreOfValue(GL, HL, lambda, left) + scoreOfValue(GR, HR, lambda, right);
}

// Both children at once: the left one in lane 0, the right one in lane 1; the same operations as in scoreOf.
function scanValues(
  entries: usize, numValues: i32, f: i32, direction: i32, draw: u32, params: usize, best: usize,
): f64 {
  const missingGrad = load<i64>(entries + (<usize>numValues << 4));
  const missingHess = load<i64>(entries + (<usize>numValues << 4), 8);
  const hasMissing = missingHess != 0;
  let only: i32 = -1;
  if (drawsOne) {
    only = drawCut(entries, numValues, draw, hasMissing);
    if (only < 0) return -Infinity;
  }
  // locals, which stay in registers
  const one = drawsOne;
  const total = totalHess;
  const mask = hessMask;
  const shift = countShift;
  const isCounted = counted;
  const leastRows = minRows;
  const leastHess = minHess;
  const unitG = gradUnit;
  const unitH = hessUnit;
  const allG = G;
  const allH = H;
  const lambdas = f64x2.splat(load<f64>(params, 16));
  const zeros = f64x2.splat(0);
  const alphas = f64x2.splat(alpha);
  const twice = f64x2.splat(2 * alpha);
  const two = f64x2.splat(2);
  const cap = f64x2.splat(maxDeltaStep);
  const isSmooth = smoothing > 0;
  const smoothings = f64x2.splat(smoothing);
  const parent = f64x2.splat(nodeValue);
  const ones = f64x2.splat(1);
  // bounds where missing values go right, and where they go left
  let low = f64x2.splat(lower);
  let high = f64x2.splat(upper);
  let lowLeft = low;
  let highLeft = high;
  const hasSteps = steps != 0;
  const followsHeavier = hasSteps && !hasMissing;
  let step = steps - 16;
  const endStep = hasSteps ? step + <usize>load<i32>(steps) * 40 : step;
  let nextBin: i32 = hasSteps ? 0 : i32.MAX_VALUE;
  let featureScore = -Infinity;
  let bestScore = load<f64>(best);
  let bestBin: i32 = -1;
  let bestMissingLeft: i32 = 0;
  let bestGrad: i64 = 0;
  let bestHess: i64 = 0;
  let leftGrad: i64 = 0;
  let leftHess: i64 = 0;
  const end = one ? only + 1 : numValues;
  for (let b: i32 = 0; b < end; b++) {
    const at = entries + (<usize>b << 4);
    const entry = load<i64>(at, 8);
    leftGrad += load<i64>(at);
    leftHess += entry;
    if (one ? b != only : entry == 0) continue;
    while (b >= nextBin) {
      step += 40;
      nextBin = step < endStep ? load<i32>(step + 40) : i32.MAX_VALUE;
      const least = load<f64>(steps, 8);
      const most = load<f64>(steps, 16);
      low = f64x2.replace_lane(f64x2.splat(load<f64>(step, 8)), 1, load<f64>(step, 24));
      high = f64x2.replace_lane(f64x2.splat(load<f64>(step, 16)), 1, load<f64>(step, 32));
      const mostLow = f64x2.pmax(low, f64x2.splat(least));
      const leastHigh = f64x2.pmin(high, f64x2.splat(most));
      lowLeft = f64x2.replace_lane(low, 0, f64x2.extract_lane(mostLow, 0));
      highLeft = f64x2.replace_lane(high, 0, f64x2.extract_lane(leastHigh, 0));
      low = f64x2.replace_lane(low, 1, f64x2.extract_lane(mostLow, 1));
      high = f64x2.replace_lane(high, 1, f64x2.extract_lane(leastHigh, 1));
    }
    for (let side: i32 = hasMissing ? 1 : 0; side >= 0; side--) {
      const gg = side ? leftGrad + missingGrad : leftGrad;
      const hh = side ? leftHess + missingHess : leftHess;
      if (hh == total) continue;
      const HL = <f64>(hh & mask) * unitH;
      const HR = allH - HL;
      if (HL < leastHess || HR < leastHess) continue;
      let rows = zeros;
      if (isCounted) {
        const leftRows = hh >> shift;
        const rightRows = (total - hh) >> shift;
        if (leftRows < leastRows || rightRows < leastRows) continue;
        rows = f64x2.replace_lane(f64x2.splat(<f64>leftRows), 1, <f64>rightRows);
      }
      const GL = <f64>gg * unitG;
      const g = f64x2.replace_lane(f64x2.splat(GL), 1, allG - GL);
      const h = f64x2.add(f64x2.replace_lane(f64x2.splat(HL), 1, HR), lambdas);
      const below = v128.and(f64x2.add(g, alphas), f64x2.lt(g, f64x2.neg(alphas)));
      const pull = v128.bitselect(f64x2.sub(g, alphas), below, f64x2.gt(g, alphas));
      let w = v128.and(f64x2.div(f64x2.neg(pull), h), f64x2.gt(h, zeros));
      w = f64x2.pmin(f64x2.pmax(w, f64x2.neg(cap)), cap);
      if (isSmooth) {
        const ratio = f64x2.div(rows, smoothings);
        w = f64x2.div(f64x2.add(f64x2.mul(w, ratio), parent), f64x2.add(ratio, ones));
      }
      const half = hh & mask;
      const isLeft = followsHeavier ? half + half >= (total & mask) : side != 0;
      w = f64x2.pmin(f64x2.pmax(w, isLeft ? lowLeft : low), isLeft ? highLeft : high);
      const left = f64x2.extract_lane(w, 0);
      const right = f64x2.extract_lane(w, 1);
      if (direction > 0 ? left > right : direction < 0 && left < right) continue;
      const steps = f64x2.mul(f64x2.mul(two, g), w);
      const squares = f64x2.mul(f64x2.mul(h, w), w);
      const scores = f64x2.neg(f64x2.add(f64x2.add(steps, squares), f64x2.mul(twice, f64x2.abs(w))));
      const score = f64x2.extract_lane(scores, 0) + f64x2.extract_lane(scores, 1);
      if (score > featureScore) {
        featureScore = score;
        if (score > bestScore) {
          bestScore = score;
          bestBin = b;
          bestMissingLeft = side;
          bestGrad = gg;
          bestHess = hh;
        }
      }
    }
  }
  if (bestBin >= 0) {
    if (!hasMissing) {
      const HL = bestHess & mask;
      bestMissingLeft = <i32>(HL + HL >= (total & mask));
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

/** A cut between the lowest and the highest bin that the node has, or behind it where values are missing. */
function drawCut(entries: usize, numValues: i32, draw: u32, hasMissing: bool): i32 {
  let first: i32 = 0;
  while (first < numValues && load<i64>(entries + (<usize>first << 4), 8) == 0) first++;
  let last: i32 = numValues - 1;
  while (last > first && load<i64>(entries + (<usize>last << 4), 8) == 0) last--;
  const numCuts = last - first + <i32>hasMissing;
  return first == numValues || numCuts == 0 ? -1 : first + drawBelow(draw, numCuts);
}

function scanCategories(
  entries: usize, numValues: i32, f: i32, draw: u32, params: usize, best: usize, leftBins: usize, scratch: usize,
): f64 {
  const present = listCategories(entries, numValues, params, scratch);
  if (present < 1) return -Infinity;
  const oneHot = present <= load<i32>(params, 72);
  const lambda = load<f64>(params, 16) + (oneHot ? 0.0 : load<f64>(params, 48));
  const sorted = oneHot ? scratch : sortByRatio(scratch, present);
  const limit = oneHot ? present : min<i32>(present, load<i32>(params, 68));
  const numDirections = oneHot ? 1 : 2;
  // all of them on the left would be no split
  const choices = oneHot ? present : max<i32>(1, min<i32>(limit, present - 1));
  const only = drawsOne ? drawBelow(draw, choices * numDirections) : -1;
  let featureScore = -Infinity;
  let bestScore = load<f64>(best);
  let bestCount: i32 = 0;
  let bestFrom: i32 = 0;
  let bestGrad: i64 = 0;
  let bestHess: i64 = 0;
  for (let direction: i32 = 0; direction < numDirections; direction++) {
    let leftGrad: i64 = 0;
    let leftHess: i64 = 0;
    const end = drawsOne ? choices : limit;
    for (let k: i32 = 0; k < end; k++) {
      const at = entries + (<usize>binAt(sorted, direction ? present - 1 - k : k) << 4);
      if (oneHot) {
        leftGrad = 0;
        leftHess = 0;
      }
      leftGrad += load<i64>(at);
      leftHess += load<i64>(at, 8);
      if (drawsOne && only != direction * choices + k) continue;
      const score = scoreOf(leftGrad, leftHess, lambda, 0);
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
    keepCategories(
      entries, numValues, sorted, bestFrom, bestCount, totalHess, hessMask, bestGrad, bestHess, best, leftBins,
    );
  }
  return featureScore;
}
