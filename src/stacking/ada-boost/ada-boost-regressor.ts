/** AdaBoost of any regressor that can weigh rows. */

import type { Schema } from 'apache-arrow';
import { defineParams, type Options } from '../../params/define-params.ts';
import { oneOf } from '../../params/kinds.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { estimatorParam } from '../bagging/bagging-params.ts';
import {
  CommitteeModel,
  type CommitteeState,
  readCommittee,
} from '../committee/committee-model.ts';
import { numberOutputParams } from '../committee/committee-params.ts';
import { plannedNumberSchema, votePlan, voteRequest } from '../committee/fit-committee.ts';
import { readEstimator } from '../members.ts';
import { adaBoostParams } from './ada-boost-params.ts';
import { schemaWithWeights } from './boost-rows.ts';
import { boostEstimator, boostLabelCol, boostState } from './boost-state.ts';
import { fitAdaBoost } from './fit-ada-boost.ts';

const numberBoostParams = {
  ...adaBoostParams,
  /** What an error counts, as a share of the largest: itself, its square, or 1 − e^−error. */
  lossType: oneOf(['linear', 'square', 'exponential'], { default: 'linear', since: '0.1.0' }),
  ...numberOutputParams,
};

/** Parameters of {@link AdaBoostRegressor}. */
export const adaBoostRegressorParams = defineParams('AdaBoostRegressor', {
  /** The regressor of every round; a pipeline too. It needs a weightCol. */
  estimator: estimatorParam,
  ...numberBoostParams,
});

/** Parameters of {@link AdaBoostRegressionModel}. */
export const adaBoostRegressionModelParams = defineParams(
  'AdaBoostRegressionModel',
  numberBoostParams,
);

/** Options of {@link AdaBoostRegressor}. @interface */
export type AdaBoostRegressorOptions = Options<typeof adaBoostRegressorParams.schema>;

/** Options of {@link AdaBoostRegressionModel}. @interface */
export type AdaBoostRegressionModelOptions = Options<typeof adaBoostRegressionModelParams.schema>;

/**
 * The result of `AdaBoostRegressor.fit`.
 *
 * Input: what the estimator's models read. Output: the rounds' weighted median.
 */
export class AdaBoostRegressionModel extends CommitteeModel<
  typeof adaBoostRegressionModelParams.schema,
  number
> {
  /** The declared parameters. */
  static readonly paramSchema = adaBoostRegressionModelParams;

  constructor(options: AdaBoostRegressionModelOptions, state: CommitteeState) {
    super(adaBoostRegressionModelParams, options, state, 'AdaBoostRegressor');
  }

  static override async fromSaved(reader: StageReader): Promise<AdaBoostRegressionModel> {
    return new AdaBoostRegressionModel(reader.options, await readCommittee(reader));
  }
}

/**
 * AdaBoost for numbers (AdaBoost.R2): a regressor of any kind is fitted round after round; rows with large errors weigh
 * more in the next, and the prediction is the weighted median of all rounds.
 *
 * Input: what the estimator reads, and `label`. Output: `prediction`. Cost: maxIter fits, one after another; the table
 * is kept in memory with its weights. Rows are weighed, where the paper draws them. Determinism: weights of rows come
 * from exact sums; the same model, bit for bit, on any topology.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_EXISTS`, `UNSUPPORTED`, `LABEL_INVALID`,
 *   `WEIGHT_INVALID`, `DATA_EMPTY`, `ABORTED`, and what the estimator throws
 * @example
 * ```ts
 * import { AdaBoostRegressor, createTable, DecisionTreeRegressor } from 'coppice';
 * const x = Array.from({ length: 200 }, (_, row) => (row * 37) % 50);
 * const table = createTable({ x, label: x.map((value) => value % 20) });
 * const estimator = new DecisionTreeRegressor({ featuresCols: ['x'], maxDepth: 3 });
 * const model = await new AdaBoostRegressor({ estimator, maxIter: 10 }).fit(table);
 * console.log(model.models.length); // 10
 * ```
 * @see docs/guides/stacking.md; H. Drucker, "Improving regressors using boosting techniques", 1997
 */
export class AdaBoostRegressor extends Estimator<
  AdaBoostRegressionModel,
  typeof adaBoostRegressorParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = adaBoostRegressorParams;

  constructor(options: AdaBoostRegressorOptions) {
    super(adaBoostRegressorParams, options);
    boostEstimator(this.className, this.params);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<AdaBoostRegressionModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { className: owner, params } = this;
    const fit = { owner, params, loss: params.lossType, numClasses: 0 };
    const boosted = await fitAdaBoost(fit, table, options);
    const { estimator: _, ...rest } = this.givenOptions;
    const state = boostState(fit, table.schema, boosted, []);
    return new AdaBoostRegressionModel(rest, state);
  }

  override transformSchema(schema: Schema): Schema {
    const { className: owner, params } = this;
    const { weightCol } = params;
    if (weightCol !== undefined) requireColumn(owner, 'weightCol', weightCol, schema);
    requireColumn(owner, 'labelCol', boostLabelCol(params), schema);
    const planned = plannedNumberSchema(owner, schema, params);
    const stage = boostEstimator(owner, params);
    const members = [{ name: stage.className, stage }];
    const request = voteRequest('numbers', []);
    votePlan(owner, schemaWithWeights(schema), { members, models: [stage], request });
    return planned;
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await writer.stage('estimator', this.params.estimator);
  }

  static override async fromSaved(reader: StageReader): Promise<AdaBoostRegressor> {
    return new AdaBoostRegressor({ ...reader.options, estimator: await readEstimator(reader) });
  }

  protected override nestedStages(): readonly (readonly [string, SavableStage])[] {
    return [['estimator', this.params.estimator]];
  }
}

registerStage(AdaBoostRegressor);
registerStage(AdaBoostRegressionModel);
