/** Logistic regression: of two classes, and of several. */

import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { defineParams, type Options } from '../params/define-params.ts';
import { oneOf } from '../params/kinds.ts';
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
  elasticNetParams,
  linearColumnParams,
  linearFitParams,
  probabilityParams,
  rawPredictionCol,
} from './linear-params.ts';

const specs = {
  ...linearColumnParams,
  ...probabilityParams,
  /** Name of the column of raw scores. */
  rawPredictionCol,
  /** One margin for two classes, or one a class; `auto` takes one for two classes. */
  family: oneOf(['auto', 'binomial', 'multinomial'], { default: 'auto', since: '0.1.0' }),
  /** Weight of each class by its name, or `balanced`: all classes together weigh the same. Multiplies weightCol. */
  classWeights,
  ...linearFitParams,
  ...elasticNetParams,
};

/** Parameters of {@link LogisticRegression}. */
export const logisticRegressionParams = defineParams(
  'LogisticRegression',
  specs,
  checkLinearColumns,
);

/** Parameters of {@link LogisticRegressionModel}. */
export const logisticRegressionModelParams = defineParams('LogisticRegressionModel', specs);

/** Options of {@link LogisticRegression}. @interface */
export type LogisticRegressionOptions = Options<typeof logisticRegressionParams.schema>;

/**
 * The result of `LogisticRegression.fit`.
 *
 * Input: the fitted feature columns, without missing values. Output: adds `rawPrediction` and `probability` (one
 * float64 a class) and `prediction` of the label's type. Binomial: rawPrediction [−m, m], probability
 * 1 / (1 + e^−m); multinomial: one margin a class and their softmax.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`, `DATA_INVALID` for a missing or
 *   infinite feature
 */
export class LogisticRegressionModel extends LinearModel<
  typeof logisticRegressionModelParams.schema,
  ClassValue
> {
  /** The declared parameters. */
  static readonly paramSchema = logisticRegressionModelParams;

  constructor(options: LogisticRegressionOptions, data: LinearModelData) {
    super(logisticRegressionModelParams, options, data, 'LogisticRegression');
  }

  protected override get outputs(): LinearOutputs {
    return outputsOf(this.params);
  }

  protected override get offsetCol(): string | undefined {
    return this.params.offsetCol;
  }

  protected override get thresholds(): readonly number[] | null {
    return this.params.thresholds ?? null;
  }

  /** How many classes there are. */
  get numClasses(): number {
    return this.data.classes.length;
  }

  /** One row of coefficients (that of the second class) for a binomial model, one a class for a multinomial one. */
  get coefficientMatrix(): readonly Float64Array[] {
    return Array.from(this.data.intercepts, (_, k) => coefficientsOf(this.data, k));
  }

  /** One intercept a row of {@link LogisticRegressionModel.coefficientMatrix}. */
  get interceptVector(): Float64Array {
    return this.data.intercepts.slice();
  }

  /**
   * The coefficients of a binomial model.
   *
   * @throws CoppiceError `USAGE` for a multinomial model
   */
  get coefficients(): Float64Array {
    this.#requireOne('coefficients', 'coefficientMatrix');
    return coefficientsOf(this.data, 0);
  }

  /**
   * The intercept of a binomial model.
   *
   * @throws CoppiceError `USAGE` for a multinomial model
   */
  get intercept(): number {
    this.#requireOne('intercept', 'interceptVector');
    return this.data.intercepts[0] as number;
  }

  #requireOne(what: string, instead: string): void {
    const { length } = this.data.intercepts;
    if (length === 1) return;
    const message = `${what} of ${this.className} must be asked of a binomial model; got one of ${length} margins; use ${instead}`;
    throw new CoppiceError('USAGE', message, { context: { owner: this.className } });
  }

  static override fromSaved(reader: StageReader): LogisticRegressionModel {
    const data = readLinearModel(reader);
    if (data.classes.length === 0) throw reader.malformed('has no classes');
    return new LogisticRegressionModel(reader.options, data);
  }
}

/**
 * Logistic regression with elastic-net penalty, and without negative coefficients if asked.
 *
 * Input: features numeric or boolean, without missing values; label a number, boolean or text. Output:
 * `rawPrediction`, `probability`, `prediction`. Minimises mean weighted log loss + regParam ·
 * ((1 − elasticNetParam)/2 ‖β‖² + elasticNetParam ‖β‖₁), as Spark does; the intercept is not penalised.
 * Cost: O(rows · features · classes) a step, and one meeting of the ranks that exchanges one number a
 * coefficient. Determinism: the sums have no order, so the model has the same bits on any topology.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`,
 *   `DATA_EMPTY`, `DATA_INVALID` for a missing or infinite feature, `ABORTED`, `MEMORY_LIMIT`
 * @example
 * ```ts
 * import { createTable, LogisticRegression } from 'coppice';
 * const table = createTable({ x: [1, 2, 3, 4], label: ['a', 'b', 'a', 'b'] });
 * const model = await new LogisticRegression({ featuresCols: ['x'], regParam: 0.1 }).fit(table);
 * console.log((model.coefficients[0] ?? 0) > 0); // true
 * ```
 * @see docs/guides/linear.md; G. Andrew and J. Gao, "Scalable training of L1-regularized log-linear models", 2007
 */
export class LogisticRegression extends Estimator<
  LogisticRegressionModel,
  typeof logisticRegressionParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = logisticRegressionParams;

  constructor(options: LogisticRegressionOptions = {}) {
    super(logisticRegressionParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<LogisticRegressionModel> {
    checkFit(this.className, table, options);
    const { params, className: owner } = this;
    const learner = learnerOf('logistic', params);
    const fit = { owner, params, labelKind: 'class', learner } as const;
    const data = await fitLinear(fit, table, options);
    return new LogisticRegressionModel(this.givenOptions, data);
  }

  override transformSchema(schema: Schema): Schema {
    const { labelType } = linearColumns(this.className, schema, this.params, 'class');
    return plannedLinearSchema(schema, { outputs: outputsOf(this.params), labelType });
  }
}

function outputsOf(params: LinearOutputs): LinearOutputs {
  const { rawPredictionCol: raw, probabilityCol, predictionCol } = params;
  return { rawPredictionCol: raw, probabilityCol, predictionCol };
}

registerStage(LogisticRegression);
registerStage(LogisticRegressionModel);
