/** Rows of Spark's with steps of ours still to be done. */
import type { Schema } from 'apache-arrow';
import { columnNames } from '../../table/columns/find-column.ts';
import type { OperatorSpec, PlacedOperator } from '../../table/plan/partition-spec.ts';
import type { SparkRows } from './spark-rows.ts';

/** A step of ours over rows of Spark's. */
export interface PendingTable {
  readonly rows: SparkRows;
  readonly operators: readonly OperatorSpec[];
  /** The columns after the operators. */
  readonly schema: Schema;
}

/** The operators with the columns they read spelled out, at the beginning of the table. */
export function placedOperators({ rows, operators, schema }: PendingTable): PlacedOperator[] {
  const names = new Set([...rows.fields.map(({ name }) => name), ...columnNames(schema)]);
  return operators.map((spec) => ({
    spec: { ...spec, reads: spec.reads === 'all' ? [...names] : spec.reads },
    firstRow: spec.usesPosition === true ? 0 : -1,
  }));
}
