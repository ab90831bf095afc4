/**
 * Prediction of one partition by a linear model: margins are built column by column, each row's in the order of
 * the features, so that a row has the same bits in any table and in a scorer.
 */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { type OffsetPaths, offsetInvalid } from '../pipeline/offset-column.ts';
import { columnOf, fillNumeric, fillRounded } from '../table/columns/column-values.ts';
import { withColumns } from '../table/columns/make-column.ts';
import { columnArray } from '../table/columns/shared-buffer.ts';
import type { Operator } from '../table/plan/operators.ts';
import type { OperatorSpec } from '../table/plan/partition-spec.ts';
import { type LinearShape, linearColumnsOf } from './linear-outputs.ts';

/** How an operator reads features. */
export interface FeatureReading {
  readonly names: readonly string[];
  readonly paths: readonly (readonly string[])[];
  /** Features that the fit read from columns in float32; wider values are rounded to it, as a scorer rounds them. */
  readonly singles: readonly number[];
}

/** What the operator is told. */
export interface PredictLinearSpec extends OperatorSpec, FeatureReading, LinearShape {
  readonly kind: 'linear.predict';
  readonly names: readonly string[];
  readonly owner: string;
  /** Where margins that are added lie, one an output; none if empty. */
  readonly offsets: OffsetPaths;
  /** float64[outputs · features] */
  readonly coefficients: Float64Array;
  readonly intercepts: Float64Array;
  readonly thresholds: readonly number[] | null;
}

/** Makes the operator of a model. */
export function makePredictLinear(spec: PredictLinearSpec): Operator {
  return (batch, { wanted, partition }) => {
    const margins = marginsOf(spec, batch, partition);
    return withColumns(
      batch,
      linearColumnsOf(spec, margins, (name) => wanted.has(name)),
    );
  };
}

function marginsOf(spec: PredictLinearSpec, batch: RecordBatch, partition: number): Float64Array[] {
  const { paths, coefficients, intercepts } = spec;
  const { numRows } = batch;
  const margins = Array.from(intercepts, (intercept) =>
    columnArray(Float64Array, numRows).fill(intercept),
  );
  const read = featureReader(spec, batch);
  paths.forEach((_, j) => {
    const values = read(j);
    margins.forEach((out, k) => {
      const factor = coefficients[k * paths.length + j] as number;
      for (let i = 0; i < numRows; i++)
        out[i] = (out[i] as number) + factor * (values[i] as number);
    });
  });
  addOffsets(spec, batch, { margins, partition });
  for (const out of margins) {
    for (let i = 0; i < numRows; i++) {
      if (!Number.isFinite(out[i])) refuseRow(spec, batch, { row: i, partition });
    }
  }
  return margins;
}

/** Reads the values of one feature after another, into the same memory. */
export function featureReader(
  { names, paths, singles }: FeatureReading,
  batch: RecordBatch,
): (feature: number) => Float64Array {
  const values = new Float64Array(batch.numRows);
  const single = new Set(singles);
  return (feature) => {
    fillRounded(columnOf(batch, paths[feature] as readonly string[]), values, 0, names[feature]);
    if (single.has(feature)) {
      for (let i = 0; i < values.length; i++) values[i] = Math.fround(values[i] as number);
    }
    return values;
  };
}

function addOffsets(
  { offsets }: PredictLinearSpec,
  batch: RecordBatch,
  to: { readonly margins: readonly Float64Array[]; readonly partition: number },
): void {
  const values = new Float64Array(batch.numRows);
  offsets.forEach((path, k) => {
    const column = path[0] as string;
    fillNumeric(columnOf(batch, path), values, 0, column);
    const row = values.findIndex((value) => !Number.isFinite(value));
    if (row >= 0) {
      throw offsetInvalid(column, values[row], `in row ${row} of partition ${to.partition}`);
    }
    const out = to.margins[k] as Float64Array;
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + (values[i] as number);
  });
}

/** Says which feature is to blame. */
function refuseRow(
  spec: PredictLinearSpec,
  batch: RecordBatch,
  where: { readonly row: number; readonly partition: number },
): void {
  const read = featureReader(spec, batch);
  spec.names.forEach((name, j) => {
    const found = read(j)[where.row] as number;
    if (!Number.isFinite(found)) throw featureInvalid(spec.owner, name, found, where);
  });
}

/** The error for a feature that is no finite number, at prediction. */
export function featureInvalid(
  owner: string,
  name: string,
  value: number,
  where: { readonly row: number; readonly partition: number } | null,
): CoppiceError {
  const got = Number.isNaN(value) ? 'null or NaN' : String(value);
  const place = where === null ? '' : ` in row ${where.row} of partition ${where.partition}`;
  return new CoppiceError(
    'DATA_INVALID',
    `feature ${name} of ${owner} must be a finite number; got ${got}${place}; fill missing values before the model, with an Imputer or missingAsUnknown of OneHotEncoder`,
    { context: { owner, column: name, ...where } },
  );
}
