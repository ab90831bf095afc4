/** The verbs that compute columns or give them other names or types: what the operator is told, and the schema after it. */
import { DataType, Field, Schema } from 'apache-arrow';
import { checkObject } from '../../base/check-options.ts';
import { CoppiceError } from '../../base/errors.ts';
import { columnNames, findField, firstTwice, requireField } from '../columns/find-column.ts';
import { columnsRead, type ExpressionNode } from '../expressions/expression-node.ts';
import { castTarget, inferType, withParts } from '../expressions/infer-type.ts';
import type { OperatorSpec } from '../plan/partition-spec.ts';
import { fieldToRecord } from '../schema-record.ts';

/** An operator and what it makes of a schema. */
export interface ColumnChange {
  readonly spec: OperatorSpec;
  readonly schema: Schema;
}

/** Columns under other names. @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_EXISTS`, `PARAM_INVALID` */
export function renamed(schema: Schema, given: object): ColumnChange {
  checkObject('names of rename', given, 'rename');
  const names = given as Readonly<Record<string, string>>;
  const from = Object.keys(names);
  for (const name of from) requireField(schema, name, 'rename');
  const fields = schema.fields.map((field) =>
    Object.hasOwn(names, field.name) ? field.clone({ name: names[field.name] as string }) : field,
  );
  const twice = firstTwice(fields.map((field) => field.name));
  if (twice !== undefined) throw columnExists(twice, 'rename');
  const to = from.map((name) => names[name] as string);
  const spec = { kind: 'table.rename', reads: from, writes: to, from, to };
  return { spec, schema: new Schema(fields, schema.metadata) };
}

/** Columns in other types. @throws CoppiceError `COLUMN_NOT_FOUND`, `PARAM_INVALID` */
export function casted(schema: Schema, given: object): ColumnChange {
  checkObject('types of cast', given, 'cast');
  const types = given as Readonly<Record<string, string>>;
  const names = Object.keys(types);
  const fields = names.map((name) => {
    const field = requireField(schema, name, 'cast');
    return new Field(name, castTarget(types[name] as string), field.nullable, field.metadata);
  });
  const spec = {
    kind: 'table.cast',
    reads: names,
    writes: names,
    names: fields.filter(isOfNames).map(({ name }) => name),
    fields: fields.map(fieldToRecord),
  };
  return { spec, schema: fields.reduce(withField, schema) };
}

/** A column that an expression makes. @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `PARAM_INVALID` */
export function computed(schema: Schema, name: string, given: ExpressionNode): ColumnChange {
  const expression = withParts(given, schema);
  const known = expression.op === 'col' ? findField(schema, expression.name) : undefined;
  const type = inferType(expression, schema);
  const field = new Field(name, type, known?.nullable ?? true, known?.metadata ?? null);
  const spec = {
    kind: 'table.withColumn',
    reads: columnsRead(expression),
    writes: [name],
    expression,
    field: fieldToRecord(field),
  };
  return { spec, schema: withField(schema, field) };
}

/** The schema with one more field, or another in place of the one of its name. */
export function withField(schema: Schema, field: Field): Schema {
  const fields = [...schema.fields];
  const known = columnNames(schema).indexOf(field.name);
  fields[known < 0 ? fields.length : known] = field;
  return new Schema(fields, schema.metadata);
}

/** The error about a name that columns would have twice. */
export function columnExists(name: string, owner: string): CoppiceError {
  const message = `columns of ${owner} must have distinct names; got "${name}" twice`;
  return new CoppiceError('COLUMN_EXISTS', message, { context: { column: name } });
}

function isOfNames({ type }: Field): boolean {
  return DataType.isUtf8(type) || DataType.isDictionary(type);
}
