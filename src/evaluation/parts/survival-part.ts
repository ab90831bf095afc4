/** What one partition adds to the metrics of times until an event: its rows, for they are compared with all others. */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { pickNumbers } from '../../base/pick-numbers.ts';
import { fillNumeric } from '../../table/columns/column-values.ts';
import { brokenBounds, brokenTime, signedTime } from '../../training/survival/signed-times.ts';
import { columnNamed, readFinite, readVectors, readWeights } from '../read-columns.ts';
import type { CurveRows } from './brier-score.ts';
import { rowsOfWeight } from './rows-by-code.ts';

/** Every metric of {@link SurvivalEvaluator}. */
export const survivalMetricNames = [
  'concordanceIndex',
  'intervalAccuracy',
  'integratedBrierScore',
] as const;

/** Which columns are read. */
export interface SurvivalRequest {
  readonly labelCol: string;
  readonly predictionCol: string;
  readonly censorCol: string | null;
  readonly labelUpperBoundCol: string | null;
  readonly weightCol: string | null;
  /** Chances of survival, a vector of one a time; null or left out where they are not measured. */
  readonly survivalCol?: string | null;
  readonly survivalTimes?: readonly number[];
  /** Predictions are hazards: a larger one is of an earlier event. */
  readonly isHazard: boolean;
}

/** The rows that take part; times without an event are negative, or have no latest time. */
export function survivalPart(batch: RecordBatch, request: SurvivalRequest): CurveRows {
  const { labelCol, predictionCol, censorCol, labelUpperBoundCol, isHazard } = request;
  const times = readFinite(batch, labelCol, 'LABEL_INVALID');
  const predictions = readFinite(batch, predictionCol, 'DATA_INVALID');
  const flags = censorCol === null ? null : readFinite(batch, censorCol, 'LABEL_INVALID');
  const weights = readWeights(batch, request.weightCol);
  const kept = rowsOfWeight(times.length, weights);
  const uppers = labelUpperBoundCol === null ? null : readUppers(batch, labelUpperBoundCol);
  const signed = Float64Array.from(kept, (row) => {
    const time = times[row] as number;
    const flag = flags === null ? 1 : (flags[row] as number);
    const broken =
      uppers === null ? brokenTime(time, flag) : brokenBounds(time, uppers[row] as number);
    if (broken === null) return uppers === null ? signedTime(time, flag) : time;
    const columns = { label: labelCol, censor: censorCol, upper: labelUpperBoundCol };
    const column = columns[broken.column] as string;
    throw new CoppiceError(
      'LABEL_INVALID',
      `column ${column} must be ${broken.rule} in every row to be evaluated; got ${broken.got}`,
      { context: { column, row } },
    );
  });
  const sign = isHazard ? 1 : -1;
  return {
    times: signed,
    latest: uppers === null ? null : pickNumbers(uppers, kept),
    risks: pickNumbers(predictions, kept).map((prediction) => sign * prediction),
    weights: weights === null ? null : pickNumbers(weights, kept),
    survival: curvesOf(batch, request, kept),
  };
}

/** @throws CoppiceError `DATA_INVALID` where there is not one chance a time */
function curvesOf(
  batch: RecordBatch,
  { survivalCol = null, survivalTimes = [] }: SurvivalRequest,
  kept: Uint32Array,
): Float64Array | null {
  if (survivalCol === null) return null;
  const { values, width } = readVectors(batch, survivalCol);
  const isSound = values.every((value) => value >= 0 && value <= 1);
  if (values.length > 0 && (width !== survivalTimes.length || !isSound))
    throw new CoppiceError(
      'DATA_INVALID',
      `column ${survivalCol} must hold a chance from 0 to 1 for each of the ${survivalTimes.length} survivalTimes; got ${width === survivalTimes.length ? values.find((value) => !(value >= 0 && value <= 1)) : `${width} values`}`,
      { context: { column: survivalCol } },
    );
  const chosen = new Float64Array(kept.length * width);
  kept.forEach((row, to) => {
    chosen.set(values.subarray(row * width, (row + 1) * width), to * width);
  });
  return chosen;
}

/** The latest times of events, endless where none is known. */
function readUppers(batch: RecordBatch, name: string): Float64Array {
  const vector = columnNamed(batch, name);
  const uppers = new Float64Array(vector.length);
  fillNumeric(vector, uppers, 0, name);
  return uppers.map((upper) => (Number.isNaN(upper) ? Number.POSITIVE_INFINITY : upper));
}
