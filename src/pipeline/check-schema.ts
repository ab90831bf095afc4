/**
 * Does a table have the columns that a stage needs, and of the types it knows? Columns are matched by
 * name, never by position, and more columns than needed do no harm. Any number may stand for any other
 * number (a tree reads all of them as floats); text, dates, timestamps of one unit and vectors of one
 * length only for themselves.
 */
import { DataType, type Field, type Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { nameSuggestion } from '../base/nearest-name.ts';
import {
  columnNames,
  columnSuggestion,
  findField,
  findPlace,
} from '../table/columns/find-column.ts';
import { isTimeType, numericKind } from '../table/columns/numeric-kind.ts';
import { isPlanned } from '../table/columns/planned-field.ts';
import { typeName } from '../table/columns/type-name.ts';
import {
  type LogicalField,
  type LogicalSchema,
  logicalSchema,
  logicalType,
} from './logical-schema.ts';

/**
 * Checks a table's schema against what a fitted stage was fitted on.
 *
 * @param owner the stage, for errors
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`
 */
export function checkSchema(owner: string, expected: LogicalSchema, actual: Schema): void {
  if (!Array.isArray((actual as Partial<Schema> | undefined)?.fields)) {
    const rule = 'a PartitionedTable: make one by createTable or read one by session.read';
    throw new CoppiceError('PARAM_INVALID', `table given to ${owner} must be ${rule}`);
  }
  for (const wanted of expected) requireName(owner, wanted.name, actual);
  const found = logicalSchema(actual);
  for (const wanted of expected) {
    const field = found[findPlace(actual.fields, wanted.name)];
    // before a fit nobody knows its parts
    if (isPlanned(findField(actual, wanted.name))) continue;
    if (field !== undefined) checkField(owner, wanted, field, [wanted.name]);
  }
}

/**
 * The Arrow field of a column that a stage reads.
 *
 * @param param the parameter that names the column, for errors
 * @throws CoppiceError `COLUMN_NOT_FOUND`
 */
export function requireColumn(owner: string, param: string, name: string, schema: Schema): Field {
  const field = findField(schema, name);
  if (field === undefined) throw columnNotFoundError({ owner, param, column: name }, schema);
  return field;
}

/**
 * The field of a label whose values are classes.
 *
 * A date could not be predicted as a date, so it is refused rather than answered with a number of days.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`
 */
export function requireClassLabel(
  owner: string,
  param: string,
  name: string,
  schema: Schema,
): Field {
  const field = requireColumn(owner, param, name, schema);
  const type = field.type as DataType;
  const values = DataType.isDictionary(type) ? (type.dictionary as DataType) : type;
  const isText = logicalType(values) === 'string';
  if (isText || (numericKind(values) !== null && !isTimeType(values))) return field;
  const hint = isTimeType(values) ? ` (a date as a class: ${castRemedy(name, 'string')})` : '';
  throw columnTypeError(owner, param, field, `a number, a boolean or a text${hint}`);
}

/** Says which column is not there, which are, and what else can be done. */
export function columnNotFoundError(
  { remedy = '', ...context }: { owner: string; param: string; column: string; remedy?: string },
  schema: Schema,
): CoppiceError {
  const { owner, param, column } = context;
  const hint = columnSuggestion(column, schema);
  const message = `${param} of ${owner} must be a column of the table; got "${column}"; ${hint}${remedy}`;
  return new CoppiceError('COLUMN_NOT_FOUND', message, { context });
}

/**
 * Refuses an output column that the table has already.
 *
 * @throws CoppiceError `COLUMN_EXISTS`
 */
export function refuseExistingColumn(
  owner: string,
  param: string,
  name: string,
  schema: Schema,
): void {
  if (findField(schema, name) === undefined) return;
  const message =
    `${param} of ${owner} must be a column that the table does not have yet; got "${name}", which exists: ` +
    'drop it (--drop on the command line), or choose another name';
  throw new CoppiceError('COLUMN_EXISTS', message, { context: { owner, param, column: name } });
}

/**
 * The error for a column whose type a stage cannot use.
 *
 * @param rule completes "column x … must be": `a number or a date`
 */
export function columnTypeError(
  owner: string,
  param: string,
  field: Field,
  rule: string,
): CoppiceError {
  const type = typeName(field.type);
  return new CoppiceError(
    'COLUMN_TYPE',
    `column ${field.name}, ${param} of ${owner}, must be ${rule}; got ${type}`,
    { context: { owner, param, column: field.name, type } },
  );
}

function requireName(owner: string, name: string, actual: Schema): void {
  if (findField(actual, name) !== undefined) return;
  const names = columnNames(actual);
  const message = `the table given to ${owner} must have the column ${name}; ${nameSuggestion(name, names)}`;
  throw new CoppiceError('COLUMN_NOT_FOUND', message, { context: { owner, column: name } });
}

function checkField(
  owner: string,
  wanted: LogicalField,
  found: LogicalField,
  path: readonly string[],
): void {
  // A column that holds nothing but missing values has no type of its own, now or at fit.
  if (found.type === 'null' || wanted.type === 'null') return;
  if (typeFamily(wanted.type) !== typeFamily(found.type))
    throw otherTypeError(owner, path, wanted.type, found.type);
  const parts = found.children ?? [];
  for (const child of wanted.children ?? []) {
    const part = parts.find((candidate) => candidate.name === child.name);
    if (part === undefined) {
      const names = parts.map((candidate) => candidate.name);
      const message =
        `column ${path.join('.')} of the table given to ${owner} must have the part ${child.name}, as at fit; ` +
        nameSuggestion(child.name, names);
      throw new CoppiceError('SCHEMA_MISMATCH', message, {
        context: { owner, column: [...path, child.name].join('.') },
      });
    }
    checkField(owner, child, part, [...path, child.name]);
  }
}

/** How a column gets another type, in a script and in a shell. */
export function castRemedy(column: string, type: string): string {
  const pair = JSON.stringify(column);
  return `cast it to ${type}, as by table.cast({ ${pair}: '${type}' }) (--cast ${column}=${type} on the command line)`;
}

/** The error for a column, or a part of one, that was of another kind at fit. */
export function otherTypeError(
  owner: string,
  path: string | readonly string[],
  expected: string,
  type: string,
): CoppiceError {
  const names = [path].flat();
  const column = names.join('.');
  const remedy =
    names.length === 1
      ? castRemedy(column, expected)
      : `make column ${names[0]} with that part as ${expected}; a cast takes whole columns`;
  const message = `column ${column} of the table given to ${owner} must be ${expected}, as at fit; got ${type}: ${remedy}`;
  return new CoppiceError('SCHEMA_MISMATCH', message, {
    context: { owner, column, expected, type },
  });
}

/**
 * Refuses numbers where true and false were categories at fit, and the other way round: they may stand for each other
 * as numbers, but their texts differ.
 *
 * @throws CoppiceError `SCHEMA_MISMATCH`
 */
export function checkCategoryTypes(owner: string, wanted: LogicalSchema, actual: Schema): void {
  for (const { name, type: expected } of wanted) {
    const type = logicalType(requireColumn(owner, 'inputCols', name, actual).type);
    if (expected === 'null' || type === 'null') continue;
    if ((expected === 'boolean') !== (type === 'boolean'))
      throw otherTypeError(owner, name, expected, type);
  }
}

/** Types of one family may stand for each other. */
export function typeFamily(type: string): string {
  if (/^(u?(tinyint|smallint|int|bigint)|half|float|double|decimal\(.*\)|boolean)$/.test(type)) {
    return 'number';
  }
  // categories are known by their texts
  if (type.startsWith('dictionary')) return 'string';
  return type.replace(/^(timestamp\(\w+), .*\)$/, '$1)');
}
