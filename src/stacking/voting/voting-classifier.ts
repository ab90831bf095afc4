/** A vote of classifiers. */

import type { Schema } from 'apache-arrow';
import { distinctLabels } from '../../feature/statistics/distinct-labels.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { oneOf } from '../../params/kinds.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { plannedClasses } from '../../pipeline/class-columns.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { ClassValue } from '../../training/messages.ts';
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
import { estimatorsParam, labelColOf, membersOf, placesOf, readMembers } from '../members.ts';
import { fitVoting, givenWeights } from './fit-voting.ts';
import { checkVoteColumns, votingComplaint, votingParams } from './voting-params.ts';

const classVotingParams = {
  /** soft adds probabilities up, hard counts predictions. */
  voting: oneOf(['soft', 'hard'], { default: 'soft', since: '0.1.0' }),
  ...votingParams,
  ...classOutputParams,
};

/** Parameters of {@link VotingClassifier}. */
export const votingClassifierParams = defineParams(
  'VotingClassifier',
  {
    /** Estimators of any kind, pipelines too; a model among them is used as it is. */
    estimators: estimatorsParam,
    ...classVotingParams,
  },
  votingComplaint,
);

/** Parameters of {@link VotingClassificationModel}. */
export const votingClassificationModelParams = defineParams(
  'VotingClassificationModel',
  classVotingParams,
);

/** Options of {@link VotingClassifier}. @interface */
export type VotingClassifierOptions = Options<typeof votingClassifierParams.schema>;

/** Options of {@link VotingClassificationModel}. @interface */
export type VotingClassificationModelOptions = Options<
  typeof votingClassificationModelParams.schema
>;

/**
 * The result of `VotingClassifier.fit`.
 *
 * Input: what the members read. Output: weighted votes, their shares and the winner.
 */
export class VotingClassificationModel extends CommitteeModel<
  typeof votingClassificationModelParams.schema,
  ClassValue
> {
  /** The declared parameters. */
  static readonly paramSchema = votingClassificationModelParams;

  constructor(options: VotingClassificationModelOptions, state: CommitteeState) {
    super(votingClassificationModelParams, options, state, 'VotingClassifier');
  }

  static override async fromSaved(reader: StageReader): Promise<VotingClassificationModel> {
    return new VotingClassificationModel(reader.options, await readCommittee(reader));
  }
}

/**
 * A vote of classifiers of any kind: their probabilities are added up (`soft`), or their predictions counted
 * (`hard`), each with a weight. Weights are given, or found on out-of-fold predictions: the mixture under which the
 * labels are most likely (`learned`), or how often greedy selection chose each (`selected`), which leaves out who does
 * not help.
 *
 * Input: what the members read, and `label`. Output: `rawPrediction` (weighted sums), `probability` (their shares),
 * `prediction`. Cost: a fit a member, numFolds + 1 where weights are found, on one pool. Determinism: the same model,
 * bit for bit, on any topology.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_EXISTS`, `SCHEMA_MISMATCH`, `LABEL_INVALID`,
 *   `DATA_EMPTY`, `ABORTED`, and what the estimators throw
 * @example
 * ```ts
 * import { createTable, GBTClassifier, RandomForestClassifier, VotingClassifier } from 'coppice';
 * const x = Array.from({ length: 200 }, (_, row) => (row * 37) % 50);
 * const table = createTable({ x, label: x.map((value, row) => value + (row % 9) > 30) });
 * const model = await new VotingClassifier({
 *   estimators: [
 *     new GBTClassifier({ featuresCols: ['x'], maxIter: 5 }),
 *     new RandomForestClassifier({ featuresCols: ['x'], numTrees: 5 }),
 *   ],
 *   weighting: 'learned',
 * }).fit(table);
 * console.log(model.memberWeights.reduce((sum, weight) => sum + weight, 0).toFixed(6)); // 1.000000
 * ```
 * @see docs/guides/stacking.md; R. Caruana et al., "Ensemble selection from libraries of models", 2004
 */
export class VotingClassifier extends Estimator<
  VotingClassificationModel,
  typeof votingClassifierParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = votingClassifierParams;

  constructor(options: VotingClassifierOptions) {
    super(votingClassifierParams, options);
    membersOf(this.className, this.params);
    givenWeights(this.className, this.params);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<VotingClassificationModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { className: owner, params } = this;
    const labelCol = labelColOf(params);
    const classes = await distinctLabels(table, labelCol, { signal: options.signal });
    const fit = { owner, params, voting: params.voting, labelCol, classes };
    const state = await fitVoting(fit, table, options);
    const { estimators: _, ...rest } = this.givenOptions;
    return new VotingClassificationModel(rest, state);
  }

  override transformSchema(schema: Schema): Schema {
    const { className: owner, params } = this;
    const labelCol = labelColOf(params);
    checkVoteColumns(owner, schema, params, labelCol);
    const members = membersOf(owner, params);
    const classes = plannedClasses(labelTypeOf(owner, schema, labelCol), 2);
    const request = voteRequest(params.voting, classes);
    votePlan(owner, schema, { members, models: members.map(({ stage }) => stage), request });
    return plannedClassSchema(owner, schema, labelCol, params);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    writer.extra({ numStages: this.params.estimators.length });
    await writer.stages(this.params.estimators);
  }

  static override async fromSaved(reader: StageReader): Promise<VotingClassifier> {
    return new VotingClassifier({ ...reader.options, estimators: await readMembers(reader) });
  }

  protected override nestedStages(): readonly (readonly [number, SavableStage])[] {
    return placesOf(this.params.estimators);
  }
}

registerStage(VotingClassifier);
registerStage(VotingClassificationModel);
