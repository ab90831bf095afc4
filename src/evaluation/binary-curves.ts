/** Curves of a binary classifier as tables: what it does at each threshold, and how right its probabilities are. */

import { float64Column } from '../table/columns/make-column.ts';
import { tableFromColumns } from '../table/create-table.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { calibrationBins } from './calibration-bins.ts';
import type { EvaluateOptions } from './evaluators/evaluator.ts';
import { runsOf, type Sides } from './parts/binary-sides.ts';
import { fMeasure, type ThresholdPoints } from './threshold-points.ts';
import type { PointsTask } from './worker-tasks.ts';

/**
 * A curve of a binary classifier; every column is float64, rows are ordered from the highest threshold down:
 *
 * - `roc`: `threshold`, `falsePositiveRate`, `truePositiveRate`, from (0, 0) to (1, 1)
 * - `pr`: `threshold`, `recall`, `precision`; the first row is (0, first precision), as in Spark
 * - `lift`: `threshold`, `share` of the rows that score as much, `gain` (the share of positives among them), `lift`
 *   (how many times as many positives as among all rows)
 * - `thresholds`, of probabilities: `threshold`, `truePositives`, `falsePositives`, `trueNegatives`, `falseNegatives`
 *   (weights), `precision`, `recall`, `f1`, `accuracy`
 * - `calibration`: bins of probabilities that have rows, ascending: `lower`, `upper`, `meanProbability`,
 *   `positiveShare`, `weight`
 */
export type BinaryCurve = (typeof binaryCurves)[number];

/** The curves that there are. */
export const binaryCurves = ['roc', 'pr', 'lift', 'thresholds', 'calibration'] as const;

/** Options of {@link BinaryClassificationEvaluator.curve}. */
export interface CurveOptions extends EvaluateOptions {
  /** About how many rows the table has (1000), evenly spread along the ROC curve. */
  readonly maxPoints?: number | undefined;
}

/** What a curve is made of. */
interface CurveRequest {
  readonly kind: BinaryCurve;
  readonly table: PartitionedTable;
  readonly sides: Sides;
}

/** The columns of a curve, by name. */
type Columns = Readonly<Record<string, Float64Array>>;

/** A curve as a table. */
export async function binaryCurve(
  { kind, table, sides }: CurveRequest,
  options: CurveOptions,
): Promise<PartitionedTable> {
  const columns =
    kind === 'calibration'
      ? calibrationColumns(sides)
      : columnsOf(kind, await pointsOf(table, sides, options));
  const vectors = Object.entries(columns).map(
    ([name, values]) => [name, float64Column(values)] as const,
  );
  return tableFromColumns(table.runner, Object.fromEntries(vectors));
}

async function pointsOf(
  table: PartitionedTable,
  sides: Sides,
  { signal, maxPoints = 1000 }: CurveOptions,
): Promise<ThresholdPoints> {
  const task: PointsTask = { ...runsOf(sides), maxPoints };
  return await table.runner.run<ThresholdPoints>('evaluation.points', task, { signal });
}

function columnsOf(kind: Exclude<BinaryCurve, 'calibration'>, points: ThresholdPoints): Columns {
  const { thresholds: threshold, positives, negatives } = points;
  const each = (of: (truePositive: number, falsePositive: number) => number): Float64Array =>
    points.truePositives.map((truePositive, i) => of(truePositive, points.falsePositives[i] ?? 0));
  const recall = each((truePositive) => truePositive / positives);
  const precision = each((truePositive, falsePositive) =>
    truePositive + falsePositive === 0 ? 0 : truePositive / (truePositive + falsePositive),
  );
  if (kind === 'roc') {
    return {
      threshold,
      falsePositiveRate: each((_, falsePositive) => falsePositive / negatives),
      truePositiveRate: recall,
    };
  }
  if (kind === 'pr') {
    precision[0] = precision[1] ?? Number.NaN;
    return { threshold, recall, precision };
  }
  const all = positives + negatives;
  if (kind === 'lift') {
    const share = each((truePositive, falsePositive) => (truePositive + falsePositive) / all);
    const lift = precision.map((value) => value / (positives / all));
    lift[0] = lift[1] ?? Number.NaN;
    return { threshold, share, gain: recall, lift };
  }
  return {
    threshold,
    truePositives: points.truePositives,
    falsePositives: points.falsePositives,
    trueNegatives: each((_, falsePositive) => negatives - falsePositive),
    falseNegatives: each((truePositive) => positives - truePositive),
    precision,
    recall,
    f1: precision.map((value, i) => fMeasure(value, recall[i] as number, 1)),
    accuracy: each(
      (truePositive, falsePositive) => (truePositive + negatives - falsePositive) / all,
    ),
  };
}

function calibrationColumns(sides: Sides): Columns {
  const bins = calibrationBins(sides);
  return {
    lower: Float64Array.from(bins, ({ lower }) => lower),
    upper: Float64Array.from(bins, ({ upper }) => upper),
    meanProbability: Float64Array.from(bins, ({ meanProbability }) => meanProbability),
    positiveShare: Float64Array.from(bins, ({ positiveShare }) => positiveShare),
    weight: Float64Array.from(bins, ({ weight }) => weight),
  };
}
