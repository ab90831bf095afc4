/** Adds the chances of survival and the median time to one partition. */
import { Field, FixedSizeList, Float64, type RecordBatch, type Schema } from 'apache-arrow';
import { readFinite } from '../../evaluation/read-columns.ts';
import {
  fixedSizeListColumn,
  float64Column,
  withColumns,
} from '../../table/columns/make-column.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { registerOperator } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import { checkPrediction, preparedSurvival, type SurvivalFunction } from './survival-function.ts';

/** What is added, and from what. */
export interface SurvivalRule {
  readonly predictionCol: string;
  readonly survivalCol: string;
  readonly medianCol: string;
  readonly survivalTimes: readonly number[];
  readonly of: SurvivalFunction;
}

interface SurvivalSpec extends OperatorSpec {
  readonly kind: 'tuning.survival';
  readonly rule: SurvivalRule;
}

/** The columns' fields. Which times a vector is of stands in its metadata. */
export function survivalFields({
  survivalCol,
  medianCol,
  survivalTimes,
}: Pick<SurvivalRule, 'survivalCol' | 'medianCol' | 'survivalTimes'>): [Field, Field] {
  const item = new Field('item', new Float64(), false);
  const type = new FixedSizeList(survivalTimes.length, item);
  const told = new Map([['survivalTimes', JSON.stringify(survivalTimes)]]);
  const ofMedian = new Map([['predictionKind', 'time']]);
  return [
    new Field(survivalCol, type, true, told),
    new Field(medianCol, new Float64(), true, ofMedian),
  ];
}

/** The table with both columns, lazily. */
export function tableWithSurvival(
  table: PartitionedTable,
  schema: Schema,
  rule: SurvivalRule,
): PartitionedTable {
  const { predictionCol, survivalCol, medianCol } = rule;
  const names = { reads: [predictionCol], writes: [survivalCol, medianCol] };
  const spec: SurvivalSpec = { kind: 'tuning.survival', ...names, rule };
  return table.withOperator(spec, schema);
}

function addSurvival({ rule }: SurvivalSpec): (batch: RecordBatch) => RecordBatch {
  const { predictionCol, survivalTimes, of } = rule;
  const prepared = preparedSurvival(of, survivalTimes);
  const [survivalField, medianField] = survivalFields(rule);
  const width = survivalTimes.length;
  return (batch) => {
    const predictions = readFinite(batch, predictionCol, 'DATA_INVALID');
    const survival = columnArray(Float64Array, width * predictions.length);
    const medians = columnArray(Float64Array, predictions.length);
    for (let row = 0; row < predictions.length; row++) {
      const prediction = predictions[row] as number;
      checkPrediction(of.kind, prediction, predictionCol);
      prepared.fill(prediction, survival, row * width);
      medians[row] = prepared.median(prediction);
    }
    return withColumns(batch, [
      [survivalField, fixedSizeListColumn(survival, width)],
      [medianField, float64Column(medians)],
    ]);
  };
}

// here, and not with the tasks of worker threads: a row that is scored alone passes it in the caller's thread
registerOperator<SurvivalSpec>('tuning.survival', addSurvival);
