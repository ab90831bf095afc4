/** How well are times until an event ordered, where some had not come yet? */
import { CoppiceError } from '../../base/errors.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { column, numbers, oneOf } from '../../params/kinds.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { findField } from '../../table/columns/find-column.ts';
import { tableFromColumns } from '../../table/create-table.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { CurveRows } from '../parts/brier-score.ts';
import { survivalMetricNames } from '../parts/survival-part.ts';
import type { MeasuredTimes, TimesTask } from '../parts/time-metrics.ts';
import {
  checkMetrics,
  type EvaluateAllOptions,
  type EvaluateOptions,
  Evaluator,
  type MeetingRows,
  type Metrics,
  measureTogether,
} from './evaluator.ts';

const ofHazards = 'must be concordanceIndex or integratedBrierScore with predictionKind hazard';
const ofCurves =
  'must not be integratedBrierScore with labelUpperBoundCol: it knows events at a time and censored rows';

const survivalParams = defineParams(
  'SurvivalEvaluator',
  {
    /** What {@link SurvivalEvaluator.evaluate} returns. */
    metricName: oneOf(survivalMetricNames, { default: 'concordanceIndex', since: '0.1.0' }),
    /** The column of times, above 0; with labelUpperBoundCol of the earliest times, 0 for none. */
    labelCol: column({ default: 'label', since: '0.1.0' }),
    /** 1 where the event came at that time, 0 where it had not come until then; without it every event came. */
    censorCol: column({ since: '0.1.0' }),
    /** The latest time that the event may have come at; missing or infinite where it had not come by labelCol. */
    labelUpperBoundCol: column({ since: '0.1.0' }),
    /** The column of predictions. */
    predictionCol: column({ default: 'prediction', since: '0.1.0' }),
    /** What is predicted: times (lossType aft), or hazards (lossType cox), which are larger where the event is earlier; by default what the model wrote beside the column, else times. */
    predictionKind: oneOf(['time', 'hazard'], { since: '0.1.0' }),
    /** The column of chances of survival, one a time; they are measured where it is there. */
    survivalCol: column({ default: 'survival', since: '0.1.0' }),
    /** The times that they are of; by default what the model wrote beside the column. */
    survivalTimes: numbers({ minLength: 1, min: 0, ascending: true, since: '0.1.0' }),
    /** Weights of rows: a pair weighs their product; a row of weight 0 takes no part. */
    weightCol: column({ since: '0.1.0' }),
  },
  ({ censorCol, labelUpperBoundCol, metricName, predictionKind }) => {
    if (censorCol !== undefined && labelUpperBoundCol !== undefined)
      return 'censorCol must be left out with labelUpperBoundCol, which says what is known';
    if (labelUpperBoundCol !== undefined && metricName === 'integratedBrierScore')
      return `metricName ${ofCurves}`;
    return predictionKind === 'hazard' && metricName === 'intervalAccuracy'
      ? `metricName ${ofHazards}`
      : null;
  },
);

/** Options of {@link SurvivalEvaluator}. @interface */
export type SurvivalEvaluatorOptions = Options<typeof survivalParams.schema>;

/**
 * The concordance index of predicted times or hazards: the share of pairs of rows that are predicted in the right order,
 * ties half, of the pairs in which it is known who came first. 0.5 is chance, 1 the right order; NaN without such a pair.
 * Of predicted times also `intervalAccuracy`: the share of rows whose event may have come then. Of chances of survival, as
 * `SurvivalCurves` adds them, `integratedBrierScore`: how far they are from what came, 0 at best, weighed against censoring;
 * it counts times below the last one of the rows.
 *
 * Input: numeric columns without missing values, `censorCol` a boolean or 0 and 1. Cost: 24 bytes a row meet in one
 * thread, which sorts them. Determinism: the same for any partitioning and any order of rows.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`, `DATA_INVALID`,
 *   `DATA_EMPTY`, `ABORTED`
 * @example
 * ```ts
 * import { createTable, SurvivalEvaluator } from 'coppice';
 * const table = createTable({ label: [2, 5, 9], came: [1, 0, 1], prediction: [3, 4, 8] });
 * console.log(await new SurvivalEvaluator({ censorCol: 'came' }).evaluate(table)); // 1
 * ```
 * @see docs/guides/survival.md; F. Harrell et al., "Evaluating the yield of medical tests", 1982
 */
