/**
 * What one partition contributes to the metrics of uplift: the predictions of its rows as sorted runs, by treatment and
 * outcome; and the metrics of all. After L. Guelman et al., "Optimal personalized treatment learning models with insurance
 * applications", 2015, as YDF measures them.
 */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import type { Metrics } from '../evaluators/evaluator.ts';
import { readFinite, readWeights } from '../read-columns.ts';
import { mergeRuns, type ScoreRuns, scoreRuns } from './score-runs.ts';
import { WideSum } from './wide-sum.ts';

/** Which columns are read. */
export interface UpliftRequest {
  readonly labelCol: string;
  readonly treatmentCol: string;
  readonly predictionCol: string;
  readonly weightCol: string | null;
}

/** Runs of untreated rows without and with the outcome, then of treated ones. */
export type UpliftPart = readonly [ScoreRuns, ScoreRuns, ScoreRuns, ScoreRuns];

/** Reads one partition. @throws CoppiceError `LABEL_INVALID` */
export async function upliftPart(batch: RecordBatch, request: UpliftRequest): Promise<UpliftPart> {
  const { labelCol, treatmentCol, predictionCol, weightCol } = request;
  const outcomes = readFlags(batch, labelCol);
  const treatments = readFlags(batch, treatmentCol);
  const scores = readFinite(batch, predictionCol, 'DATA_INVALID');
  const weights = readWeights(batch, weightCol);
  const runsOf = (treated: number, outcome: number): ScoreRuns => {
    const rows = Uint32Array.from(scores.keys()).filter(
      (row) => treatments[row] === treated && outcomes[row] === outcome && weights?.[row] !== 0,
    );
    const pick = (from: Float64Array): Float64Array =>
      Float64Array.from(rows, (row) => from[row] as number);
    return scoreRuns(pick(scores), weights === null ? null : pick(weights));
  };
  return [runsOf(0, 0), runsOf(0, 1), runsOf(1, 0), runsOf(1, 1)];
}

function readFlags(batch: RecordBatch, name: string): Float64Array {
  const flags = readFinite(batch, name, 'LABEL_INVALID');
  const row = flags.findIndex((flag) => flag !== 0 && flag !== 1);
  if (row < 0) return flags;
  throw new CoppiceError(
    'LABEL_INVALID',
    `column ${name} must be 0 or 1, or false or true, in every row to be evaluated; got ${flags[row]}`,
    { context: { column: name, row } },
  );
}

/** A point of the uplift curve: what treating the rows that are predicted to gain most would add. */
export interface UpliftPoint {
  /** Rows of at least this prediction. */
  readonly threshold: number;
  /** Their share of all rows, by weight. */
  readonly share: number;
  /** Outcomes of treated rows among them as a share of all treated rows, less the same of the others. */
  readonly gain: number;
}

/** Curve and metrics of all partitions. */
export interface MeasuredUplift {
  readonly points: readonly UpliftPoint[];
  readonly metrics: Metrics;
}

/** Measures the rows of all partitions. */
export function measureUplift(parts: readonly UpliftPart[]): MeasuredUplift {
  const points = upliftCurve(parts);
  return { points, metrics: upliftMetrics(points) };
}

/** The curve, a point a distinct prediction from the highest; empty where either kind of rows is missing. */
function upliftCurve(parts: readonly UpliftPart[]): UpliftPoint[] {
  const runs = [0, 1, 2, 3].map((group) =>
    mergeRuns(parts.map((part) => part[group] as ScoreRuns)),
  );
  const totals = runs.map((one) => {
    const total = new WideSum();
    for (let i = 0; i < one.scores.length; i++) total.add(weightOf(one, i));
    return total.value();
  }) as [number, number, number, number];
  const [untreated, treated] = [totals[0] + totals[1], totals[2] + totals[3]];
  if (untreated === 0 || treated === 0) return [];
  const seen = runs.map(() => new WideSum());
  const at = runs.map(({ scores }) => scores.length - 1);
  const points: UpliftPoint[] = [];
  for (;;) {
    const threshold = Math.max(
      ...runs.map(({ scores }, g) => scores[at[g] as number] ?? Number.NEGATIVE_INFINITY),
    );
    if (threshold === Number.NEGATIVE_INFINITY) return points;
    runs.forEach((one, g) => {
      for (; one.scores[at[g] as number] === threshold; at[g] = (at[g] as number) - 1)
        (seen[g] as WideSum).add(weightOf(one, at[g] as number));
    });
    const [c0 = 0, c1 = 0, t0 = 0, t1 = 0] = seen.map((sum) => sum.value());
    const share = (c0 + c1 + (t0 + t1)) / (untreated + treated);
    points.push({ threshold, share, gain: t1 / treated - c1 / untreated });
  }
}

function weightOf({ counts, weights }: ScoreRuns, run: number): number {
  return (counts[run] as number) * (weights?.[run] ?? 1);
}

/** The metrics; NaN where either kind of rows is missing. */
function upliftMetrics(points: readonly UpliftPoint[]): Metrics {
  const last = points.at(-1);
  const area = new WideSum();
  let before = { share: 0, gain: 0 };
  for (const point of points) {
    area.addProduct(point.share - before.share, (point.gain + before.gain) / 2);
    before = point;
  }
  const averageTreatmentEffect = last?.gain ?? Number.NaN;
  const areaUnderUplift = last === undefined ? Number.NaN : area.value();
  return {
    qini: areaUnderUplift - averageTreatmentEffect / 2,
    areaUnderUplift,
    averageTreatmentEffect,
  };
}
