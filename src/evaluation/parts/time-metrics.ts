/** Measures the rows of all partitions whose times until an event were predicted. */
import { ratioOf } from '../../base/exact-ratio.ts';
import { ExactSum } from '../../base/exact-sum.ts';
import {
  concordanceIndex,
  liesWithin,
  type SurvivalRows,
} from '../../training/survival/concordance.ts';
import {
  type CurveRows,
  integratedBrierScore,
  type SurvivalPoints,
  survivalPoints,
} from './brier-score.ts';

/** What the task is given. */
export interface TimesTask {
  readonly parts: readonly CurveRows[];
  /** The metrics that are wanted. */
  readonly names: readonly string[];
  /** The times of the curves; null where none are measured. */
  readonly survivalTimes: readonly number[] | null;
}

/** What the task returns. */
export interface MeasuredTimes {
  readonly metrics: Readonly<Record<string, number>>;
  readonly points: SurvivalPoints | null;
}

/** See the header. */
export function measureTimes({ parts, names, survivalTimes }: TimesTask): MeasuredTimes {
  const points = survivalTimes === null ? null : survivalPoints(parts, survivalTimes);
  const metrics: Record<string, number> = {};
  if (names.includes('concordanceIndex')) metrics['concordanceIndex'] = concordanceIndex(parts);
  if (names.includes('intervalAccuracy')) metrics['intervalAccuracy'] = intervalAccuracy(parts);
  if (points !== null) metrics['integratedBrierScore'] = integratedBrierScore(points);
  return { metrics, points };
}

/** The share of rows, by weight, whose predicted time may be that of the event. */
function intervalAccuracy(parts: readonly SurvivalRows[]): number {
  const [within, all] = [new ExactSum(), new ExactSum()];
  for (const { times, latest, risks, weights } of parts) {
    times.forEach((time, row) => {
      const weight = weights?.[row] ?? 1;
      all.add(weight);
      if (liesWithin(-(risks[row] as number), time, latest?.[row])) within.add(weight);
    });
  }
  return ratioOf(within, all);
}
