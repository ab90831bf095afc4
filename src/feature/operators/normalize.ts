/** Divides each row's vector by its length in some norm: the operator of Normalizer. */
import type { DataType, RecordBatch } from 'apache-arrow';
import { exp, log } from '../../base/portable-math.ts';
import { columnOf, roundedValues } from '../../table/columns/column-values.ts';
import { type ColumnOperator, mapColumns } from './map-columns.ts';
import { columnOfParts, scaledParts } from './scale.ts';

/** What the operator is told. */
export interface NormalizeSpec extends ColumnOperator {
  /** The norm: (Σ|x|^p)^(1/p), the largest |x| for Infinity. */
  readonly p: number;
}

/** Adds the normalised columns of one batch; a vector of zeros stays as it is, missing parts stay missing. */
export function normalize(spec: NormalizeSpec, batch: RecordBatch): RecordBatch {
  const { p } = spec;
  return mapColumns(batch, spec.pairs, (input, { input: name }) => {
    const paths = scaledParts(name, input.type as DataType);
    const parts = paths.map((path) => roundedValues(columnOf(batch, path), path.join('.')));
    const norms = normsOf(parts, batch.numRows, p);
    for (const values of parts) {
      for (let row = 0; row < values.length; row++) {
        const norm = norms[row] as number;
        if (norm > 0) values[row] = (values[row] as number) / norm;
      }
    }
    return { column: columnOfParts(batch, name, parts) };
  });
}

/** Each row's norm, of its largest part times the norm of what is at most 1, so that nothing overflows. */
function normsOf(parts: readonly Float64Array[], numRows: number, p: number): Float64Array {
  const largest = new Float64Array(numRows);
  for (const values of parts) {
    for (let row = 0; row < numRows; row++) {
      const size = Math.abs(values[row] as number);
      if (size > (largest[row] as number)) largest[row] = size;
    }
  }
  if (p === Number.POSITIVE_INFINITY) return largest;
  const sums = new Float64Array(numRows);
  for (const values of parts) {
    for (let row = 0; row < numRows; row++) {
      const share = Math.abs(values[row] as number) / (largest[row] as number);
      if (share > 0) sums[row] = (sums[row] as number) + power(share, p);
    }
  }
  return largest.map((size, row) => (size > 0 ? size * power(sums[row] as number, 1 / p) : 0));
}

/** x^p of a positive number, the same bits on every platform. */
function power(x: number, p: number): number {
  if (p === 1) return x;
  if (p === 2) return x * x;
  if (p === 0.5) return Math.sqrt(x);
  return exp(p * log(x));
}
