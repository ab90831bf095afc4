/**
 * How good is a binary classifier? Areas under curves from its scores, losses from its probabilities,
 * rates from its predictions.
 */

import { ratioOf } from '../../base/exact-ratio.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { column, float, int, oneOf } from '../../params/kinds.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import {
  type BinaryCurve,
  binaryCurve,
  binaryCurves,
  type CurveOptions,
} from '../binary-curves.ts';
import { calibrationErrors } from '../calibration-bins.ts';
import { binaryPredictionMetrics } from '../confusion-metrics.ts';
import { ExactMean, type MeanPart } from '../log-loss.ts';
import type { BinaryLabelPart, BinaryRequest } from '../parts/binary-part.ts';
import { gatherSides, runsOf, type Sides } from '../parts/binary-sides.ts';
import { placeOfLabel } from '../place-of-label.ts';
import { checkPredictionKind } from '../predicted-labels.ts';
import type { RankMetrics, RocCurve } from '../rank-metrics.ts';
import type { RankResult, RankTask } from '../worker-tasks.ts';
import {
  checkMetrics,
  type EvaluateAllOptions,
  type EvaluateOptions,
  Evaluator,
  type Metrics,
  presentColumn,
} from './evaluator.ts';

const rankNames = [
  'areaUnderROC',
  'areaUnderPR',
  'averagePrecision',
  'kolmogorovSmirnov',
] as const satisfies readonly (keyof RankMetrics)[];
const probabilityNames = [
  'logLoss',
  'brierScore',
  'calibrationError',
  'maxCalibrationError',
] as const;
const predictionNames = [
  'accuracy',
  'balancedAccuracy',
  'f1',
  'precision',
  'recall',
  'specificity',
  'matthewsCorrelation',
] as const;

/** Every metric of {@link BinaryClassificationEvaluator}. */
export const binaryMetricNames = [...rankNames, ...probabilityNames, ...predictionNames] as const;

type MetricName = (typeof binaryMetricNames)[number];

const binaryParams = defineParams('BinaryClassificationEvaluator', {
  /** What {@link BinaryClassificationEvaluator.evaluate} returns. */
  metricName: oneOf(binaryMetricNames, { default: 'areaUnderROC' }),
  /** The column of labels: numbers, booleans or texts of two values. */
  labelCol: column({ default: 'label' }),
  /** Margins or scores; the probabilities stand in for it where the table does not have it. */
  rawPredictionCol: column({ default: 'rawPrediction' }),
  /** Probabilities: vectors of two, or the probability of the positive class. */
  probabilityCol: column({ default: 'probability' }),
  /** Predicted labels. */
  predictionCol: column({ default: 'prediction' }),
  /** Weights of rows; a row of weight 0 takes no part. */
  weightCol: column({}),
  /** Probabilities are kept inside [eps, 1 − eps] for the log loss. */
  eps: float({ default: 1e-15, above: 0, below: 0.5 }),
  /** Bins of equal width for the calibration errors and curve; ten by default. */
  numBins: int({ min: 1, max: 10_000, since: '0.1.0' }),
});

/** Options of {@link BinaryClassificationEvaluator}. @interface */
export type BinaryClassificationEvaluatorOptions = Options<typeof binaryParams.schema>;

