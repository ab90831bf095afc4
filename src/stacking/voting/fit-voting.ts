/**
 * A vote's fit. Driver: fits every member on all rows, side by side; where weights are to be found, on each fold's
 * other rows too, and finds the weights from what these models say about the folds. Members of weight 0 are left out.
 */
import { throwIfAborted } from '../../base/abort.ts';
import type { FoldParams } from '../../feature/folds/fold-params.ts';
import { planFolds } from '../../feature/folds/plan-folds.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { columnNameOf } from '../../pipeline/column-name-of.ts';
import type { FitOptions } from '../../pipeline/estimator.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import type { Model } from '../../pipeline/model.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { type CommitteeState, inputsOfModels } from '../committee/committee-model.ts';
import { labelTypeOf, type Voting, votePlan, voteRequest } from '../committee/fit-committee.ts';
import { fitSideBySide } from '../fit-side-by-side.ts';
import {
  fitJob,
  foldJobs,
  levelOneTable,
  type Member,
  markedFolds,
} from '../level-one/cross-fit.ts';
import { groupedMembers, type MemberValues, membersOf } from '../members.ts';
import { learnWeights, type WeightRequest } from './learn-weights.ts';

/** The parameters that both kinds of votes have. */
export interface VotingFitValues extends MemberValues, FoldParams {
  readonly weights: readonly number[] | undefined;
  readonly weighting: 'equal' | 'learned' | 'selected';
  readonly selectionRounds: number;
  readonly parallelism: number | undefined;
}

/** Who votes about what. */
export interface VotingFit {
  readonly owner: string;
  readonly params: VotingFitValues;
  readonly voting: Voting;
  readonly labelCol: string;
  /** Ascending; empty for numbers. */
  readonly classes: readonly LabelValue[];
}

/** Fits a vote. */
export async function fitVoting(
  fit: VotingFit,
  table: PartitionedTable,
  options: FitOptions,
): Promise<CommitteeState> {
  const { owner, params, voting, labelCol, classes } = fit;
  const { signal, onProgress } = options;
  throwIfAborted(signal, `${owner}.fit`);
  const groups = { groupCol: params.groupCol, schema: table.schema };
  const members = groupedMembers(owner, membersOf(owner, params), groups);
  const parallelism = params.parallelism ?? table.runner.numThreads;
  const request = voteRequest(voting, classes);
  const wholeJobs = members.map(({ stage }) => fitJob(stage, table, options));
  const how = { owner, parallelism, signal, onProgress };
  let models: Model[];
  let weights: readonly number[];
  if (params.weighting === 'equal') {
    models = await fitSideBySide(wholeJobs, how);
    weights = givenWeights(owner, params);
  } else {
    const { nesting } = options;
    const draw = await planFolds(table, { owner, params, labelCol }, { signal, nesting });
    const folds = markedFolds(owner, table, draw, false);
    const all = await fitSideBySide([...foldJobs(folds, members, options), ...wholeJobs], how);
    models = all.slice(-members.length);
    const byFold = folds.map((_, fold) =>
      all.slice(fold * members.length, (fold + 1) * members.length),
    );
    const weightCol = weightColOf(params);
    const named = [labelCol, ...(weightCol === null ? [] : [weightCol])];
    const keeps = table.columns.filter((name) => named.includes(name));
    const cross = { owner, members, request, folds, models: byFold, keeps };
    const level = await levelOneTable(cross, options);
    votePlan(owner, table.schema, { members, models, request });
    const learn: WeightRequest = { plan: level.plan, labelCol, weightCol, how: howOf(fit) };
    weights = await learnWeights(level.table, learn, { signal });
    level.table.unpersist();
  }
  const isKept = (_: unknown, i: number): boolean => (weights[i] as number) > 0;
  const kept: Member[] = members.filter(isKept);
  const keptModels = models.filter(isKept);
  return {
    models: keptModels,
    plan: votePlan(owner, table.schema, { members: kept, models: keptModels, request }),
    rule: 'mean',
    weights: weights.filter(isKept),
    classes,
    labelType: labelTypeOf(owner, table.schema, labelCol),
    inputSchema: inputsOfModels(keptModels),
  };
}

/** Refuses a wrong number of weights. */
export function givenWeights(
  owner: string,
  { weights, estimators }: Pick<VotingFitValues, 'weights' | 'estimators'>,
): readonly number[] {
  if (weights === undefined) return estimators.map(() => 1);
  if (weights.length === estimators.length) return weights;
  throw paramInvalid(owner, 'weights', `${estimators.length} numbers, one an estimator`, weights);
}

function howOf({ params, voting }: VotingFit): WeightRequest['how'] {
  if (params.weighting === 'learned') return { kind: 'mixture' };
  const loss = voting === 'soft' ? 'logLoss' : voting === 'hard' ? 'errors' : 'squared';
  return { kind: 'selected', loss, numRounds: params.selectionRounds };
}

function weightColOf({ weightCol, estimators }: MemberValues): string | null {
  const named = estimators.map((stage) => columnNameOf(stage, 'weightCol'));
  return weightCol ?? named.find((name) => name !== undefined) ?? null;
}
