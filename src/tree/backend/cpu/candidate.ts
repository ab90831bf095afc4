/**
 * The best split of a node as ranks tell each other: what findSplit wrote (64 bytes) and, for category
 * splits, the left bins. Every rank picks the same winner from all ranks' candidates.
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Split } from '../backend.ts';

/** Bytes of the fixed part. */
export const candidateHeadBytes = 64;

/** Bytes of one candidate: the head and room for the left bins of the largest category feature. */
export function candidateBytes(layout: BinnedLayout): number {
  const bins = layout.maxCategoryBins;
  return candidateHeadBytes + (bins === 0 ? 0 : Math.floor((bins + 64) / 64) * 8);
}

/** Bytes in which the categories of a node are sorted (wasm/assembly/category-order.ts), the missing one among them. */
export function categoryScratchBytes(layout: Pick<BinnedLayout, 'maxCategoryBins'>): number {
  return 32 * 2 ** (32 - Math.clz32(layout.maxCategoryBins));
}

/** Integer sums of a node. */
export interface NodeTotals {
  readonly grad: bigint;
  /** (rows << countShift) + sum of h */
  readonly hess: bigint;
}

/** What a split's `detail` holds. */
export interface SplitDetail {
  readonly left: NodeTotals;
}

/** What is needed to turn scores into gains. */
export interface GainRule {
  /** G² / (H + λ) of the node. */
  readonly parentScore: number;
  /** Least gain, after what a split costs. */
  readonly minGain: number;
  readonly cost?: number;
  /** Twice the hessian of the left, at least that of the node: left is the heavier side. */
  isHeavier(left: bigint): boolean;
  /** Where the left bins of a category split begin in a candidate; right behind the head by default. */
  readonly leftBinsAt?: number;
}

/** Chooses among ranks' candidates of one node; ranks hold ascending places, so the first of equals wins. */
export function pickSplit(
  candidates: readonly DataView[],
  layout: BinnedLayout,
  rule: GainRule,
): Split | null {
  let best: DataView | null = null;
  let bestScore = Number.NEGATIVE_INFINITY;
  let runnerUpScore = Number.NEGATIVE_INFINITY;
  let runnerUpPlace = -1;
  const consider = (score: number, place: number): void => {
    const isBetter = score > runnerUpScore || (score === runnerUpScore && place < runnerUpPlace);
    if (isBetter && score > Number.NEGATIVE_INFINITY) {
      runnerUpScore = score;
      runnerUpPlace = place;
    }
  };
  for (const candidate of candidates) {
    const score = candidate.getFloat64(0, true);
    const place = candidate.getInt32(8, true);
    if (place >= 0 && score > bestScore) {
      if (best !== null) consider(bestScore, best.getInt32(8, true));
      best = candidate;
      bestScore = score;
    } else if (place >= 0) {
      consider(score, place);
    }
    const otherPlace = candidate.getInt32(48, true);
    if (otherPlace >= 0) consider(candidate.getFloat64(40, true), otherPlace);
  }
  if (best === null) return null;
  const { cost = 0 } = rule;
  const gain = bestScore - rule.parentScore - cost;
  if (!(gain > rule.minGain) || !(gain > 1e-12 * Math.abs(bestScore))) return null;
  const place = best.getInt32(8, true);
  const left: NodeTotals = { grad: best.getBigInt64(24, true), hess: best.getBigInt64(32, true) };
  return {
    place,
    bin: best.getInt32(12, true),
    leftBins: readLeftBins(best, layout, place, rule.leftBinsAt ?? candidateHeadBytes),
    missingGoesLeft: best.getInt32(16, true) === 1,
    heavierIsLeft: rule.isHeavier(left.hess),
    gain,
    runnerUpGain: runnerUpPlace < 0 ? 0 : Math.max(0, runnerUpScore - rule.parentScore - cost),
    runnerUpPlace,
    detail: { left } satisfies SplitDetail,
  };
}

function readLeftBins(
  candidate: DataView,
  layout: BinnedLayout,
  place: number,
  address: number,
): Uint32Array | null {
  const found = layout.places[place];
  if (found === undefined || found.feature.kind === 'numeric') return null;
  const numWords = Math.floor((found.numValueBins + 64) / 64) * 2;
  const words = new Uint32Array(numWords);
  for (let i = 0; i < numWords; i++) words[i] = candidate.getUint32(address + 4 * i, true);
  return words;
}
