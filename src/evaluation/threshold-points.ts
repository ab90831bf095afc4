/**
 * What a binary classifier does at each threshold: from the sorted runs of the two classes, the weight of positives
 * and of negatives that score at least as much; and the threshold at which a measure is best. One walk over the
 * distinct scores, from the highest; a threshold lies in the middle between two scores, so that no rounding of
 * theirs can move a row to the other side.
 */

import type { ScoreRuns } from './parts/score-runs.ts';
import { WideSum } from './parts/wide-sum.ts';
import { totalWeights, visitDescending } from './rank-metrics.ts';

/** Points of a curve; the first has no row above its threshold. */
export interface ThresholdPoints {
  /** float64[n], falling: the lowest score that counts as positive. */
  readonly thresholds: Float64Array;
  /** float64[n]: weight of the positives from there on. */
  readonly truePositives: Float64Array;
  /** float64[n]: weight of the negatives from there on. */
  readonly falsePositives: Float64Array;
  readonly positives: number;
  readonly negatives: number;
}

/** The points, thinned to about `maxPoints` evenly spread over the ROC curve's length; the last is kept. */
export function thresholdPoints(
  positives: ScoreRuns,
  negatives: ScoreRuns,
  maxPoints: number,
): ThresholdPoints {
  const totals = totalWeights(positives, negatives);
  const thresholds = [Number.POSITIVE_INFINITY];
  const truePositives = [0];
  const falsePositives = [0];
  const truePositive = new WideSum();
  const falsePositive = new WideSum();
  let kept = 0;
  let last = 0;
  let lastScore = Number.POSITIVE_INFINITY;
  const keep = (): void => {
    thresholds.push(lastScore);
    truePositives.push(truePositive.value());
    falsePositives.push(falsePositive.value());
    kept = last;
  };
  visitDescending(positives, negatives, (score, positive, negative) => {
    truePositive.add(positive);
    falsePositive.add(negative);
    lastScore = score;
    last =
      truePositive.value() / (totals.positive || 1) +
      falsePositive.value() / (totals.negative || 1);
    if (last - kept >= 2 / maxPoints) keep();
  });
  if (kept < last) keep();
  return {
    thresholds: Float64Array.from(thresholds),
    truePositives: Float64Array.from(truePositives),
    falsePositives: Float64Array.from(falsePositives),
    positives: totals.positive,
    negatives: totals.negative,
  };
}

/** Measures that a threshold can be chosen by. */
export const thresholdMetricNames = [
  'fMeasure',
  'accuracy',
  'balancedAccuracy',
  'precision',
  'recall',
  'cost',
] as const;

/** What makes a threshold good. */
export interface ThresholdMeasure {
  readonly metricName: (typeof thresholdMetricNames)[number];
  /** How much recall counts against precision. */
  readonly beta: number;
  /** Least recall where precision is the measure. */
  readonly minRecall: number;
  /** Least precision where recall is the measure. */
  readonly minPrecision: number;
  readonly falsePositiveCost: number;
  readonly falseNegativeCost: number;
}

/** A threshold and what the measure is there. */
export interface BestThreshold {
  readonly threshold: number;
  /** The measure; a cost is per unit of weight. */
  readonly value: number;
}

/** Positives and negatives that are called positive, and all of them. */
interface Counts {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly positive: number;
  readonly negative: number;
}

/**
 * The best threshold for probabilities; of equal ones the highest. Null where no threshold reaches the least recall
 * or precision.
 */
export function bestThreshold(
  positives: ScoreRuns,
  negatives: ScoreRuns,
  measure: ThresholdMeasure,
): BestThreshold | null {
  const { positive, negative } = totalWeights(positives, negatives);
  const sign = measure.metricName === 'cost' ? -1 : 1;
  let best: BestThreshold | null = null;
  const truePositive = new WideSum();
  const falsePositive = new WideSum();
  let above = 1;
  // what lies above the score that is looked at; a threshold is inside (0, 1)
  const look = (score: number): void => {
    const threshold = score + (above - score) / 2;
    above = score;
    if (!(threshold > 0 && threshold < 1 && threshold > score)) return;
    const value = measured(measure, {
      ...{ truePositive: truePositive.value(), falsePositive: falsePositive.value() },
      ...{ positive, negative },
    });
    if (Number.isNaN(value) || (best !== null && sign * value <= sign * best.value)) return;
    best = { threshold, value };
  };
  visitDescending(positives, negatives, (score, ofPositive, ofNegative) => {
    look(score);
    truePositive.add(ofPositive);
    falsePositive.add(ofNegative);
  });
  look(0);
  return best;
}

/** The measure at a threshold; NaN where it is not allowed. */
export function measured(measure: ThresholdMeasure, counts: Counts): number {
  const { truePositive, falsePositive, positive, negative } = counts;
  const called = truePositive + falsePositive;
  const precision = called === 0 ? 0 : truePositive / called;
  const recall = positive === 0 ? 0 : truePositive / positive;
  switch (measure.metricName) {
    case 'fMeasure':
      return fMeasure(precision, recall, measure.beta);
    case 'accuracy':
      return (truePositive + negative - falsePositive) / (positive + negative);
    case 'balancedAccuracy':
      return (recall + (negative === 0 ? 0 : (negative - falsePositive) / negative)) / 2;
    case 'precision':
      return recall >= measure.minRecall ? precision : Number.NaN;
    case 'recall':
      return precision >= measure.minPrecision ? recall : Number.NaN;
    case 'cost': {
      const missed = (positive - truePositive) * measure.falseNegativeCost;
      return (falsePositive * measure.falsePositiveCost + missed) / (positive + negative);
    }
  }
}

/** The weighted harmonic mean of precision and recall; 0 where both are. */
export function fMeasure(precision: number, recall: number, beta: number): number {
  const squared = beta * beta;
  const below = squared * precision + recall;
  return below === 0 ? 0 : ((1 + squared) * precision * recall) / below;
}
