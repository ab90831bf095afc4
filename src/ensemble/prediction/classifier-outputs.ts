/** What classifiers of trees share: the names of their columns. */
import type { Schema } from 'apache-arrow';
import { checkThresholds, plannedClasses } from '../../pipeline/class-columns.ts';
import { type ModelOutput, schemaWithOutputs } from './output-columns.ts';

export { checkThresholds };

/** The parameters that name a classifier's columns. */
export interface ClassifierColumnParams {
  readonly rawPredictionCol: string;
  readonly probabilityCol: string;
  readonly predictionCol: string;
  readonly leafCol: string | undefined;
  readonly contributionsCol: string | undefined;
  readonly labelCols?: readonly string[] | undefined;
}

/** The columns that a classification model adds. */
export function classifierOutputs(params: ClassifierColumnParams): ModelOutput {
  return {
    rawPredictionCol: params.rawPredictionCol,
    probabilityCol: params.probabilityCol,
    predictionCol: params.predictionCol,
    quantiles: null,
    labels: params.labelCols ?? null,
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
  const outputs = classifierOutputs(params);
  return schemaWithOutputs(schema, {
    outputs,
    classes: plannedClasses(labelType, 2),
    labelType,
    numTrees: 1,
  });
}
