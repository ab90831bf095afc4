/** Finds a column of a schema by name; a name that is not there is an error with the nearest one. */
import { type Field, type Schema, Type } from 'apache-arrow';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';

/** The names of a schema's columns, in order. */
export function columnNames(schema: Schema): string[] {
  return schema.fields.map((field) => field.name);
}

/** A field or what else a column is known by; a list that was asked for may only grow. */
type Named = { readonly name: string };

/**
 * Columns from which on their places are kept by name, from the second look on: looking for each of thousands takes
 * seconds otherwise, and so do the places of lists that are asked once, as in a chain of verbs.
 */
const manyColumns = 32;
const places = new WeakMap<readonly Named[], Places | null>();

/** Where the columns of a list stand that had so many. */
interface Places {
  readonly length: number;
  readonly byName: ReadonlyMap<string, number>;
}

/** The position of a column, or −1; of columns of one name the first. */
export function findPlace(fields: readonly Named[], name: string): number {
  let known = fields.length < manyColumns ? undefined : places.get(fields);
  if (known === undefined) {
    if (fields.length >= manyColumns) places.set(fields, null);
    return fields.findIndex((field) => field.name === name);
  }
  if (known === null || known.length !== fields.length) {
    known = placesOf(fields);
    places.set(fields, known);
  }
  return known.byName.get(name) ?? -1;
}

function placesOf(fields: readonly Named[]): Places {
  const byName = new Map<string, number>();
  for (const [place, { name }] of fields.entries()) {
    if (!byName.has(name)) byName.set(name, place);
  }
  return { length: fields.length, byName };
}

/** The column's field, or undefined. */
export function findField(schema: Schema, name: string): Field | undefined {
  return schema.fields[findPlace(schema.fields, name)];
}

/** The column's field. @throws CoppiceError `COLUMN_NOT_FOUND` with the nearest name */
export function requireField(schema: Schema, name: string, owner: string): Field {
  const field = findField(schema, name);
  if (field !== undefined) return field;
  if (typeof name !== 'string') throw noName(name, owner);
  throw missingColumn(schema, name, owner);
}

function noName(name: unknown, owner: string): CoppiceError {
  const remedy = Array.isArray(name) ? `: give the names one by one, ${owner}(...names)` : '';
  const message = `a column of ${owner} must be named by a text; got ${describeValue(name)}${remedy}`;
  return new CoppiceError('PARAM_INVALID', message);
}

/** What to do about a column that is not there: the nearest name, what there is, or where the part of a column is. */
export function columnSuggestion(name: string, schema: Schema): string {
  const [whole = '', part = ''] = name.split('.');
  const typeId = part === '' ? undefined : findField(schema, whole)?.typeId;
  const isElement = typeId === Type.FixedSizeList && /^\d+$/.test(part);
  if (typeId !== Type.Struct && !isElement) return nameSuggestion(name, columnNames(schema));
  const made = `withColumn('${isElement ? `${whole}_${part}` : part}', col('${whole}.${part}'))`;
  return `it may be a part of ${whole}: name the whole column, take parts of it by VectorSlicer, or make a column of one: ${made}`;
}

/** The error about a column that is not there. */
export function missingColumn(schema: Schema, name: string, owner: string): CoppiceError {
  const suggestion = columnSuggestion(name, schema);
  const message = `column of ${owner} must be one of the table; got "${name}"; ${suggestion}`;
  return new CoppiceError('COLUMN_NOT_FOUND', message, { context: { column: name } });
}

/** The first name that stands in a list for the second time. */
export function firstTwice(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
