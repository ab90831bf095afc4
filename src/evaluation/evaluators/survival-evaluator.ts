/** How well are times until an event ordered, where some had not come yet? */
import { CoppiceError } from '../../base/errors.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { column, oneOf } from '../../params/kinds.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { findField } from '../../table/columns/find-column.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { SurvivalRows } from '../../training/survival/concordance.ts';
import { survivalMetricNames } from '../parts/survival-part.ts';
import {
  checkMetrics,
  type EvaluateAllOptions,
  type EvaluateOptions,
  Evaluator,
  type MeetingRows,
  type Metrics,
  measureTogether,
} from './evaluator.ts';

const ofHazards = 'must be concordanceIndex with predictionKind hazard';

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
    /** Weights of rows: a pair weighs their product; a row of weight 0 takes no part. */
    weightCol: column({ since: '0.1.0' }),
  },
  ({ censorCol, labelUpperBoundCol, metricName, predictionKind }) => {
    if (censorCol !== undefined && labelUpperBoundCol !== undefined)
      return 'censorCol must be left out with labelUpperBoundCol, which says what is known';
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
 * Of predicted times also `intervalAccuracy`: the share of rows whose event may have come then.
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
    return true;
  }

  override async evaluate(table: PartitionedTable, options: EvaluateOptions = {}): Promise<number> {
    const { metricName } = this.params;
    const found = (await this.evaluateAll(table, options))[metricName];
    if (found !== undefined) return found;
    const message = `metricName of ${this.className} ${ofHazards}, which the model of column ${this.params.predictionCol} predicts; got ${metricName}`;
    throw new CoppiceError('PARAM_INVALID', message);
  }

  override async evaluateAll(
    table: PartitionedTable,
    options: EvaluateAllOptions = {},
  ): Promise<Metrics> {
    checkMetrics(this.className, options.metrics, survivalMetricNames);
    const { labelCol, predictionCol, censorCol, labelUpperBoundCol, weightCol } = this.params;
    const isHazard = this.#isHazard(table);
    const rows: MeetingRows<SurvivalRows> = {
      columns: { labelCol, predictionCol, censorCol, labelUpperBoundCol, weightCol },
      request: { isHazard },
      ...{ read: 'evaluation.survival', measure: 'evaluation.timeMetrics' },
      isEmpty: ({ times }) => times.length === 0,
      taskOf: (parts) => parts,
    };
    const found = await measureTogether<SurvivalRows, Metrics>(this, table, rows, options);
    return isHazard ? { concordanceIndex: found['concordanceIndex'] as number } : found;
  }

  #isHazard({ schema }: PartitionedTable): boolean {
    const { predictionKind, predictionCol } = this.params;
    const told = findField(schema, predictionCol)?.metadata.get('predictionKind');
    return (predictionKind ?? told) === 'hazard';
  }
}

registerStage(SurvivalEvaluator);
