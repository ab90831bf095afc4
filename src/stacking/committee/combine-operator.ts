/** Combines what the members of a committee say about each row of a batch: a weighted mean, a median, or the surest. */
import type { Field, RecordBatch, Vector } from 'apache-arrow';
import { logistic } from '../../base/portable-math.ts';
import {
  classColumn,
  type ModelOutput,
  outputFields,
  winners,
} from '../../ensemble/prediction/output-columns.ts';
import { columnNamed } from '../../evaluation/read-columns.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import { numericValues } from '../../table/columns/column-values.ts';
import {
  fixedSizeListColumn,
  float64Column,
  withColumns,
} from '../../table/columns/make-column.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';

/** How many become one: the weighted mean or median of all, or each member speaks for a class of its own. */
export type CombineRule = 'mean' | 'median' | 'oneVsRest';

/** The columns that a committee adds. */
export interface CommitteeOutputs {
  readonly rawPredictionCol: string | null;
  readonly probabilityCol: string | null;
  readonly predictionCol: string;
}

/** What is known of a committee besides its models. */
export interface Combination {
  readonly rule: CombineRule;
  /** One a member, at least 0. */
  readonly weights: readonly number[];
  /** Classes ascending; empty where numbers are predicted. */
  readonly classes: readonly LabelValue[];
  /** Type of the label, as printed in schemas. */
  readonly labelType: string;
}

/** What the operator is told. */
export interface CombineSpec extends OperatorSpec, Combination {
  readonly kind: 'stacking.combine';
  /** The columns of each member; a missing value takes no part. */
  readonly members: readonly (readonly string[])[];
  /** Columns of margins rather than probabilities, for oneVsRest. */
  readonly areMargins: boolean;
  readonly outputs: CommitteeOutputs;
}

/** The fields of a committee's columns. */
export function combinedFields(
  combination: Pick<Combination, 'classes' | 'labelType'>,
  outputs: CommitteeOutputs,
): Field[] {
  const none = { quantiles: null, leafCol: null, contributionsCol: null };
  const all: ModelOutput = { ...none, ...outputs };
  return outputFields({ ...combination, outputs: all, numTrees: 0 });
}

/** The batch with the committee's columns. */
export function combineBatch(spec: CombineSpec, batch: RecordBatch): RecordBatch {
  const { classes, labelType, outputs } = spec;
  const said = spec.members.map((columns) =>
    columns.map((name) => numericValues(columnNamed(batch, name), name)),
  );
  const fields = combinedFields(spec, outputs);
  if (classes.length === 0) {
    const values = spec.rule === 'median' ? medians(spec, said) : means(spec, said);
    return withColumns(batch, [[fields[0] as Field, numberColumn(values)]]);
  }
  const width = classes.length;
  const { raw, probability } = spec.rule === 'oneVsRest' ? surest(spec, said) : shares(spec, said);
  const valid = Uint8Array.from({ length: batch.numRows }, (_, row) =>
    Number.isNaN(probability[row * width]) ? 0 : 1,
  );
  const mask = valid.includes(0) ? valid : undefined;
  const codes = winners(probability, width, null).map((code) => Math.max(0, code));
  const byName = new Map<string | null, Vector>([
    [outputs.rawPredictionCol, fixedSizeListColumn(raw, width, mask)],
    [outputs.probabilityCol, fixedSizeListColumn(probability, width, mask)],
    [outputs.predictionCol, classColumn(codes, classes, labelType)],
  ]);
  return withColumns(
    batch,
    fields.map((field) => [field, byName.get(field.name) as Vector] as const),
  );
}

type Said = readonly (readonly Float64Array[])[];

/** Weighted sums of what is said for each class, and their shares. */
function shares({ weights, classes }: CombineSpec, said: Said) {
  const width = classes.length;
  const numRows = said[0]?.[0]?.length ?? 0;
  const raw = columnArray(Float64Array, numRows * width);
  const probability = columnArray(Float64Array, numRows * width);
  const totals = new Float64Array(numRows);
  for (const [m, columns] of said.entries()) {
    const weight = weights[m] as number;
    const first = columns[0] as Float64Array;
    for (let row = 0; row < numRows; row++) {
      if (weight === 0 || Number.isNaN(first[row])) continue;
      totals[row] = (totals[row] as number) + weight;
      for (let k = 0; k < width; k++) {
        const at = row * width + k;
        raw[at] = (raw[at] as number) + weight * ofClass(columns, k, width, row);
      }
    }
  }
  for (let i = 0; i < raw.length; i++)
    probability[i] = (raw[i] as number) / (totals[Math.floor(i / width)] as number);
  return { raw, probability };
}

/** Two classes have one column, the second's. */
function ofClass(columns: readonly Float64Array[], k: number, width: number, row: number): number {
  if (width !== 2) return columns[k]?.[row] as number;
  const second = columns[0]?.[row] as number;
  return k === 1 ? second : 1 - second;
}

/** Each member's score for its class; probabilities are divided by their sum. */
function surest({ classes, areMargins }: CombineSpec, said: Said) {
  const width = classes.length;
  const numRows = said[0]?.[0]?.length ?? 0;
  const raw = columnArray(Float64Array, numRows * width);
  const probability = columnArray(Float64Array, numRows * width);
  for (let row = 0; row < numRows; row++) {
    let total = 0;
    for (let k = 0; k < width; k++) {
      const score = said[k]?.[0]?.[row] as number;
      raw[row * width + k] = score;
      const p = areMargins ? logistic(score) : score;
      probability[row * width + k] = p;
      total += p;
    }
    for (let k = 0; k < width; k++) {
      const at = row * width + k;
      probability[at] = total > 0 ? (probability[at] as number) / total : 1 / width;
    }
  }
  return { raw, probability };
}

function means({ weights }: CombineSpec, said: Said): Float64Array {
  const numRows = said[0]?.[0]?.length ?? 0;
  const sums = columnArray(Float64Array, numRows);
  const totals = new Float64Array(numRows);
  for (const [m, [values]] of said.entries()) {
    const weight = weights[m] as number;
    for (let row = 0; row < numRows; row++) {
      const value = values?.[row] as number;
      if (weight === 0 || Number.isNaN(value)) continue;
      sums[row] = (sums[row] as number) + weight * value;
      totals[row] = (totals[row] as number) + weight;
    }
  }
  for (let row = 0; row < numRows; row++)
    sums[row] = (sums[row] as number) / (totals[row] as number);
  return sums;
}

/** The least value up to which at least half of the weight lies. */
function medians({ weights }: CombineSpec, said: Said): Float64Array {
  const numRows = said[0]?.[0]?.length ?? 0;
  const out = columnArray(Float64Array, numRows);
  const half = weights.reduce((sum, weight) => sum + weight, 0) / 2;
  const order = weights.map((_, m) => m);
  for (let row = 0; row < numRows; row++) {
    const value = (m: number): number => said[m]?.[0]?.[row] as number;
    order.sort((a, b) => value(a) - value(b) || a - b);
    let sum = 0;
    for (const m of order) {
      sum += weights[m] as number;
      out[row] = value(m);
      if (sum >= half) break;
    }
  }
  return out;
}

function numberColumn(values: Float64Array): Vector {
  if (!values.some(Number.isNaN)) return float64Column(values);
  return float64Column(
    values,
    Uint8Array.from(values, (value) => (Number.isNaN(value) ? 0 : 1)),
  );
}
