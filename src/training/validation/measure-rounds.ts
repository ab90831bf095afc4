/**
 * What is measured after a round: each metric on each set of rows that is watched, by exact sums over all ranks.
 * The first of them decides when boosting stops.
 *
 * Means of rows' losses are sums that have no order. The area under the ROC curve counts pairs: every rank gathers
 * the scores of the set and counts them in their order, ties half.
 */
import { type Awaitable, isPromise } from '../../base/awaitable.ts';
import { ExactSum, exactSumOf } from '../../base/exact-sum.ts';
import { exp, logistic } from '../../base/portable-math.ts';
import { pointKinds, pointLoss } from '../../kernels/point-losses.ts';
import { type BoostingState, gradientRows, scoreAddress } from '../boosting/boosting-state.ts';
import type { RankRows } from '../ingest/shard-rows.ts';
import type { BoostingJob } from '../messages.ts';
import { sumOverRanks } from '../objectives/base-score.ts';
import type { RoundMetric } from '../objectives/loss-names.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { rankingMeasure } from '../ranking/group-metrics.ts';
import { concordanceIndex, liesWithin } from '../survival/concordance.ts';
import { areaUnderRoc, type ScoredRows } from './round-auc.ts';

/** One row of the history: a metric on some rows. */
export interface MeasuredSeries {
  readonly set: string;
  readonly metric: RoundMetric;
  readonly rows: Pick<RankRows, 'start' | 'count'>;
  /** All rows of its kind: losses are written for all of them at once. */
  readonly part: RankRows;
}

/** What is measured, in the order of the history; what stops early comes first. */
export function seriesOf(state: Pick<BoostingState, 'rows' | 'job'>): MeasuredSeries[] {
  const { rows, job } = state;
  const sets = rows.validationSets.map(({ name, start, count }) => ({
    set: name,
    rows: { start, count },
    part: rows.validation,
  }));
  const watched = rows.validation.numAll === 0 ? [] : sets;
  const trained = { set: 'training', rows: rows.train, part: rows.train };
  const all = job.measuresTraining ? [...watched, trained] : watched;
  return all.flatMap((one) => job.metrics.map((metric) => ({ ...one, metric })));
}

/** True where more is better. */
export function isLargerBetter(metric: RoundMetric): boolean {
  return (
    metric === 'accuracy' ||
    metric === 'areaUnderROC' ||
    metric === 'concordanceIndex' ||
    metric === 'intervalAccuracy' ||
    rankingMeasure(metric, 1) !== null
  );
}

/** Measures the scores as they are, one value a series. */
export async function measureRound(
  state: BoostingState,
  series: readonly MeasuredSeries[],
): Promise<number[]> {
  if (state.objective.groupMetrics !== undefined) return await measureGroups(state, series);
  const values: number[] = [];
  for (const one of series) {
    if (one.metric === 'areaUnderROC') values.push(await aucOf(state, one));
    else if (one.metric === 'concordanceIndex') values.push(await concordanceOf(state, one));
    else if (one.metric === 'intervalAccuracy') values.push(await intervalAccuracyOf(state, one));
    else if (one.metric === 'loss') {
      const loss = meanLoss(state, one);
      values.push(isPromise(loss) ? await loss : loss);
    } else values.push(await meanOf(state, one));
  }
  return values;
}

/** The mean of what is minimised, or of the user's metric. */
function meanLoss(state: BoostingState, series: MeasuredSeries): Awaitable<number> {
  const { environment, objective, memory, metric } = state;
  const { part } = series;
  if (metric === null && objective.groupLoss !== undefined)
    return objective.groupLoss(environment, gradientRows(state, part));
  const end = memory.tail + 8 * part.numProcess;
  if (environment.hasReserved(end)) return meanRowLoss(state, series);
  return environment.reserve(end, 'losses').then(() => meanRowLoss(state, series));
}

