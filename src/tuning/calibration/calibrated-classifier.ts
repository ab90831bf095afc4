/** A classifier whose probabilities are corrected by what it says about rows that it has not seen. */

import type { DataType, Schema } from 'apache-arrow';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { checkFoldColumns } from '../../feature/folds/check-fold-columns.ts';
import { foldComplaint } from '../../feature/folds/fold-params.ts';
import { oneDeeper } from '../../feature/folds/nesting.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { object } from '../../params/object-kinds.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { requireClassLabel, requireColumn } from '../../pipeline/check-schema.ts';
import { plannedClasses } from '../../pipeline/class-columns.ts';
import { columnNameOf } from '../../pipeline/column-name-of.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { logicalType } from '../../pipeline/logical-schema.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import {
  CalibratedClassificationModel,
  type CalibratedColumns,
  calibratedClassifierSpecs,
  schemaWithCalibrated,
} from './calibrated-classification-model.ts';
import { checkWidth, scoreColumn } from './calibration-params.ts';
import { fitCurves } from './calibration-scores.ts';
import { outOfFoldRuns } from './out-of-fold-runs.ts';

/** Parameters of {@link CalibratedClassifier}. */
export const calibratedClassifierParams = defineParams(
  'CalibratedClassifier',
  {
    /** The classifier: an estimator whose model adds scores, a pipeline that ends in one. */
    estimator: object({
      required: true,
      rule: 'an estimator',
      accepts: (value) => (value instanceof Estimator ? (value as Estimator) : undefined),
    }),
    ...calibratedClassifierSpecs,
  },
  foldComplaint,
);

/** Options of {@link CalibratedClassifier}. @interface */
export type CalibratedClassifierOptions = Options<typeof calibratedClassifierParams.schema>;

/** The names of columns, given or taken from the estimator. */
interface Columns extends CalibratedColumns {
  readonly labelCol: string;
  readonly weightCol: string | null;
}

/**
 * Fits a classifier and calibrates its probabilities without leaking: the rows are cut into folds (by chance, class,
 * group, time or a column), each fold is scored by a classifier fitted on the others, and the curve from score to probability (Platt's `sigmoid` or
 * `isotonic`) is fitted on these out-of-fold scores. The classifier that predicts is fitted on all rows.
 *
 * Input and output: those of the classifier; `probability` is calibrated and `prediction` follows from it.
 * Cost: numFolds + 1 fits of the classifier. Determinism: folds hang on the seed and the rows' ids, curves on
 * sorted scores; the same model, bit for bit, on any partitioning and number of threads.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `DATA_EMPTY`, `LABEL_INVALID`, `WEIGHT_INVALID`, and
 *   what the classifier throws
 * @example
 * ```ts
 * import { CalibratedClassifier, createTable, RandomForestClassifier } from 'coppice';
 * const x = Array.from({ length: 300 }, (_, row) => row % 30);
 * const table = createTable({ x, label: x.map((value, row) => value + (row % 7) > 18) });
 * const estimator = new RandomForestClassifier({ featuresCols: ['x'], numTrees: 10 });
 * const model = await new CalibratedClassifier({ estimator, method: 'isotonic' }).fit(table);
 * console.log((await model.transform(table)).columns.at(-1)); // prediction
 * ```
 * @see docs/guides/calibration.md; A. Niculescu-Mizil and R. Caruana, "Predicting good probabilities with
 *   supervised learning", 2005
 */
export class CalibratedClassifier extends Estimator<
  CalibratedClassificationModel,
  typeof calibratedClassifierParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = calibratedClassifierParams;

  constructor(options: CalibratedClassifierOptions) {
    super(calibratedClassifierParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<CalibratedClassificationModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const columns = this.#columns();
    const { labelCol: _label, weightCol: _weight, ...written } = columns;
    const { estimator, method } = this.params;
    const inside = { ...options, ...oneDeeper(options) };
    const model = await estimator.fit(table, inside);
    const scored = await model.transform(table);
    const { width, classes } = scoreColumn(this.className, scored.schema, columns.rawPredictionCol);
    if (classes === null) throw this.#noClasses(columns.rawPredictionCol);
    checkWidth(this.className, columns.rawPredictionCol, width, classes);
    const layout = { numClasses: classes.length, width };
    const fit = { owner: this.className, params: this.params, columns, classes, layout };
    const runs = await outOfFoldRuns(fit, table, options);
    const label = requireClassLabel(this.className, 'labelCol', columns.labelCol, scored.schema);
    const { estimator: _, ...rest } = this.givenOptions;
    return new CalibratedClassificationModel(rest, {
      model,
      curves: await fitCurves(this.className, table, method, { runs, signal: options.signal }),
      layout,
      classes,
      labelType: logicalType(label.type as DataType),
      columns: written,
    });
  }

  override transformSchema(schema: Schema): Schema {
    const columns = this.#columns();
    const { className: owner, params } = this;
    checkFoldColumns({ owner, params, labelCol: columns.labelCol }, schema);
    const scored = this.params.estimator.transformSchema(schema);
    const { classes } = scoreColumn(this.className, scored, columns.rawPredictionCol);
    const label = requireClassLabel(this.className, 'labelCol', columns.labelCol, scored);
    if (columns.weightCol !== null)
      requireColumn(this.className, 'weightCol', columns.weightCol, scored);
    const labelType = logicalType(label.type as DataType);
    return schemaWithCalibrated(scored, {
      columns,
      classes: classes ?? plannedClasses(labelType, 2),
      labelType,
    });
  }

  #columns(): Columns {
    const { params } = this;
    const named = (param: string): string | undefined => columnNameOf(params.estimator, param);
    return {
      labelCol: params.labelCol ?? named('labelCol') ?? 'label',
      weightCol: params.weightCol ?? named('weightCol') ?? null,
      rawPredictionCol: params.rawPredictionCol ?? named('rawPredictionCol') ?? 'rawPrediction',
      probabilityCol: params.probabilityCol ?? named('probabilityCol') ?? 'probability',
      predictionCol: params.predictionCol ?? named('predictionCol') ?? 'prediction',
    };
  }

  #noClasses(column: string): CoppiceError {
    const { className, params } = this;
    return new CoppiceError(
      'SCHEMA_MISMATCH',
      `column ${column}, the scores of ${params.estimator.className} in ${className}, must name its classes in the field's metadata; it does not`,
      { context: { owner: className, column } },
    );
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await writer.stage('estimator', this.params.estimator);
  }

  static override async fromSaved(reader: StageReader): Promise<CalibratedClassifier> {
    const estimator = await reader.stage('estimator');
    if (!(estimator instanceof Estimator)) {
      throw paramInvalid(
        'CalibratedClassifier',
        'estimator',
        'an estimator',
        describeValue(estimator),
      );
    }
    return new CalibratedClassifier({ ...reader.options, estimator });
  }

  protected override nestedStages(): readonly (readonly [string, SavableStage])[] {
    return [['estimator', this.params.estimator]];
  }
}

registerStage(CalibratedClassifier);
