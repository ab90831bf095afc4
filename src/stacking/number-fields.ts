/** A schema with more columns of numbers. */
import { Field, Float64, Schema } from 'apache-arrow';

/** The schema with columns of numbers behind the others. */
export function withNumberFields(schema: Schema, columns: readonly string[]): Schema {
  const added = columns.map((name) => new Field(name, new Float64(), false));
  return new Schema([...schema.fields, ...added], schema.metadata);
}
