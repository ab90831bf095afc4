/** Spark's linear and logistic regression as models of ours. */

import type { LinearModelData } from '../../../linear/linear-model-data.ts';
import { LinearRegressionModel } from '../../../linear/linear-regression.ts';
import { LogisticRegressionModel } from '../../../linear/logistic-regression.ts';
import type { Model } from '../../../pipeline/model.ts';
import type { SparkFolder } from './spark-folder.ts';
import { numberParam } from './spark-params.ts';
import {
  columnOptions,
  mostClasses,
  mostFeatures,
  type SparkInputs,
  sparkClasses,
} from './spark-tree-models.ts';
import { finite, matrixOf, vectorOf } from './spark-vectors.ts';

/** Classes of Spark that are linear. */
export const linearClasses: readonly string[] = [
  'LinearRegressionModel',
  'LogisticRegressionModel',
];

/** How many features a linear model has; its metadata may not say it. @throws CoppiceError `MODEL_FORMAT` */
export async function linearWidth(folder: SparkFolder): Promise<number> {
  const row = await folder.oneRow();
  const { coefficients } = row as { readonly coefficients?: Record<string, unknown> };
  const values = coefficients?.['values'];
  const dense = Array.isArray(values) ? values.length : undefined;
  const width =
    row['numFeatures'] ?? (coefficients?.['type'] === 1 ? dense : coefficients?.['size']);
  if (Number.isSafeInteger(width) && (width as number) >= 0 && (width as number) <= mostFeatures)
    return width as number;
  throw folder.file.malformed('does not tell its features');
}

/** The model. @throws CoppiceError `MODEL_FORMAT`, `UNSUPPORTED` */
export async function sparkLinearModel(folder: SparkFolder, inputs: SparkInputs): Promise<Model> {
  const { file } = folder;
  const { features, inputSchema } = inputs;
  const text = features.find(({ isText, values }) => isText || values !== null);
  if (text !== undefined) {
    throw file.unsupported(
      `multiplies the index of ${text.name}, whose values are text here`,
      'put a OneHotEncoder between them',
    );
  }
  const row = await folder.oneRow();
  const common = {
    ...{ inputSchema, numRows: 0, objectiveHistory: [] },
    names: features.map(({ name }) => name),
    paths: features.map(({ path }) => path),
  };
  const width = features.length;
  if (folder.className === 'LinearRegressionModel') {
    const data: LinearModelData = {
      ...{ ...common, classes: [], labelType: 'double' },
      coefficients: vectorOf(file, row['coefficients'], 'coefficients', width),
      intercepts: Float64Array.from(finite(file, [row['intercept']], 'intercept')),
    };
    return new LinearRegressionModel({ ...columnOptions(folder, false), ...inputs.options }, data);
  }
  const numClasses = row['numClasses'];
  if (
    !Number.isSafeInteger(numClasses) ||
    (numClasses as number) < 1 ||
    (numClasses as number) > mostClasses
  )
    throw file.malformed('has no count numClasses');
  const isMultinomial = row['isMultinomial'] === true;
  const rows = isMultinomial ? (numClasses as number) : 1;
  const data: LinearModelData = {
    ...common,
    ...sparkClasses(file, inputs, numClasses as number),
    coefficients: matrixOf(file, row['coefficientMatrix'], 'coefficientMatrix', {
      ...{ rows, columns: width },
    }),
    intercepts: vectorOf(file, row['interceptVector'], 'interceptVector', rows),
  };
  const options = { ...thresholdOf(folder, isMultinomial), ...columnOptions(folder, true) };
  return new LogisticRegressionModel({ ...options, ...inputs.options }, data);
}

/** Of two classes, the share from which on the second one is predicted. */
function thresholdOf(folder: SparkFolder, isMultinomial: boolean): { thresholds?: number[] } {
  const threshold = numberParam(folder, 'threshold') ?? 0.5;
  if (isMultinomial || threshold === 0.5) return {};
  return { thresholds: [1 - threshold, threshold] };
}
