/** Of vectors that a model of several labels wrote: which element is a label's? */
import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';

/**
 * The place of the label among those that the columns' metadata name; null where they name none.
 *
 * @param columns names of columns, null for one that is not there
 * @throws CoppiceError `COLUMN_TYPE` where they name others
 */
export function placeOfLabel(
  owner: string,
  schema: Schema,
  columns: readonly (string | null)[],
  labelCol: string,
): number | null {
  for (const name of columns) {
    const field = schema.fields.find((candidate) => candidate.name === name);
    const labels = labelNamesOf(field?.metadata.get('labels'));
    if (labels === null) continue;
    const place = labels.indexOf(labelCol);
    if (place >= 0) return place;
    throw new CoppiceError(
      'COLUMN_TYPE',
      `labelCol of ${owner} must be a label of the model that wrote ${name}: ${labels.join(', ')}; got ${labelCol}`,
      { context: { owner, column: labelCol } },
    );
  }
  return null;
}

/** Names that a model of several labels left in a column's metadata; null for none. */
export function labelNamesOf(metadata: string | undefined): readonly unknown[] | null {
  try {
    const parsed: unknown = JSON.parse(metadata ?? '');
    return Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}
