/** How good is a regressor? Spark's metrics under Spark's names. */

import { DataType, type Field } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { exactSumOf } from '../../base/exact-sum.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { bool, column, columns, float, int, oneOf } from '../../params/kinds.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { CurveOptions } from '../binary-curves.ts';
import type { Ginis, PredictedRows } from '../lorenz.ts';
import { type LossMetric, lossMetricNames } from '../parts/loss-metrics.ts';
import {
  type RegressionMetrics,
  type RegressionPart,
  regressionMetrics,
} from '../parts/regression-sums.ts';
import { labelNamesOf } from '../place-of-label.ts';
import { type RegressionCurve, regressionCurve } from '../regression-curves.ts';
import type { RegressionRequest } from '../worker-tasks.ts';
import {
  checkMetrics,
  type EvaluateAllOptions,
  type EvaluateOptions,
  Evaluator,
  gatherParts,
  type Metrics,
  noRows,
} from './evaluator.ts';

/** Metrics that want all rows in the order of their predictions, and are measured only where they are asked for. */
const giniNames = ['gini', 'normalizedGini'] as const satisfies readonly (keyof Ginis)[];

/** Every metric of {@link RegressionEvaluator}. */
export const regressionMetricNames = [
  'rmse',
  'mse',
  'r2',
  'mae',
  'mape',
  'var',
  ...lossMetricNames,
  ...giniNames,
] as const;

const regressionCurves: readonly RegressionCurve[] = ['lorenz', 'calibration'];

/** What labels and predictions must be for a metric that is not made for all of them. */
export const regressionMetricRules: Readonly<Record<string, string>> = {
  rmsle: 'labels and predictions must be above −1',
  poissonDeviance: 'labels must be at least 0 and predictions above 0',
  gammaDeviance: 'labels and predictions must be above 0',
  tweedieDeviance: 'labels must be at least 0 and predictions above 0',
  gini: 'labels must be at least 0, and one of them above',
  normalizedGini: 'labels must be at least 0, and one of them above',
};

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
    /** Which quantile `pinballLoss` is of; of a vector of quantiles each has its own. */
    quantileLevel: float({ default: 0.5, above: 0, below: 1, since: '0.1.0' }),
    /** Power of the variance that `tweedieDeviance` supposes. */
    tweediePower: float({ default: 1.5, above: 1, below: 2, since: '0.1.0' }),
    /** Bins of about equal weight for the calibration curve; ten by default. */
    numBins: int({ min: 1, max: 10_000, since: '0.1.0' }),
  },
  (_, isGiven) =>
    isGiven('labelCol') && isGiven('labelCols') ? 'labelCol must be left out with labelCols' : null,
);

/** Options of {@link RegressionEvaluator}. @interface */
export type RegressionEvaluatorOptions = Options<typeof regressionParams.schema>;

