/** LightGBM's objectives: names and aliases of LightGBM 4. */
import type { MetricDialect } from './foreign-metrics.ts';
import type { ForeignParams } from './foreign-params.ts';

/** Our losses of numbers. */
export const losses: Readonly<Record<string, string>> = {
  regression: 'squared',
  regression_l2: 'squared',
  l2: 'squared',
  mean_squared_error: 'squared',
  mse: 'squared',
  rmse: 'squared',
  regression_l1: 'absolute',
  l1: 'absolute',
  mean_absolute_error: 'absolute',
  mae: 'absolute',
  huber: 'huber',
  fair: 'fair',
  quantile: 'quantile',
  mape: 'mape',
  mean_absolute_percentage_error: 'mape',
  poisson: 'poisson',
  gamma: 'gamma',
  tweedie: 'tweedie',
  cross_entropy: 'crossEntropy',
  xentropy: 'crossEntropy',
};
/** Two or more classes. */
export const classifications = ['binary', 'multiclass', 'softmax'];
/** Each class against all others. */
export const oneVsAll = ['multiclassova', 'multiclass_ova', 'ova', 'ovr'];
/** Our losses of rankings. */
export const rankings: Readonly<Record<string, string>> = {
  lambdarank: 'lambdarank',
  rank_xendcg: 'xendcg',
  xendcg: 'xendcg',
  xe_ndcg: 'xendcg',
  xe_ndcg_mart: 'xendcg',
  xendcg_mart: 'xendcg',
};

/** What is learned, from LightGBM's parameters under their own names. */
export function learned(all: ForeignParams): ReturnType<MetricDialect['learned']> {
  const name = String(all['objective'] ?? 'regression');
  if (name === 'binary') return { task: 'binary', loss: 'logistic' };
  if (oneVsAll.includes(name)) return { task: 'multiclass', loss: 'oneVsAll' };
  if (classifications.includes(name)) return { task: 'multiclass', loss: 'logistic' };
  return name in rankings
    ? { task: 'ranking', loss: rankings[name] }
    : { task: 'regression', loss: losses[name] };
}
