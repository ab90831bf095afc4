/** A classifier of two classes that says yes where it pays, not where a probability is above one half. */

import type { DataType, Schema } from 'apache-arrow';
import { throwIfAborted } from '../../base/abort.ts';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { classesOf } from '../../evaluation/evaluators/evaluator.ts';
import { tooManyLabels } from '../../evaluation/parts/binary-part.ts';
import { checkFoldColumns } from '../../feature/folds/check-fold-columns.ts';
import { foldComplaint } from '../../feature/folds/fold-params.ts';
import { oneDeeper } from '../../feature/folds/nesting.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { object } from '../../params/object-kinds.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { columnNameOf } from '../../pipeline/column-name-of.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import { logicalType } from '../../pipeline/logical-schema.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { refuseInitialModel } from '../search/refuse-initial-model.ts';
import { findThreshold } from './find-threshold.ts';
import {
  TunedThresholdClassificationModel,
  tunedThresholdSpecs,
} from './tuned-threshold-classification-model.ts';

/** Parameters of {@link TunedThresholdClassifier}. */
export const tunedThresholdClassifierParams = defineParams(
  'TunedThresholdClassifier',
  {
    /** The classifier: an estimator whose model adds probabilities of two classes, a pipeline that ends in one. */
    estimator: object({
      required: true,
      rule: 'an estimator',
      accepts: (value) => (value instanceof Estimator ? (value as Estimator) : undefined),
    }),
    ...tunedThresholdSpecs,
  },
  foldComplaint,
);

/** Options of {@link TunedThresholdClassifier}. @interface */
export type TunedThresholdClassifierOptions = Options<typeof tunedThresholdClassifierParams.schema>;

/** The names of columns, given or taken from the estimator. */
interface Columns {
  readonly labelCol: string;
  readonly weightCol: string | null;
  readonly probabilityCol: string;
  readonly predictionCol: string;
}

/**
 * Fits a classifier of two classes and the threshold of its predictions: the rows are cut into folds, each fold is
 * scored by a classifier fitted on the others, and the threshold is the one at which these out-of-fold probabilities
 * do best by `metricName`. The classifier that predicts is fitted on all rows. Of equally good thresholds the highest
 * is taken; it lies in the middle between two probabilities.
 *
 * Input and output: those of the classifier; `prediction` follows from the threshold. Cost: numFolds + 1 fits.
 * Determinism: folds hang on the seed and the rows' ids, the threshold on sorted probabilities; the same model, bit
 * for bit, on any partitioning and number of threads.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `LABEL_INVALID` for more than two classes, `DATA_EMPTY`,
 *   `DATA_INVALID` where no threshold reaches `minRecall` or `minPrecision`, and what the classifier throws
 * @example
 * ```ts
 * import { createTable, GBTClassifier, TunedThresholdClassifier } from 'coppice';
 * const x = Array.from({ length: 400 }, (_, row) => row % 40);
 * const table = createTable({ x, label: x.map((value, row) => value > 30 && row % 3 > 0) });
 * const estimator = new GBTClassifier({ featuresCols: ['x'], maxIter: 10 });
 * const model = await new TunedThresholdClassifier({
 *   estimator,
 *   metricName: 'cost',
 *   falseNegativeCost: 20,
 * }).fit(table);
 * console.log(model.threshold < 0.5); // true
 * ```
 * @see docs/guides/evaluation.md
 */
export class TunedThresholdClassifier extends Estimator<
  TunedThresholdClassificationModel,
  typeof tunedThresholdClassifierParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = tunedThresholdClassifierParams;

  constructor(options: TunedThresholdClassifierOptions) {
    super(tunedThresholdClassifierParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<TunedThresholdClassificationModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { className: owner, params } = this;
    const { probabilityCol, predictionCol } = this.#columns();
    throwIfAborted(options.signal, `${owner}.fit`);
    refuseInitialModel(owner, options);
    const model = await params.estimator.fit(table, { ...options, ...oneDeeper(options) });
    const schema = model.transformSchema(table.schema);
    const classes = this.#classes(schema);
    const search = { owner, params, columns: this.#columns(), classes };
    const { threshold, value } = await findThreshold(search, table, options);
    const prediction = requireColumn(owner, 'predictionCol', predictionCol, schema);
    const labelType = logicalType(prediction.type as DataType);
    const { estimator: _, ...rest } = this.givenOptions;
    return new TunedThresholdClassificationModel(rest, {
      model,
      rule: { probabilityCol, predictionCol, classes, labelType, threshold },
      value,
    });
  }

  override transformSchema(schema: Schema): Schema {
    const { className: owner, params } = this;
    const { labelCol, weightCol, probabilityCol, predictionCol } = this.#columns();
    checkFoldColumns({ owner, params, labelCol }, schema);
    const scored = params.estimator.transformSchema(schema);
    requireColumn(owner, 'probabilityCol', probabilityCol, scored);
    requireColumn(owner, 'predictionCol', predictionCol, scored);
    requireColumn(owner, 'labelCol', labelCol, scored);
    if (weightCol !== null) requireColumn(owner, 'weightCol', weightCol, scored);
    return scored;
  }

  /** The two classes. */
  #classes(schema: Schema): readonly LabelValue[] {
    const { labelCol, probabilityCol } = this.#columns();
    const classes = classesOf(schema, probabilityCol);
    if (classes?.length === 2) return classes;
    if (classes !== null && classes.length > 2) throw tooManyLabels(labelCol, classes);
    throw new CoppiceError(
      'LABEL_INVALID',
      `column ${probabilityCol}, the probabilities of ${this.params.estimator.className}, must be of two classes; got ${classes?.length ?? 'none that are named'}`,
      { context: { owner: this.className, column: probabilityCol } },
    );
  }

  #columns(): Columns {
    const { params } = this;
    const named = (param: string): string | undefined => columnNameOf(params.estimator, param);
    return {
      labelCol: params.labelCol ?? named('labelCol') ?? 'label',
      weightCol: params.weightCol ?? named('weightCol') ?? null,
      probabilityCol: params.probabilityCol ?? named('probabilityCol') ?? 'probability',
      predictionCol: params.predictionCol ?? named('predictionCol') ?? 'prediction',
    };
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await writer.stage('estimator', this.params.estimator);
  }

  static override async fromSaved(reader: StageReader): Promise<TunedThresholdClassifier> {
    const estimator = await reader.stage('estimator');
    if (estimator instanceof Estimator)
      return new TunedThresholdClassifier({ ...reader.options, estimator });
    const got = describeValue(estimator);
    throw paramInvalid('TunedThresholdClassifier', 'estimator', 'an estimator', got);
  }

  protected override nestedStages(): readonly (readonly [string, SavableStage])[] {
    return [['estimator', this.params.estimator]];
  }
}

registerStage(TunedThresholdClassifier);
