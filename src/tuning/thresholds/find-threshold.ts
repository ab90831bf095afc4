/** The threshold that does best on rows which the classifier that scores them has not seen. */
import { throwIfAborted } from '../../base/abort.ts';
import { CoppiceError } from '../../base/errors.ts';
import { deriveSeed, purposes } from '../../base/rng.ts';
import { emitWarning } from '../../base/warn.ts';
import { classesOf } from '../../evaluation/evaluators/evaluator.ts';
import type { BestThreshold, ThresholdMeasure } from '../../evaluation/threshold-points.ts';
import type { FoldParams } from '../../feature/folds/fold-params.ts';
import { foldsOf } from '../../feature/folds/folds.ts';
import { oneDeeper } from '../../feature/folds/nesting.ts';
import { planFolds } from '../../feature/folds/plan-folds.ts';
import type { Estimator, FitOptions } from '../../pipeline/estimator.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import {
  type CurveRuns,
  gatherScores,
  nothingToCalibrateOn,
} from '../calibration/calibration-scores.ts';
import type { ThresholdTask } from '../worker-tasks.ts';

/** What a threshold is found for. */
interface ThresholdSearch {
  readonly owner: string;
  readonly params: FoldParams & ThresholdMeasure & { readonly estimator: Estimator };
  readonly columns: {
    readonly labelCol: string;
    readonly weightCol: string | null;
    readonly probabilityCol: string;
  };
  /** The two classes. */
  readonly classes: readonly LabelValue[];
}

/** See the header. @throws CoppiceError `DATA_EMPTY`, `DATA_INVALID` where no threshold does what is asked */
export async function findThreshold(
  search: ThresholdSearch,
  table: PartitionedTable,
  options: FitOptions,
): Promise<BestThreshold> {
  const { owner, params } = search;
  const { signal } = options;
  const runs = await outOfFold(search, table, options);
  if (![...runs.positives, ...runs.negatives].some(({ scores }) => scores.length > 0))
    throw nothingToCalibrateOn(owner);
  const { metricName, beta, minRecall, minPrecision } = params;
  const { falsePositiveCost, falseNegativeCost } = params;
  const measure = {
    ...{ metricName, beta, minRecall, minPrecision },
    ...{ falsePositiveCost, falseNegativeCost },
  };
  const task: ThresholdTask = { ...runs, measure };
  const found = await table.runner.run<BestThreshold | null>('tuning.threshold', task, {
    signal,
  });
  if (found !== null) return found;
  const [limit, least] =
    metricName === 'recall' ? ['minPrecision', minPrecision] : ['minRecall', minRecall];
  throw new CoppiceError(
    'DATA_INVALID',
    `${limit} of ${owner} must be reached at some threshold; ${least} is reached at none: ask for less`,
    { context: { owner, param: limit, value: least } },
  );
}

/** The runs of all rows' probabilities, each by a classifier that has not seen the row. */
async function outOfFold(
  { owner, params, columns, classes }: ThresholdSearch,
  table: PartitionedTable,
  options: FitOptions,
): Promise<CurveRuns> {
  const { labelCol, weightCol, probabilityCol: scoreCol } = columns;
  const { signal, nesting } = options;
  const runs = {
    positives: [] as CurveRuns['positives'][number][],
    negatives: [] as CurveRuns['negatives'][number][],
  };
  // the folds are not those of an estimator inside that has the same seed
  const seed = deriveSeed(params.seed, purposes.search, 3);
  const request = { owner, params: { ...params, seed }, labelCol };
  const folds = foldsOf(table, await planFolds(table, request, { signal, nesting }));
  for (const [fold, { inside, outside }] of folds.entries()) {
    throwIfAborted(signal, `${owner}.fit`);
    if ((await inside.count({ signal })) === 0) continue;
    const model = await params.estimator.fit(outside, { ...options, ...oneDeeper(options) });
    const scored = await model.transform(inside);
    if (classesOf(scored.schema, scoreCol)?.length !== 2) {
      emitWarning(`${owner}: the rows outside of fold ${fold} lack a class; the fold is left out`);
      continue;
    }
    const curves = [{ classIndex: 1, element: 1 }];
    const wanted = { scoreCol, labelCol, weightCol, classes, curves };
    const [found] = await gatherScores(scored, wanted, { signal });
    runs.positives.push(...(found?.positives ?? []));
    runs.negatives.push(...(found?.negatives ?? []));
  }
  return runs;
}
