/**
 * What a saved stage remembers of a table's columns: names and logical types, in column order. How a
 * reader happened to lay a column out is not part of it: no nullability, no dictionary index, no offset
 * width, so the same data read from CSV, Parquet or memory has the same logical schema.
 */
import { DataType, type Field, type Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { isPlainObject, type Json } from '../base/json.ts';
import { findField, findPlace } from '../table/columns/find-column.ts';
import { typeName } from '../table/columns/type-name.ts';

/** One column or one part of a nested column. */
export interface LogicalField {
  /** The column. */
  readonly name: string;
  /** `double`, `int`, `string`, `boolean`, `date`, `timestamp(us)`, `struct`, `vector[3]`, … */
  readonly type: string;
  /** The children of a struct, or the one item of a list. */
  readonly children?: readonly LogicalField[];
}

/** Columns in order. */
export type LogicalSchema = readonly LogicalField[];

/** The logical schema of an Arrow schema, or of some of its columns in the order given. */
export function logicalSchema(schema: Schema, names?: readonly string[]): LogicalSchema {
  const fields =
    names === undefined ? schema.fields : names.map((name) => fieldNamed(schema, name));
  return fields.map((field) => logicalField(field));
}

/** The logical type of an Arrow type, without its children; named as in printed schemas. */
export function logicalType(type: DataType): string {
  if (DataType.isDictionary(type)) {
    const values = logicalType(type.dictionary as DataType);
    return values === 'string' ? values : `dictionary<${values}>`;
  }
  if (DataType.isStruct(type)) return 'struct';
  if (DataType.isFixedSizeList(type)) return `vector[${type.listSize}]`;
  if (DataType.isList(type) || DataType.isLargeList(type)) return 'list';
  return typeName(type);
}

/** The logical type at a path: a column, then the child of a struct or the element of a list. */
export function typeAtPath(schema: LogicalSchema, [column = '', child]: readonly string[]): string {
  const field = schema[findPlace(schema, column)];
  const { children = [] } = field ?? {};
  const isList = field?.type.startsWith('vector[') === true;
  const part = isList ? children[0] : children.find(({ name }) => name === child);
  return (child === undefined ? field : part)?.type ?? '';
}

/** The saved form. */
export function logicalSchemaToJson(schema: LogicalSchema): Json {
  return schema.map(({ name, type, children }) =>
    children === undefined
      ? { name, type }
      : { name, type, children: logicalSchemaToJson(children) },
  );
}

/**
 * From the saved form.
 *
 * @throws CoppiceError `MODEL_FORMAT`
 */
export function logicalSchemaFromJson(json: unknown, depth = 0): LogicalSchema {
  if (!Array.isArray(json) || depth > 32) throw brokenSchema();
  return json.map((field: unknown) => {
    if (!isPlainObject(field)) throw brokenSchema();
    const { name, type, children } = field;
    if (typeof name !== 'string' || typeof type !== 'string') throw brokenSchema();
    if (children === undefined) return { name, type };
    return { name, type, children: logicalSchemaFromJson(children, depth + 1) };
  });
}

function logicalField(field: Field): LogicalField {
  const type = field.type as DataType;
  const base = { name: field.name, type: logicalType(type) };
  const isNested = ['struct', 'list'].includes(base.type) || DataType.isFixedSizeList(type);
  if (!isNested) return base;
  const children = (type.children as Field[]).map((child, index) => {
    const inner = logicalField(child);
    // Writers name the item of a list as they like (item, element, l).
    return DataType.isStruct(type) ? inner : { ...inner, name: index === 0 ? 'item' : inner.name };
  });
  return { ...base, children };
}

function fieldNamed(schema: Schema, name: string): Field {
  const field = findField(schema, name);
  if (field === undefined) throw new CoppiceError('INTERNAL', `the schema has no column ${name}`);
  return field;
}

function brokenSchema(): CoppiceError {
  return new CoppiceError(
    'MODEL_FORMAT',
    'the saved schema of the model is not a list of columns with types',
  );
}
