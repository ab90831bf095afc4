/** The schema that a stack plans for before any of its estimators is fitted. */
import { Schema as ArrowSchema, type Schema } from 'apache-arrow';
import { CoppiceError, isCoppiceError } from '../../base/errors.ts';
import { columnNames } from '../../table/columns/find-column.ts';
import { outputNames } from '../column-names.ts';
import { planOf } from '../level-one/cross-fit.ts';
import { levelOneColumns, memberColumns, scoresClasses } from '../level-one/level-one.ts';
import { withNumberFields } from '../number-fields.ts';
import { combinerSchema } from './combiner-table.ts';
import { inputOf, keptColumns, type StackFit, type StackValues } from './stack-columns.ts';
import { renamedOutputs, type StackOutputParams, schemaWithFinal } from './stacked-model.ts';

/** The table's schema with the final estimator's outputs. */
export function plannedStackSchema(
  stack: StackFit,
  schema: Schema,
  params: StackOutputParams & Pick<StackValues, 'passthroughCols'>,
): Schema {
  const { owner, members, finalEstimator, request } = stack;
  const models = members.map(({ stage }) => stage);
  const plan = planOf(owner, schema, { members, models, request });
  const input = inputOf(finalEstimator, params)(plan);
  const kept = keptColumns(stack, { columns: columnNames(schema) });
  const seen = new ArrowSchema(
    schema.fields.filter(({ name }) => kept.includes(name)),
    schema.metadata,
  );
  const combined = combinerSchema(withNumberFields(seen, levelOneColumns(plan)), input);
  const names = outputNames(finalEstimator);
  const scored = scoredByFinal(stack, combined, input.featuresCol);
  if (request.classes !== null) {
    const final = { name: finalEstimator.className, outputs: names };
    const { take } = memberColumns(owner, final, scored, { ...request, baseOutput: 'auto' });
    if (take === 'value') throw noClassifier(stack);
  } else if (scoresClasses(combined, scored, names)) throw noRegressor(stack);
  return schemaWithFinal(owner, schema, {
    scored,
    outputs: (scored) => renamedOutputs(scored, names, params),
  });
}

/** What the final estimator makes of the level-one table; it sees no other columns. */
function scoredByFinal(
  { owner, finalEstimator }: StackFit,
  combined: Schema,
  featuresCol: string,
): Schema {
  try {
    return finalEstimator.transformSchema(combined);
  } catch (error) {
    if (!isCoppiceError(error) || error.code !== 'COLUMN_NOT_FOUND') throw error;
    const message = `${error.message}. The final estimator of ${owner} learns from what the others say, in the column ${featuresCol}: leave out featuresCols, and name columns of the table in passthroughCols`;
    throw new CoppiceError(error.code, message, { context: error.context, cause: error });
  }
}

function noRegressor({ owner, finalEstimator }: StackFit): CoppiceError {
  return new CoppiceError(
    'SCHEMA_MISMATCH',
    `finalEstimator of ${owner} must be a regressor; ${finalEstimator.className} is a classifier: take LinearRegression, say, or fit a StackingClassifier`,
    { context: { owner, param: 'finalEstimator' } },
  );
}

function noClassifier({ owner, finalEstimator }: StackFit): CoppiceError {
  return new CoppiceError(
    'SCHEMA_MISMATCH',
    `finalEstimator of ${owner} must be a classifier, whose scores name their classes; ${finalEstimator.className} is none: take LogisticRegression, say, or fit a StackingRegressor`,
    { context: { owner, param: 'finalEstimator' } },
  );
}
