/** How well are rows ordered by what treatments change? */
import { defineParams, type Options } from '../../params/define-params.ts';
import { column, either, float, numbers, oneOf, str, strings } from '../../params/kinds.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { problemOfArms } from '../../pipeline/treatment-arms.ts';
import { tableFromColumns } from '../../table/create-table.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { MeasuredUplift, UpliftPart, UpliftTask } from '../parts/uplift-part.ts';
import {
  checkMetrics,
  type EvaluateAllOptions,
  type EvaluateOptions,
  Evaluator,
  type MeetingRows,
  type Metrics,
  measureTogether,
} from './evaluator.ts';
import { measureArms } from './measure-arms.ts';

/** Every metric of {@link UpliftEvaluator}. */
export const upliftMetricNames = ['qini', 'areaUnderUplift', 'averageTreatmentEffect'] as const;

const upliftParams = defineParams(
  'UpliftEvaluator',
  {
    /** What {@link UpliftEvaluator.evaluate} returns. */
    metricName: oneOf(upliftMetricNames, { default: 'qini', since: '0.1.0' }),
    /** The outcome: 1 or true where it came, 0 or false where not. */
    labelCol: column({ default: 'label', since: '0.1.0' }),
    /** 1 or true where the row was treated, 0 or false where not; with treatments which arm of the trial the row was in. */
    treatmentCol: column({ default: 'treatment', since: '0.1.0' }),
    /** The values of treatmentCol that stand for the treatments to be measured, each against the untreated rows; by default
     *  those that the column of predictions names. A metric is the mean over them; rows of others take no part. */
    treatments: either(strings({ minLength: 1 }), numbers({ minLength: 1 }), { since: '0.1.0' }),
    /** With treatments: the value of treatmentCol where a row was not treated; by default what the column of predictions
     *  says, else `control` of texts, 0 of numbers, false of booleans. */
    controlValue: either(str({}), float({}), { since: '0.1.0' }),
    /** The column of predicted uplifts, or of any score that is higher where treatment helps more; of several treatments
     *  vectors of them. */
    predictionCol: column({ default: 'prediction', since: '0.1.0' }),
    /** Weights of rows; a row of weight 0 takes no part. */
    weightCol: column({ since: '0.1.0' }),
  },
  ({ labelCol, treatmentCol, treatments, controlValue }) =>
    problemOfArms(treatments, controlValue) ??
    (labelCol === treatmentCol ? 'treatmentCol must differ from labelCol' : null),
);

/** Options of {@link UpliftEvaluator}. @interface */
export type UpliftEvaluatorOptions = Options<typeof upliftParams.schema>;

/**
 * Metrics of predicted uplifts. Rows are taken from the highest prediction on; the curve says how many outcomes among them
 * treated rows have more than the others (as shares of all treated and of all others). `areaUnderUplift` is the area under
 * it, `qini` that area less the one of a random order, `averageTreatmentEffect` the curve's end: what treatment changes on
 * average, whatever is predicted.
 *
 * Input: outcome and treatment 0 and 1 or boolean, treatments drawn at random; predictions without missing values. NaN where
 * no row was treated, or all were. Rows of equal predictions are taken together. Of several treatments (vectors of
 * `UpliftForest`, or `treatments`) each is measured by its own predictions, on its rows and the untreated ones.
 * Determinism: the same for any partitioning and any order of rows. Cost: one sort of the predictions, 16 bytes a row.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`, `DATA_INVALID`,
 *   `DATA_EMPTY`, `ABORTED`
 * @example
 * ```ts
 * import { createTable, UpliftEvaluator } from 'coppice';
 * const table = createTable({
 *   prediction: [0.9, 0.8, 0.2, 0.1],
 *   treatment: [1, 0, 1, 0],
 *   label: [1, 0, 1, 1],
 * });
 * console.log(await new UpliftEvaluator().evaluate(table)); // 0.3125
 * ```
 * @see docs/guides/uplift.md
 */
export class UpliftEvaluator extends Evaluator<typeof upliftParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = upliftParams;

  /** @throws CoppiceError `PARAM_INVALID`, `PARAM_UNKNOWN` */
  constructor(options?: UpliftEvaluatorOptions) {
    super(upliftParams, options);
  }

  override isLargerBetter(): boolean {
    return true;
  }

  override async evaluate(table: PartitionedTable, options: EvaluateOptions = {}): Promise<number> {
    return (await this.evaluateAll(table, options))[this.params.metricName] as number;
  }

  override async evaluateAll(
    table: PartitionedTable,
    options: EvaluateAllOptions = {},
  ): Promise<Metrics> {
    checkMetrics(this.className, options.metrics, upliftMetricNames);
    const { metrics: _, ...rest } = options;
    const arms = await measureArms(this.className, this.params, table, { ...rest, maxPoints: 0 });
    return arms?.metrics ?? (await this.#measured(table, 0, options)).metrics;
  }

  /**
   * The uplift curve as a table: `threshold`, `share` of the rows and `gain`, from the highest prediction on; about
   * `maxPoints` rows (1000). Of several treatments one after another, with their names in a column `treatment`.
   *
   * @throws CoppiceError as evaluate
   */
  async curve(
    table: PartitionedTable,
    options: EvaluateOptions & { readonly maxPoints?: number } = {},
  ): Promise<PartitionedTable> {
    const maxPoints = Math.max(1, options.maxPoints ?? 1000);
    const arms = await measureArms(this.className, this.params, table, { ...options, maxPoints });
    if (arms !== null) return arms.curve;
    const { curve } = await this.#measured(table, maxPoints, options);
    const { thresholds: threshold, shares: share, gains: gain } = curve;
    return tableFromColumns(table.runner, { threshold, share, gain });
  }

  async #measured(
    table: PartitionedTable,
    maxPoints: number,
    options: EvaluateOptions,
  ): Promise<MeasuredUplift> {
    const { labelCol, treatmentCol, predictionCol, weightCol } = this.params;
    const rows: MeetingRows<UpliftPart> = {
      columns: { labelCol, treatmentCol, predictionCol, weightCol },
      ...{ read: 'evaluation.uplift', measure: 'evaluation.measureUplift' },
      isEmpty: (part) => part.every(({ scores }) => scores.length === 0),
      taskOf: (parts): UpliftTask => ({ parts, maxPoints }),
    };
    return await measureTogether(this, table, rows, options);
  }
}

registerStage(UpliftEvaluator);
