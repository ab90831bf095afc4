/** Predicts by a threshold: the second class where its probability is above it. */
import { Field, type RecordBatch, type Schema } from 'apache-arrow';
import { classColumn } from '../../ensemble/prediction/output-columns.ts';
import { elementOf, readVectors } from '../../evaluation/read-columns.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import { withColumns } from '../../table/columns/make-column.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { registerOperator } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';

/** What decides about a prediction. */
export interface ThresholdRule {
  readonly probabilityCol: string;
  readonly predictionCol: string;
  /** The two classes, ascending. */
  readonly classes: readonly LabelValue[];
  /** Type of the label, as printed in schemas. */
  readonly labelType: string;
  readonly threshold: number;
}

/** What the operator is told. */
export interface ThresholdSpec extends OperatorSpec {
  readonly kind: 'tuning.threshold';
  readonly rule: ThresholdRule;
}

/** The table with predictions by a threshold, lazily. */
export function thresholdedTable(
  table: PartitionedTable,
  schema: Schema,
  rule: ThresholdRule,
): PartitionedTable {
  const spec: ThresholdSpec = {
    kind: 'tuning.threshold',
    reads: [rule.probabilityCol],
    writes: [rule.predictionCol],
    rule,
  };
  return table.withOperator(spec, schema);
}

/** The batch with predictions by a threshold. */
function thresholdBatch({ rule }: ThresholdSpec, batch: RecordBatch): RecordBatch {
  const probability = elementOf(readVectors(batch, rule.probabilityCol), 1);
  const codes = Int32Array.from(probability, (p) => (p > rule.threshold ? 1 : 0));
  const column = classColumn(codes, rule.classes, rule.labelType);
  return withColumns(batch, [[new Field(rule.predictionCol, column.type, false), column]]);
}

// here, and not with the tasks of worker threads: a row that is scored alone passes it in the caller's thread
registerOperator<ThresholdSpec>(
  'tuning.threshold',
  (spec) => (batch) => thresholdBatch(spec, batch),
);
