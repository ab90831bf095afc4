/** Linear regression by least squares. */

import type { Schema } from 'apache-arrow';
import { defineParams, type Options } from '../params/define-params.ts';
import { checkFit } from '../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../pipeline/estimator.ts';
import type { StageReader } from '../pipeline/stage-reader.ts';
import { registerStage } from '../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { fitLinear, learnerOf, linearColumns } from './fit-linear.ts';
import { coefficientsOf, LinearModel } from './linear-model.ts';
import { type LinearModelData, readLinearModel } from './linear-model-data.ts';
import { type LinearOutputs, schemaWithLinear } from './linear-outputs.ts';
import {
  checkLinearColumns,
  elasticNetParams,
  linearColumnParams,
  linearFitParams,
} from './linear-params.ts';

const specs = { ...linearColumnParams, ...linearFitParams, ...elasticNetParams };

/** Parameters of {@link LinearRegression}. */
export const linearRegressionParams = defineParams('LinearRegression', specs, checkLinearColumns);

/** Parameters of {@link LinearRegressionModel}. */
export const linearRegressionModelParams = defineParams('LinearRegressionModel', specs);

/** Options of {@link LinearRegression}. @interface */
export type LinearRegressionOptions = Options<typeof linearRegressionParams.schema>;

/**
 * The result of `LinearRegression.fit`.
 *
 * Input: the fitted feature columns, without missing values. Output: adds `prediction` float64.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`, `DATA_INVALID` for a missing or
 *   infinite feature
 */
export class LinearRegressionModel extends LinearModel<
  typeof linearRegressionModelParams.schema,
  number
> {
  /** The declared parameters. */
  static readonly paramSchema = linearRegressionModelParams;

  constructor(options: LinearRegressionOptions, data: LinearModelData) {
    super(linearRegressionModelParams, options, data, 'LinearRegression');
  }

  protected override get outputs(): LinearOutputs {
    return outputsOf(this.params);
  }

  protected override get offsetCol(): string | undefined {
    return this.params.offsetCol;
  }

  /** One coefficient a feature, of the feature as it is. */
  get coefficients(): Float64Array {
    return coefficientsOf(this.data, 0);
  }

  /** What is predicted where every feature is 0. */
  get intercept(): number {
    return this.data.intercepts[0] as number;
  }

  static override fromSaved(reader: StageReader): LinearRegressionModel {
    const data = readLinearModel(reader);
    if (data.classes.length > 0) throw reader.malformed('has classes, though it predicts numbers');
    return new LinearRegressionModel(reader.options, data);
  }
}

/**
 * Linear regression by least squares, with elastic-net penalty, and without negative coefficients if asked.
 *
 * Input: features numeric or boolean, without missing values; label a number. Output: `prediction` float64.
 * Minimises half the mean weighted square + regParam · ((1 − elasticNetParam)/2 ‖β‖² / σ + elasticNetParam ‖β‖₁)
 * with σ the label's deviation, as Spark does; the intercept is not penalised.
 * Cost: one pass of O(rows · features²) and a solution of the normal equations. Determinism: the sums have no
 * order, so the model has the same bits on any topology.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`,
 *   `DATA_EMPTY`, `DATA_INVALID` for a missing or infinite feature, `ABORTED`, `MEMORY_LIMIT`
 * @example
 * ```ts
 * import { createTable, LinearRegression } from 'coppice';
 * const table = createTable({ x: [1, 2, 3, 4], y: [3, 5, 7, 9] });
 * const model = await new LinearRegression({ featuresCols: ['x'], labelCol: 'y' }).fit(table);
 * console.log(model.coefficients[0], model.intercept); // 2 1
 * ```
 * @see docs/guides/linear.md; J. Friedman, T. Hastie and R. Tibshirani, "Regularization paths for generalized
 *   linear models via coordinate descent", 2010
 */
export class LinearRegression extends Estimator<
  LinearRegressionModel,
  typeof linearRegressionParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = linearRegressionParams;

  constructor(options: LinearRegressionOptions = {}) {
    super(linearRegressionParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<LinearRegressionModel> {
    checkFit(this.className, table, options);
    const { params, className: owner } = this;
    const learner = learnerOf('leastSquares', params);
    const fit = { owner, params, labelKind: 'numeric', learner } as const;
    const data = await fitLinear(fit, table, options);
    return new LinearRegressionModel(this.givenOptions, data);
  }

  override transformSchema(schema: Schema): Schema {
    const { labelType } = linearColumns(this.className, schema, this.params, 'numeric');
    const outputs = outputsOf(this.params);
    return schemaWithLinear(schema, { outputs, classes: [], labelType });
  }
}

function outputsOf({ predictionCol }: { readonly predictionCol: string }): LinearOutputs {
  return { rawPredictionCol: null, probabilityCol: null, predictionCol };
}

registerStage(LinearRegression);
registerStage(LinearRegressionModel);
