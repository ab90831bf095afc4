/**
 * Which columns does an estimator read and write? Estimators say it in their parameters; a pipeline's names are
 * those of its last stage that has one, and what wraps an estimator has its names.
 */
import { DataType, type Schema } from 'apache-arrow';
import { emitWarning } from '../base/warn.ts';
import { columnNameOf, wrappedBy } from '../pipeline/column-name-of.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { logicalType } from '../pipeline/logical-schema.ts';
import { PipelineStage } from '../pipeline/pipeline-stage.ts';

/** The columns that a classifier's or regressor's model adds. */
export interface OutputNames {
  readonly rawPredictionCol: string;
  readonly probabilityCol: string;
  readonly predictionCol: string;
}

/** What a stage calls its outputs; Spark's names where it does not say. */
export function outputNames(stage: PipelineStage): OutputNames {
  return {
    rawPredictionCol: columnNameOf(stage, 'rawPredictionCol') ?? 'rawPrediction',
    probabilityCol: columnNameOf(stage, 'probabilityCol') ?? 'probability',
    predictionCol: columnNameOf(stage, 'predictionCol') ?? 'prediction',
  };
}

/**
 * The estimator with a column of labels or weights where it names none itself; a copy, at every depth.
 *
 * @param owner who asks for it, for the warning where an estimator cannot weigh rows
 */
export function withInputColumns<E extends Estimator>(
  owner: string,
  estimator: E,
  names: Readonly<Record<string, string | undefined>>,
): E {
  const given = Object.entries(names).filter(([, name]) => name !== undefined);
  const changed = given.reduce<E>(
    (current, [param, name]) => withColumn(current, param, name as string),
    estimator,
  );
  const { weightCol } = names;
  if (weightCol !== undefined && columnNameOf(changed, 'weightCol') === undefined)
    emitWarning(`${owner}: ${estimator.className} has no weightCol; its fits ignore ${weightCol}`);
  return changed;
}

/**
 * The estimator with a column of groups where it names none itself, so that what it holds out or draws are whole groups
 * too; as it is where the column is no integer and no text, which learners ask for.
 */
export function withGroups<E extends Estimator>(
  owner: string,
  estimator: E,
  { groupCol, schema }: { readonly groupCol: string | undefined; readonly schema: Schema },
): E {
  const type = schema.fields.find(({ name }) => name === groupCol)?.type as DataType | undefined;
  const isId = type !== undefined && (DataType.isInt(type) || logicalType(type) === 'string');
  return isId ? withInputColumns(owner, estimator, { groupCol }) : estimator;
}

/** The estimator with a parameter of another value, wherever it has one of that name; a copy, at every depth. */
export function withParam<E extends Estimator>(estimator: E, param: string, value: string): E {
  return withColumn(estimator, param, value, true);
}

/** Does the estimator, or one inside it, have a parameter? */
export function hasParam(stage: PipelineStage, param: string): boolean {
  const params = paramsOf(stage);
  const inner = [params['estimator'], params['classifier'], params['stages'], params['estimators']];
  return (
    param in params ||
    inner.flat().some((one) => one instanceof PipelineStage && hasParam(one, param))
  );
}

function withColumn<E extends Estimator>(
  estimator: E,
  param: string,
  name: string,
  replaces = false,
): E {
  const change = (stage: unknown): unknown =>
    stage instanceof Estimator ? withColumn(stage as Estimator, param, name, replaces) : stage;
  const params = paramsOf(estimator);
  const given = (estimator.givenOptions as Record<string, unknown>)[param];
  const extra: Record<string, unknown> = {};
  // who cuts folds by something else is not told of groups too
  const hasOtherFolds =
    param === 'groupCol' &&
    (params['timeCol'] ?? params['foldCol'] ?? (params['stratified'] === true || undefined)) !==
      undefined;
  if (param in params && !hasOtherFolds && (replaces || given === undefined)) extra[param] = name;
  for (const key of ['estimator', 'finalEstimator', 'classifier'] as const)
    if (params[key] instanceof Estimator) extra[key] = change(params[key]);
  for (const key of ['stages', 'estimators'] as const)
    if (Array.isArray(params[key])) extra[key] = params[key].map(change);
  return Object.keys(extra).length === 0 ? estimator : estimator.copy(extra as never);
}

/** Is there an ensemble in it, which asks models of its own? */
export function asksMembers(stage: PipelineStage): boolean {
  const { models, stages } = stage as unknown as Readonly<Record<string, unknown>>;
  if (Array.isArray(models)) return true;
  if (Array.isArray(stages)) return (stages as PipelineStage[]).some(asksMembers);
  const inner = wrappedBy(stage);
  return inner !== undefined && asksMembers(inner);
}

function paramsOf(stage: PipelineStage): Readonly<Record<string, unknown>> {
  return stage.params as Readonly<Record<string, unknown>>;
}
