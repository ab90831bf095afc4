/**
 * What the operators of feature stages have in common: each input column of a batch becomes an output
 * column, and rows with values that cannot be mapped are refused, left out or kept.
 */
import { Field, type RecordBatch, type Vector } from 'apache-arrow';
import { columnOf } from '../../table/columns/column-values.ts';
import { withColumns } from '../../table/columns/make-column.ts';
import { filterRows } from '../../table/take-rows.ts';
import type { ColumnPair } from '../column-pairs.ts';
import type { HandleInvalid } from '../handle-invalid.ts';

/** What every column operator is told. */
export interface ColumnOperator {
  /** The stage, for errors. */
  readonly owner: string;
  readonly pairs: readonly ColumnPair[];
  readonly handleInvalid: HandleInvalid;
}

/** A mapped column, and the first row that could not be mapped. */
export interface MappedColumn {
  readonly column: Vector;
  /** One byte a row, 0 for a row that is to be left out; undefined when all stay. */
  readonly kept?: Uint8Array | undefined;
}

/** Adds an output column for each pair, then leaves out the rows that a column wants left out. */
export function mapColumns(
  batch: RecordBatch,
  pairs: readonly ColumnPair[],
  map: (input: Vector, pair: ColumnPair, index: number) => MappedColumn,
): RecordBatch {
  let kept: Uint8Array | undefined;
  const added = pairs.map((pair, index) => {
    const mapped = map(columnOf(batch, [pair.input]), pair, index);
    if (mapped.kept !== undefined)
      kept = kept === undefined ? mapped.kept : both(kept, mapped.kept);
    return [new Field(pair.output, mapped.column.type, true), mapped.column] as const;
  });
  const wide = withColumns(batch, added);
  return kept === undefined ? wide : filterRows(wide, kept);
}

function both(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, row) => byte & (b[row] as number));
}
