/**
 * The operators that turn one column of numbers into another: replacing missing values, comparing with a
 * threshold, finding a bucket.
 */
import { DataType, Precision, type RecordBatch, type Vector } from 'apache-arrow';
import { roundedValues } from '../../table/columns/column-values.ts';
import { float32Column, float64Column } from '../../table/columns/make-column.ts';
import { invalidValue } from '../handle-invalid.ts';
import { type ColumnOperator, type MappedColumn, mapColumns } from './map-columns.ts';

/** What the operator of Imputer is told. */
export interface ImputeSpec extends ColumnOperator {
  /** What replaces a missing value, a number for each pair. */
  readonly surrogates: readonly number[];
  /** A number that counts as missing, besides null and NaN. */
  readonly missingValue: number;
}

/** What the operator of Binarizer is told. */
export interface BinarizeSpec extends ColumnOperator {
  readonly thresholds: readonly number[];
}

/** What the operator of Bucketizer is told. */
export interface BucketizeSpec extends ColumnOperator {
  /** The ascending edges of each pair's buckets. */
  readonly splits: readonly (readonly number[])[];
}

/** Replaces missing values. */
export function impute(spec: ImputeSpec, batch: RecordBatch): RecordBatch {
  return mapColumns(batch, spec.pairs, (input, pair, index) => {
    const surrogate = spec.surrogates[index] as number;
    const values = roundedValues(input, pair.input);
    for (let row = 0; row < values.length; row++) {
      const value = values[row] as number;
      if (Number.isNaN(value) || value === spec.missingValue) values[row] = surrogate;
    }
    const isSingle = DataType.isFloat(input.type) && input.type.precision !== Precision.DOUBLE;
    return { column: isSingle ? float32Column(Float32Array.from(values)) : float64Column(values) };
  });
}

/** 1 above the threshold, else 0; a missing value stays missing. */
export function binarize(spec: BinarizeSpec, batch: RecordBatch): RecordBatch {
  return mapColumns(batch, spec.pairs, (input, pair, index) => {
    const threshold = spec.thresholds[index] as number;
    return mapNumbers(input, pair.input, (value) => (value > threshold ? 1 : 0));
  });
}

/** The number of the bucket [splits[i], splits[i + 1]); the last one has its upper edge too. */
export function bucketize(spec: BucketizeSpec, batch: RecordBatch, partition: number): RecordBatch {
  return mapColumns(batch, spec.pairs, (input, pair, index) => {
    const splits = spec.splits[index] as readonly number[];
    const last = splits.length - 1;
    let kept: Uint8Array | undefined;
    const mapped = mapNumbers(input, pair.input, (value, row) => {
      if (value >= (splits[0] as number) && value <= (splits[last] as number)) {
        return Math.min(bucketOf(splits, value), last - 1);
      }
      if (spec.handleInvalid === 'keep') return last;
      if (spec.handleInvalid === 'error') {
        const where = { owner: spec.owner, column: pair.input, row, partition };
        const rule = `numbers from ${splits[0]} to ${splits[last]}, the outermost splits`;
        throw invalidValue('DATA_INVALID', where, rule, String(value));
      }
      kept ??= new Uint8Array(input.length).fill(1);
      kept[row] = 0;
      return Number.NaN;
    });
    return { ...mapped, kept };
  });
}

/** How many splits are at most the value, less one. */
function bucketOf(splits: readonly number[], value: number): number {
  let low = 0;
  let high = splits.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((splits[middle] as number) <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** A float64 column of mapped values; missing values stay null. */
function mapNumbers(
  input: Vector,
  name: string,
  map: (value: number, row: number) => number,
): MappedColumn {
  const values = roundedValues(input, name);
  let valid: Uint8Array | undefined;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (Number.isNaN(value)) {
      valid ??= new Uint8Array(values.length).fill(1);
      valid[row] = 0;
      values[row] = 0;
    } else values[row] = map(value, row);
  }
  return { column: float64Column(values, valid) };
}