/** The same where there is room for a loss of each row. */
function meanRowLoss(state: BoostingState, { rows, part }: MeasuredSeries): Awaitable<number> {
  const { environment, objective, memory, metric } = state;
  const { weights, train } = state.rows;
  const isTraining = part === train;
  const region = memory.tail - (isTraining ? 0 : 8 * train.numProcess);
  const out = region + 8 * part.start;
  if (metric === null) objective.losses(environment, gradientRows(state, part), out);
  else metric.losses(out);
  const losses = environment.f64(region + 8 * rows.start, rows.count);
  return weightedMean(state, losses, weights === 0 ? null : columnOf(state, weights, rows));
}

/** The metrics of a ranking: rows of a kind are put in order once for all sets of them and all metrics. */
async function measureGroups(
  state: BoostingState,
  series: readonly MeasuredSeries[],
): Promise<number[]> {
  const { environment, objective, job } = state;
  const values: number[] = [];
  for (const part of new Set(series.map((one) => one.part))) {
    const rows = gradientRows(state, part);
    const sets = (await objective.groupMetrics?.(environment, rows, job.metrics, part)) ?? [];
    for (const own of sets) values.push(...own);
  }
  return values;
}

async function meanOf(state: BoostingState, { rows, metric }: MeasuredSeries): Promise<number> {
  const { objective, environment } = state;
  const { labels, weights } = state.rows;
  const label = columnOf(state, labels, rows);
  const weight = weights === 0 ? null : columnOf(state, weights, rows);
  const scores = Array.from({ length: objective.numOutputs }, (_, k) =>
    columnOf(state, scoreAddress(state, k), rows),
  );
  environment.collective.checkAborted();
  const rule = rowRules[metric as keyof typeof rowRules];
  const predict = predictionOf(state.job);
  const values = new Float64Array(rows.count);
  const given = givenLabelOf(state, rows, label);
  for (let i = 0; i < values.length; i++) {
    const own = rule(scores, label[i] as number, i, predict);
    // LightGBM's and CatBoost's bound keeps labels near 0 from counting without end
    const value = metric === 'mape' ? own / Math.max(Math.abs(given(i)), 1) : own;
    values[i] = weight === null ? value : value * (weight[i] as number);
  }
  const mean = await weightedMean(state, values, weight);
  return metric === 'rmse' ? Math.sqrt(mean) : mean;
}

type Predict = (score: number) => number;

/** What a row adds to a mean. */
const rowRules = {
  mse: squareOf,
  rmse: squareOf,
  mae: distanceOf,
  mape: distanceOf,
  logCosh: ([scores]: readonly Float64Array[], label: number, i: number, predict: Predict) =>
    pointLoss(pointKinds.logCosh, 0, predict(scores?.[i] as number), label),
  accuracy: (scores: readonly Float64Array[], label: number, i: number) =>
    winnerOf(scores, i) === label ? 1 : 0,
};

function squareOf([scores]: readonly Float64Array[], label: number, i: number, predict: Predict) {
  const distance = predict(scores?.[i] as number) - label;
  return distance * distance;
}

function distanceOf([scores]: readonly Float64Array[], label: number, i: number, predict: Predict) {
  return Math.abs(predict(scores?.[i] as number) - label);
}

/** A row's label as it was given: what is kept may be less by its offset and by where boosting starts. */
function givenLabelOf(
  state: BoostingState,
  rows: MeasuredSeries['rows'],
  kept: Float64Array,
): (row: number) => number {
  const { objective, centre } = state;
  if (!objective.centresLabels) return (row) => kept[row] as number;
  const [address] = state.rows.offsets;
  const offsets = address === undefined ? null : columnOf(state, address, rows);
  return (row) => (kept[row] as number) + centre + (offsets?.[row] ?? 0);
}

/** The class of the largest score, the first of equals; of one margin the second class where it is above 0. */
function winnerOf(scores: readonly Float64Array[], i: number): number {
  if (scores.length === 1) return (scores[0]?.[i] as number) > 0 ? 1 : 0;
  let best = 0;
  for (let k = 1; k < scores.length; k++) {
    if ((scores[k]?.[i] as number) > (scores[best]?.[i] as number)) best = k;
  }
  return best;
}

