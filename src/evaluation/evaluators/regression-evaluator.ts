/** How good is a regressor? Spark's metrics under Spark's names. */

import { DataType, type Field } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { exactSumOf } from '../../base/exact-sum.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { bool, column, columns, oneOf } from '../../params/kinds.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import {
  type RegressionMetrics,
  type RegressionPart,
  regressionMetrics,
} from '../parts/regression-sums.ts';
import { labelNamesOf } from '../place-of-label.ts';
import type { RegressionRequest } from '../worker-tasks.ts';
import { type EvaluateOptions, Evaluator, gatherParts, type Metrics, noRows } from './evaluator.ts';

/** Every metric of {@link RegressionEvaluator}. */
export const regressionMetricNames = ['rmse', 'mse', 'r2', 'mae', 'mape', 'var'] as const;

const regressionParams = defineParams(
  'RegressionEvaluator',
  {
    /** What {@link RegressionEvaluator.evaluate} returns. */
    metricName: oneOf(regressionMetricNames, { default: 'rmse' }),
    /** The column of true values. */
    labelCol: column({ default: 'label' }),
    /** Several columns of true values, in place of labelCol: metrics are the means of theirs. */
    labelCols: columns({}),
    /** The column of predicted values; of a vector the element that the model named after the label. */
    predictionCol: column({ default: 'prediction' }),
    /** Weights of rows; a row of weight 0 takes no part. */
    weightCol: column({}),
    /** r2 is taken about 0 instead of about the mean. */
    throughOrigin: bool({ default: false }),
  },
  (_, isGiven) =>
    isGiven('labelCol') && isGiven('labelCols') ? 'labelCol must be left out with labelCols' : null,
);

/** Options of {@link RegressionEvaluator}. @interface */
export type RegressionEvaluatorOptions = Options<typeof regressionParams.schema>;

/**
 * Metrics of a regressor: `rmse`, `mse`, `mae`, `r2`, `mape`, the mean of |label − prediction| / max(|label|, 1), and
 * `var`, the mean squared distance of the predictions from the labels' mean (Spark's explained variance). `r2` is NaN where all labels are equal.
 *
 * Input: numeric columns without missing values; a vector of predictions (`labelCols` of `GBTRegressor`) is told for one
 * label (`labelCol`), or for all of `labelCols`, each metric as the mean of those of the labels.
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
    const { labelCols } = this.params;
    const found = await this.#metricsOf(table, options);
    if (labelCols === undefined) return { ...(found[0] as RegressionMetrics) };
    const meanOf = (name: keyof RegressionMetrics): number =>
      exactSumOf(found.map((one) => one[name])) / found.length;
    return Object.fromEntries(regressionMetricNames.map((name) => [name, meanOf(name)]));
  }

  /** The metrics of each label, from one pass over the table. */
  async #metricsOf(
    table: PartitionedTable,
    options: EvaluateOptions,
  ): Promise<RegressionMetrics[]> {
    const { labelCol, labelCols, predictionCol, weightCol, throughOrigin } = this.params;
    const names = labelCols ?? [labelCol];
    const param = labelCols === undefined ? 'labelCol' : 'labelCols';
    for (const name of names) requireColumn(this.className, param, name, table.schema);
    const predicted = requireColumn(this.className, 'predictionCol', predictionCol, table.schema);
    if (weightCol !== undefined)
      requireColumn(this.className, 'weightCol', weightCol, table.schema);
    const request: RegressionRequest = {
      labels: names.map((name) => ({ name, element: elementOfLabel(predicted, name, labelCols) })),
      predictionCol,
      weightCol: weightCol ?? null,
    };
    const parts = await gatherParts<readonly RegressionPart[]>(
      table,
      'evaluation.regression',
      request,
      options,
    );
    return names.map((_, label) => {
      const own = parts.map((part) => part[label] as RegressionPart);
      const metrics = regressionMetrics(own, throughOrigin);
      if (Number.isNaN(metrics.mse)) throw noRows(this.className);
      return metrics;
    });
  }
}

/** Which element of a vector of predictions is a label's: by the names that the model left, else by the place. */
function elementOfLabel(
  field: Field,
  labelCol: string,
  labelCols: readonly string[] | undefined,
): number | null {
  const isVector = DataType.isFixedSizeList(field.type);
  // a CSV file holds vectors as texts
  if (!isVector && !(labelCols !== undefined && DataType.isUtf8(field.type))) return null;
  const names = labelNamesOf(field.metadata.get('labels')) ?? labelCols ?? [];
  const element = names.indexOf(labelCol);
  if (element >= 0 && (!isVector || element < field.type.listSize)) return element;
  throw new CoppiceError(
    'COLUMN_TYPE',
    `predictionCol of RegressionEvaluator must be a number, or a vector with an element for ${labelCol}; got ${field.name} with ${names.length === 0 ? 'no names of labels' : names.join(', ')}`,
    { context: { owner: 'RegressionEvaluator', column: field.name } },
  );
}

registerStage(RegressionEvaluator);
