/** The probabilities of some classes, column by column, with which class each row is of: one partition of {@link classAreas}. */
import type { RecordBatch } from 'apache-arrow';
import {
  type LabelCodes,
  type LabelValue,
  labelKey,
  readLabels,
} from '../../pipeline/label-values.ts';
import { sharedArray } from '../../table/columns/shared-buffer.ts';
import { columnNamed, readVectors, readWeights } from '../read-columns.ts';

/** What is read. */
export interface ClassColumnsRequest {
  readonly labelCol: string;
  readonly weightCol: string | null;
  readonly probabilityCol: string;
  /** The classes of the probabilities, in their order. */
  readonly classes: readonly LabelValue[];
  /** Those whose probabilities are wanted: a stretch of `classes`. */
  readonly first: number;
  readonly end: number;
}

/** Rows of positive weight, in shared memory. */
export interface ClassColumnsPart {
  /** int32[rows]: which of the classes a row is of. */
  readonly codes: Int32Array;
  /** float64[rows]; null where every weight is 1. */
  readonly weights: Float64Array | null;
  /** float64[rows] for each wanted class. */
  readonly scores: readonly Float64Array[];
  /** A label that is none of the classes; null where there is none. */
  readonly stranger: LabelValue | null;
}

/** The columns of a partition that were read. */
export interface ScoredLabels {
  readonly label: LabelCodes;
  readonly weights: Float64Array | null;
  /** float64[rows · width] */
  readonly values: Float64Array;
  readonly width: number;
}

/** Reads one partition. */
export function classColumnsPart(
  batch: RecordBatch,
  request: ClassColumnsRequest,
): ClassColumnsPart {
  const { labelCol, weightCol, probabilityCol } = request;
  const label = readLabels(columnNamed(batch, labelCol), 'label', labelCol);
  const weights = readWeights(batch, weightCol);
  return classColumns({ label, weights, ...readVectors(batch, probabilityCol) }, request);
}

/** The columns of some classes. */
export function classColumns(
  { label, weights, values, width }: ScoredLabels,
  { classes, first, end }: Pick<ClassColumnsRequest, 'classes' | 'first' | 'end'>,
): ClassColumnsPart {
  const keys = classes.map(labelKey);
  const places = label.values.map((value) => keys.indexOf(labelKey(value)));
  const takesPart = (row: number): boolean => weights === null || weights[row] !== 0;
  let numRows = 0;
  const { length } = label.codes;
  for (let row = 0; row < length; row++) if (takesPart(row)) numRows++;
  const part: ClassColumnsPart = {
    codes: sharedArray(Int32Array, numRows),
    weights: weights === null ? null : sharedArray(Float64Array, numRows),
    scores: Array.from({ length: end - first }, () => sharedArray(Float64Array, numRows)),
    stranger: null,
  };
  for (let row = 0, i = 0; row < length; row++) {
    if (!takesPart(row)) continue;
    const code = label.codes[row] as number;
    const place = places[code] as number;
    if (place < 0) return { ...part, stranger: label.values[code] as LabelValue };
    part.codes[i] = place;
    if (part.weights !== null) part.weights[i] = weights?.[row] as number;
    for (let k = 0; k < part.scores.length; k++) {
      // −0 is 0: equal scores are ties
      (part.scores[k] as Float64Array)[i] = (values[row * width + first + k] as number) + 0;
    }
    i++;
  }
  return part;
}
