/**
 * Columns of a schema that is planned before a fit. A stage that has not been fitted often knows the name and the kind of the
 * column that it will add, not its parts: one for each category, class or chosen feature. Such a field is marked, and
 * whoever reads it leaves questions about its parts to the fit.
 */
import { DataType, type Field, Schema } from 'apache-arrow';

const mark = 'partsAreKnownAfterTheFit';

/** The field as one whose parts are not known yet. */
export function plannedField(field: Field): Field {
  return field.clone({ metadata: new Map([...field.metadata, [mark, '']]) });
}

/** Whether the parts of a column are not known yet. */
export function isPlanned(field: Field | undefined): boolean {
  // a field that was made without Arrow has none
  return field?.metadata instanceof Map && field.metadata.has(mark);
}

/** A field that is made of others: its parts are as little known as theirs. */
export function plannedAs(inputs: readonly (Field | undefined)[], output: Field): Field {
  return inputs.some(isPlanned) ? plannedField(output) : output;
}

/** The schema behind a stage that has yet to be fitted: parts of the columns that it adds are not known. */
export function plannedSchema(before: Schema, after: Schema): Schema {
  const given = new Set(before.fields);
  const fields = after.fields.map((field) => {
    const type = field.type as DataType;
    const hasParts = DataType.isStruct(type) || DataType.isFixedSizeList(type);
    return hasParts && !given.has(field) ? plannedField(field) : field;
  });
  return new Schema(fields, after.metadata);
}
