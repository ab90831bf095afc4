/** What classifiers share: the names of their columns, and thresholds. */
import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import type { ClassValue } from '../training/messages.ts';
import { type ModelOutput, schemaWithOutputs } from './output-columns.ts';

/** The parameters that name a classifier's columns. */
export interface ClassifierColumnParams {
  readonly rawPredictionCol: string;
  readonly probabilityCol: string;
  readonly predictionCol: string;
  readonly leafCol: string | undefined;
  readonly contributionsCol: string | undefined;
}

/** The columns that a classification model adds. */
export function classifierOutputs(params: ClassifierColumnParams): ModelOutput {
  return {
    rawPredictionCol: params.rawPredictionCol,
    probabilityCol: params.probabilityCol,
    predictionCol: params.predictionCol,
    quantiles: null,
    leafCol: params.leafCol ?? null,
    contributionsCol: params.contributionsCol ?? null,
  };
}

/** The schema a classifier plans for before it has seen the classes: types are right, widths are not known. */
export function plannedClassifierSchema(
  schema: Schema,
  params: ClassifierColumnParams,
  labelType: string,
): Schema {
  const stand: ClassValue = labelType === 'string' ? '' : labelType === 'boolean' ? false : 0;
  const outputs = classifierOutputs(params);
  return schemaWithOutputs(schema, { outputs, classes: [stand, stand], labelType, numTrees: 1 });
}

/** One threshold a class, none negative, at most one of them 0. */
export function checkThresholds(
  owner: string,
  thresholds: readonly number[] | undefined,
  classes: readonly ClassValue[],
): void {
  if (thresholds === undefined) return;
  const isSound = thresholds.every((t) => t >= 0) && thresholds.filter((t) => t === 0).length <= 1;
  if (isSound && thresholds.length === classes.length) return;
  throw new CoppiceError(
    'PARAM_INVALID',
    `thresholds of ${owner} must be ${classes.length} numbers ≥ 0, one a class, at most one of them 0; got [${thresholds.join(', ')}]`,
    { context: { owner, param: 'thresholds' } },
  );
}
