/**
 * Which split of a node has the highest gain where leaf values are penalised, capped, smoothed or bounded, or
 * where each feature may try one random threshold only? The twin of wasm/assembly/find-shaped-split.ts, which
 * draws the layout of shape; the rest is as in find-split.ts.
 */
import { mix32 } from '../../base/rng.ts';
import { type LeafFrame, type LeafRule, shapedScore, shapedValue } from '../leaf-shape.ts';
import { keepCategories, listCategories, sortByRatio } from './category-order.ts';
import { keepRunnerUp } from './find-split.ts';
import { heavierLeft, type NodeSums, readNodeSums, wrap } from './node-sums.ts';
import { drawBelow } from './random-cut.ts';
import type { Views } from './views.ts';

/** What every candidate of a node is measured with. */
interface ShapedNode {
  readonly sums: NodeSums;
  readonly rule: LeafRule;
  readonly frame: LeafFrame;
  readonly drawsOne: boolean;
  readonly drawKey: number;
  /** Address of one int8 a feature, or 0. */
  readonly directions: number;
  /** Address of the bounds of both children along the one feature that is searched, or 0. */
  readonly steps: number;
}

/** Between what the children of a cut must stay. */
interface SideBounds {
  readonly left: LeafFrame;
  readonly right: LeafFrame;
}

/** A feature's entries and where its findings go. */
interface FeatureScan {
  readonly index: number;
  readonly entries: number;
  readonly numValues: number;
  readonly direction: number;
  /** Random bits of this node and feature. */
  readonly draw: number;
  readonly best: number;
  readonly leftBins: number;
  readonly params: number;
  readonly scratch: number;
}

/** The best split of features [begin, end) whose mask byte is set, and the runner-up feature. */
export function findShapedSplit(
  m: Views,
  hist: number,
  features: number,
  begin: number,
  end: number,
  mask: number,
  params: number,
  totals: number,
  shape: number,
  best: number,
  leftBins: number,
  scratch: number,
): void {
  m.setF64(best, Number.NEGATIVE_INFINITY);
  m.setU32(best + 8, -1);
  m.setF64(best + 40, Number.NEGATIVE_INFINITY);
  m.setU32(best + 48, -1);
  const node = readShapedNode(m, params, totals, shape);
  for (let f = begin; f < end; f++) {
    if (mask && m.u8(mask + f) === 0) continue;
    const before = m.f64(best);
    const owner = m.i32(best + 8);
    const feature = features + f * 32;
    const scan: FeatureScan = {
      index: f,
      entries: hist + m.u32(feature + 4) * 16,
      numValues: m.i32(feature + 8),
      direction: node.directions ? (m.u8(node.directions + f) << 24) >> 24 : 0,
      draw: mix32(node.drawKey ^ mix32(m.u32(feature + 28) + 1)),
      best,
      leftBins,
      params,
      scratch,
    };
    const score =
      m.u32(feature + 16) === 0 ? scanValues(m, node, scan) : scanCategories(m, node, scan);
    const won = m.i32(best + 8) === f;
    keepRunnerUp(m, best, won ? before : score, won ? owner : f);
  }
}

function readShapedNode(m: Views, params: number, totals: number, shape: number): ShapedNode {
  const sums = readNodeSums(m, params, totals);
  return {
    sums,
    rule: {
      lambda: sums.lambda,
      alpha: m.f64(shape),
      maxDeltaStep: m.f64(shape + 8),
      smoothing: m.f64(shape + 16),
    },
    frame: { value: m.f64(shape + 24), lower: m.f64(shape + 32), upper: m.f64(shape + 40) },
    drawsOne: m.u32(shape + 48) !== 0,
    drawKey: m.u32(shape + 52),
    directions: m.u32(shape + 56),
    steps: m.u32(shape + 60),
  };
}

/** What both children take off the loss; NaN, which never wins, where a limit or the direction is broken. */
function scoreOf(
  node: ShapedNode,
  leftGrad: bigint,
  leftHess: bigint,
  extra: { readonly lambda: number; readonly direction: number; readonly bounds: SideBounds },
): number {
  const { sums } = node;
  if (leftHess === sums.totalHess) return Number.NaN;
  const HL = Number(leftHess & sums.hessMask) * sums.hessUnit;
  const HR = sums.H - HL;
  if (HL < sums.minHess || HR < sums.minHess) return Number.NaN;
  let leftRows = 0;
  let rightRows = 0;
  if (sums.counted) {
    const left = leftHess >> sums.countShift;
    const right = wrap(sums.totalHess - leftHess) >> sums.countShift;
    if (left < sums.minRows || right < sums.minRows) return Number.NaN;
    leftRows = Number(left);
    rightRows = Number(right);
  }
  const GL = Number(leftGrad) * sums.gradUnit;
  const GR = sums.G - GL;
  const rule = extra.lambda === 0 ? node.rule : withLambda(node.rule, extra.lambda);
  const left = shapedValue(rule, extra.bounds.left, { G: GL, H: HL, rows: leftRows });
  const right = shapedValue(rule, extra.bounds.right, { G: GR, H: HR, rows: rightRows });
  if (extra.direction > 0 ? left > right : extra.direction < 0 && left < right) return Number.NaN;
  return shapedScore(rule, GL, HL, left) + shapedScore(rule, GR, HR, right);
}

function withLambda(rule: LeafRule, extra: number): LeafRule {
  return { ...rule, lambda: rule.lambda + extra };
}

