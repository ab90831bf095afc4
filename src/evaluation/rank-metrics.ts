/**
 * Areas under the ROC and the precision-recall curve, and the curves themselves, from the sorted runs of
 * the two classes. Rows of equal score move together, so ties count half. One walk over the distinct
 * scores, from the lowest or from the highest.
 */
import type { ScoreRuns } from './parts/score-runs.ts';
import { WideSum } from './parts/wide-sum.ts';

/** The rank statistics of a binary classifier; NaN where a class that they look at has no rows. */
export interface RankMetrics {
  /** The chance that a random positive scores above a random negative, ties half. */
  readonly areaUnderROC: number;
  /** By trapezoids from (0, first precision), as Spark computes it. */
  readonly areaUnderPR: number;
  /** By steps, as scikit-learn's average_precision_score computes it. */
  readonly averagePrecision: number;
  /** The largest distance between the two classes' distributions of scores. */
  readonly kolmogorovSmirnov: number;
}

/** A ROC curve from (0, 0) to (1, 1). */
export interface RocCurve {
  /** The share of negatives above each threshold. */
  readonly falsePositiveRate: Float64Array;
  /** The share of positives above each threshold. */
  readonly truePositiveRate: Float64Array;
  /** Rows with a score of at least this count as positive. */
  readonly threshold: Float64Array;
}

/** Weight of the rows of one distinct score. */
type VisitScore = (score: number, positive: number, negative: number) => void;

/** All rank statistics. */
export function rankMetrics(positives: ScoreRuns, negatives: ScoreRuns): RankMetrics {
  const totals = totalWeights(positives, negatives);
  if (totals.positive === 0) {
    const nothing = Number.NaN;
    return {
      areaUnderROC: nothing,
      areaUnderPR: nothing,
      averagePrecision: nothing,
      kolmogorovSmirnov: nothing,
    };
  }
  const truePositive = new WideSum();
  const falsePositive = new WideSum();
  const rankArea = new WideSum();
  const trapezoids = new WideSum();
  const steps = new WideSum();
  let lastPrecision = Number.NaN;
  let largestGap = 0;
  visitDescending(positives, negatives, (_score, positive, negative) => {
    // Negatives of this score lie below every positive seen so far and tie with the positives here.
    rankArea.addScaled(truePositive, 2 * negative);
    rankArea.addProduct(positive, negative);
    truePositive.add(positive);
    falsePositive.add(negative);
    const precision = truePositive.value() / (truePositive.value() + falsePositive.value());
    const recallGain = positive / totals.positive;
    if (Number.isNaN(lastPrecision)) lastPrecision = precision;
    trapezoids.addProduct(recallGain, (precision + lastPrecision) / 2);
    steps.addProduct(recallGain, precision);
    lastPrecision = precision;
    const gap = truePositive.value() / totals.positive - falsePositive.value() / totals.negative;
    largestGap = Math.max(largestGap, Math.abs(gap));
  });
  // precision and recall need no negatives: without them every precision is 1
  const isAllRight = totals.negative === 0;
  return {
    areaUnderROC: rankArea.value() / 2 / totals.positive / totals.negative,
    areaUnderPR: isAllRight ? 1 : trapezoids.value(),
    averagePrecision: isAllRight ? 1 : steps.value(),
    kolmogorovSmirnov: largestGap,
  };
}

/** The ROC curve, thinned to about `maxPoints` points evenly spread over the curve's length. */
export function rocCurve(positives: ScoreRuns, negatives: ScoreRuns, maxPoints: number): RocCurve {
  const totals = totalWeights(positives, negatives);
  const falsePositiveRate = [0];
  const truePositiveRate = [0];
  const threshold = [Number.POSITIVE_INFINITY];
  const truePositive = new WideSum();
  const falsePositive = new WideSum();
  let kept = 0;
  let last: readonly [number, number, number] = [0, 0, Number.POSITIVE_INFINITY];
  const keep = ([x, y, score]: readonly [number, number, number]): void => {
    falsePositiveRate.push(x);
    truePositiveRate.push(y);
    threshold.push(score);
    kept = x + y;
  };
  visitDescending(positives, negatives, (score, positive, negative) => {
    truePositive.add(positive);
    falsePositive.add(negative);
    last = [falsePositive.value() / totals.negative, truePositive.value() / totals.positive, score];
    if (last[0] + last[1] - kept >= 2 / maxPoints) keep(last);
  });
  if (kept < last[0] + last[1]) keep(last);
  return {
    falsePositiveRate: Float64Array.from(falsePositiveRate),
    truePositiveRate: Float64Array.from(truePositiveRate),
    threshold: Float64Array.from(threshold),
  };
}

/** The weight of each class's rows. */
export function totalWeights(
  positives: ScoreRuns,
  negatives: ScoreRuns,
): { positive: number; negative: number } {
  const positiveTotal = new WideSum();
  const negativeTotal = new WideSum();
  visitDescending(positives, negatives, (_score, positive, negative) => {
    positiveTotal.add(positive);
    negativeTotal.add(negative);
  });
  return { positive: positiveTotal.value(), negative: negativeTotal.value() };
}

/** Calls `visit` once for every distinct score, from the highest. */
export function visitDescending(
  positives: ScoreRuns,
  negatives: ScoreRuns,
  visit: VisitScore,
): void {
  let i = positives.scores.length - 1;
  let j = negatives.scores.length - 1;
  while (i >= 0 || j >= 0) {
    const positiveScore = positives.scores[i] ?? Number.NEGATIVE_INFINITY;
    const negativeScore = negatives.scores[j] ?? Number.NEGATIVE_INFINITY;
    const score = Math.max(positiveScore, negativeScore);
    let positive = 0;
    for (; i >= 0 && positives.scores[i] === score; i--) {
      positive += (positives.counts[i] as number) * (positives.weights?.[i] ?? 1);
    }
    let negative = 0;
    for (; j >= 0 && negatives.scores[j] === score; j--) {
      negative += (negatives.counts[j] as number) * (negatives.weights?.[j] ?? 1);
    }
    visit(score, positive, negative);
  }
}
