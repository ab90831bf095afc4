/** Fits an estimator on cells in the test's own thread. */
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import type { FitOptions } from '../../src/pipeline/estimator.ts';
import '../../src/ensemble/worker-operators.ts';
import '../../src/training/worker-programs.ts';
import { predictionsOf } from '../tools/fitted-bytes.ts';
import { cutTable, type SampleData } from '../tools/sample-data.ts';
import { type EstimatorCase, makeEstimator } from './random-estimators.ts';

const runner = new InlineRunner();

/** The fitted model. */
export async function fitSample(
  found: EstimatorCase,
  data: SampleData,
  options: Omit<FitOptions, 'validation'> & { readonly validation?: SampleData } = {},
): Promise<TreeModel> {
  const { validation, ...rest } = options;
  return await makeEstimator(found).fit(cutTable(runner, data), {
    ...rest,
    ...(validation === undefined ? {} : { validation: cutTable(runner, validation) }),
  });
}

/** What the model adds to these rows. */
export async function scoreSample(
  model: TreeModel,
  data: SampleData,
): Promise<Record<string, unknown[]>> {
  return await predictionsOf(model, cutTable(runner, data));
}

/** The `prediction` column as numbers. */
export async function predictedNumbers(model: TreeModel, data: SampleData): Promise<number[]> {
  return ((await scoreSample(model, data))['prediction'] ?? []).map(Number);
}