export class SurvivalEvaluator extends Evaluator<typeof survivalParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = survivalParams;

  /** @throws CoppiceError `PARAM_INVALID`, `PARAM_UNKNOWN` */
  constructor(options?: SurvivalEvaluatorOptions) {
    super(survivalParams, options);
  }

  override isLargerBetter(): boolean {
    return this.params.metricName !== 'integratedBrierScore';
  }

  override async evaluate(table: PartitionedTable, options: EvaluateOptions = {}): Promise<number> {
    const { metricName } = this.params;
    const metrics = await this.evaluateAll(table, { ...options, metrics: [metricName] });
    const found = metrics[metricName];
    if (found !== undefined) return found;
    if (metricName === 'integratedBrierScore') throw this.#withoutCurves();
    const message = `metricName of ${this.className} ${ofHazards}, which the model of column ${this.params.predictionCol} predicts; got ${metricName}`;
    throw new CoppiceError('PARAM_INVALID', message);
  }

  override async evaluateAll(
    table: PartitionedTable,
    { metrics = survivalMetricNames, ...options }: EvaluateAllOptions = {},
  ): Promise<Metrics> {
    checkMetrics(this.className, metrics, survivalMetricNames);
    return (await this.#measured(table, metrics, options)).metrics;
  }

  /**
   * How good chances of survival are at each time, as a table: `time`, `brierScore` and `areaUnderROC` of rows whose event came by
   * then against rows that were watched for longer; NaN at times from the last row's on.
   *
   * @throws CoppiceError as evaluate, and `COLUMN_NOT_FOUND` without chances of survival
   */
  async curve(table: PartitionedTable, options: EvaluateOptions = {}): Promise<PartitionedTable> {
    const { points } = await this.#measured(table, ['integratedBrierScore'], options);
    if (points === null) throw this.#withoutCurves();
    const { times: time, brierScores: brierScore, areas: areaUnderROC } = points;
    return tableFromColumns(table.runner, { time, brierScore, areaUnderROC });
  }

  async #measured(
    table: PartitionedTable,
    wanted: readonly string[],
    options: EvaluateOptions,
  ): Promise<MeasuredTimes> {
    const { labelCol, predictionCol, censorCol, labelUpperBoundCol, weightCol } = this.params;
    // hazards are no times, so none lies between bounds
    const isHazard = this.#isHazard(table);
    const names = wanted.filter((name) => !isHazard || name !== 'intervalAccuracy');
    const survivalTimes = wanted.includes('integratedBrierScore') ? this.#times(table) : null;
    const survivalCol = survivalTimes === null ? null : this.params.survivalCol;
    const rows: MeetingRows<CurveRows> = {
      columns: { labelCol, predictionCol, censorCol, labelUpperBoundCol, weightCol },
      request: { isHazard, survivalCol, survivalTimes: survivalTimes ?? [] },
      ...{ read: 'evaluation.survival', measure: 'evaluation.timeMetrics' },
      isEmpty: ({ times }) => times.length === 0,
      taskOf: (parts): TimesTask => ({ parts, names, survivalTimes }),
    };
    return await measureTogether<CurveRows, MeasuredTimes>(this, table, rows, options);
  }

  /** The times of the chances of survival; null where there are none, or no times. */
  #times({ schema }: PartitionedTable): readonly number[] | null {
    const { survivalCol, survivalTimes, labelUpperBoundCol } = this.params;
    const field = findField(schema, survivalCol);
    if (field === undefined || labelUpperBoundCol !== undefined) return null;
    return survivalTimes ?? timesBeside(field.metadata.get('survivalTimes'));
  }

  #withoutCurves(): CoppiceError {
    const { className: owner, params } = this;
    return new CoppiceError(
      'COLUMN_NOT_FOUND',
      `survivalCol of ${owner} must be a column of chances of survival whose times are known (survivalTimes); got "${params.survivalCol}": SurvivalCurves adds it`,
      { context: { owner, param: 'survivalCol', column: params.survivalCol } },
    );
  }

  #isHazard({ schema }: PartitionedTable): boolean {
    const { predictionKind, predictionCol } = this.params;
    const told = findField(schema, predictionCol)?.metadata.get('predictionKind');
    return (predictionKind ?? told) === 'hazard';
  }
}

/** What stands in a field's metadata; null where it is no list of numbers. */
function timesBeside(text: string | undefined): readonly number[] | null {
  if (text === undefined) return null;
  try {
    const times: unknown = JSON.parse(text);
    const isSound = Array.isArray(times) && times.length > 0 && times.every(Number.isFinite);
    return isSound ? (times as number[]) : null;
  } catch {
    return null;
  }
}

registerStage(SurvivalEvaluator);
