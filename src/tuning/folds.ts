/**
 * Cuts a table into folds for out-of-fold predictions: each row's fold is drawn by its id (its position, or the
 * value of an id column), so folds are the same for any partitioning and have no row in common.
 */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { hash32, purposes, rowKey, rowKeyOfId, unitInterval } from '../base/rng.ts';
import { columnOf } from '../table/column-values.ts';
import type { OperatorContext } from '../table/operators.ts';
import type { OperatorSpec } from '../table/partition-spec.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { filterRows } from '../table/take-rows.ts';

/** How folds are drawn. */
export interface FoldDraw {
  readonly numFolds: number;
  readonly seed: number;
  readonly idCol: string | null;
}

/** What the operator is told. */
export interface FoldSpec extends OperatorSpec, FoldDraw {
  readonly kind: 'tuning.fold';
  readonly fold: number;
  /** Keeps the fold, or all the others. */
  readonly keepsFold: boolean;
}

/** The rows of one fold, and all others. */
export interface Fold {
  readonly inside: PartitionedTable;
  readonly outside: PartitionedTable;
}

/** Every fold of a table, lazily. */
export function foldsOf(table: PartitionedTable, draw: FoldDraw): Fold[] {
  const { numFolds, seed, idCol } = draw;
  const part = (fold: number, keepsFold: boolean): PartitionedTable => {
    const spec: FoldSpec = {
      kind: 'tuning.fold',
      reads: idCol === null ? [] : [idCol],
      writes: [],
      changesRows: true,
      usesPosition: idCol === null,
      ...{ numFolds, seed, idCol, fold, keepsFold },
    };
    return table.withOperator(spec, table.schema);
  };
  return Array.from({ length: numFolds }, (_, fold) => ({
    inside: part(fold, true),
    outside: part(fold, false),
  }));
}

/** The rows of a batch that are kept. */
export function foldOfBatch(
  spec: FoldSpec,
  batch: RecordBatch,
  { firstRow }: OperatorContext,
): RecordBatch {
  const { numFolds, seed, idCol, fold, keepsFold } = spec;
  const keyOf = idCol === null ? keyOfPosition(firstRow) : keyOfId(batch, idCol);
  const mask = new Uint8Array(batch.numRows);
  for (let row = 0; row < mask.length; row++) {
    const draw = unitInterval(hash32(seed, purposes.fold, keyOf(row)));
    mask[row] = (Math.floor(draw * numFolds) === fold) === keepsFold ? 1 : 0;
  }
  return filterRows(batch, mask);
}

function keyOfPosition(firstRow: number): (row: number) => number {
  if (firstRow >= 0) return (row) => rowKey(firstRow + row);
  throw new CoppiceError('INTERNAL', 'a fold must know the position of its rows');
}

function keyOfId(batch: RecordBatch, idCol: string): (row: number) => number {
  const ids = columnOf(batch, [idCol]);
  return (row) => {
    const id = ids.get(row) as bigint | number | string | null;
    if (id !== null) return rowKeyOfId(id);
    const message = `column ${idCol}, the id of rows, must not be null; got null in row ${row} of a partition`;
    throw new CoppiceError('DATA_INVALID', message, { context: { column: idCol, row } });
  };
}
