/** How good is a regressor? Spark's metrics under Spark's names. */

import { defineParams, type Options } from '../params/define-params.ts';
import { bool, column, oneOf } from '../params/kinds.ts';
import { requireColumn } from '../pipeline/check-schema.ts';
import { registerStage } from '../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { type EvaluateOptions, Evaluator, gatherParts, type Metrics, noRows } from './evaluator.ts';
import { type RegressionPart, regressionMetrics } from './regression-sums.ts';
import type { RegressionRequest } from './worker-tasks.ts';

/** Every metric of {@link RegressionEvaluator}. */
export const regressionMetricNames = ['rmse', 'mse', 'r2', 'mae', 'var'] as const;

const regressionParams = defineParams('RegressionEvaluator', {
  /** What {@link RegressionEvaluator.evaluate} returns. */
  metricName: oneOf(regressionMetricNames, { default: 'rmse' }),
  /** The column of true values. */
  labelCol: column({ default: 'label' }),
  /** The column of predicted values. */
  predictionCol: column({ default: 'prediction' }),
  /** Weights of rows; a row of weight 0 takes no part. */
  weightCol: column({}),
  /** r2 is taken about 0 instead of about the mean. */
  throughOrigin: bool({ default: false }),
});

/** Options of {@link RegressionEvaluator}. @interface */
export type RegressionEvaluatorOptions = Options<typeof regressionParams.schema>;

/**
 * Metrics of a regressor: `rmse`, `mse`, `mae`, `r2`, and `var`, the mean squared distance of the
 * predictions from the labels' mean (Spark's explained variance). `r2` is NaN where all labels are equal.
 *
 * Input: numeric columns without missing values.
 * Determinism: every sum is exact and rounded once; the same for any partitioning and any order of rows.
 *
 * @example
 * ```ts
 * import { createTable, RegressionEvaluator } from 'coppice';
 * const table = await createTable({
 *   label: Float64Array.of(1, 2, 3),
 *   prediction: Float64Array.of(1, 2, 5),
 * });
 * console.log(await new RegressionEvaluator({ metricName: 'mae' }).evaluate(table)); // 0.6666666666666666
 * ```
 */
export class RegressionEvaluator extends Evaluator<typeof regressionParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = regressionParams;

  /** @throws CoppiceError `PARAM_INVALID`, `PARAM_UNKNOWN` */
  constructor(options?: RegressionEvaluatorOptions) {
    super(regressionParams, options);
  }

  override isLargerBetter(): boolean {
    return this.params.metricName === 'r2' || this.params.metricName === 'var';
  }

  override async evaluate(table: PartitionedTable, options: EvaluateOptions = {}): Promise<number> {
    return (await this.evaluateAll(table, options))[this.params.metricName] as number;
  }

  override async evaluateAll(
    table: PartitionedTable,
    options: EvaluateOptions = {},
  ): Promise<Metrics> {
    const { labelCol, predictionCol, weightCol, throughOrigin } = this.params;
    requireColumn(this.className, 'labelCol', labelCol, table.schema);
    requireColumn(this.className, 'predictionCol', predictionCol, table.schema);
    if (weightCol !== undefined)
      requireColumn(this.className, 'weightCol', weightCol, table.schema);
    const request: RegressionRequest = { labelCol, predictionCol, weightCol: weightCol ?? null };
    const parts = await gatherParts<RegressionPart>(
      table,
      'evaluation.regression',
      request,
      options,
    );
    const metrics = regressionMetrics(parts, throughOrigin);
    if (Number.isNaN(metrics.mse)) throw noRows(this.className);
    return { ...metrics };
  }
}

registerStage(RegressionEvaluator);
