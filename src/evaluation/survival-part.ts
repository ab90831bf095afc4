/** What one partition adds to the metrics of times until an event: its rows, for they are compared with all others. */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import type { SurvivalRows } from '../training/survival/concordance.ts';
import { brokenTime, signedTime } from '../training/survival/signed-times.ts';
import { readFinite, readWeights } from './read-columns.ts';

/** Which columns are read. */
export interface SurvivalRequest {
  readonly labelCol: string;
  readonly predictionCol: string;
  readonly censorCol: string | null;
  readonly weightCol: string | null;
  /** Predictions are hazards: a larger one is of an earlier event. */
  readonly isHazard: boolean;
}

/** The rows that take part; times without an event are negative. */
export function survivalPart(batch: RecordBatch, request: SurvivalRequest): SurvivalRows {
  const { labelCol, predictionCol, censorCol, isHazard } = request;
  const times = readFinite(batch, labelCol, 'LABEL_INVALID');
  const predictions = readFinite(batch, predictionCol, 'DATA_INVALID');
  const flags = censorCol === null ? null : readFinite(batch, censorCol, 'LABEL_INVALID');
  const weights = readWeights(batch, request.weightCol);
  const kept = Uint32Array.from(times.keys()).filter((row) => weights?.[row] !== 0);
  const signed = Float64Array.from(kept, (row) => {
    const time = times[row] as number;
    const flag = flags === null ? 1 : (flags[row] as number);
    const broken = brokenTime(time, flag);
    if (broken === null) return signedTime(time, flag);
    const column = broken.column === 'censor' ? (censorCol as string) : labelCol;
    throw new CoppiceError(
      'LABEL_INVALID',
      `column ${column} must be ${broken.rule} in every row to be evaluated; got ${broken.got}`,
      { context: { column, row } },
    );
  });
  const sign = isHazard ? 1 : -1;
  return {
    times: signed,
    risks: Float64Array.from(kept, (row) => sign * (predictions[row] as number)),
    weights: weights === null ? null : Float64Array.from(kept, (row) => weights[row] as number),
  };
}
