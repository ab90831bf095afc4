/**
 * The parts of a table that a model can be asked about: whole columns, children of a struct column
 * (`features.age`), elements of a vector column (`features.3`). What is one feature to a model is one part.
 */
import { DataType, Field, type FixedSizeList, Schema, Struct } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { columnNames, findField } from '../../table/columns/find-column.ts';

/** One part. */
export interface TablePart {
  /** Its name to people. */
  readonly name: string;
  /** Column, then child or element. */
  readonly path: readonly string[];
  readonly type: DataType;
}

/**
 * The part of a name; a column of that very name comes first.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`
 */
export function partNamed(owner: string, schema: Schema, name: string): TablePart {
  const field = findField(schema, name);
  if (field !== undefined) return { name, path: [name], type: field.type };
  const parts = schema.fields.flatMap(innerParts);
  const found = parts.find((part) => part.name === name);
  if (found !== undefined) return found;
  const known = [...columnNames(schema), ...parts.map((part) => part.name)];
  const message = `columns of ${owner} must be columns of the table or parts of them; got "${name}"; ${nameSuggestion(name, known)}`;
  throw new CoppiceError('COLUMN_NOT_FOUND', message, { context: { column: name } });
}

/** The parts of the columns that a model reads, in their order. */
export function partsOfInput(schema: Schema, input: LogicalSchema): TablePart[] {
  return input.flatMap(({ name }) => {
    const field = findField(schema, name);
    if (field === undefined) return [];
    const inner = innerParts(field);
    return inner.length > 0 ? inner : [{ name, path: [name], type: field.type as DataType }];
  });
}

/** The schema with another type for a part. */
export function schemaWithPart(schema: Schema, part: TablePart, type: DataType): Schema {
  const [column, child] = part.path;
  const fields = schema.fields.map((field) => {
    if (field.name !== column) return field;
    return field.clone({ type: child === undefined ? type : innerType(field, child, type) });
  });
  return new Schema(fields, schema.metadata);
}

function innerParts(field: Field): TablePart[] {
  const type = field.type as DataType;
  if (DataType.isStruct(type)) {
    return (type.children as readonly Field[]).map((child) => ({
      name: `${field.name}.${child.name}`,
      path: [field.name, child.name],
      type: child.type as DataType,
    }));
  }
  if (!DataType.isFixedSizeList(type)) return [];
  return Array.from({ length: type.listSize }, (_, i) => ({
    name: `${field.name}.${i}`,
    path: [field.name, String(i)],
    type: type.valueType as DataType,
  }));
}

function innerType(field: Field, child: string, type: DataType): DataType {
  const outer = field.type as DataType;
  // an element of a vector is written into the vector, whose type stays
  if (DataType.isFixedSizeList(outer)) return outer as FixedSizeList;
  const children = (outer.children as readonly Field[]).map((one) =>
    one.name === child ? new Field(one.name, type, true, one.metadata) : one,
  );
  return new Struct(children);
}
