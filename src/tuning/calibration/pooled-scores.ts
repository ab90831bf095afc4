/**
 * The scores that a calibration curve is fitted to: distinct ones, ascending, each with the weight of the rows
 * of its class and of all rows. Rows come as sorted runs (distinct scores and weights with their counts), so
 * the sums are made in one order whatever the partitioning was.
 */
import type { ScoreRuns } from '../../evaluation/parts/score-runs.ts';
import { WideSum } from '../../evaluation/parts/wide-sum.ts';

/** Distinct scores and the weights at each. */
export interface PooledScores {
  /** float64[n], ascending */
  readonly scores: Float64Array;
  /** float64[n]: weight of the rows of the class */
  readonly positive: Float64Array;
  /** float64[n]: weight of the other rows */
  readonly negative: Float64Array;
}

/** The runs of the class's rows and of the others, pooled by score. */
export function pooledScores(positives: ScoreRuns, negatives: ScoreRuns): PooledScores {
  const [ofClass, ofOthers] = [weightByScore(positives), weightByScore(negatives)];
  const scores: number[] = [];
  const positive: number[] = [];
  const negative: number[] = [];
  let i = 0;
  let j = 0;
  while (i < ofClass.scores.length || j < ofOthers.scores.length) {
    const a = ofClass.scores[i] ?? Number.POSITIVE_INFINITY;
    const b = ofOthers.scores[j] ?? Number.POSITIVE_INFINITY;
    scores.push(Math.min(a, b));
    positive.push(a <= b ? (ofClass.weights[i++] as number) : 0);
    negative.push(b <= a ? (ofOthers.weights[j++] as number) : 0);
  }
  return {
    scores: Float64Array.from(scores),
    positive: Float64Array.from(positive),
    negative: Float64Array.from(negative),
  };
}

/** Distinct scores and the sum of weights at each. */
function weightByScore(runs: ScoreRuns): { scores: number[]; weights: number[] } {
  const scores: number[] = [];
  const weights: number[] = [];
  for (let start = 0; start < runs.scores.length; ) {
    const score = runs.scores[start] as number;
    const sum = new WideSum();
    let end = start;
    for (; end < runs.scores.length && runs.scores[end] === score; end++) {
      sum.addProduct(runs.weights?.[end] ?? 1, runs.counts[end] as number);
    }
    scores.push(score);
    weights.push(sum.value());
    start = end;
  }
  return { scores, weights };
}
