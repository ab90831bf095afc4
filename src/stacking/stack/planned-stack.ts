/** The schema that a stack plans for before any of its estimators is fitted. */
import type { Schema } from 'apache-arrow';
import { outputNames } from '../column-names.ts';
import { planOf } from '../level-one/cross-fit.ts';
import { levelOneColumns } from '../level-one/level-one.ts';
import { withNumberFields } from '../number-fields.ts';
import { combinerSchema } from './combiner-table.ts';
import { inputOf, type StackFit, type StackValues } from './fit-stack.ts';
import { renamedOutputs, type StackOutputParams, schemaWithFinal } from './stacked-model.ts';

/** The table's schema with the final estimator's outputs. */
export function plannedStackSchema(
  { owner, members, finalEstimator, request }: StackFit,
  schema: Schema,
  params: StackOutputParams & Pick<StackValues, 'passthroughCols'>,
): Schema {
  const models = members.map(({ stage }) => stage);
  const plan = planOf(owner, schema, { members, models, request });
  const input = inputOf(finalEstimator, params)(plan);
  const combined = combinerSchema(withNumberFields(schema, levelOneColumns(plan)), input);
  const names = outputNames(finalEstimator);
  return schemaWithFinal(owner, schema, {
    scored: finalEstimator.transformSchema(combined),
    outputs: (scored) => renamedOutputs(scored, names, params),
  });
}
