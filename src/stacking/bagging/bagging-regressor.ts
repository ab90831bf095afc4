/** Bagging of any regressor. */

import type { Schema } from 'apache-arrow';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { type CommitteeState, readCommittee } from '../committee/committee-model.ts';
import { numberOutputParams } from '../committee/committee-params.ts';
import { plannedNumberSchema, votePlan, voteRequest } from '../committee/fit-committee.ts';
import { readEstimator } from '../members.ts';
import { BaggedModel } from './bagged-model.ts';
import { baggingParams, estimatorParam } from './bagging-params.ts';
import { bagLabelCol, bagMembers, fitBagging } from './fit-bagging.ts';

const numberBaggingParams = { ...baggingParams, ...numberOutputParams };

/** Parameters of {@link BaggingRegressor}. */
export const baggingRegressorParams = defineParams('BaggingRegressor', {
  /** The regressor that is fitted on every bag; a pipeline too. */
  estimator: estimatorParam,
  ...numberBaggingParams,
});

/** Parameters of {@link BaggingRegressionModel}. */
export const baggingRegressionModelParams = defineParams(
  'BaggingRegressionModel',
  numberBaggingParams,
);

/** Options of {@link BaggingRegressor}. @interface */
export type BaggingRegressorOptions = Options<typeof baggingRegressorParams.schema>;

/** Options of {@link BaggingRegressionModel}. @interface */
export type BaggingRegressionModelOptions = Options<typeof baggingRegressionModelParams.schema>;

/**
 * The result of `BaggingRegressor.fit`.
 *
 * Input: what the estimator's models read. Output: the mean of their predictions.
 */
export class BaggingRegressionModel extends BaggedModel<
  typeof baggingRegressionModelParams.schema,
  number
> {
  /** The declared parameters. */
  static readonly paramSchema = baggingRegressionModelParams;

  constructor(options: BaggingRegressionModelOptions, state: CommitteeState) {
    super(baggingRegressionModelParams, options, state, 'BaggingRegressor');
  }

  static override async fromSaved(reader: StageReader): Promise<BaggingRegressionModel> {
    return new BaggingRegressionModel(reader.options, await readCommittee(reader));
  }
}

/**
 * Bagging: one regressor of any kind is fitted on many bags of rows drawn with replacement (`bootstrap`) or without,
 * and of columns; their predictions are averaged.
 *
 * Input: what the estimator reads, and `label`. Output: `prediction`.
 * `model.outOfBag(table)` judges each training row by the members that have not seen it. Cost: numEstimators fits on
 * one pool. Determinism: draws hang on the seed and the rows' ids; the same model, bit for bit, on any topology.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_EXISTS`, `SCHEMA_MISMATCH`, `UNSUPPORTED`,
 *   `DATA_EMPTY`, `ABORTED`, and what the estimator throws
 * @example
 * ```ts
 * import { BaggingRegressor, createTable, DecisionTreeRegressor } from 'coppice';
 * const x = Array.from({ length: 200 }, (_, row) => (row * 37) % 50);
 * const table = createTable({ x, label: x.map((value, row) => value + (row % 9)) });
 * const estimator = new DecisionTreeRegressor({ featuresCols: ['x'] });
 * const model = await new BaggingRegressor({ estimator, numEstimators: 5 }).fit(table);
 * console.log((await model.outOfBag(table)).columns.at(-1)); // prediction
 * ```
 * @see docs/guides/stacking.md; L. Breiman, "Bagging predictors", 1996
 */
export class BaggingRegressor extends Estimator<
  BaggingRegressionModel,
  typeof baggingRegressorParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = baggingRegressorParams;

  constructor(options: BaggingRegressorOptions) {
    super(baggingRegressorParams, options);
    bagMembers(this.className, { ...this.params, numEstimators: 1 });
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<BaggingRegressionModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { className: owner, params } = this;
    const fit = { owner, params, voting: 'numbers', classes: [] } as const;
    const state = await fitBagging(fit, table, options);
    const { estimator: _, ...rest } = this.givenOptions;
    return new BaggingRegressionModel(rest, state);
  }

  override transformSchema(schema: Schema): Schema {
    const { className: owner, params } = this;
    if (params.idCol !== undefined) requireColumn(owner, 'idCol', params.idCol, schema);
    const members = bagMembers(owner, { ...params, numEstimators: 1 });
    const models = members.map(({ stage }) => stage);
    votePlan(owner, schema, { members, models, request: voteRequest('numbers', []) });
    requireColumn(owner, 'labelCol', bagLabelCol(params), schema);
    return plannedNumberSchema(owner, schema, params);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await writer.stage('estimator', this.params.estimator);
  }

  static override async fromSaved(reader: StageReader): Promise<BaggingRegressor> {
    return new BaggingRegressor({ ...reader.options, estimator: await readEstimator(reader) });
  }

  protected override nestedStages(): readonly (readonly [string, SavableStage])[] {
    return [['estimator', this.params.estimator]];
  }
}

registerStage(BaggingRegressor);
registerStage(BaggingRegressionModel);
