/** Calibrates the scores of one partition: adds, or puts in place, probabilities and predictions. */
import type { RecordBatch, Schema, Vector } from 'apache-arrow';
import {
  classColumn,
  type ModelOutput,
  outputFields,
  winners,
} from '../../ensemble/prediction/output-columns.ts';
import { readVectors } from '../../evaluation/read-columns.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import { fixedSizeListColumn, withColumns } from '../../table/columns/make-column.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { registerOperator } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import {
  type CalibrationCurve,
  calibratedProbabilities,
  type ScoreLayout,
} from './calibration-curve.ts';

/** What a calibrated model adds, and from what. */
export interface Calibration {
  readonly scoreCol: string;
  readonly probabilityCol: string;
  readonly predictionCol: string;
  readonly curves: readonly CalibrationCurve[];
  readonly layout: ScoreLayout;
  readonly classes: readonly LabelValue[];
  /** Type of the label, as printed in schemas. */
  readonly labelType: string;
  readonly thresholds: readonly number[] | null;
}

/** What the operator is told. */
export interface CalibrateSpec extends OperatorSpec {
  readonly kind: 'tuning.calibrate';
  readonly calibration: Calibration;
}

/** The columns' fields. */
export function calibratedFields(
  calibration: Pick<Calibration, 'probabilityCol' | 'predictionCol' | 'classes' | 'labelType'>,
) {
  const { probabilityCol, predictionCol, classes, labelType } = calibration;
  const none = { rawPredictionCol: null, quantiles: null, leafCol: null, contributionsCol: null };
  const outputs: ModelOutput = { ...none, probabilityCol, predictionCol };
  return outputFields({ outputs, classes, labelType, numTrees: 0 });
}

/** The table with calibrated columns, lazily. */
export function calibratedTable(
  table: PartitionedTable,
  schema: Schema,
  calibration: Calibration,
): PartitionedTable {
  const { scoreCol, probabilityCol, predictionCol } = calibration;
  const spec: CalibrateSpec = {
    kind: 'tuning.calibrate',
    reads: [scoreCol],
    writes: [probabilityCol, predictionCol],
    calibration,
  };
  return table.withOperator(spec, schema);
}

/** The batch with calibrated columns. */
function calibrateBatch({ calibration }: CalibrateSpec, batch: RecordBatch): RecordBatch {
  const { scoreCol, curves, layout, classes, labelType, thresholds } = calibration;
  const { values } = readVectors(batch, scoreCol);
  const probability = calibratedProbabilities(curves, layout, values);
  const codes = winners(probability, classes.length, thresholds);
  const columns = [
    fixedSizeListColumn(probability, classes.length),
    classColumn(codes, classes, labelType),
  ];
  const fields = calibratedFields(calibration);
  return withColumns(
    batch,
    fields.map((field, i) => [field, columns[i] as Vector] as const),
  );
}

// here, and not with the tasks of worker threads: a row that is scored alone is calibrated in the caller's thread
registerOperator<CalibrateSpec>(
  'tuning.calibrate',
  (spec) => (batch) => calibrateBatch(spec, batch),
);
