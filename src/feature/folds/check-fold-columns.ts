/** Are the columns there that folds are cut by? */
import type { DataType, Schema } from 'apache-arrow';
import { columnTypeError, requireColumn } from '../../pipeline/check-schema.ts';
import { numericKind } from '../../table/columns/numeric-kind.ts';
import type { FoldParams } from './fold-params.ts';

/** Who cuts folds, and by which parameters. */
export interface FoldRequest {
  /** The stage, for errors. */
  readonly owner: string;
  readonly params: FoldParams;
  /** The column whose classes are shared out where folds are stratified. */
  readonly labelCol: string;
}

/**
 * Refuses columns of folds that are not there or of a wrong type; no data is read.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`
 */
export function checkFoldColumns({ owner, params }: FoldRequest, schema: Schema): void {
  for (const param of ['idCol', 'groupCol', 'timeCol', 'foldCol'] as const) {
    const name = params[param];
    if (name === undefined) continue;
    const field = requireColumn(owner, param, name, schema);
    if (param === 'timeCol' && numericKind(field.type as DataType) === null)
      throw columnTypeError(owner, param, field, 'a time, a date or a number');
  }
}