/**
 * Metrics of a binary classifier.
 *
 * Input: a label column of two values; `rawPrediction` or `probability` (of a vector the second value),
 * `prediction`. The positive class is the second of the classes that a model wrote into the column's
 * metadata, else the larger label (true, 1, the later text). Of a model of several labels each column holds a value a
 * label, and that of `labelCol` is measured. Metrics: `areaUnderROC` (ties half),
 * `areaUnderPR` (Spark's trapezoids, without its binning), `averagePrecision` (scikit-learn's steps),
 * `kolmogorovSmirnov`, `logLoss`, `brierScore`, `accuracy`, `balancedAccuracy` (the mean of the classes' recalls), `f1`,
 * `precision`, `recall`, `specificity`, `matthewsCorrelation`, and the mean and largest distance between probability and
 * share of positives over `numBins` bins of equal width: `calibrationError` (weighted by the bins' rows) and
 * `maxCalibrationError`.
 * Where all rows are of one class, `areaUnderROC` and `kolmogorovSmirnov` are NaN; `areaUnderPR` and `averagePrecision` are
 * 1 where it is the positive one, else NaN. The log loss needs one class only: which of them it is, is known.
 *
 * Determinism: exact; the same for any partitioning and any order of the rows.
 * Cost: one read of the columns and a sort of the scores, in the pool; 16 bytes a row while it runs.
 *
 * @example
 * ```ts
 * import { BinaryClassificationEvaluator, createTable } from 'coppice';
 * const table = await createTable({
 *   label: Int32Array.of(0, 0, 1, 1),
 *   rawPrediction: Float64Array.of(0.1, 0.4, 0.35, 0.8),
 * });
 * console.log(await new BinaryClassificationEvaluator().evaluate(table)); // 0.75
 * ```
 */
