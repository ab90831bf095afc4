/** AdaBoost of any classifier that can weigh rows. */

import type { Schema } from 'apache-arrow';
import { distinctLabels } from '../../feature/statistics/distinct-labels.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { plannedClasses } from '../../pipeline/class-columns.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { ClassValue } from '../../training/messages.ts';
import { estimatorParam } from '../bagging/bagging-params.ts';
import {
  CommitteeModel,
  type CommitteeState,
  readCommittee,
} from '../committee/committee-model.ts';
import { classOutputParams } from '../committee/committee-params.ts';
import {
  labelTypeOf,
  plannedClassSchema,
  votePlan,
  voteRequest,
} from '../committee/fit-committee.ts';
import { readEstimator } from '../members.ts';
import { adaBoostParams } from './ada-boost-params.ts';
import { schemaWithWeights } from './boost-rows.ts';
import { boostEstimator, boostLabelCol, boostState } from './boost-state.ts';
import { fitAdaBoost } from './fit-ada-boost.ts';

const classBoostParams = { ...adaBoostParams, ...classOutputParams };

/** Parameters of {@link AdaBoostClassifier}. */
export const adaBoostClassifierParams = defineParams('AdaBoostClassifier', {
  /** The classifier of every round; a pipeline too. It needs a weightCol. */
  estimator: estimatorParam,
  ...classBoostParams,
});

/** Parameters of {@link AdaBoostClassificationModel}. */
export const adaBoostClassificationModelParams = defineParams(
  'AdaBoostClassificationModel',
  classBoostParams,
);

/** Options of {@link AdaBoostClassifier}. @interface */
export type AdaBoostClassifierOptions = Options<typeof adaBoostClassifierParams.schema>;

/** Options of {@link AdaBoostClassificationModel}. @interface */
export type AdaBoostClassificationModelOptions = Options<
  typeof adaBoostClassificationModelParams.schema
>;

/**
 * The result of `AdaBoostClassifier.fit`.
 *
 * Input: what the estimator's models read. Output: the rounds' weighted votes, their shares and the winner.
 */
export class AdaBoostClassificationModel extends CommitteeModel<
  typeof adaBoostClassificationModelParams.schema,
  ClassValue
> {
  /** The declared parameters. */
  static readonly paramSchema = adaBoostClassificationModelParams;

  constructor(options: AdaBoostClassificationModelOptions, state: CommitteeState) {
    super(adaBoostClassificationModelParams, options, state, 'AdaBoostClassifier');
  }

  static override async fromSaved(reader: StageReader): Promise<AdaBoostClassificationModel> {
    return new AdaBoostClassificationModel(reader.options, await readCommittee(reader));
  }
}

/**
 * AdaBoost (SAMME): a classifier of any kind is fitted round after round; rows that a round gets wrong weigh more in
 * the next, and rounds vote with weights that hang on how much of the weight they got right.
 *
 * Input: what the estimator reads, and `label`. Output: `rawPrediction` (weighted votes), `probability` (their
 * shares), `prediction`. Cost: maxIter fits, one after another; the table is kept in memory with its weights.
 * Determinism: weights of rows come from exact sums; the same model, bit for bit, on any topology.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_EXISTS`, `UNSUPPORTED`, `LABEL_INVALID`,
 *   `WEIGHT_INVALID`, `DATA_EMPTY`, `ABORTED`, and what the estimator throws
 * @example
 * ```ts
 * import { AdaBoostClassifier, createTable, DecisionTreeClassifier } from 'coppice';
 * const x = Array.from({ length: 200 }, (_, row) => (row * 37) % 50);
 * const table = createTable({ x, label: x.map((value) => value % 20 > 9) });
 * const estimator = new DecisionTreeClassifier({ featuresCols: ['x'], maxDepth: 1 });
 * const model = await new AdaBoostClassifier({ estimator, maxIter: 20 }).fit(table);
 * console.log(model.models.length); // 20
 * ```
 * @see docs/guides/stacking.md; J. Zhu, H. Zou, S. Rosset, T. Hastie, "Multi-class AdaBoost", 2009
 */
export class AdaBoostClassifier extends Estimator<
  AdaBoostClassificationModel,
  typeof adaBoostClassifierParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = adaBoostClassifierParams;

  constructor(options: AdaBoostClassifierOptions) {
    super(adaBoostClassifierParams, options);
    boostEstimator(this.className, this.params);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<AdaBoostClassificationModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { className: owner, params } = this;
    const labelCol = boostLabelCol(params);
    const classes = await distinctLabels(table, labelCol, { signal: options.signal });
    const fit = { owner, params, loss: 'wrong', numClasses: classes.length } as const;
    const boosted = await fitAdaBoost(fit, table, options);
    const { estimator: _, ...rest } = this.givenOptions;
    const state = boostState(fit, table.schema, boosted, classes);
    return new AdaBoostClassificationModel(rest, state);
  }

  override transformSchema(schema: Schema): Schema {
    const { className: owner, params } = this;
    const { weightCol } = params;
    if (weightCol !== undefined) requireColumn(owner, 'weightCol', weightCol, schema);
    const labelCol = boostLabelCol(params);
    const planned = plannedClassSchema(owner, schema, labelCol, params);
    const stage = boostEstimator(owner, params);
    const members = [{ name: stage.className, stage }];
    const request = voteRequest('hard', plannedClasses(labelTypeOf(owner, schema, labelCol), 2));
    votePlan(owner, schemaWithWeights(schema), { members, models: [stage], request });
    return planned;
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await writer.stage('estimator', this.params.estimator);
  }

  static override async fromSaved(reader: StageReader): Promise<AdaBoostClassifier> {
    return new AdaBoostClassifier({ ...reader.options, estimator: await readEstimator(reader) });
  }

  protected override nestedStages(): readonly (readonly [string, SavableStage])[] {
    return [['estimator', this.params.estimator]];
  }
}

registerStage(AdaBoostClassifier);
registerStage(AdaBoostClassificationModel);
