/** A table that was made in this program as rows for Spark, and the step that gives its columns their types back. */
import type { RecordBatch, Schema } from 'apache-arrow';
import { columnNames } from '../../table/columns/find-column.ts';
import { sameType } from '../../table/columns/type-name.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import { schemaToRecord } from '../../table/schema-record.ts';
import { localRows } from './local-rows.ts';
import type { SparkRows } from './spark-rows.ts';

/** See the header. @throws CoppiceError `UNSUPPORTED` */
export function encodePlain(batch: RecordBatch): {
  readonly rows: SparkRows;
  readonly operators: readonly OperatorSpec[];
  readonly schema: Schema;
} {
  const { schema } = batch;
  const rows = localRows(batch, 0);
  const isSame = rows.fields.every((field, i) =>
    sameType(field.type, schema.fields[i]?.type as never),
  );
  if (isSame) return { rows, operators: [], schema };
  const names = columnNames(schema);
  const conform = {
    kind: 'table.conform',
    reads: names,
    writes: names,
    schema: schemaToRecord(schema),
  };
  return { rows, operators: [conform], schema };
}
