/** What one partition adds to the metrics of times until an event: its rows, for they are compared with all others. */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { ratioOf } from '../../base/exact-ratio.ts';
import { ExactSum } from '../../base/exact-sum.ts';
import { pickNumbers } from '../../base/pick-numbers.ts';
import { fillNumeric } from '../../table/columns/column-values.ts';
import { liesWithin, type SurvivalRows } from '../../training/survival/concordance.ts';
import { brokenBounds, brokenTime, signedTime } from '../../training/survival/signed-times.ts';
import { columnNamed, readFinite, readWeights } from '../read-columns.ts';
import { rowsOfWeight } from './rows-by-code.ts';

/** Every metric of {@link SurvivalEvaluator}. */
export const survivalMetricNames = ['concordanceIndex', 'intervalAccuracy'] as const;

/** Which columns are read. */
export interface SurvivalRequest {
  readonly labelCol: string;
  readonly predictionCol: string;
  readonly censorCol: string | null;
  readonly labelUpperBoundCol: string | null;
  readonly weightCol: string | null;
  /** Predictions are hazards: a larger one is of an earlier event. */
  readonly isHazard: boolean;
}

/** The rows that take part; times without an event are negative, or have no latest time. */
export function survivalPart(batch: RecordBatch, request: SurvivalRequest): SurvivalRows {
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
  };
}

/** The latest times of events, endless where none is known. */
function readUppers(batch: RecordBatch, name: string): Float64Array {
  const vector = columnNamed(batch, name);
  const uppers = new Float64Array(vector.length);
  fillNumeric(vector, uppers, 0, name);
  return uppers.map((upper) => (Number.isNaN(upper) ? Number.POSITIVE_INFINITY : upper));
}

/** The share of rows, by weight, whose predicted time may be that of the event. */
export function intervalAccuracy(parts: readonly SurvivalRows[]): number {
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
