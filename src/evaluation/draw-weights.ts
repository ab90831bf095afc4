/** How often does each row of a batch come into a bootstrap sample? A Poisson draw of mean 1, keyed by the row's id. */
import { Field, Float64, type RecordBatch } from 'apache-arrow';
import { hash32, purposes, rowKey, rowKeyOfId } from '../base/rng.ts';
import { idNumbers } from '../pipeline/id-numbers.ts';
import { columnOf } from '../table/columns/column-values.ts';
import { float64Column, withColumns } from '../table/columns/make-column.ts';
import { columnArray } from '../table/columns/shared-buffer.ts';
import type { OperatorContext } from '../table/plan/operators.ts';
import type { OperatorSpec } from '../table/plan/partition-spec.ts';
import { readWeights } from './read-columns.ts';

/** What the operator is told. */
export interface BootstrapSpec extends OperatorSpec {
  readonly kind: 'evaluation.bootstrap';
  readonly seed: number;
  readonly idCol: string | null;
  readonly weightCol: string | null;
}

/** The batch with the weights of a sample. */
export function drawWeights(
  spec: BootstrapSpec,
  batch: RecordBatch,
  { firstRow }: OperatorContext,
): RecordBatch {
  const { seed, idCol, weightCol } = spec;
  const weights = readWeights(batch, weightCol);
  const ids = idCol === null ? null : idNumbers(columnOf(batch, [idCol]), idCol);
  const drawn = columnArray(Float64Array, batch.numRows);
  for (let row = 0; row < drawn.length; row++) {
    const key = ids === null ? rowKey(firstRow + row) : rowKeyOfId(ids[row] as number);
    const times = poisson(hash32(seed, purposes.resample, key));
    drawn[row] = times * (weights === null ? 1 : (weights[row] as number));
  }
  const field = new Field(spec.writes[0] as string, new Float64(), false);
  return withColumns(batch, [[field, float64Column(drawn)]]);
}

/** Where 32 random bits pass from k to k + 1: 2^32 · Σ e⁻¹ / i! for i up to k. */
const poissonSteps = [
  1580030169, 3160060337, 3950075422, 4213413783, 4279248374, 4292415292, 4294609778, 4294923276,
  4294962463, 4294966817, 4294967253, 4294967292,
];

/** A Poisson draw of mean 1. */
export function poisson(bits: number): number {
  let times = 0;
  while (times < poissonSteps.length && bits >= (poissonSteps[times] as number)) times++;
  return times;
}