/** From a score to a prediction of a regressor; only label − score matters to losses that centre labels. */
function predictionOf({ objective }: BoostingJob): Predict {
  if (objective === 'poisson' || objective === 'gamma' || objective === 'tweedie') return exp;
  return objective === 'crossEntropy' ? logistic : (score) => score;
}

function weightedMean(
  { environment }: BoostingState,
  values: Float64Array,
  weights: Float64Array | null,
): Awaitable<number> {
  if (weights === null && environment.collective.size === 1)
    return exactSumOf(values) / values.length;
  return weightedMeanOfAll(environment, values, weights);
}

async function weightedMeanOfAll(
  environment: RankEnvironment,
  values: Float64Array,
  weights: Float64Array | null,
): Promise<number> {
  const sum = new ExactSum();
  sum.addMany(values);
  const weight = new ExactSum();
  if (weights === null) weight.add(values.length);
  else weight.addMany(weights);
  const [total, totalWeight] = await sumOverRanks(environment, [sum, weight]);
  return (total as number) / (totalWeight as number);
}

async function aucOf(state: BoostingState, series: MeasuredSeries): Promise<number> {
  const parts = await gatherRows(state, series);
  return areaUnderRoc(parts);
}

/** Under proportional hazards a high score is an early event, under accelerated failure time a late one. */
async function concordanceOf(state: BoostingState, series: MeasuredSeries): Promise<number> {
  const isRisk = state.job.objective === 'cox';
  const parts = (await gatherRows(state, series)).map(({ scores, labels, weights, latest }) => ({
    ...{ times: labels, weights, latest },
    risks: isRisk ? scores : scores.map((score) => -score),
  }));
  return concordanceIndex(parts);
}

/** The share of rows whose predicted time lies between their bounds. */
async function intervalAccuracyOf(state: BoostingState, { rows }: MeasuredSeries): Promise<number> {
  const { labels, weights, otherLabels } = state.rows;
  const scores = columnOf(state, scoreAddress(state, 0), rows);
  const label = columnOf(state, labels, rows);
  const weight = weights === 0 ? null : columnOf(state, weights, rows);
  const [address] = otherLabels;
  const latest = address === undefined ? null : columnOf(state, address, rows);
  const isWithin = scores.map((score, i) =>
    liesWithin(exp(score), label[i] as number, latest?.[i]) ? (weight?.[i] ?? 1) : 0,
  );
  return await weightedMean(state, isWithin, weight);
}

/** Rows of a rank; `latest` null where labels say all that is known of times. */
interface GatheredRows extends ScoredRows {
  readonly latest: Float64Array | null;
}

/** The rows of a set on all ranks. */
async function gatherRows(state: BoostingState, { rows }: MeasuredSeries): Promise<GatheredRows[]> {
  const { environment } = state;
  const { labels, weights, otherLabels } = state.rows;
  const scores = columnOf(state, scoreAddress(state, 0), rows);
  const label = columnOf(state, labels, rows);
  const weight = weights === 0 ? null : columnOf(state, weights, rows);
  const others = otherLabels.map((address) => columnOf(state, address, rows));
  const all = [scores, label, ...(weight === null ? [] : [weight]), ...others];
  const own = new Float64Array(all.length * rows.count);
  all.forEach((column, c) => {
    own.set(column, c * rows.count);
  });
  const bytes = new Uint8Array(own.buffer);
  const parts = await environment.wait(environment.collective.allgather(bytes));
  return parts.map((part): GatheredRows => {
    const values = new Float64Array(part.slice().buffer);
    const count = values.length / all.length;
    const at = (c: number): Float64Array => values.subarray(c * count, (c + 1) * count);
    return {
      scores: at(0),
      labels: at(1),
      weights: weight === null ? null : at(2),
      latest: others.length === 0 ? null : at(all.length - 1),
    };
  });
}

function columnOf(
  { environment }: BoostingState,
  address: number,
  { start, count }: Pick<RankRows, 'start' | 'count'>,
): Float64Array {
  return environment.f64(address + 8 * start, count);
}
