/** What the fits of committees share: what is taken of members, the classes, and a schema before the fit. */
import type { DataType, Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { requireClassLabel, requireColumn } from '../../pipeline/check-schema.ts';
import { plannedClasses } from '../../pipeline/class-columns.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import { logicalType } from '../../pipeline/logical-schema.ts';
import type { Model } from '../../pipeline/model.ts';
import { outputNames } from '../column-names.ts';
import { type Member, planOf } from '../level-one/cross-fit.ts';
import { scoresClasses } from '../level-one/level-one.ts';
import type { LevelOnePlan, LevelOneRequest } from '../level-one/level-one-plan.ts';
import { committeeSchema, type OutputValues } from './committee-model.ts';

/** Probabilities, votes, or numbers. */
export type Voting = 'soft' | 'hard' | 'numbers';

/** Type of a label, as printed in schemas. */
export function labelTypeOf(owner: string, schema: Schema, labelCol: string): string {
  return logicalType(requireColumn(owner, 'labelCol', labelCol, schema).type as DataType);
}

/** What is asked of the members of a vote. */
export function voteRequest(voting: Voting, classes: readonly LabelValue[]): LevelOneRequest {
  if (voting === 'numbers') return { baseOutput: 'auto', logit: false, classes: null };
  const baseOutput = voting === 'soft' ? 'probability' : 'prediction';
  return { baseOutput, logit: false, classes };
}

/**
 * What to take of each member.
 *
 * @throws CoppiceError `SCHEMA_MISMATCH` for a regressor among classifiers, one among regressors and a member of several numbers,
 *   `COLUMN_NOT_FOUND`, `COLUMN_TYPE`
 */
export function votePlan(
  owner: string,
  schema: Schema,
  from: {
    readonly members: readonly Member[];
    readonly models: readonly (Model | Member['stage'])[];
    readonly request: LevelOneRequest;
  },
): LevelOnePlan {
  const plan = planOf(owner, schema, from);
  const many = plan.members.find((member) => plan.classes === null && member.columns.length > 1);
  if (many !== undefined) {
    throw new CoppiceError(
      'SCHEMA_MISMATCH',
      `members of ${owner} must predict one number each; ${many.name} predicts ${many.columns.length}: fit an ensemble ` +
        'for each of its labels or quantiles',
      { context: { owner } },
    );
  }
  if (plan.classes === null) refuseClassifiers(owner, schema, from);
  const odd = plan.members.find((member) => plan.classes !== null && member.take === 'value');
  if (odd === undefined) return plan;
  throw new CoppiceError(
    'SCHEMA_MISMATCH',
    `members of ${owner} must be classifiers, whose scores name their classes; ${odd.name} is none: ` +
      'use a stack, which may learn from numbers too',
    { context: { owner } },
  );
}

/** The mean of labels is no number that anybody predicted. */
function refuseClassifiers(
  owner: string,
  schema: Schema,
  { members, models }: Pick<Parameters<typeof votePlan>[2], 'members' | 'models'>,
): void {
  const odd = models.findIndex((model) =>
    scoresClasses(schema, model.transformSchema(schema), outputNames(model)),
  );
  if (odd < 0) return;
  throw new CoppiceError(
    'SCHEMA_MISMATCH',
    `members of ${owner} must be regressors; ${members[odd]?.name} is a classifier, whose labels have no mean: ` +
      `take its regressor, or ${owner.replace('Regressor', 'Classifier')}`,
    { context: { owner } },
  );
}

/** The schema that a committee of classes plans for. */
export function plannedClassSchema(
  owner: string,
  schema: Schema,
  labelCol: string,
  params: OutputValues,
): Schema {
  const field = requireClassLabel(owner, 'labelCol', labelCol, schema);
  const labelType = logicalType(field.type as DataType);
  const classes = plannedClasses(labelType, 2);
  return committeeSchema(owner, schema, { classes, labelType }, params);
}

/** The schema that a committee of numbers plans for. */
export function plannedNumberSchema(owner: string, schema: Schema, params: OutputValues): Schema {
  return committeeSchema(owner, schema, { classes: [], labelType: 'double' }, params);
}
