/** A linear support vector classifier of two classes. */

import type { Schema } from 'apache-arrow';
import { defineParams, type Options } from '../params/define-params.ts';
import { checkFit } from '../pipeline/check-fit.ts';
import { classWeights } from '../pipeline/class-weights-param.ts';
import { Estimator, type FitOptions } from '../pipeline/estimator.ts';
import type { StageReader } from '../pipeline/stage-reader.ts';
import { registerStage } from '../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { ClassValue } from '../training/messages.ts';
import { fitLinear, learnerOf, linearColumns } from './fit-linear.ts';
import { coefficientsOf, LinearModel } from './linear-model.ts';
import { type LinearModelData, readLinearModel } from './linear-model-data.ts';
import { type LinearOutputs, plannedLinearSchema } from './linear-outputs.ts';
import {
  checkLinearColumns,
  linearColumnParams,
  linearFitParams,
  rawPredictionCol,
} from './linear-params.ts';

const specs = {
  ...linearColumnParams,
  /** Name of the column of raw scores. */
  rawPredictionCol,
  /** Weight of each class by its name, or `balanced`: both classes weigh the same. Multiplies weightCol. */
  classWeights,
  ...linearFitParams,
};

/** Parameters of {@link LinearSVC}. */
export const linearSvcParams = defineParams('LinearSVC', specs, checkLinearColumns);

/** Parameters of {@link LinearSVCModel}. */
export const linearSvcModelParams = defineParams('LinearSVCModel', specs);

/** Options of {@link LinearSVC}. @interface */
export type LinearSVCOptions = Options<typeof linearSvcParams.schema>;

/**
 * The result of `LinearSVC.fit`.
 *
 * Input: the fitted feature columns, without missing values. Output: adds `rawPrediction` [−m, m], m the margin
 * of the second class, and `prediction` of the label's type: the second class where m > 0. No probabilities; a
 * ProbabilityCalibrator makes some of the raw scores.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`, `DATA_INVALID` for a missing or
 *   infinite feature
 */
export class LinearSVCModel extends LinearModel<typeof linearSvcModelParams.schema, ClassValue> {
  /** The declared parameters. */
  static readonly paramSchema = linearSvcModelParams;

  constructor(options: LinearSVCOptions, data: LinearModelData) {
    super(linearSvcModelParams, options, data, 'LinearSVC');
  }

  protected override get outputs(): LinearOutputs {
    return outputsOf(this.params);
  }

  protected override get offsetCol(): string | undefined {
    return this.params.offsetCol;
  }

  /** How many classes there are. */
  get numClasses(): number {
    return this.data.classes.length;
  }

  /** One coefficient a feature, of the feature as it is. */
  get coefficients(): Float64Array {
    return coefficientsOf(this.data, 0);
  }

  /** The margin where every feature is 0. */
  get intercept(): number {
    return this.data.intercepts[0] as number;
  }

  static override fromSaved(reader: StageReader): LinearSVCModel {
    const data = readLinearModel(reader);
    if (data.classes.length === 0 || data.intercepts.length !== 1) {
      throw reader.malformed('is not of two classes and one margin');
    }
    return new LinearSVCModel(reader.options, data);
  }
}

/**
 * A linear support vector classifier of two classes, with squared hinge loss.
 *
 * Input: features numeric or boolean, without missing values; label a number, boolean or text of two classes.
 * Output: `rawPrediction`, `prediction`. Minimises mean weighted max(0, 1 − s m)² + regParam/2 ‖β‖², s = ±1 the
 * class; the intercept is not penalised. The square makes the minimum smooth and unique; Spark's LinearSVC has no
 * square. Cost and determinism as {@link LogisticRegression}.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`,
 *   `DATA_EMPTY`, `DATA_INVALID` for a missing or infinite feature, `ABORTED`, `MEMORY_LIMIT`
 * @example
 * ```ts
 * import { createTable, LinearSVC } from 'coppice';
 * const table = createTable({ x: [1, 2, 3, 4], label: ['a', 'a', 'b', 'b'] });
 * const model = await new LinearSVC({ featuresCols: ['x'], regParam: 0.01 }).fit(table);
 * console.log((model.coefficients[0] ?? 0) > 0); // true
 * ```
 * @see docs/guides/linear.md; R.-E. Fan et al., "LIBLINEAR: a library for large linear classification", 2008
 */
export class LinearSVC extends Estimator<LinearSVCModel, typeof linearSvcParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = linearSvcParams;

  constructor(options: LinearSVCOptions = {}) {
    super(linearSvcParams, options);
  }

  override async fit(table: PartitionedTable, options: FitOptions = {}): Promise<LinearSVCModel> {
    checkFit(this.className, table, options);
    const { params, className: owner } = this;
    const learner = learnerOf('squaredHinge', params);
    const fit = { owner, params, labelKind: 'class', learner } as const;
    return new LinearSVCModel(this.givenOptions, await fitLinear(fit, table, options));
  }

  override transformSchema(schema: Schema): Schema {
    const { labelType } = linearColumns(this.className, schema, this.params, 'class');
    return plannedLinearSchema(schema, { outputs: outputsOf(this.params), labelType });
  }
}

function outputsOf(params: {
  readonly rawPredictionCol: string;
  readonly predictionCol: string;
}): LinearOutputs {
  const { rawPredictionCol: raw, predictionCol } = params;
  return { rawPredictionCol: raw, probabilityCol: null, predictionCol };
}

registerStage(LinearSVC);
registerStage(LinearSVCModel);
