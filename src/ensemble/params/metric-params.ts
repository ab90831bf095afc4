/** What a fit of boosted trees measures after each round: the parameters, and which metrics there are for what. */

import { CoppiceError } from '../../base/errors.ts';
import { bool, strings } from '../../params/kinds.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { RoundMetric } from '../../training/objectives/loss-names.ts';
import { rankingMetricNames } from '../../training/ranking/group-metrics.ts';

/** Parameters of what is measured. */
export const metricParams = {
  /**
   * What is measured after each round, `loss` by default: also `mse`, `rmse`, `mae`, `mape`, `logCosh` of a
   * regressor, `concordanceIndex` of times, `intervalAccuracy` of lossType aft, `accuracy`,
   * `areaUnderROC` (two classes) of a classifier, and what `RankingEvaluator` measures of a ranker. The first of them, on
   * the first validation rows, stops early.
   */
  validationMetrics: strings({ minLength: 1, since: '0.1.0' }),
  /** Measure the training rows too, for the history in `summary`; false by default. */
  trainingHistory: bool({ since: '0.1.0' }),
};

/** Sets of validation rows that one fit tells apart. */
const mostSets = 250;
const survivalLosses = ['aft', 'cox'];
const survivalMetrics = ['loss', 'concordanceIndex'];
const timeMetrics = [...survivalMetrics, 'intervalAccuracy'];
const rankerMetrics = ['loss', ...rankingMetricNames];
const regressionMetrics = ['loss', 'mse', 'rmse', 'mae', 'mape', 'logCosh'];
/** Losses of a classifier. */
const classLosses = ['logistic', 'focal', 'oneVsAll'];
const classMetrics = ['loss', 'accuracy', 'areaUnderROC'];

/** The complaint about parameters that do not go together, or null. */
export function checkMetrics(params: {
  readonly validationMetrics: readonly string[] | undefined;
  readonly trainingHistory: boolean | undefined;
  readonly lossType?: string | undefined;
  readonly ndcgAt?: number;
  readonly quantileAlphas?: unknown;
  readonly objectiveFunction: unknown;
  readonly metricFunction: unknown;
}): string | null {
  const { validationMetrics = ['loss'] } = params;
  const hasFunction = params.objectiveFunction !== undefined || params.metricFunction !== undefined;
  const isRanker = params.ndcgAt !== undefined;
  const known = isRanker
    ? rankerMetrics
    : hasFunction || params.quantileAlphas !== undefined || params.lossType === 'squaredLogError'
      ? ['loss']
      : classLosses.includes(params.lossType ?? '')
        ? classMetrics
        : survivalLosses.includes(params.lossType ?? '')
          ? params.lossType === 'aft'
            ? timeMetrics
            : survivalMetrics
          : regressionMetrics;
  const isKnown = validationMetrics.every((name) => known.includes(name));
  if (!isKnown || new Set(validationMetrics).size < validationMetrics.length) {
    return `validationMetrics must be a list of ${known.join(', ')}, each once`;
  }
  if (params.trainingHistory === true && (hasFunction || isRanker || params.lossType === 'cox')) {
    return 'trainingHistory must be false with functions of your own, for ranking and with lossType cox';
  }
  return null;
}

/** Tables of validation rows by the names of their sets. */
export interface WatchedTables {
  /** Names of all sets; the first stops early. */
  readonly sets: readonly string[];
  readonly tables: readonly { readonly set: number; readonly table: PartitionedTable }[];
}

/** The sets of a fit: `validation` where a column marks such rows or one table is given, then those with names. */
export function watchedTables(
  options: {
    readonly validation?: PartitionedTable | undefined;
    readonly validationSets?: Readonly<Record<string, PartitionedTable>> | undefined;
  },
  hasMarkedRows: boolean,
): WatchedTables {
  const named = Object.entries(options.validationSets ?? {});
  const plain =
    options.validation === undefined ? [] : [['validation', options.validation] as const];
  const names = [...plain, ...named].map(([name]) => name);
  const sets = [...new Set([...(hasMarkedRows ? ['validation'] : []), ...names])];
  if (sets.length > mostSets) {
    throw new CoppiceError(
      'USAGE',
      `validationSets of fit must be at most ${mostSets} tables; got ${sets.length}`,
    );
  }
  return {
    sets,
    tables: [...plain, ...named].map(([name, table]) => ({ set: sets.indexOf(name), table })),
  };
}

/** What ranks are told. */
export function measuredOf(params: {
  readonly validationMetrics: readonly string[] | undefined;
  readonly trainingHistory: boolean | undefined;
}): { readonly metrics: readonly RoundMetric[]; readonly measuresTraining: boolean } {
  return {
    metrics: (params.validationMetrics ?? ['loss']) as readonly RoundMetric[],
    measuresTraining: params.trainingHistory === true,
  };
}