/** What bounds both children of a cut behind a bin; missing values are within bounds of their own. */
function boundsAt(m: Views, node: ShapedNode, b: number, missingLeft: number): SideBounds {
  const { frame, steps } = node;
  if (steps === 0) return { left: frame, right: frame };
  let step = steps + 24;
  const numSteps = m.i32(steps);
  for (let k = 1; k < numSteps && b >= m.i32(step + 40); k++) step += 40;
  const sideOf = (at: number, hasMissing: boolean): LeafFrame => {
    const [lower, upper] = [m.f64(at), m.f64(at + 8)];
    if (!hasMissing) return { ...frame, lower, upper };
    const [least, most] = [m.f64(steps + 8), m.f64(steps + 16)];
    return { ...frame, lower: least > lower ? least : lower, upper: most < upper ? most : upper };
  };
  return { left: sideOf(step + 8, missingLeft === 1), right: sideOf(step + 24, missingLeft === 0) };
}

function scanValues(m: Views, node: ShapedNode, scan: FeatureScan): number {
  const { entries, numValues, best } = scan;
  const missingGrad = m.i64(entries + numValues * 16);
  const missingHess = m.i64(entries + numValues * 16 + 8);
  const hasMissing = missingHess !== 0n;
  const only = node.drawsOne ? drawCut(m, scan, hasMissing) : -1;
  if (node.drawsOne && only < 0) return Number.NEGATIVE_INFINITY;
  let featureScore = Number.NEGATIVE_INFINITY;
  let bestScore = m.f64(best);
  let bestBin = -1;
  let bestMissingLeft = 0;
  let bestGrad = 0n;
  let bestHess = 0n;
  let leftGrad = 0n;
  let leftHess = 0n;
  const end = node.drawsOne ? only + 1 : numValues;
  for (let b = 0; b < end; b++) {
    const h = m.i64(entries + b * 16 + 8);
    leftGrad = wrap(leftGrad + m.i64(entries + b * 16));
    leftHess = wrap(leftHess + h);
    if (node.drawsOne ? b !== only : h === 0n) continue;
    for (let side = hasMissing ? 1 : 0; side >= 0; side--) {
      const g = side ? wrap(leftGrad + missingGrad) : leftGrad;
      const hh = side ? wrap(leftHess + missingHess) : leftHess;
      const missingLeft = hasMissing ? side : heavierLeft(node.sums, hh);
      const bounds = boundsAt(m, node, b, missingLeft);
      const score = scoreOf(node, g, hh, { lambda: 0, direction: scan.direction, bounds });
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
    if (!hasMissing) bestMissingLeft = heavierLeft(node.sums, bestHess);
    m.setF64(best, bestScore);
    m.setU32(best + 8, scan.index);
    m.setU32(best + 12, bestBin);
    m.setU32(best + 16, bestMissingLeft);
    m.setU32(best + 20, 0);
    m.setI64(best + 24, bestGrad);
    m.setI64(best + 32, bestHess);
  }
  return featureScore;
}

/** A cut between the lowest and the highest bin that the node has, or behind it where values are missing. */
function drawCut(m: Views, scan: FeatureScan, hasMissing: boolean): number {
  const { entries, numValues, draw } = scan;
  let first = 0;
  while (first < numValues && m.i64(entries + first * 16 + 8) === 0n) first++;
  let last = numValues - 1;
  while (last > first && m.i64(entries + last * 16 + 8) === 0n) last--;
  const numCuts = last - first + (hasMissing ? 1 : 0);
  return first === numValues || numCuts === 0 ? -1 : first + drawBelow(draw, numCuts);
}

function scanCategories(m: Views, node: ShapedNode, scan: FeatureScan): number {
  const { entries, numValues, best, params, scratch } = scan;
  const ratios = scratch;
  const order = scratch + (numValues + 1) * 8;
  const present = listCategories(m, node.sums, entries, numValues, params, ratios, order);
  if (present < 1) return Number.NEGATIVE_INFINITY;
  const isOneHot = present <= m.i32(params + 72);
  const bounds = { left: node.frame, right: node.frame };
  const extra = { lambda: isOneHot ? 0 : m.f64(params + 48), direction: 0, bounds };
  if (!isOneHot) sortByRatio(m, ratios, order, present);
  const limit = isOneHot ? present : Math.min(present, m.i32(params + 68));
  const numDirections = isOneHot ? 1 : 2;
  // all of them on the left would be no split
  const choices = isOneHot ? present : Math.max(1, Math.min(limit, present - 1));
  const only = node.drawsOne ? drawBelow(scan.draw, choices * numDirections) : -1;
  let featureScore = Number.NEGATIVE_INFINITY;
  let bestScore = m.f64(best);
  let bestCount = 0;
  let bestFrom = 0;
  let bestGrad = 0n;
  let bestHess = 0n;
  for (let direction = 0; direction < numDirections; direction++) {
    let leftGrad = 0n;
    let leftHess = 0n;
    const end = node.drawsOne ? choices : limit;
    for (let k = 0; k < end; k++) {
      const at = entries + m.i32(order + (direction ? present - 1 - k : k) * 4) * 16;
      leftGrad = isOneHot ? m.i64(at) : wrap(leftGrad + m.i64(at));
      leftHess = isOneHot ? m.i64(at + 8) : wrap(leftHess + m.i64(at + 8));
      if (node.drawsOne && only !== direction * choices + k) continue;
      const score = scoreOf(node, leftGrad, leftHess, extra);
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
    m.setU32(best + 8, scan.index);
    keepCategories(m, node.sums, {
      entries,
      numValues,
      order,
      from: bestFrom,
      count: bestCount,
      leftGrad: bestGrad,
      leftHess: bestHess,
      best,
      leftBins: scan.leftBins,
    });
  }
  return featureScore;
}