export class BinaryClassificationEvaluator extends Evaluator<typeof binaryParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = binaryParams;

  /** @throws CoppiceError `PARAM_INVALID`, `PARAM_UNKNOWN` */
  constructor(options?: BinaryClassificationEvaluatorOptions) {
    super(binaryParams, options);
  }

  override isLargerBetter(): boolean {
    return !(probabilityNames as readonly string[]).includes(this.params.metricName);
  }

  override async evaluate(table: PartitionedTable, options: EvaluateOptions = {}): Promise<number> {
    const name = this.params.metricName;
    const request = this.#request(table, (metric) => metric === name);
    this.#requireColumns(table, request, name);
    const metrics = await this.#metrics(table, request, options);
    return metrics[name] as number;
  }

  override async evaluateAll(
    table: PartitionedTable,
    { metrics = binaryMetricNames, ...options }: EvaluateAllOptions = {},
  ): Promise<Metrics> {
    checkMetrics(this.className, metrics, binaryMetricNames);
    requireColumn(this.className, 'labelCol', this.params.labelCol, table.schema);
    const request = this.#request(table, (name) => metrics.includes(name));
    return await this.#metrics(table, request, options);
  }

  /**
   * The ROC curve, from (0, 0) to (1, 1).
   *
   * @param options `maxPoints` is about how many points to keep, evenly spread along the curve
   */
  async roc(
    table: PartitionedTable,
    options: EvaluateOptions & { readonly maxPoints?: number } = {},
  ): Promise<RocCurve> {
    const request = this.#request(table, (metric) => metric === 'areaUnderROC');
    this.#requireColumns(table, request, 'areaUnderROC');
    const sides = await this.#gather(table, request, options);
    const result = await rank(table, sides, options, options.maxPoints ?? 1000);
    return result.curve as RocCurve;
  }

  /**
   * A curve as a table, thinned to about `maxPoints` rows (1000); its rows are those of {@link BinaryCurve}.
   *
   * @throws CoppiceError as evaluate, `PARAM_INVALID` for a curve that there is not
   */
  async curve(
    kind: BinaryCurve,
    table: PartitionedTable,
    options: CurveOptions = {},
  ): Promise<PartitionedTable> {
    if (!binaryCurves.includes(kind))
      throw paramInvalid(this.className, 'curve', `one of ${binaryCurves.join(', ')}`, kind);
    const metric = kind === 'calibration' || kind === 'thresholds' ? 'logLoss' : 'areaUnderROC';
    const request = this.#request(table, (name) => name === metric);
    this.#requireColumns(table, request, metric);
    const scoreCol = kind === 'thresholds' ? request.probabilityCol : request.scoreCol;
    const sides = await this.#gather(table, { ...request, scoreCol }, options);
    return await binaryCurve({ kind, table, sides }, options);
  }

  /** Which columns the wanted metrics read, as far as the table has them. */
  #request(table: PartitionedTable, wants: (name: MetricName) => boolean): BinaryRequest {
    const { labelCol, weightCol, rawPredictionCol, probabilityCol, predictionCol, eps, numBins } =
      this.params;
    const { schema } = table;
    const probability = presentColumn(schema, probabilityCol);
    const score = presentColumn(schema, rawPredictionCol) ?? probability;
    const predicted = presentColumn(schema, predictionCol);
    return {
      labelCol,
      weightCol: weightCol ?? null,
      element: placeOfLabel(this.className, schema, [score, probability, predicted], labelCol),
      scoreCol: rankNames.some(wants) ? score : null,
      probabilityCol: probabilityNames.some(wants) ? probability : null,
      predictionCol: predictionNames.some(wants) ? predicted : null,
      eps,
      numBins: numBins ?? 10,
    };
  }

  #requireColumns(table: PartitionedTable, request: BinaryRequest, name: MetricName): void {
    const { schema } = table;
    const { params, className } = this;
    requireColumn(className, 'labelCol', params.labelCol, schema);
    if (params.weightCol !== undefined)
      requireColumn(className, 'weightCol', params.weightCol, schema);
    if ((rankNames as readonly string[]).includes(name) && request.scoreCol === null) {
      requireColumn(className, 'rawPredictionCol', params.rawPredictionCol, schema);
    }
    if ((probabilityNames as readonly string[]).includes(name)) {
      requireColumn(className, 'probabilityCol', params.probabilityCol, schema);
    }
    if ((predictionNames as readonly string[]).includes(name)) {
      requireColumn(className, 'predictionCol', params.predictionCol, schema);
    }
  }

  async #gather(
    table: PartitionedTable,
    request: BinaryRequest,
    options: EvaluateOptions,
  ): Promise<Sides> {
    return await gatherSides(
      { owner: this.className, table, request, columns: this.params },
      options,
    );
  }

  async #metrics(
    table: PartitionedTable,
    request: BinaryRequest,
    options: EvaluateOptions,
  ): Promise<Metrics> {
    const { labelCol, predictionCol, element } = request;
    // flags of several labels are vectors of numbers
    if (predictionCol !== null && element === null)
      checkPredictionKind(this.className, table.schema, { labelCol, predictionCol });
    const sides = await this.#gather(table, request, options);
    const ranks = request.scoreCol === null ? {} : (await rank(table, sides, options, 0)).metrics;
    return {
      ...ranks,
      ...(request.probabilityCol === null ? {} : probabilityMetrics(sides)),
      ...(request.predictionCol === null
        ? {}
        : await binaryPredictionMetrics(sides.confusions, sides.positive)),
    };
  }
}

registerStage(BinaryClassificationEvaluator);

/** Merges the runs in the pool: a large table has many. */
async function rank(
  table: PartitionedTable,
  sides: Sides,
  options: EvaluateOptions,
  curvePoints: number,
): Promise<RankResult> {
  const task: RankTask = { ...runsOf(sides), curvePoints };
  return await table.runner.run<RankResult>('evaluation.rank', task, { signal: options.signal });
}

function probabilityMetrics(sides: Sides): Metrics {
  const mean = (pick: (part: BinaryLabelPart) => readonly [MeanPart, MeanPart] | null): number => {
    const total = new ExactMean();
    for (const part of sides.negatives)
      total.merge((pick(part) as readonly [MeanPart, MeanPart])[0]);
    for (const part of sides.positives)
      total.merge((pick(part) as readonly [MeanPart, MeanPart])[1]);
    return ratioOf(total.sum, total.weight);
  };
  return {
    logLoss: mean((part) => part.losses),
    brierScore: mean((part) => part.squares),
    ...calibrationErrors(sides),
  };
}
