/** What AdaBoost boosts, and what its model knows of the rounds. */
import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { columnNameOf } from '../../pipeline/column-name-of.ts';
import type { Estimator } from '../../pipeline/estimator.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import type { Model } from '../../pipeline/model.ts';
import { hasParam, withInputColumns, withParam } from '../column-names.ts';
import { type CommitteeState, inputsOfModels } from '../committee/committee-model.ts';
import { labelTypeOf, votePlan, voteRequest } from '../committee/fit-committee.ts';
import { type BoostLoss, boostColumn } from './boost-rows.ts';

/** The parameters that both kinds have. */
export interface AdaBoostValues {
  readonly estimator: Estimator;
  readonly maxIter: number;
  readonly stepSize: number;
  readonly labelCol: string | undefined;
  readonly weightCol: string | undefined;
}

/** Who is boosted, by which loss. */
export interface AdaBoostFit {
  readonly owner: string;
  readonly params: AdaBoostValues;
  readonly loss: BoostLoss;
  /** How many classes there are; 0 for numbers. */
  readonly numClasses: number;
}

/** The models of the rounds and their weights. */
export interface Boosted {
  readonly models: readonly Model[];
  readonly weights: readonly number[];
}

/** The column of labels: AdaBoost's, else the estimator's. */
export function boostLabelCol({
  labelCol,
  estimator,
}: Pick<AdaBoostValues, 'labelCol' | 'estimator'>): string {
  return labelCol ?? columnNameOf(estimator, 'labelCol') ?? 'label';
}

/**
 * The estimator as it is fitted in every round.
 *
 * @throws CoppiceError `UNSUPPORTED` where it cannot weigh rows
 */
export function boostEstimator(owner: string, { estimator, labelCol }: AdaBoostValues): Estimator {
  if (!hasParam(estimator, 'weightCol')) {
    throw new CoppiceError(
      'UNSUPPORTED',
      `estimator of ${owner} must have a weightCol, which every round sets; ${estimator.className} has none`,
      { context: { owner, param: 'estimator' } },
    );
  }
  return withParam(withInputColumns(owner, estimator, { labelCol }), 'weightCol', boostColumn);
}

/** What a committee of rounds knows: classes vote, numbers have a median. */
export function boostState(
  { owner, params, numClasses }: AdaBoostFit,
  schema: Schema,
  { models, weights }: Boosted,
  classes: readonly LabelValue[],
): CommitteeState {
  const { estimator } = params;
  const digits = String(models.length - 1).length;
  const members = models.map((_, round) => ({
    name: `round_${String(round).padStart(digits, '0')}`,
    stage: estimator,
  }));
  const request = voteRequest(numClasses > 0 ? 'hard' : 'numbers', classes);
  return {
    models,
    plan: votePlan(owner, schema, { members, models, request }),
    rule: numClasses > 0 ? 'mean' : 'median',
    weights,
    classes,
    labelType: labelTypeOf(owner, schema, boostLabelCol(params)),
    inputSchema: inputsOfModels(models),
  };
}
