/** How good is a ranker? Spark's metrics under Spark's names, over groups of graded rows. */
import { ratioOf } from '../../base/exact-ratio.ts';
import { ExactSum } from '../../base/exact-sum.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { column, int, numbers, oneOf } from '../../params/kinds.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import {
  type RankingMeasure,
  rankingMeasure,
  rankingMetricNames,
} from '../../training/ranking/group-metrics.ts';
import { defaultGains } from '../../training/ranking/ndcg.ts';
import type { RankingPart, RankingResult, RankingTask } from '../parts/ranking-part.ts';
import {
  checkMetrics,
  type EvaluateAllOptions,
  type EvaluateOptions,
  Evaluator,
  type MeetingRows,
  type Metrics,
  measureTogether,
} from './evaluator.ts';

const rankingParams = defineParams('RankingEvaluator', {
  /** What {@link RankingEvaluator.evaluate} returns. */
  metricName: oneOf(rankingMetricNames, { default: 'ndcgAtK', since: '0.1.0' }),
  /** How many first rows the metrics AtK look at. */
  k: int({ default: 10, min: 1, since: '0.1.0' }),
  /** The column of grades: whole numbers from 0 on. */
  labelCol: column({ default: 'label', since: '0.1.0' }),
  /** The column of scores: larger comes first. */
  predictionCol: column({ default: 'prediction', since: '0.1.0' }),
  /** The group (query) of each row, an integer or a text. */
  groupCol: column({ default: 'group', since: '0.1.0' }),
  /** Weights of rows: a group counts by the mean of its rows; a row of weight 0 takes no part. */
  weightCol: column({ since: '0.1.0' }),
  /** The gain of each grade from 0 on; by default 2^grade − 1 up to grade 30. */
  labelGains: numbers({ min: 0, minLength: 2, since: '0.1.0' }),
  /** Rows of at least this grade are relevant, for all metrics but NDCG. */
  relevantFrom: int({ default: 1, min: 1, since: '0.1.0' }),
  /** What a group without a relevant row counts as: 1 as in LightGBM, 0 as in Spark, or nothing. */
  emptyGroups: oneOf(['one', 'zero', 'skip'], { default: 'one', since: '0.1.0' }),
});

/** Options of {@link RankingEvaluator}. @interface */
export type RankingEvaluatorOptions = Options<typeof rankingParams.schema>;

/**
 * Metrics of a ranker, means over groups: `ndcgAtK` with graded gains, `meanAveragePrecision`,
 * `meanAveragePrecisionAtK`, `meanReciprocalRank`, `precisionAtK` and `recallAtK`, for which a row is relevant or not. The
 * `metrics` of `evaluateAll` may have numbers in place of K: `['ndcgAt1', 'ndcgAt5']`.
 *
 * Input: numeric columns without missing values; one row a document, groups in any order and partitions. Rows of one
 * score have no order: each metric is its mean over all of theirs. Cost: 24 bytes a row meet in one thread.
 * Determinism: every sum over groups is exact; the same for any partitioning and any order of rows.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`, `DATA_INVALID`,
 *   `DATA_EMPTY`, `ABORTED`
 * @example
 * ```ts
 * import { createTable, RankingEvaluator } from 'coppice';
 * const table = createTable({
 *   label: Int32Array.of(0, 2, 1, 0, 1),
 *   prediction: Float64Array.of(0.9, 0.5, 0.1, 0.2, 0.7),
 *   group: ['a', 'a', 'a', 'b', 'b'],
 * });
 * console.log(await new RankingEvaluator({ metricName: 'meanReciprocalRank' }).evaluate(table)); // 0.75
 * ```
 * @see docs/guides/ranking.md
 */
export class RankingEvaluator extends Evaluator<typeof rankingParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = rankingParams;

  /** @throws CoppiceError `PARAM_INVALID`, `PARAM_UNKNOWN` */
  constructor(options?: RankingEvaluatorOptions) {
    super(rankingParams, options);
  }

  override isLargerBetter(): boolean {
    return true;
  }

  override async evaluate(table: PartitionedTable, options: EvaluateOptions = {}): Promise<number> {
    const { metricName } = this.params;
    const found = await this.evaluateAll(table, { ...options, metrics: [metricName] });
    return found[metricName] as number;
  }

  override async evaluateAll(
    table: PartitionedTable,
    { metrics = rankingMetricNames, ...options }: EvaluateAllOptions = {},
  ): Promise<Metrics> {
    const wanted = this.#measures(metrics);
    const { labelCol, predictionCol, groupCol, weightCol, emptyGroups } = this.params;
    const { relevantFrom } = this.params;
    const gains = this.params.labelGains ?? defaultGains;
    const emptyValue = { one: 1, zero: 0, skip: null }[emptyGroups];
    const rows: MeetingRows<RankingPart> = {
      columns: { labelCol, predictionCol, groupCol, weightCol },
      request: { mostGrade: gains.length - 1 },
      ...{ read: 'evaluation.ranking', measure: 'evaluation.measureRanking' },
      isEmpty: ({ scores }) => scores.length === 0,
      taskOf: (parts): RankingTask => ({ parts, wanted, gains, relevantFrom, emptyValue }),
    };
    const means = await measureTogether<RankingPart, RankingResult>(this, table, rows, options);
    return Object.fromEntries(
      means.map(({ sum, weight }, m) => [
        metrics[m] as string,
        ratioOf(ExactSum.fromWords(sum), ExactSum.fromWords(weight)),
      ]),
    );
  }

  /** What names ask for. @throws CoppiceError `PARAM_INVALID` */
  #measures(metrics: readonly string[]): RankingMeasure[] {
    const measureOf = (name: unknown): RankingMeasure | null =>
      rankingMeasure(String(name), this.params.k);
    // a number in place of K is a metric too
    const others = Array.isArray(metrics) ? metrics.filter((name) => !measureOf(name)) : metrics;
    checkMetrics(this.className, others, rankingMetricNames);
    return metrics.map((name) => measureOf(name) as RankingMeasure);
  }
}

registerStage(RankingEvaluator);
