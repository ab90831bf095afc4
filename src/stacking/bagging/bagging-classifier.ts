/** Bagging of any classifier. */

import type { Schema } from 'apache-arrow';
import { distinctLabels } from '../../feature/statistics/distinct-labels.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { oneOf } from '../../params/kinds.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { plannedClasses } from '../../pipeline/class-columns.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { ClassValue } from '../../training/messages.ts';
import { type CommitteeState, readCommittee } from '../committee/committee-model.ts';
import { classOutputParams } from '../committee/committee-params.ts';
import {
  labelTypeOf,
  plannedClassSchema,
  votePlan,
  voteRequest,
} from '../committee/fit-committee.ts';
import { readEstimator } from '../members.ts';
import { BaggedModel } from './bagged-model.ts';
import { baggingParams, estimatorParam } from './bagging-params.ts';
import { bagLabelCol, bagMembers, fitBagging } from './fit-bagging.ts';

const classBaggingParams = {
  ...baggingParams,
  /** soft adds probabilities up, hard counts predictions. */
  voting: oneOf(['soft', 'hard'], { default: 'soft', since: '0.1.0' }),
  ...classOutputParams,
};

/** Parameters of {@link BaggingClassifier}. */
export const baggingClassifierParams = defineParams('BaggingClassifier', {
  /** The classifier that is fitted on every bag; a pipeline too. */
  estimator: estimatorParam,
  ...classBaggingParams,
});

/** Parameters of {@link BaggingClassificationModel}. */
export const baggingClassificationModelParams = defineParams(
  'BaggingClassificationModel',
  classBaggingParams,
);

/** Options of {@link BaggingClassifier}. @interface */
export type BaggingClassifierOptions = Options<typeof baggingClassifierParams.schema>;

/** Options of {@link BaggingClassificationModel}. @interface */
export type BaggingClassificationModelOptions = Options<
  typeof baggingClassificationModelParams.schema
>;

/**
 * The result of `BaggingClassifier.fit`.
 *
 * Input: what the estimator's models read. Output: sums of their probabilities or votes, shares and the winner.
 */
export class BaggingClassificationModel extends BaggedModel<
  typeof baggingClassificationModelParams.schema,
  ClassValue
> {
  /** The declared parameters. */
  static readonly paramSchema = baggingClassificationModelParams;

  constructor(options: BaggingClassificationModelOptions, state: CommitteeState) {
    super(baggingClassificationModelParams, options, state, 'BaggingClassifier');
  }

  static override async fromSaved(reader: StageReader): Promise<BaggingClassificationModel> {
    return new BaggingClassificationModel(reader.options, await readCommittee(reader));
  }
}

/**
 * Bagging: one classifier of any kind is fitted on many bags of rows drawn with replacement (`bootstrap`) or without,
 * and of columns; their probabilities or votes are averaged.
 *
 * Input: what the estimator reads, and `label`. Output: `rawPrediction`, `probability`, `prediction`.
 * `model.outOfBag(table)` judges each training row by the members that have not seen it. Cost: numEstimators fits on
 * one pool. Determinism: draws hang on the seed and the rows' ids; the same model, bit for bit, on any topology.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_EXISTS`, `SCHEMA_MISMATCH`, `UNSUPPORTED`,
 *   `LABEL_INVALID`, `DATA_EMPTY`, `ABORTED`, and what the estimator throws
 * @example
 * ```ts
 * import { BaggingClassifier, createTable, DecisionTreeClassifier } from 'coppice';
 * const x = Array.from({ length: 200 }, (_, row) => (row * 37) % 50);
 * const table = createTable({ x, label: x.map((value, row) => value + (row % 9) > 30) });
 * const estimator = new DecisionTreeClassifier({ featuresCols: ['x'] });
 * const model = await new BaggingClassifier({ estimator, numEstimators: 5 }).fit(table);
 * console.log((await model.outOfBag(table)).columns.at(-1)); // prediction
 * ```
 * @see docs/guides/stacking.md; L. Breiman, "Bagging predictors", 1996
 */
export class BaggingClassifier extends Estimator<
  BaggingClassificationModel,
  typeof baggingClassifierParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = baggingClassifierParams;

  constructor(options: BaggingClassifierOptions) {
    super(baggingClassifierParams, options);
    bagMembers(this.className, { ...this.params, numEstimators: 1 });
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<BaggingClassificationModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { className: owner, params } = this;
    const labelCol = bagLabelCol(params);
    const classes = await distinctLabels(table, labelCol, { signal: options.signal });
    const fit = { owner, params, voting: params.voting, classes };
    const state = await fitBagging(fit, table, options);
    const { estimator: _, ...rest } = this.givenOptions;
    return new BaggingClassificationModel(rest, state);
  }

  override transformSchema(schema: Schema): Schema {
    const { className: owner, params } = this;
    if (params.idCol !== undefined) requireColumn(owner, 'idCol', params.idCol, schema);
    const labelCol = bagLabelCol(params);
    const planned = plannedClassSchema(owner, schema, labelCol, params);
    const members = bagMembers(owner, { ...params, numEstimators: 1 });
    const models = members.map(({ stage }) => stage);
    const classes = plannedClasses(labelTypeOf(owner, schema, labelCol), 2);
    votePlan(owner, schema, { members, models, request: voteRequest(params.voting, classes) });
    return planned;
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await writer.stage('estimator', this.params.estimator);
  }

  static override async fromSaved(reader: StageReader): Promise<BaggingClassifier> {
    return new BaggingClassifier({ ...reader.options, estimator: await readEstimator(reader) });
  }

  protected override nestedStages(): readonly (readonly [string, SavableStage])[] {
    return [['estimator', this.params.estimator]];
  }
}

registerStage(BaggingClassifier);
registerStage(BaggingClassificationModel);
