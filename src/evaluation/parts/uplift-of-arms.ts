/** What one partition contributes to the metrics of uplift by several treatments: for each what uplift-part.ts has of one. */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { readArms } from '../../pipeline/read-arms.ts';
import { columnNamed, elementOf, readVectors, readWeights } from '../read-columns.ts';
import { readOutcomes, type UpliftPart, type UpliftRequest, upliftRuns } from './uplift-part.ts';

/** Which columns are read, and which arms. */
export interface ArmsRequest extends UpliftRequest {
  readonly owner: string;
  /** The value of untreated rows, then those of the treatments that are measured. */
  readonly names: readonly string[];
  /** Of each treatment which element of a vector of predictions is its own. */
  readonly places: readonly number[];
  /** Rows of other arms take no part; otherwise they are refused. */
  readonly skipsOthers: boolean;
}

/** The part of each treatment, and which arms have rows. */
export interface ArmsPart {
  readonly parts: readonly UpliftPart[];
  readonly isThere: readonly boolean[];
}

/** Reads one partition. @throws CoppiceError `LABEL_INVALID`, `DATA_INVALID` */
export async function upliftOfArms(batch: RecordBatch, request: ArmsRequest): Promise<ArmsPart> {
  const { owner, labelCol, treatmentCol: column, predictionCol, weightCol } = request;
  const { names, places, skipsOthers } = request;
  const outcomes = readOutcomes(batch, labelCol);
  const vector = columnNamed(batch, column);
  const arms = readArms(vector, names, { owner, column, weights: null }, () => skipsOthers);
  const scores = readVectors(batch, predictionCol);
  const weights = readWeights(batch, weightCol);
  const most = Math.max(...places);
  if (batch.numRows > 0 && most >= scores.width) {
    throw new CoppiceError(
      'DATA_INVALID',
      `${predictionCol} (of ${owner}) must have a value for each treatment (${names.slice(1).join(', ')}); got vectors of ${scores.width}`,
      { context: { owner, column: predictionCol } },
    );
  }
  const parts = places.map((place, k) => {
    const groups = Uint8Array.from(arms, (arm, row) => {
      if (arm !== 0 && arm !== k + 1) return 4;
      return (arm === 0 ? 0 : 2) + (outcomes[row] as number);
    });
    return upliftRuns(groups, elementOf(scores, place), weights);
  });
  return { parts, isThere: names.map((_, arm) => arms.includes(arm)) };
}