/**
 * Metrics of a regressor: `rmse`, `mse`, `mae`, `r2`, `mape`, the mean of |label − prediction| / max(|label|, 1), and
 * `var`, the mean squared distance of the predictions from the labels' mean (Spark's explained variance). `r2` of
 * labels that are all equal is 1 where every prediction is right, else 0, as in scikit-learn.
 * Besides, what losses minimise: `pinballLoss` of a quantile, `rmsle` (the root of the mean squared distance of log(1 + label)
 * and log(1 + prediction)), and `poissonDeviance`, `gammaDeviance` and `tweedieDeviance`, which are 0 for a perfect model.
 * They are left out of `evaluateAll` where a label or a prediction is not in their range.
 * `gini` is one less twice the area under the Lorenz curve (`curve('lorenz', table)`), weights being exposures and labels
 * what a unit of exposure has; `normalizedGini` is its share of what the order of the labels themselves gives, NaN where these
 * are all equal. They sort the rows, so `evaluateAll` has them only where its `metrics` or
 * `metricName` name them.
 *
 * Input: numeric columns without missing values; a vector of predictions (`labelCols` of `GBTRegressor`) is told for one
 * label (`labelCol`), or for all of `labelCols`, each metric as the mean of those of the labels. Of a vector of quantiles
 * (`quantileAlphas`) `pinballLoss` is told, the mean of those of the quantiles.
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
    return ['r2', 'var', ...giniNames].includes(this.params.metricName);
  }

  override async evaluate(table: PartitionedTable, options: EvaluateOptions = {}): Promise<number> {
    const name = this.params.metricName;
    const value = (await this.#evaluate(table, [name], options))[name];
    if (value !== undefined) return value;
    const rule =
      regressionMetricRules[name] ??
      (name === 'pinballLoss'
        ? 'losses must be finite'
        : 'predictions must be numbers, or a vector with one a label; pinballLoss takes quantiles');
    throw new CoppiceError('DATA_INVALID', `${name} of ${this.className}: ${rule}`, {
      context: { owner: this.className, column: this.params.predictionCol },
    });
  }

  override async evaluateAll(
    table: PartitionedTable,
    { metrics, ...options }: EvaluateAllOptions = {},
  ): Promise<Metrics> {
    checkMetrics(this.className, metrics, regressionMetricNames);
    const { metricName } = this.params;
    return await this.#evaluate(table, metrics ?? [...lossMetricNames, metricName], options);
  }

  /**
   * A curve as a table; its rows are those of {@link RegressionCurve}, of `lorenz` about `maxPoints` (1000).
   *
   * @throws CoppiceError as evaluate, `PARAM_INVALID` for a curve that there is not, `DATA_INVALID` for a Lorenz curve of
   *   labels below 0
   * @example
   * ```ts
   * import { createTable, RegressionEvaluator } from 'coppice';
   * const table = createTable({ label: [0, 0, 3, 1], prediction: [0.1, 0.2, 1.5, 0.9] });
   * const curve = await new RegressionEvaluator({ numBins: 2 }).curve('calibration', table);
   * console.log((await curve.collect()).toArray().map(({ meanLabel }) => meanLabel)); // [ 0, 2 ]
   * ```
   */
  async curve(
    kind: RegressionCurve,
    table: PartitionedTable,
    options: CurveOptions = {},
  ): Promise<PartitionedTable> {
    if (!regressionCurves.includes(kind))
      throw paramInvalid(this.className, 'curve', `one of ${regressionCurves.join(', ')}`, kind);
    const { labelCols, numBins = 10 } = this.params;
    const own = labelCols === undefined ? this.#quantilesOf(table) : labelCols;
    if (own !== null)
      throw paramInvalid(this.className, 'curve', 'of one label and one prediction a row', own);
    const [parts = []] = await this.#rowsOf(table, this.#request(table, null, []), options);
    if (parts.every(({ labels }) => labels.length === 0)) throw noRows(this.className);
    return await regressionCurve({ owner: this.className, kind, table, parts, numBins }, options);
  }

  async #evaluate(
    table: PartitionedTable,
    wanted: readonly string[],
    options: EvaluateOptions,
  ): Promise<Metrics> {
    const { labelCols } = this.params;
    const levels = labelCols === undefined ? this.#quantilesOf(table) : null;
    const losses = lossMetricNames.filter((name) => wanted.includes(name));
    const asked = levels === null ? losses : losses.filter((name) => name === 'pinballLoss');
    const hasGinis = levels === null && giniNames.some((name) => wanted.includes(name));
    const request = this.#request(table, levels, asked);
    const sums = await this.#metricsOf(table, request, options);
    const ginis = hasGinis ? await this.#ginisOf(table, request, options) : [];
    const found = sums.map((metrics, label) => ({ ...metrics, ...ginis[label] }));
    if (labelCols === undefined && levels === null) return { ...found[0] } as Metrics;
    const names = levels === null ? regressionMetricNames : asked;
    return Object.fromEntries(
      names.flatMap((name) => {
        const values = found.map((one) => one[name]);
        if (values.includes(undefined)) return [];
        return [[name, exactSumOf(values as number[]) / values.length]];
      }),
    );
  }

  /** The quantiles that predictions are a vector of; null where they are none. */
  #quantilesOf({ schema }: PartitionedTable): readonly number[] | null {
    const { predictionCol } = this.params;
    const field = requireColumn(this.className, 'predictionCol', predictionCol, schema);
    const levels = labelNamesOf(field.metadata.get('quantiles'));
    const isSound =
      DataType.isFixedSizeList(field.type) &&
      field.type.listSize === levels?.length &&
      levels.every((level) => typeof level === 'number' && level > 0 && level < 1);
    return isSound ? (levels as readonly number[]) : null;
  }

  /** What is read; the columns are there. */
  #request(
    table: PartitionedTable,
    levels: readonly number[] | null,
    losses: readonly LossMetric[],
  ): RegressionRequest {
    const { labelCol, labelCols, predictionCol, weightCol } = this.params;
    const { quantileLevel, tweediePower } = this.params;
    const names = labelCols ?? [labelCol];
    const param = labelCols === undefined ? 'labelCol' : 'labelCols';
    for (const name of names) requireColumn(this.className, param, name, table.schema);
    const predicted = requireColumn(this.className, 'predictionCol', predictionCol, table.schema);
    if (weightCol !== undefined)
      requireColumn(this.className, 'weightCol', weightCol, table.schema);
    return {
      labels:
        levels?.map((level, element) => ({ name: labelCol, element, quantileLevel: level })) ??
        names.map((name) => ({ name, element: elementOfLabel(predicted, name, labelCols) })),
      losses: { names: losses, quantileLevel, tweediePower },
      predictionCol,
      weightCol: weightCol ?? null,
    };
  }

  /** The metrics of each label, or of each quantile, from one pass over the table. */
  async #metricsOf(
    table: PartitionedTable,
    request: RegressionRequest,
    options: EvaluateOptions,
  ): Promise<RegressionMetrics[]> {
    const parts = await gatherParts<readonly RegressionPart[]>(
      table,
      'evaluation.regression',
      request,
      options,
    );
    const found: RegressionMetrics[] = [];
    for (const label of request.labels.keys()) {
      const own = parts.map((part) => part[label] as RegressionPart);
      const { throughOrigin } = this.params;
      const metrics = await regressionMetrics(own, throughOrigin, request.losses.names);
      if (Number.isNaN(metrics.mse)) throw noRows(this.className);
      found.push(metrics);
    }
    return found;
  }

  /** The Gini coefficients of each label; none where it has no shares of its sum. */
  async #ginisOf(
    table: PartitionedTable,
    request: RegressionRequest,
    options: EvaluateOptions,
  ): Promise<(Ginis | null)[]> {
    const { signal } = options;
    const rows = await this.#rowsOf(table, request, options);
    return await Promise.all(
      rows.map((parts) => table.runner.run<Ginis | null>('evaluation.gini', parts, { signal })),
    );
  }

  /** The rows of all partitions, once for each label. */
  async #rowsOf(
    table: PartitionedTable,
    request: RegressionRequest,
    options: EvaluateOptions,
  ): Promise<PredictedRows[][]> {
    const parts = await gatherParts<readonly PredictedRows[]>(
      table,
      'evaluation.predictedRows',
      request,
      options,
    );
    return request.labels.map((_, label) => parts.map((part) => part[label] as PredictedRows));
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
