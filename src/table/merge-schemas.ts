/**
 * The one schema of several files: the same columns, by name, with the same meaning. Layouts may differ
 * (a dictionary here, plain text there; a column that is all null): each file then says which of its
 * columns must be conformed to the table's.
 */
import { DataType, Field, Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { nameSuggestion } from '../base/nearest-name.ts';
import { canConform } from './columns/conform-column.ts';
import { columnNames, findField } from './columns/find-column.ts';
import { sameType, typeName } from './columns/type-name.ts';
import { canWiden, widerType } from './columns/widen-column.ts';

/** The columns of a file or table. */
export interface NamedSchema {
  /** What has them, for errors: `file a.parquet`, `the second table`. */
  readonly what: string;
  readonly schema: Schema;
}

/** The schema of a table of files, and for each file the fields that it stores otherwise. */
export interface MergedSchema {
  readonly schema: Schema;
  readonly conforms: readonly (readonly Field[])[];
}

/** How to merge: `widens` finds a type that holds the values of all files, where their types differ. */
export interface MergeOptions {
  readonly widens?: boolean;
}

/** Merges the schemas of files. @throws CoppiceError `SCHEMA_MISMATCH` naming file and column, `COLUMN_EXISTS` */
export function mergeSchemas(
  files: readonly NamedSchema[],
  { widens = false }: MergeOptions = {},
): MergedSchema {
  const fits = widens ? canWiden : canConform;
  const first = files[0] as NamedSchema;
  const schemas = new Set<Schema>(files.map((file) => file.schema));
  for (const { what, schema } of files) checkDistinct(what, schema);
  const fields = first.schema.fields.map((field) => {
    let best = field;
    let nullable = field.nullable;
    for (const schema of schemas) {
      const other = findField(schema, field.name);
      nullable ||= other?.nullable ?? true;
      if (other === undefined || other.type === best.type) continue;
      if (DataType.isNull(best.type)) best = other;
      const wider = widens ? widerType(best.type, other.type) : null;
      if (wider !== null) best = best.clone({ type: wider });
    }
    return new Field(field.name, best.type, nullable, best.metadata);
  });
  const schema = new Schema(fields, first.schema.metadata);
  return { schema, conforms: files.map((file) => differences(file, schema, { first, fits })) };
}

function differences(
  file: NamedSchema,
  schema: Schema,
  { first, fits }: { readonly first: NamedSchema; readonly fits: typeof canConform },
): Field[] {
  for (const { name, type: own } of file.schema.fields) {
    if (findField(schema, name) !== undefined) continue;
    throw mismatch(
      file,
      name,
      `it is not in ${first.what}; ${nameSuggestion(name, columnNames(schema))}. ${remedyOf(name, own)}`,
    );
  }
  return schema.fields.filter((field) => {
    const own = findField(file.schema, field.name);
    if (own === undefined) {
      throw mismatch(
        file,
        field.name,
        `it is missing; ${nameSuggestion(field.name, columnNames(file.schema))}. ${remedyOf(field.name, field.type)}`,
      );
    }
    if (own.type === field.type) return false;
    if (!fits(own.type, field.type)) {
      throw mismatch(
        file,
        field.name,
        `its type must be ${typeName(field.type)}, as in ${first.what}; got ${typeName(own.type)}. ${castRemedy(field.name, field.type, own.type)}`,
      );
    }
    return !sameType(own.type, field.type);
  });
}

const apart = 'Tables that are read apart can be made alike and put together:';

/** What to do about a column that some have not. */
function remedyOf(name: string, type: DataType): string {
  const text = JSON.stringify(name);
  const typed = typeName(type);
  // names with brackets may say what no cast can make
  const added = /^\w+$/.test(typed) ? `.withColumn(${text}, lit(null).cast('${typed}')) or ` : '';
  return `${apart} ${added}.drop(${text}) before .union`;
}

/** A cast names no time zone, so times that have one are cast on both sides. */
function castRemedy(name: string, wanted: DataType, own: DataType): string {
  const typed = typeName(wanted).replace(/^(timestamp\(\w+), .*/, '$1)');
  if (!/^\w+(\(\w+\))?$/.test(typed)) return 'Write it anew with one type';
  const sides = DataType.isTimestamp(wanted) && DataType.isTimestamp(own) ? ' of both' : '';
  return `${apart} .cast({ ${JSON.stringify(name)}: '${typed}' })${sides} before .union. Or write it anew with one type`;
}

function mismatch(file: NamedSchema, column: string, why: string): CoppiceError {
  const message = `column "${column}" of ${file.what} must be as in the others; ${why}`;
  return new CoppiceError('SCHEMA_MISMATCH', message, { context: { where: file.what, column } });
}

function checkDistinct(what: string, schema: Schema): void {
  const names = new Set<string>();
  for (const { name } of schema.fields) {
    if (names.has(name)) {
      const message = `columns of ${what} must have distinct names; got "${name}" twice: rename one where the file is written`;
      throw new CoppiceError('COLUMN_EXISTS', message, { context: { where: what, column: name } });
    }
    names.add(name);
  }
}
