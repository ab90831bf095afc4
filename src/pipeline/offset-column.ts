/**
 * The column of offsets: margins that are added to every row's score, at fit, for validation rows and at
 * prediction. A number for models of one score; a vector, one element a class, for models of several.
 */
import { DataType, type Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { numericKind } from '../table/columns/numeric-kind.ts';
import { columnTypeError, requireColumn } from './check-schema.ts';
import type { LogicalSchema } from './logical-schema.ts';
import type { ScorerValue } from './row-reader.ts';

/** Where the offsets lie in a table: one path a score; none without an offset column. */
export type OffsetPaths = readonly (readonly string[])[];

/**
 * The paths of the offsets.
 *
 * @param numScores how many scores a fitted model has; left out before the fit
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`
 */
export function offsetPaths(
  owner: string,
  schema: Schema,
  offsetCol: string | undefined,
  numScores?: number,
): OffsetPaths {
  if (offsetCol === undefined) return [];
  const field = requireColumn(owner, 'offsetCol', offsetCol, schema);
  const type = field.type as DataType;
  const isVector = DataType.isFixedSizeList(type) && numericKind(type.valueType) !== null;
  if (!isVector && numericKind(type) === null) {
    throw columnTypeError(owner, 'offsetCol', field, 'a number, or a vector of one number a class');
  }
  const length = isVector ? type.listSize : 1;
  if (numScores !== undefined && length !== numScores) {
    const rule = numScores === 1 ? 'a number' : `a vector of ${numScores} numbers, one a class`;
    throw columnTypeError(owner, 'offsetCol', field, rule);
  }
  if (!isVector) return [[offsetCol]];
  return Array.from({ length }, (_, k) => [offsetCol, String(k)]);
}

/** The column as a fitted model reads it; none without one. */
export function offsetFields(offsetCol: string | undefined, numScores: number): LogicalSchema {
  if (offsetCol === undefined) return [];
  return [{ name: offsetCol, type: numScores === 1 ? 'double' : `vector[${numScores}]` }];
}

/** The error for an offset that is no finite number, at prediction. @param where `in row 3 of a partition` */
export function offsetInvalid(column: string, value: unknown, where: string): CoppiceError {
  const isMissing = value === null || value === undefined || Number.isNaN(value);
  return new CoppiceError(
    'DATA_INVALID',
    `${column}, the offset of a prediction, must be a finite number; got ${isMissing ? 'null or NaN' : String(value)} ${where}`,
    { context: { column } },
  );
}

/** The offsets of one row, by the column's name. @param isShared one offset is added to every score */
export function offsetsOfRow(
  row: object,
  column: string,
  { numOutputs, isShared }: { readonly numOutputs: number; readonly isShared: boolean },
): readonly number[] {
  const value = (row as Readonly<Record<string, ScorerValue | readonly number[]>>)[column];
  const found = Array.isArray(value)
    ? (value as readonly number[])
    : new Array<number>(isShared ? numOutputs : 1).fill(Number(value ?? Number.NaN));
  const bad = found.find((offset) => !Number.isFinite(offset));
  if (bad === undefined && found.length === numOutputs) return found;
  throw offsetInvalid(column, bad ?? found, 'in the row');
}
