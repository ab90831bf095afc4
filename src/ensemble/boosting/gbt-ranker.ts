/** Gradient-boosted trees that order the rows of groups: LambdaMART. */

import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { defineParams } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { fitColumns } from '../../pipeline/fit-columns.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { readTreeModel, type TreeModelData } from '../model/tree-model-data.ts';
import {
  type GBTRankerOptions,
  gbtRankerParams,
  gradeWeightOf,
  noFunctions,
  rankingObjective,
} from '../params/ranker-params.ts';
import { type ModelOutput, schemaWithOutputs } from '../prediction/output-columns.ts';
import type { Link } from '../prediction/predict-operator.ts';
import { regressionOutputs } from '../prediction/regression-outputs.ts';
import { withGrades } from './blend-grades.ts';
import { BoostedModel } from './boosted-model.ts';
import type { BoostedFacts } from './fit-gbt.ts';
import { fitBoostedTrees } from './fit-gbt.ts';

/** Parameters of GBTRankingModel. */
export const gbtRankingModelParams = defineParams('GBTRankingModel', gbtRankerParams.schema);

/**
 * The result of `GBTRanker.fit`.
 *
 * Input: the fitted feature columns; the group is not needed. Output: adds `prediction` float64, a score: of two rows
 * of a group the one with the larger score comes first. Scores of different groups cannot be compared.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class GBTRankingModel extends BoostedModel<typeof gbtRankingModelParams.schema, number> {
  /** The declared parameters. */
  static readonly paramSchema = gbtRankingModelParams;

  constructor(options: GBTRankerOptions, data: TreeModelData) {
    super(gbtRankingModelParams, options, data, 'GBTRanker');
  }

  protected override get link(): Link {
    return 'identity';
  }

  protected override get offsetCol(): string | undefined {
    return this.params.offsetCol;
  }

  protected override get outputs(): ModelOutput {
    return regressionOutputs(this.params);
  }

  protected override get boosted(): BoostedFacts {
    const objective = rankingObjective(this.params);
    const params = { ...this.params, ...noFunctions };
    return { owner: 'GBTRanker', params, labelKind: 'numeric', objective };
  }

  static override fromSaved(reader: StageReader): GBTRankingModel {
    return new GBTRankingModel(reader.options, readTreeModel(reader));
  }
}

/**
 * Gradient-boosted trees that learn to order the rows of each group (the documents of a query): LambdaMART, by default with
 * trees that learn the grades themselves (`gradeWeight`).
 *
 * Input: features as {@link GBTRegressor} takes them; label a grade, a whole number from 0 on; `groupCol` an integer or
 * a text. Output: `prediction` float64, larger is better. The loss of validation rows is 1 − NDCG of the first
 * `ndcgAt` rows (of several numbers the first), averaged over groups; it stops early as other losses do. Groups may lie in any order, in any
 * partitions. Cost: that of a regressor and, a round, truncationLevel · rows pairs. Determinism: rows of one score
 * stand in the order of their ids, so the model is the same, bit for bit, on any number of threads and partitions.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`,
 *   `DATA_EMPTY`, `DATA_INVALID`, `ABORTED`, `MEMORY_LIMIT`
 * @example
 * ```ts
 * import { createTable, GBTRanker } from 'coppice';
 * const table = createTable({ x: [1, 2, 3, 4], grade: [0, 1, 0, 2], query: ['a', 'a', 'b', 'b'] });
 * const ranker = new GBTRanker({
 *   featuresCols: ['x'],
 *   labelCol: 'grade',
 *   groupCol: 'query',
 *   minInstancesPerNode: 1,
 * });
 * const score = await (await ranker.fit(table)).scorer();
 * console.log(Number(score({ x: 4 }).prediction) > Number(score({ x: 1 }).prediction)); // true
 * ```
 * @see docs/guides/ranking.md; C. Burges, "From RankNet to LambdaRank to LambdaMART", 2010
 */
export class GBTRanker extends Estimator<GBTRankingModel, typeof gbtRankerParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = gbtRankerParams;

  constructor(options: GBTRankerOptions = {}) {
    super(gbtRankerParams, options);
  }

  override get continuesModels(): boolean {
    return true;
  }

  override async fit(table: PartitionedTable, options: FitOptions = {}): Promise<GBTRankingModel> {
    checkFit(this.className, table, options);
    const { initialModel } = options;
    if (
      this.params.positionCol !== undefined &&
      initialModel instanceof GBTRankingModel &&
      initialModel.params.positionCol !== undefined &&
      initialModel.summary.positionBiases === null
    ) {
      throw new CoppiceError(
        'UNSUPPORTED',
        'positionCol of GBTRanker must be left out with an initial model that was cut, merged or averaged: what places added to its grades is not kept; fit all rounds at once',
        { context: { owner: this.className, param: 'positionCol' } },
      );
    }
    const fit = {
      owner: this.className,
      params: { ...this.params, ...noFunctions },
      given: this.givenOptions,
      labelKind: 'numeric',
      objective: rankingObjective(this.params),
    } as const;
    const weight = this.#gradeWeight(options);
    const pairs = await fitBoostedTrees(fit, table, options);
    const data = weight === 0 ? pairs : await withGrades({ pairs, weight }, fit, table, options);
    return new GBTRankingModel(this.givenOptions, data);
  }

  #gradeWeight({ initialModel, validation, validationSets }: FitOptions): number {
    const { gradeWeight } = this.params;
    if (initialModel !== undefined && gradeWeight) {
      throw new CoppiceError(
        'PARAM_INVALID',
        `gradeWeight of ${this.className} must be 0 or left out with an initial model: further rounds learn pairs alone`,
        { context: { owner: this.className, param: 'gradeWeight' } },
      );
    }
    const isFollowed = [initialModel, validation, validationSets].some((one) => one !== undefined);
    return gradeWeightOf(gradeWeight, this.givenOptions, isFollowed);
  }

  override transformSchema(schema: Schema): Schema {
    const { labelType } = fitColumns(this.className, schema, this.params, 'numeric');
    const outputs = regressionOutputs(this.params);
    // without maxIter it is not known before the fit
    const numTrees = (this.params.maxIter ?? 1) * (this.params.numParallelTrees ?? 1);
    return schemaWithOutputs(schema, { outputs, classes: [], labelType, numTrees });
  }
}

registerStage(GBTRanker);
registerStage(GBTRankingModel);
