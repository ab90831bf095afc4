/** Turns scores into probabilities that can be believed. */

import { type DataType, Schema } from 'apache-arrow';
import { distinctLabels } from '../../feature/statistics/distinct-labels.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import {
  refuseExistingColumn,
  requireClassLabel,
  requireColumn,
} from '../../pipeline/check-schema.ts';
import { plannedClasses } from '../../pipeline/class-columns.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { logicalSchema, logicalType } from '../../pipeline/logical-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { calibratedFields } from './calibrate-operator.ts';
import { curveElements } from './calibration-curve.ts';
import { checkWidth, scoreColumn } from './calibration-params.ts';
import { fitCurves, gatherScores, nothingToCalibrateOn } from './calibration-scores.ts';
import {
  ProbabilityCalibrationModel,
  probabilityCalibratorSpecs,
} from './probability-calibration-model.ts';

/** Parameters of {@link ProbabilityCalibrator}. */
export const probabilityCalibratorParams = defineParams(
  'ProbabilityCalibrator',
  probabilityCalibratorSpecs,
  ({ probabilityCol, predictionCol }) =>
    probabilityCol === predictionCol ? 'predictionCol must differ from probabilityCol' : null,
);

/** Options of {@link ProbabilityCalibrator}. @interface */
export type ProbabilityCalibratorOptions = Options<typeof probabilityCalibratorParams.schema>;

/**
 * Learns from scored rows how often a score is right: by a logistic curve (`sigmoid`, Platt's) or by any ascending
 * curve (`isotonic`; a thousand rows or more). Fit it on rows that the scoring model was not fitted on;
 * {@link CalibratedClassifier} takes care of that by itself.
 *
 * Input: `rawPrediction` (vectors of one score a class with the classes in the field's metadata, as models write
 * them, or numbers, the score of the second class), `label`. Two classes get one curve, more get one each, whose
 * values are divided by their sum. Output: adds `calibratedProbability` and `calibratedPrediction`.
 * Cost: one read and sort of the scores, 16 bytes a row and curve. Determinism: rows are brought into one order
 * by score, so the curve is the same, bit for bit, for any partitioning, order of rows and number of threads.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `SCHEMA_MISMATCH`,
 *   `LABEL_INVALID`, `WEIGHT_INVALID`, `DATA_INVALID`, `DATA_EMPTY`, `ABORTED`
 * @example
 * ```ts
 * import { createTable, ProbabilityCalibrator } from 'coppice';
 * const scored = createTable({
 *   rawPrediction: [-2, -1, -1, 0, 0, 1, 1, 2],
 *   label: [false, false, true, false, true, true, false, true],
 * });
 * const model = await new ProbabilityCalibrator({ method: 'isotonic' }).fit(scored);
 * const [first] = await (await model.transform(scored)).take(1);
 * console.log([...(first?.calibratedProbability as Iterable<number>)]); // [ 1, 0 ]
 * ```
 * @see docs/guides/calibration.md; J. Platt, 1999; B. Zadrozny and C. Elkan, "Transforming classifier scores into
 *   accurate multiclass probability estimates", 2002
 */
export class ProbabilityCalibrator extends Estimator<
  ProbabilityCalibrationModel,
  typeof probabilityCalibratorParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = probabilityCalibratorParams;

  constructor(options: ProbabilityCalibratorOptions = {}) {
    super(probabilityCalibratorParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<ProbabilityCalibrationModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { rawPredictionCol, labelCol, weightCol, method } = this.params;
    const { signal } = options;
    const scores = scoreColumn(this.className, table.schema, rawPredictionCol);
    const classes = scores.classes ?? (await distinctLabels(table, labelCol, options));
    if (classes.length === 0) throw nothingToCalibrateOn(this.className);
    checkWidth(this.className, rawPredictionCol, scores.width, classes);
    const layout = { numClasses: classes.length, width: scores.width };
    const elements = curveElements(layout);
    const request = {
      scoreCol: rawPredictionCol,
      labelCol,
      weightCol: weightCol ?? null,
      classes,
      curves: elements.map((element, i) => ({
        element,
        classIndex: elements.length === 1 ? 1 : i,
      })),
    };
    const runs = await gatherScores(table, request, options);
    const label = requireClassLabel(this.className, 'labelCol', labelCol, table.schema);
    return new ProbabilityCalibrationModel(this.givenOptions, {
      curves: await fitCurves(this.className, table, method, { runs, signal }),
      layout,
      classes,
      labelType: logicalType(label.type as DataType),
      inputSchema: logicalSchema(table.schema, [rawPredictionCol]),
    });
  }

  override transformSchema(schema: Schema): Schema {
    const { rawPredictionCol, labelCol, weightCol, probabilityCol, predictionCol } = this.params;
    const { classes, width } = scoreColumn(this.className, schema, rawPredictionCol);
    const label = requireClassLabel(this.className, 'labelCol', labelCol, schema);
    if (weightCol !== undefined) requireColumn(this.className, 'weightCol', weightCol, schema);
    refuseExistingColumn(this.className, 'probabilityCol', probabilityCol, schema);
    refuseExistingColumn(this.className, 'predictionCol', predictionCol, schema);
    const labelType = logicalType(label.type as DataType);
    const planned = classes ?? plannedClasses(labelType, Math.max(2, width));
    const added = calibratedFields({ probabilityCol, predictionCol, classes: planned, labelType });
    return new Schema([...schema.fields, ...added], schema.metadata);
  }
}

registerStage(ProbabilityCalibrator);
