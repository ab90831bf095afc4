/**
 * Which columns are an index of pandas? pandas writes the index of a DataFrame as columns like any others and names them
 * in the file's metadata. Fields remember it under {@link pandasRole}: an index says which row it is, so what takes all
 * columns for features leaves it out.
 */
import type { Field } from 'apache-arrow';
import { isPlainObject } from '../../base/json.ts';
import type { SchemaRecord } from '../schema-record.ts';
import { fileFields, listField, type ParquetFooter, textOf } from './footer.ts';
import type { ThriftStruct } from './thrift.ts';

/** The key of a field's metadata that says what pandas used the column for. */
const pandasRole = 'pandas.role';

/** True for a column that was the index of a pandas DataFrame, or a level of it. */
export function isPandasIndex(field: Field): boolean {
  return field.metadata.get(pandasRole) === 'index' || /^__index_level_\d+__$/.test(field.name);
}

/** The schema with the file's index columns marked. */
export function markPandasIndex(schema: SchemaRecord, footer: ParquetFooter): SchemaRecord {
  const names = indexNames(footer);
  if (!schema.fields.some(({ name }) => names.has(name))) return schema;
  const fields = schema.fields.map((field) => {
    if (!names.has(field.name)) return field;
    return { ...field, metadata: [...new Map(field.metadata).set(pandasRole, 'index')] };
  });
  return { ...schema, fields };
}

/** Names of columns; an index of consecutive numbers is no column but an object that describes it. */
function indexNames(footer: ParquetFooter): ReadonlySet<string> {
  const pairs = listField(footer, fileFields.keyValues) as readonly ThriftStruct[];
  const pair = pairs.find((one) => textOf(one.get(1)?.value) === 'pandas');
  if (pair === undefined) return new Set();
  const stored = parsed(textOf(pair.get(2)?.value));
  const names = isPlainObject(stored) ? stored['index_columns'] : undefined;
  if (!Array.isArray(names)) return new Set();
  return new Set(names.filter((name): name is string => typeof name === 'string'));
}

/** Undefined for what is no JSON: it is a note of another program, not part of the table. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
