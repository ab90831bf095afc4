/**
 * Puts columns side by side into one struct column without copying a value: the operator of
 * VectorAssembler. Only the children that somebody reads are put in.
 */
import { Field, type RecordBatch, type Vector } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import {
  columnOf,
  encodeCategories,
  numericKind,
  roundedValues,
} from '../../table/columns/column-values.ts';
import { structColumn, withColumns } from '../../table/columns/make-column.ts';
import { filterRows } from '../../table/take-rows.ts';
import type { HandleInvalid } from '../handle-invalid.ts';

/** A child of the struct and where its values come from. */
export interface AssembledPart {
  readonly name: string;
  /** The column's name, then the child's name or the element's number. */
  readonly path: readonly string[];
}

/** What the operator is told. */
export interface AssembleSpec {
  readonly owner: string;
  readonly output: string;
  readonly parts: readonly AssembledPart[];
  readonly handleInvalid: HandleInvalid;
}

/** Adds the struct column to one batch. */
export function assemble(
  spec: AssembleSpec,
  batch: RecordBatch,
  place: { readonly partition: number; readonly wanted: ReadonlySet<string> | 'all' | undefined },
): RecordBatch {
  const { handleInvalid, output } = spec;
  const wanted = handleInvalid === 'keep' ? (place.wanted ?? 'all') : 'all';
  const parts = wanted === 'all' ? spec.parts : spec.parts.filter((part) => wanted.has(part.name));
  const columns = parts.map(({ name, path }) => [name, columnOf(batch, path)] as const);
  const struct = structColumn(columns, batch.numRows);
  const wide = withColumns(batch, [[new Field(output, struct.type, false), struct]]);
  if (handleInvalid === 'keep') return wide;
  const kept = new Uint8Array(batch.numRows).fill(1);
  for (const [name, column] of columns) {
    const row = clearMissing(column, kept, name);
    if (row >= 0 && handleInvalid === 'error')
      throw missingValue(spec.owner, name, row, place.partition);
  }
  return filterRows(wide, kept);
}

/** Clears the mask where the column has a null or NaN; the first such row, or −1. */
function clearMissing(column: Vector, kept: Uint8Array, name: string): number {
  let first = -1;
  const clear = (row: number): void => {
    kept[row] = 0;
    if (first < 0) first = row;
  };
  if (numericKind(column.type) !== null) {
    for (const [row, value] of roundedValues(column, name).entries()) {
      if (Number.isNaN(value)) clear(row);
    }
    return first;
  }
  const codes = new Int32Array(column.length);
  encodeCategories(column, codes, 0);
  for (const [row, code] of codes.entries()) if (code < 0) clear(row);
  return first;
}

function missingValue(owner: string, column: string, row: number, partition: number): CoppiceError {
  const message =
    `column ${column} given to ${owner} must have no missing values, as handleInvalid is 'error'; got one ` +
    `in row ${row} of partition ${partition}: set handleInvalid to 'keep' or 'skip', or impute them`;
  return new CoppiceError('DATA_INVALID', message, { context: { owner, column, row, partition } });
}
