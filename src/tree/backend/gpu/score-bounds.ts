/**
 * Which features could hold the best split of a node, or the runner-up, given scores in float32? The host looks
 * at these again in float64, by the CPU's rule.
 *
 * The error bound. Each sum comes from an integer with three roundings (upper and lower half, their sum), λ with
 * one. WGSL rounds +, − and × to a neighbour of the exact value (one unit of 2^-23 at most) and divides within
 * 2.5 units. A score is a sum of two terms that are never negative, so that errors stay relative: G² has 3 + 3 + 1
 * units, H + λ has 3 + 1, the quotient 7 + 4 + 2.5, the sum one more: 14.5 units, and 16 with all products of
 * errors. Twice as much is allowed for, because no real device has been audited. Sums are scaled so that H is
 * about 1 and |G| at most 1; H of one unit is 2^-62 at least, and what underflows, 2^-126, becomes 2^-63 by it.
 */
import { type Scores, scoreParts } from './split-scores.ts';

/** Relative error of a score: 32 units of 2^-23. */
export const scoreError = 2 ** -18;
/** What may be lost to underflow, in scaled units. */
export const scoreLoss = 2 ** -60;

/** How a feature is looked at. */
export interface ScoredFeatures {
  /** 1 where the feature may split the node. */
  readonly mask: Uint8Array | null;
  /** 1 where scores do not tell: categories. */
  readonly unknown: Uint8Array;
}

/** Writes 1 for each feature that could be best or second best, 0 for the others; returns how many could. */
export function markCandidates(
  scores: Scores,
  node: number,
  { mask, unknown }: ScoredFeatures,
  out: Uint8Array,
): number {
  const numFeatures = out.length;
  const best = bestScores(scores, node, numFeatures);
  let most = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  for (let f = 0; f < numFeatures; f++) {
    const score = best[f] as number;
    if (mask?.[f] === 0 || unknown[f] === 1 || score < 0) continue;
    const lower = score * (1 - scoreError) - scoreLoss;
    if (lower > most) {
      second = most;
      most = lower;
    } else if (lower > second) second = lower;
  }
  let count = 0;
  for (let f = 0; f < numFeatures; f++) {
    const score = best[f] as number;
    const mayWin =
      unknown[f] === 1 || (score >= 0 && score * (1 + scoreError) + scoreLoss >= second);
    out[f] = mayWin && mask?.[f] !== 0 ? 1 : 0;
    count += out[f] as number;
  }
  return count;
}

/** The best of each feature's parts; a score that is no number says nothing, so that it becomes Infinity. */
function bestScores(scores: Scores, node: number, numFeatures: number): Float64Array {
  const best = new Float64Array(numFeatures).fill(-1);
  for (let part = 0; part < scoreParts; part++) {
    const row = (scores[node] as readonly Float32Array[])[part] as Float32Array;
    for (let f = 0; f < numFeatures; f++) {
      const score = row[f] as number;
      if (score > (best[f] as number)) best[f] = score;
      else if (Number.isNaN(score)) best[f] = Number.POSITIVE_INFINITY;
    }
  }
  return best;
}
