/** A classifier whose probabilities are corrected by what it says about rows that it has not seen. */

import type { DataType, Schema } from 'apache-arrow';
import { throwIfAborted } from '../../base/abort.ts';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { emitWarning } from '../../base/warn.ts';
import { foldComplaint } from '../../feature/folds/fold-params.ts';
import { foldsOf } from '../../feature/folds/folds.ts';
import { oneDeeper } from '../../feature/folds/nesting.ts';
import { checkFoldColumns, planFolds } from '../../feature/folds/plan-folds.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { object } from '../../params/object-kinds.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { requireClassLabel, requireColumn } from '../../pipeline/check-schema.ts';
import { plannedClasses } from '../../pipeline/class-columns.ts';
import { columnNameOf } from '../../pipeline/column-name-of.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { type LabelValue, labelKey } from '../../pipeline/label-values.ts';
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
import { curveElements, type ScoreLayout } from './calibration-curve.ts';
import { checkWidth, scoreColumn } from './calibration-params.ts';
import { type CurveRuns, fitCurves, gatherScores } from './calibration-scores.ts';

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

/** What is fitted, and on what. */
interface CrossFit {
  readonly table: PartitionedTable;
  readonly options: FitOptions;
  readonly columns: Columns;
  readonly classes: readonly LabelValue[];
  readonly layout: ScoreLayout;
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
    const runs = await this.#outOfFold({ table, options, columns, classes, layout });
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

  /** The runs of each curve, from the scores of every fold. */
  async #outOfFold(fit: CrossFit): Promise<CurveRuns[]> {
    const { table, options, columns, classes, layout } = fit;
    const { className: owner, params } = this;
    const { estimator } = params;
    const elements = curveElements(layout);
    const runs = elements.map(() => ({
      positives: [] as CurveRuns['positives'][number][],
      negatives: [] as CurveRuns['negatives'][number][],
    }));
    const inner = { ...options, ...oneDeeper(options) };
    const request = { owner, params, labelCol: columns.labelCol };
    const { signal, nesting } = options;
    const folds = foldsOf(table, await planFolds(table, request, { signal, nesting }));
    for (const [fold, { inside, outside }] of folds.entries()) {
      throwIfAborted(options.signal, `${this.className}.fit`);
      if ((await inside.count(options)) === 0) continue;
      const model = await estimator.fit(outside, inner);
      const scored = await model.transform(inside);
      const own = scoreColumn(this.className, scored.schema, columns.rawPredictionCol);
      const sources = elements.map((element, i) => ({
        classIndex: elements.length === 1 ? 1 : i,
        element: elementIn(own.classes ?? classes, classes, { element, curve: i, layout }),
      }));
      if (sources.some((source) => source.element < 0)) {
        emitWarning(
          `${this.className}: the rows outside of fold ${fold} lack a class; the fold does not calibrate it`,
        );
      }
      const wanted = {
        scoreCol: columns.rawPredictionCol,
        labelCol: columns.labelCol,
        weightCol: columns.weightCol,
        classes,
        curves: sources,
      };
      const found = await gatherScores(scored, wanted, options);
      found.forEach(({ positives, negatives }, i) => {
        runs[i]?.positives.push(...positives);
        runs[i]?.negatives.push(...negatives);
      });
    }
    return runs;
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

/** The element of a fold's scores that a curve reads; −1 where the fold's model does not know the class. */
function elementIn(
  own: readonly LabelValue[],
  classes: readonly LabelValue[],
  at: { readonly element: number; readonly curve: number; readonly layout: ScoreLayout },
): number {
  if (classes.length === 2) return own.length === 2 ? at.element : -1;
  // where only two classes are left a score is the margin between them, which is another thing
  if (own.length < 3) return -1;
  const wanted = labelKey(classes[at.curve] as LabelValue);
  return own.findIndex((value) => labelKey(value) === wanted);
}

registerStage(CalibratedClassifier);
