/** XGBoost's metrics: names of XGBoost 3. */
import type { ForeignMetric, ForeignTask, MetricDialect } from './foreign-metrics.ts';

const regression: readonly ForeignTask[] = ['regression'];
const lossOf = (loss: string): ForeignMetric => ({
  ours: 'loss',
  tasks: regression,
  losses: [loss],
});
/** More rows than a group has. */
const allPlaces = 100_000;

const metrics: Readonly<Record<string, ForeignMetric>> = {
  rmse: { ours: 'rmse', tasks: regression },
  mae: { ours: 'mae', tasks: regression },
  mape: { ours: 'mape', tasks: regression },
  rmsle: lossOf('squaredLogError'),
  mphe: lossOf('pseudoHuber'),
  quantile: lossOf('quantile'),
  expectile: lossOf('expectile'),
  'poisson-nloglik': lossOf('poisson'),
  'gamma-nloglik': lossOf('gamma'),
  'tweedie-nloglik': { ...lossOf('tweedie'), takesParameter: true },
  'cox-nloglik': { ours: 'loss', tasks: ['survival'], losses: ['cox'] },
  'aft-nloglik': { ours: 'loss', tasks: ['survival'], losses: ['aft'] },
  'interval-regression-accuracy': {
    ours: 'intervalAccuracy',
    tasks: ['survival'],
    losses: ['aft'],
  },
  logloss: { ours: 'loss', tasks: ['binary', 'regression'], losses: ['logistic', 'crossEntropy'] },
  error: { ours: 'accuracy', tasks: ['binary'] },
  auc: { ours: 'areaUnderROC', tasks: ['binary'] },
  mlogloss: { ours: 'loss', tasks: ['multiclass'] },
  merror: { ours: 'accuracy', tasks: ['multiclass'] },
  ndcg: {
    ours: 'ndcgAtK',
    tasks: ['ranking'],
    takesPlaces: true,
    ofAll: { ours: 'ndcgAtK', ndcgAt: allPlaces },
  },
  map: {
    ours: 'meanAveragePrecisionAtK',
    tasks: ['ranking'],
    takesPlaces: true,
    ofAll: { ours: 'meanAveragePrecision' },
  },
  pre: { ours: 'precisionAtK', tasks: ['ranking'], takesPlaces: true },
};

/** @param learned what is learned, from XGBoost's parameters */
export function xgBoostMetrics(owner: string, learned: MetricDialect['learned']): MetricDialect {
  return {
    owner,
    param: 'eval_metric',
    metrics,
    aliases: {},
    plain: [],
    remedies: {
      aucpr: 'BinaryClassificationEvaluator measures areaUnderPR of a scored table',
      'gamma-deviance': 'gamma-nloglik orders models alike',
      rmsle: 'learn logarithms of labels, or take reg:squaredlogerror',
    },
    lastStops: true,
    learned,
  };
}
