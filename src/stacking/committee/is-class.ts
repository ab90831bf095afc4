/** A label that says whether a row is of one class: what each model of OneVsRest learns. */
import { Field, Float64, type RecordBatch, Schema } from 'apache-arrow';
import { columnNamed } from '../../evaluation/read-columns.ts';
import { type LabelValue, labelKey, readLabels } from '../../pipeline/label-values.ts';
import { float64Column, withColumns } from '../../table/columns/make-column.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';

/** Makes the label 1 for one class and 0 for all others. */
export interface IsClassSpec extends OperatorSpec {
  readonly kind: 'stacking.isClass';
  readonly column: string;
  readonly value: LabelValue;
}

/** The table whose label says whether a row is of a class. */
export function isClass(
  table: PartitionedTable,
  column: string,
  value: LabelValue,
): PartitionedTable {
  const spec: IsClassSpec = {
    kind: 'stacking.isClass',
    reads: [column],
    writes: [column],
    ...{ column, value },
  };
  return table.withOperator(spec, schemaOfIsClass(table.schema, column));
}

/** The schema of such a table. */
export function schemaOfIsClass(schema: Schema, column: string): Schema {
  const fields = schema.fields.map((field) =>
    field.name === column ? new Field(column, new Float64(), false) : field,
  );
  return new Schema(fields, schema.metadata);
}

/** The batch whose label says whether a row is of a class. */
export function isClassBatch({ column, value }: IsClassSpec, batch: RecordBatch): RecordBatch {
  const { codes, values } = readLabels(columnNamed(batch, column), 'label', column);
  const wanted = values.findIndex((found) => labelKey(found) === labelKey(value));
  const out = columnArray(Float64Array, codes.length);
  for (let row = 0; row < out.length; row++) out[row] = codes[row] === wanted ? 1 : 0;
  return withColumns(batch, [[new Field(column, new Float64(), false), float64Column(out)]]);
}
