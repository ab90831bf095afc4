/** A column of each row's position, so that rows that were taken apart can be put in order again. */
import { Field, Float64, type RecordBatch } from 'apache-arrow';
import { float64Column, withColumns } from '../../table/columns/make-column.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';
import type { OperatorContext } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';

/** What the operator is told. */
export interface PositionSpec extends OperatorSpec {
  readonly kind: 'stacking.position';
  readonly usesPosition: true;
  readonly column: string;
}

/** The operator's spec. */
export function positionSpec(column: string): PositionSpec {
  const facts = { reads: [], writes: [column], usesPosition: true } as const;
  return { kind: 'stacking.position', ...facts, column };
}

/** The batch with its rows' positions. */
export function positionBatch(
  { column }: PositionSpec,
  batch: RecordBatch,
  { firstRow }: OperatorContext,
): RecordBatch {
  const positions = columnArray(Float64Array, batch.numRows);
  for (let row = 0; row < positions.length; row++) positions[row] = firstRow + row;
  const field = new Field(column, new Float64(), false);
  return withColumns(batch, [[field, float64Column(positions)]]);
}
