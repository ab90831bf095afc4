/** What a fit of boosted trees measures after each round: the parameters, and which metrics there are for what. */

import { CoppiceError } from '../../base/errors.ts';
import { bool, strings } from '../../params/kinds.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { RoundMetric } from '../../training/objectives/loss-names.ts';
import {
  nameAtK,
  rankingMeasure,
  rankingMetricNames,
} from '../../training/ranking/group-metrics.ts';

/** Parameters of what is measured. */
export const metricParams = {
  /**
   * What is measured after each round, `loss` by default: also `mse`, `rmse`, `mae`, `mape`, `logCosh` of a
   * regressor, `concordanceIndex` of times, `intervalAccuracy` of lossType aft, `accuracy`,
   * `areaUnderROC` (two classes) of a classifier, and what `RankingEvaluator` measures of a ranker, where a number may stand
   * for K (`ndcgAt5`). The first of them, on the first validation rows, stops early.
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

/** What decides which metrics there are. */
interface MeasuredParams {
  readonly lossType?: string | undefined;
  readonly ndcgAt?: number | readonly number[];
  readonly quantileAlphas?: unknown;
  readonly objectiveFunction: unknown;
  readonly metricFunction: unknown;
}

/** What can be measured after a round. */
export function knownMetrics(params: MeasuredParams): readonly string[] {
  const { lossType = '' } = params;
  if (params.ndcgAt !== undefined) return rankerMetrics;
  if (hasFunctions(params) || params.quantileAlphas !== undefined || lossType === 'squaredLogError')
    return ['loss'];
  if (classLosses.includes(lossType)) return classMetrics;
  if (!survivalLosses.includes(lossType)) return regressionMetrics;
  return lossType === 'aft' ? timeMetrics : survivalMetrics;
}

/** Whether rows that are learned from cannot be measured: only validation rows are laid out for it. */
export function measuresValidationOnly(params: MeasuredParams): boolean {
  return hasFunctions(params) || params.lossType === 'cox';
}

/** Whether each is a metric that there is for these parameters, and there once. */
export function areMeasurable(names: readonly string[], params: MeasuredParams): boolean {
  const known = knownMetrics(params);
  const isKnown = (name: string): boolean =>
    known.includes(name) || (params.ndcgAt !== undefined && rankingMeasure(name, 1) !== null);
  return names.every(isKnown) && new Set(names).size === names.length;
}

/** The rule of {@link areMeasurable}, in words. */
export function measurableRule(params: MeasuredParams): string {
  const places = params.ndcgAt === undefined ? '' : ' (or a number in place of K, as ndcgAt5)';
  return `a list of ${knownMetrics(params).join(', ')}${places}, each once`;
}

/** The complaint about parameters that do not go together, or null. */
export function checkMetrics(
  params: MeasuredParams & {
    readonly validationMetrics: readonly string[] | undefined;
    readonly trainingHistory: boolean | undefined;
  },
): string | null {
  const { validationMetrics = ['loss'] } = params;
  if (!areMeasurable(validationMetrics, params))
    return `validationMetrics must be ${measurableRule(params)}`;
  if (params.trainingHistory === true && measuresValidationOnly(params)) {
    return 'trainingHistory must be false with functions of your own and with lossType cox';
  }
  return null;
}

function hasFunctions(params: MeasuredParams): boolean {
  return params.objectiveFunction !== undefined || params.metricFunction !== undefined;
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
  readonly ndcgAt?: number | readonly number[];
}): { readonly metrics: readonly RoundMetric[]; readonly measuresTraining: boolean } {
  const { validationMetrics, ndcgAt } = params;
  const usual = Array.isArray(ndcgAt) ? ['loss', 'ndcgAtK'] : ['loss'];
  return {
    metrics: metricsAtPlaces(validationMetrics ?? usual, ndcgAt),
    measuresTraining: params.trainingHistory === true,
  };
}

/** A metric AtK is measured for each number of a list, whose names then have it; of one number they keep their K. */
export function metricsAtPlaces(
  names: readonly string[],
  places: number | readonly number[] | undefined,
): readonly RoundMetric[] {
  if (places === undefined || typeof places === 'number') return names as readonly RoundMetric[];
  const each = names.flatMap((name) => places.map((k) => nameAtK(name, k)));
  return [...new Set(each)] as RoundMetric[];
}
