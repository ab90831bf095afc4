/**
 * AdaBoost's fit, round by round. Driver: fits the estimator on the rows with their weights, adds up how much of the
 * weight it gets wrong, and raises the weights of those rows. The weights are kept in memory from round to round,
 * so that a round predicts with its own model only.
 */
import { throwIfAborted } from '../../base/abort.ts';
import { exp, log } from '../../base/portable-math.ts';
import { refuseExistingColumn } from '../../pipeline/check-schema.ts';
import { columnNameOf } from '../../pipeline/column-name-of.ts';
import type { FitOptions } from '../../pipeline/estimator.ts';
import type { Model } from '../../pipeline/model.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { outputNames } from '../column-names.ts';
import {
  type BoostColumns,
  boostColumn,
  lossSums,
  reweighed,
  withFirstWeights,
} from './boost-rows.ts';
import { type AdaBoostFit, type Boosted, boostEstimator, boostLabelCol } from './boost-state.ts';

/** Fits round after round. */
export async function fitAdaBoost(
  { owner, params, loss, numClasses }: AdaBoostFit,
  table: PartitionedTable,
  options: FitOptions,
): Promise<Boosted> {
  const { signal, onProgress, nesting } = options;
  refuseExistingColumn(owner, 'the table', boostColumn, table.schema);
  const estimator = boostEstimator(owner, params);
  const weightCol = params.weightCol ?? columnNameOf(params.estimator, 'weightCol') ?? null;
  const labelCol = boostLabelCol(params);
  const { predictionCol } = outputNames(params.estimator);
  const models: Model[] = [];
  const weights: number[] = [];
  let current = withFirstWeights(table, weightCol).cache();
  for (let round = 0; round < params.maxIter; round++) {
    throwIfAborted(signal, `${owner}.fit`);
    const model = await estimator.fit(current, { signal, nesting });
    const scored = await model.transform(current, { signal });
    const errors: BoostColumns = { labelCol, predictionCol, loss, largest: 0 };
    const largest = loss === 'wrong' ? 1 : (await lossSums(scored, errors, signal)).largest;
    const columns: BoostColumns = { ...errors, largest: loss === 'wrong' ? 0 : largest };
    const sums = await lossSums(scored, columns, signal);
    const error = sums.total > 0 ? sums.lost / sums.total : 0;
    const done = { done: round + 1, total: params.maxIter, message: 'rounds' };
    await onProgress?.({ phase: 'train', ...done, metric: error });
    const worst = numClasses > 0 ? 1 - 1 / numClasses : 0.5;
    if (largest === 0 || error <= 0 || error >= worst) {
      // a perfect round ends it and decides alone; one that is no better than chance does not count
      if (error < worst || models.length === 0) {
        models.push(model);
        weights.push(1);
      }
      break;
    }
    const odds = log((1 - error) / error);
    const alpha = params.stepSize * (numClasses > 0 ? odds + log(numClasses - 1) : odds);
    models.push(model);
    weights.push(alpha);
    // the mean weight stays about 1, so that what an estimator asks of a node's weight means the same every round
    const mean = log(sums.numRows / sums.total);
    const growth = numClasses > 0 ? log(1 + error * (exp(alpha) - 1)) : alpha * error;
    const by = { exponent: alpha, shift: mean - growth };
    const next = reweighed(scored, columns, by)
      .select(...current.columns)
      .cache();
    await next.count({ signal });
    current.unpersist();
    current = next;
  }
  current.unpersist();
  return { models, weights };
}
