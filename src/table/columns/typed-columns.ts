/**
 * Columns that are known at compile time. A table's type has a kind for each known column; a table whose columns are not
 * known takes any name, as before.
 */
import { type DataType, type Schema, DataType as Type } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { requireField } from './find-column.ts';
import { numericKind } from './numeric-kind.ts';
import { logicalTypeName, typeName } from './type-name.ts';

/** What a column holds, as far as the compiler is told. */
export type ColumnKind = 'number' | 'string' | 'boolean' | 'date' | 'timestamp' | 'any';

/** The kinds of columns by name. */
export type ColumnKinds = Readonly<Record<string, ColumnKind>>;

/** Columns that are not known at compile time. */
export type AnyColumns = Record<string, ColumnKind>;

/** The names that a verb takes: those of the known columns, or any text. */
export type ColumnName<S> = string extends keyof S ? string : keyof S & string;

/** Only some columns. */
export type SelectedColumns<S, N extends string> = string extends keyof S
  ? S
  : { readonly [K in N & keyof S]: S[K] };

/** Without some columns. */
export type DroppedColumns<S, N extends string> = string extends keyof S
  ? S
  : { readonly [K in Exclude<keyof S, N>]: S[K] };

/** With one more column, or another in its place. */
export type WithColumn<S, N extends string> = string extends keyof S
  ? S
  : { readonly [K in (keyof S & string) | N]: K extends N ? 'any' : S[K & keyof S] };

/** With columns under other names. */
export type RenamedColumns<S, R> = string extends keyof S
  ? S
  : { readonly [K in keyof S as K extends keyof R ? R[K] & string : K]: S[K] };

/**
 * Refuses columns that are not there or hold something else.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`
 */
export function checkKinds(schema: Schema, kinds: ColumnKinds): void {
  for (const [name, kind] of Object.entries(kinds)) {
    const { type } = requireField(schema, name, 'typed');
    if (isOfKind(type as DataType, kind)) continue;
    const message = `column ${name} of typed must be of kind ${kind}; got ${typeName(type)}`;
    throw new CoppiceError('COLUMN_TYPE', message, { context: { column: name } });
  }
}

function isOfKind(type: DataType, kind: ColumnKind): boolean {
  switch (kind) {
    case 'any':
      return true;
    case 'string':
      return logicalTypeName(type) === 'string';
    case 'boolean':
      return Type.isBool(type);
    case 'date':
      return Type.isDate(type);
    case 'timestamp':
      return Type.isTimestamp(type);
    case 'number':
      return (
        numericKind(type) !== null &&
        !Type.isBool(type) &&
        !Type.isDate(type) &&
        !Type.isTimestamp(type)
      );
  }
}
