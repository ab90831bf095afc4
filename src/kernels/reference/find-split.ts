/**
 * Which split of a node has the highest gain? The twin of wasm/assembly/find-split.ts, which draws the
 * layouts of features, params, totals and best. Sums are int64, gains float64 from them. A candidate must
 * beat the best so far, so ties stay with the lower feature, the lower bin, missing left.
 */
import { keepCategories, listCategories, sortByRatio } from './category-order.ts';
import { heavierLeft, type NodeSums, readNodeSums, wrap } from './node-sums.ts';
import type { Views } from './views.ts';

/** GL² / (HL + λ) + GR² / (HR + λ), over one denominator; NaN, which never wins, where a limit is broken. */
function scoreOf(node: NodeSums, leftGrad: bigint, leftHess: bigint, lambda: number): number {
  if (leftHess === node.totalHess) return Number.NaN;
  const HL = Number(leftHess & node.hessMask) * node.hessUnit;
  const HR = node.H - HL;
  if (HL < node.minHess || HR < node.minHess) return Number.NaN;
  if (node.counted) {
    const rightHess = wrap(node.totalHess - leftHess);
    if (leftHess >> node.countShift < node.minRows) return Number.NaN;
    if (rightHess >> node.countShift < node.minRows) return Number.NaN;
  }
  const GL = Number(leftGrad) * node.gradUnit;
  const GR = node.G - GL;
  return (GL * GL * (HR + lambda) + GR * GR * (HL + lambda)) / ((HL + lambda) * (HR + lambda));
}

/** The best split of features [begin, end) whose mask byte is set, and the runner-up feature. */
export function findSplit(
  m: Views,
  hist: number,
  features: number,
  begin: number,
  end: number,
  mask: number,
  params: number,
  totals: number,
  best: number,
  leftBins: number,
  scratch: number,
): void {
  clearBest(m, best);
  const node = readNodeSums(m, params, totals);
  for (let f = begin; f < end; f++) {
    if (mask && m.u8(mask + f) === 0) continue;
    const feature = features + f * 32;
    const entries = hist + m.u32(feature + 4) * 16;
    const shape = { numValues: m.i32(feature + 8), kind: m.u32(feature + 16) };
    lookAtFeature(m, node, entries, shape, f, params, best, leftBins, scratch);
  }
}

/** Nothing was found yet. */
export function clearBest(m: Views, best: number): void {
  m.setF64(best, Number.NEGATIVE_INFINITY);
  m.setU32(best + 8, -1);
  m.setF64(best + 40, Number.NEGATIVE_INFINITY);
  m.setU32(best + 48, -1);
}

/** Scans one feature's entries against the best so far. */
export function lookAtFeature(
  m: Views,
  node: NodeSums,
  entries: number,
  { numValues, kind }: { readonly numValues: number; readonly kind: number },
  f: number,
  params: number,
  best: number,
  leftBins: number,
  scratch: number,
): void {
  const before = m.f64(best);
  const owner = m.i32(best + 8);
  const score =
    kind === 0
      ? scanValues(m, node, entries, numValues, f, best)
      : scanCategories(m, node, entries, numValues, f, params, best, leftBins, scratch);
  const won = m.i32(best + 8) === f;
  keepRunnerUp(m, best, won ? before : score, won ? owner : f);
}

/** Of equal losers the lower feature stays, so that slices of features add up to the same answer. */
export function keepRunnerUp(m: Views, best: number, score: number, feature: number): void {
  if (feature < 0) return;
  const runnerUp = m.f64(best + 40);
  if (score > runnerUp || (score === runnerUp && feature < m.i32(best + 48))) {
    m.setF64(best + 40, score);
    m.setU32(best + 48, feature);
  }
}

function scanValues(
  m: Views,
  node: NodeSums,
  entries: number,
  numValues: number,
  f: number,
  best: number,
): number {
  const missingGrad = m.i64(entries + numValues * 16);
  const missingHess = m.i64(entries + numValues * 16 + 8);
  const hasMissing = missingHess !== 0n;
  let featureScore = Number.NEGATIVE_INFINITY;
  let bestScore = m.f64(best);
  let bestBin = -1;
  let bestMissingLeft = 0;
  let bestGrad = 0n;
  let bestHess = 0n;
  let leftGrad = 0n;
  let leftHess = 0n;
  for (let b = 0; b < numValues; b++) {
    const h = m.i64(entries + b * 16 + 8);
    if (h === 0n) continue;
    leftGrad = wrap(leftGrad + m.i64(entries + b * 16));
    leftHess = wrap(leftHess + h);
    for (let side = hasMissing ? 1 : 0; side >= 0; side--) {
      const g = side ? wrap(leftGrad + missingGrad) : leftGrad;
      const hh = side ? wrap(leftHess + missingHess) : leftHess;
      const score = scoreOf(node, g, hh, node.lambda);
      if (!(score > featureScore)) continue;
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
  if (bestBin >= 0) {
    if (!hasMissing) bestMissingLeft = heavierLeft(node, bestHess);
    m.setF64(best, bestScore);
    m.setU32(best + 8, f);
    m.setU32(best + 12, bestBin);
    m.setU32(best + 16, bestMissingLeft);
    m.setU32(best + 20, 0);
    m.setI64(best + 24, bestGrad);
    m.setI64(best + 32, bestHess);
  }
  return featureScore;
}

// Many-vs-many (W. D. Fisher, 1958): bins in the order of g / (h + smooth); the best subset is a prefix.
function scanCategories(
  m: Views,
  node: NodeSums,
  entries: number,
  numValues: number,
  f: number,
  params: number,
  best: number,
  leftBins: number,
  scratch: number,
): number {
  const ratios = scratch;
  const order = scratch + (numValues + 1) * 8;
  const present = listCategories(m, node, entries, numValues, params, ratios, order);
  if (present < 1) return Number.NEGATIVE_INFINITY;
  const isOneHot = present <= m.i32(params + 72);
  const lambda = node.lambda + (isOneHot ? 0 : m.f64(params + 48));
  if (!isOneHot) sortByRatio(m, ratios, order, present);
  const limit = isOneHot ? present : Math.min(present, m.i32(params + 68));
  let featureScore = Number.NEGATIVE_INFINITY;
  let bestScore = m.f64(best);
  let bestCount = 0;
  let bestFrom = 0;
  let bestGrad = 0n;
  let bestHess = 0n;
  for (let direction = 0; direction < (isOneHot ? 1 : 2); direction++) {
    let leftGrad = 0n;
    let leftHess = 0n;
    for (let k = 0; k < limit; k++) {
      const at = entries + m.i32(order + (direction ? present - 1 - k : k) * 4) * 16;
      leftGrad = isOneHot ? m.i64(at) : wrap(leftGrad + m.i64(at));
      leftHess = isOneHot ? m.i64(at + 8) : wrap(leftHess + m.i64(at + 8));
      const score = scoreOf(node, leftGrad, leftHess, lambda);
      if (!(score > featureScore)) continue;
      featureScore = score;
      if (score > bestScore) {
        bestScore = score;
        bestCount = isOneHot ? 1 : k + 1;
        bestFrom = isOneHot ? k : direction ? present - 1 - k : 0;
        bestGrad = leftGrad;
        bestHess = leftHess;
      }
    }
  }
  if (bestCount > 0) {
    m.setF64(best, bestScore);
    m.setU32(best + 8, f);
    keepCategories(m, node, {
      entries,
      numValues,
      order,
      from: bestFrom,
      count: bestCount,
      leftGrad: bestGrad,
      leftHess: bestHess,
      best,
      leftBins,
    });
  }
  return featureScore;
}
