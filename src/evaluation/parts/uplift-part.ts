/**
 * What one partition contributes to the metrics of uplift: the predictions of its rows as sorted runs, by treatment and
 * outcome; and the metrics of all. After L. Guelman et al., "Optimal personalized treatment learning models with insurance
 * applications", 2015, as YDF measures them.
 */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { pickNumbers } from '../../base/pick-numbers.ts';
import type { Metrics } from '../evaluators/evaluator.ts';
import { readFinite, readWeights } from '../read-columns.ts';
import { rowsByCode } from './rows-by-code.ts';
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
  const outcomes = readOutcomes(batch, labelCol);
  const treatments = readOutcomes(batch, treatmentCol);
  const scores = readFinite(batch, predictionCol, 'DATA_INVALID');
  const weights = readWeights(batch, weightCol);
  const groups = new Uint8Array(scores.length);
  for (let row = 0; row < groups.length; row++)
    groups[row] = 2 * (treatments[row] as number) + (outcomes[row] as number);
  return upliftRuns(groups, scores, weights);
}

/** The runs of rows of each group; group 4 is of none. */
export function upliftRuns(
  groups: Uint8Array,
  scores: Float64Array,
  weights: Float64Array | null,
): UpliftPart {
  const rows = rowsByCode(groups, 5, weights).slice(0, 4);
  return rows.map((own) =>
    scoreRuns(pickNumbers(scores, own), weights === null ? null : pickNumbers(weights, own)),
  ) as unknown as UpliftPart;
}

/** A column of 0 and 1, or booleans. @throws CoppiceError `LABEL_INVALID` */
export function readOutcomes(batch: RecordBatch, name: string): Float64Array {
  const flags = readFinite(batch, name, 'LABEL_INVALID');
  const row = flags.findIndex((flag) => flag !== 0 && flag !== 1);
  if (row < 0) return flags;
  throw new CoppiceError(
    'LABEL_INVALID',
    `column ${name} must be 0 or 1, or false or true, in every row to be evaluated; got ${flags[row]}`,
    { context: { column: name, row } },
  );
}

/**
 * The uplift curve: what treating the rows that are predicted to gain most would add, a point a distinct prediction from
 * the highest; no points where either kind of rows is missing.
 */
export interface UpliftCurve {
  /** Rows of at least this prediction. */
  readonly thresholds: Float64Array;
  /** Their share of all rows, by weight. */
  readonly shares: Float64Array;
  /** Outcomes of treated rows among them as a share of all treated rows, less the same of the others. */
  readonly gains: Float64Array;
}

/** What is to be measured. */
export interface UpliftTask {
  readonly parts: readonly UpliftPart[];
  /** About how many points of the curve are wanted; 0 for none. */
  readonly maxPoints: number;
}

/** Curve and metrics of all partitions. */
export interface MeasuredUplift {
  readonly curve: UpliftCurve;
  readonly metrics: Metrics;
}

/** Measures the rows of all partitions. */
export function measureUplift({ parts, maxPoints }: UpliftTask): MeasuredUplift {
  const curve = upliftCurve(parts);
  return { curve: thinned(curve, maxPoints), metrics: upliftMetrics(curve) };
}

function upliftCurve(parts: readonly UpliftPart[]): UpliftCurve {
  const runs = [0, 1, 2, 3].map((group) =>
    mergeRuns(parts.map((part) => part[group] as ScoreRuns)),
  );
  const totals = runs.map((one) => {
    const total = new WideSum();
    for (let i = 0; i < one.scores.length; i++) total.add(weightOf(one, i));
    return total.value();
  }) as [number, number, number, number];
  const [untreated, treated] = [totals[0] + totals[1], totals[2] + totals[3]];
  const isMeasured = untreated !== 0 && treated !== 0;
  const most = isMeasured ? runs.reduce((sum, { scores }) => sum + scores.length, 0) : 0;
  const [thresholds, shares, gains] = [0, 1, 2].map(() => new Float64Array(most)) as Columns;
  const seen = runs.map(() => new WideSum()) as [WideSum, WideSum, WideSum, WideSum];
  const at = Int32Array.from(runs, ({ scores }) => scores.length - 1);
  let numPoints = 0;
  for (let left = most; left > 0; numPoints++) {
    const threshold = highestLeft(runs, at);
    for (let g = 0; g < 4; g++) {
      const { scores } = runs[g] as ScoreRuns;
      let run = at[g] as number;
      for (; run >= 0 && scores[run] === threshold; run--, left--)
        seen[g]?.add(weightOf(runs[g] as ScoreRuns, run));
      at[g] = run;
    }
    const [c0, c1, t0, t1] = seen;
    thresholds[numPoints] = threshold;
    shares[numPoints] =
      (c0.value() + c1.value() + (t0.value() + t1.value())) / (untreated + treated);
    gains[numPoints] = t1.value() / treated - c1.value() / untreated;
  }
  const own = (column: Float64Array): Float64Array => column.subarray(0, numPoints);
  return { thresholds: own(thresholds), shares: own(shares), gains: own(gains) };
}

type Columns = [Float64Array, Float64Array, Float64Array];

function highestLeft(runs: readonly ScoreRuns[], at: Int32Array): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let g = 0; g < runs.length; g++) {
    const run = at[g] as number;
    if (run >= 0) highest = Math.max(highest, (runs[g] as ScoreRuns).scores[run] as number);
  }
  return highest;
}

/** Every so many points, and the last one. */
function thinned({ thresholds, shares, gains }: UpliftCurve, maxPoints: number): UpliftCurve {
  const { length } = thresholds;
  const step = Math.max(1, Math.ceil(length / maxPoints));
  const isKept = (_: number, i: number): boolean =>
    maxPoints > 0 && (i % step === 0 || i === length - 1);
  const own = (column: Float64Array): Float64Array => column.filter(isKept);
  return { thresholds: own(thresholds), shares: own(shares), gains: own(gains) };
}

function weightOf({ counts, weights }: ScoreRuns, run: number): number {
  return (counts[run] as number) * (weights?.[run] ?? 1);
}

/** The metrics; NaN where either kind of rows is missing. */
function upliftMetrics({ shares, gains }: UpliftCurve): Metrics {
  const area = new WideSum();
  let [shareBefore, gainBefore] = [0, 0];
  for (let i = 0; i < shares.length; i++) {
    const share = shares[i] as number;
    const gain = gains[i] as number;
    area.addProduct(share - shareBefore, (gain + gainBefore) / 2);
    shareBefore = share;
    gainBefore = gain;
  }
  const averageTreatmentEffect = gains.at(-1) ?? Number.NaN;
  const areaUnderUplift = gains.length === 0 ? Number.NaN : area.value();
  return {
    qini: areaUnderUplift - averageTreatmentEffect / 2,
    areaUnderUplift,
    averageTreatmentEffect,
  };
}
