/**
 * Rows on Spark as the source of a partition. Only a driver can do something with it: a member is given the rows,
 * and for what must be done here they are fetched.
 */
import type { SourceSpec } from '../../table/plan/partition-spec.ts';
import { type FieldRecord, fieldFromRecord } from '../../table/schema-record.ts';
import type { SparkRows } from './spark-rows.ts';

/** See the header. */
export interface SparkSource extends SourceSpec {
  readonly kind: 'spark';
  readonly numRows: number;
  readonly rows: Omit<SparkRows, 'fields'> & { readonly fields: readonly FieldRecord[] };
}

/** The rows of a source; null for a source of another kind. */
export function rowsOfSource(source: SourceSpec): SparkRows | null {
  if (source.kind !== 'spark') return null;
  const { rows } = source as SparkSource;
  return { ...rows, fields: rows.fields.map(fieldFromRecord) };
}
