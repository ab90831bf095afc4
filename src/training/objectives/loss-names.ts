/** The part of messages.ts that names what boosting can minimise, and what it can measure after a round. */
import type { RankingMetricName } from '../ranking/group-metrics.ts';

/** What is minimised. */
export type LossName =
  | 'squared'
  | 'classes'
  | 'absolute'
  | 'huber'
  | 'fair'
  | 'logCosh'
  | 'pseudoHuber'
  | 'expectile'
  | 'mape'
  | 'aftNormal'
  | 'aftLogistic'
  | 'aftExtreme'
  | 'cox'
  | 'quantile'
  | 'poisson'
  | 'gamma'
  | 'tweedie'
  | 'crossEntropy'
  | 'focal'
  | 'flag'
  | 'oneVsAll'
  | 'quantiles'
  | 'ranking'
  | 'custom';

/** What can be measured after a round; `loss` is what is minimised, or the user's metric; a number may stand for K. */
export type RoundMetric =
  | 'loss'
  | 'mse'
  | 'rmse'
  | 'mae'
  | 'mape'
  | 'logCosh'
  | 'concordanceIndex'
  | 'intervalAccuracy'
  | 'accuracy'
  | 'areaUnderROC'
  | RankingMetricName
  | `${string}At${number}`;
