/** LightGBM's metrics: names and aliases of LightGBM 4. */
import type { ForeignMetric, ForeignTask, MetricDialect } from './foreign-metrics.ts';

const classes: readonly ForeignTask[] = ['binary', 'multiclass'];
const regression: readonly ForeignTask[] = ['regression'];
const lossOf = (loss: string): ForeignMetric => ({
  ours: 'loss',
  tasks: regression,
  losses: [loss],
});
const logLoss: ForeignMetric = { ours: 'loss', tasks: classes, losses: ['logistic'] };
const share: ForeignMetric = { ours: 'accuracy', tasks: classes };

const metrics: Readonly<Record<string, ForeignMetric>> = {
  l1: { ours: 'mae', tasks: regression },
  l2: { ours: 'mse', tasks: regression },
  rmse: { ours: 'rmse', tasks: regression },
  mape: { ours: 'mape', tasks: regression },
  quantile: lossOf('quantile'),
  huber: lossOf('huber'),
  fair: lossOf('fair'),
  poisson: lossOf('poisson'),
  gamma: lossOf('gamma'),
  tweedie: lossOf('tweedie'),
  cross_entropy: {
    ours: 'loss',
    tasks: ['binary', 'regression'],
    losses: ['logistic', 'crossEntropy'],
  },
  binary_logloss: { ...logLoss, tasks: ['binary'] },
  binary_error: { ...share, tasks: ['binary'] },
  auc: { ours: 'areaUnderROC', tasks: ['binary'] },
  multi_logloss: { ...logLoss, tasks: ['multiclass'] },
  multi_error: { ...share, tasks: ['multiclass'] },
  ndcg: { ours: 'ndcgAtK', tasks: ['ranking'] },
  map: { ours: 'meanAveragePrecisionAtK', tasks: ['ranking'] },
};

const aliases: Readonly<Record<string, readonly string[]>> = {
  l1: ['mean_absolute_error', 'mae', 'regression_l1'],
  l2: ['mean_squared_error', 'mse', 'regression_l2', 'regression'],
  rmse: ['root_mean_squared_error', 'l2_root'],
  mape: ['mean_absolute_percentage_error'],
  cross_entropy: ['xentropy'],
  binary_logloss: ['binary'],
  multi_logloss: [...['multiclass', 'softmax', 'multiclassova', 'multiclass_ova', 'ova', 'ovr']],
  ndcg: [...['lambdarank', 'rank_xendcg', 'xendcg', 'xe_ndcg', 'xe_ndcg_mart', 'xendcg_mart']],
  map: ['mean_average_precision'],
};

/** @param learned what is learned, from LightGBM's parameters */
export function lightGBMMetrics(owner: string, learned: MetricDialect['learned']): MetricDialect {
  const others = Object.entries(aliases).flatMap(([name, more]) =>
    more.map((one) => [one, name] as const),
  );
  return {
    owner,
    param: 'metric',
    metrics,
    aliases: Object.fromEntries(others),
    plain: ['None', 'na', 'null', 'custom'],
    remedies: {
      r2: 'rmse orders models alike',
      average_precision: 'BinaryClassificationEvaluator measures areaUnderPR of a scored table',
      auc_mu: 'multi_logloss measures all classes',
      gamma_deviance: 'gamma orders models alike',
      kldiv: 'cross_entropy orders models alike',
      kullback_leibler: 'cross_entropy orders models alike',
      multi_logloss: 'the loss is measured where metric is left out',
    },
    lastStops: false,
    learned,
  };
}
