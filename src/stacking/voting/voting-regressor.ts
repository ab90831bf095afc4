/** A vote of regressors. */

import type { Schema } from 'apache-arrow';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import {
  CommitteeModel,
  type CommitteeState,
  readCommittee,
} from '../committee/committee-model.ts';
import { numberOutputParams } from '../committee/committee-params.ts';
import { plannedNumberSchema, votePlan, voteRequest } from '../committee/fit-committee.ts';
import { estimatorsParam, labelColOf, membersOf, placesOf, readMembers } from '../members.ts';
import { fitVoting, givenWeights } from './fit-voting.ts';
import { checkVoteColumns, votingComplaint, votingParams } from './voting-params.ts';

const numberVotingParams = { ...votingParams, ...numberOutputParams };

/** Parameters of {@link VotingRegressor}. */
export const votingRegressorParams = defineParams(
  'VotingRegressor',
  {
    /** Estimators of any kind, pipelines too; a model among them is used as it is. */
    estimators: estimatorsParam,
    ...numberVotingParams,
  },
  votingComplaint,
);

/** Parameters of {@link VotingRegressionModel}. */
export const votingRegressionModelParams = defineParams(
  'VotingRegressionModel',
  numberVotingParams,
);

/** Options of {@link VotingRegressor}. @interface */
export type VotingRegressorOptions = Options<typeof votingRegressorParams.schema>;

/** Options of {@link VotingRegressionModel}. @interface */
export type VotingRegressionModelOptions = Options<typeof votingRegressionModelParams.schema>;

/**
 * The result of `VotingRegressor.fit`.
 *
 * Input: what the members read. Output: the weighted mean of their predictions.
 */
export class VotingRegressionModel extends CommitteeModel<
  typeof votingRegressionModelParams.schema,
  number
> {
  /** The declared parameters. */
  static readonly paramSchema = votingRegressionModelParams;

  constructor(options: VotingRegressionModelOptions, state: CommitteeState) {
    super(votingRegressionModelParams, options, state, 'VotingRegressor');
  }

  static override async fromSaved(reader: StageReader): Promise<VotingRegressionModel> {
    return new VotingRegressionModel(reader.options, await readCommittee(reader));
  }
}

/**
 * The mean of regressors of any kind, each with a weight. Weights are given, or found on out-of-fold predictions: the
 * mixture with the least squared error (`learned`), or how often greedy selection chose each (`selected`), which
 * leaves out who does not help.
 *
 * Input: what the members read, and `label`. Output: `prediction`. Cost: a fit a member, numFolds + 1 where weights are
 * found, on one pool. Determinism: the same model, bit for bit, on any topology.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_EXISTS`, `SCHEMA_MISMATCH`, `LABEL_INVALID`,
 *   `DATA_EMPTY`, `ABORTED`, and what the estimators throw
 * @example
 * ```ts
 * import { createTable, GBTRegressor, RandomForestRegressor, VotingRegressor } from 'coppice';
 * const x = Array.from({ length: 200 }, (_, row) => (row * 37) % 50);
 * const table = createTable({ x, label: x.map((value, row) => value + (row % 9)) });
 * const model = await new VotingRegressor({
 *   estimators: [
 *     new GBTRegressor({ featuresCols: ['x'], maxIter: 5 }),
 *     new RandomForestRegressor({ featuresCols: ['x'], numTrees: 5 }),
 *   ],
 *   weighting: 'learned',
 * }).fit(table);
 * console.log(model.memberWeights.reduce((sum, weight) => sum + weight, 0).toFixed(6)); // 1.000000
 * ```
 * @see docs/guides/stacking.md; R. Caruana et al., "Ensemble selection from libraries of models", 2004
 */
export class VotingRegressor extends Estimator<
  VotingRegressionModel,
  typeof votingRegressorParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = votingRegressorParams;

  constructor(options: VotingRegressorOptions) {
    super(votingRegressorParams, options);
    membersOf(this.className, this.params);
    givenWeights(this.className, this.params);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<VotingRegressionModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { className: owner, params } = this;
    const labelCol = labelColOf(params);
    const fit = { owner, params, voting: 'numbers', labelCol, classes: [] } as const;
    const state = await fitVoting(fit, table, options);
    const { estimators: _, ...rest } = this.givenOptions;
    return new VotingRegressionModel(rest, state);
  }

  override transformSchema(schema: Schema): Schema {
    const { className: owner, params } = this;
    const labelCol = labelColOf(params);
    checkVoteColumns(owner, schema, params, labelCol);
    const members = membersOf(owner, params);
    const request = voteRequest('numbers', []);
    votePlan(owner, schema, { members, models: members.map(({ stage }) => stage), request });
    return plannedNumberSchema(owner, schema, params);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    writer.extra({ numStages: this.params.estimators.length });
    await writer.stages(this.params.estimators);
  }

  static override async fromSaved(reader: StageReader): Promise<VotingRegressor> {
    return new VotingRegressor({ ...reader.options, estimators: await readMembers(reader) });
  }

  protected override nestedStages(): readonly (readonly [number, SavableStage])[] {
    return placesOf(this.params.estimators);
  }
}

registerStage(VotingRegressor);
registerStage(VotingRegressionModel);
