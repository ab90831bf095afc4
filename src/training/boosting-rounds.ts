/**
 * The rounds of one model: a tree an output, the loss of the validation rows, and whether to go on. The memory
 * is reserved by the caller; all ranks of the environment call it together.
 */
import type { GrownTree } from '../tree/tree.ts';
import { BoostedTreeGrower } from './boosted-tree-grower.ts';
import { type BoostingMemory, planBoosting } from './boosting-memory.ts';
import type { BoostingStart } from './boosting-start.ts';
import type { BoostingState } from './boosting-state.ts';
import { CustomMetric } from './custom-metric.ts';
import { StopWatch } from './early-stopping.ts';
import { writeFirstScores } from './first-scores.ts';
import type { IngestedRows } from './ingest/ingest.ts';
import { isLargerBetter, type MeasuredSeries, measureRound, seriesOf } from './measure-rounds.ts';
import type { BoostingJob, LossHistory, MemberPlace } from './messages.ts';
import { wholeWeights } from './quantile-weights.ts';
import type { RankEnvironment } from './rank-environment.ts';
import { SnapshotTeller } from './snapshot-teller.ts';

/** The most pairs of nodes that one meeting serves. */
const mostPairs = 16;
/** Bytes that a rank's own histograms of the nodes of one meeting may take: they should stay in its cache. */
const batchBytes = 8 * 1024 * 1024;

/** What a model is boosted from. */
export interface BoostingParts {
  readonly environment: RankEnvironment;
  readonly job: BoostingJob;
  readonly rows: IngestedRows;
  readonly start: BoostingStart;
  readonly baseScores: readonly number[];
  /** Empty where no snapshots are asked for. */
  readonly dataKey: string;
  /** Which of several models it is; left out for a model alone. */
  readonly member?: MemberPlace;
}

/** What the rounds gave. */
export interface BoostedRounds {
  /** Trees of the rounds kept, without those resumed. */
  readonly trees: readonly GrownTree[];
  /** What was measured, those behind the last kept too; with an initial model its own first. */
  readonly history: readonly LossHistory[];
  /** Rounds kept, those resumed too, without those of an initial model. */
  readonly numRounds: number;
  /** Rounds that were resumed. */
  readonly numResumed: number;
  readonly counters: BoostedTreeGrower['counters'];
}

/** Told after each round: how many are done, and what was measured first, where anything was. */
export type OnRound = (done: number, loss: number | undefined) => void;

/** Where the arrays of the rounds lie, behind `rows.free`. */
export function planRounds(
  { environment, job, start }: Pick<BoostingParts, 'environment' | 'job' | 'start'>,
  rows: IngestedRows,
): BoostingMemory {
  const { limits } = job;
  const byLevel = limits.maxLeaves === Number.POSITIVE_INFINITY;
  const widest = byLevel ? 2 ** Math.min(limits.maxDepth, 20) : limits.maxLeaves;
  const inCache = Math.floor(batchBytes / (32 * Math.max(1, rows.layout.numEntries)));
  return planBoosting(environment, rows, {
    numOutputs: start.objective.numOutputs,
    maxPairs: Math.max(1, Math.min(mostPairs, Math.floor(widest / 2), inCache)),
    maxOpen: widest,
    maxHistogramBytes: job.maxHistogramBytes,
  });
}

/** Boosts one model. */
export async function boostRounds(
  parts: BoostingParts,
  memory: BoostingMemory,
  onRound: OnRound,
): Promise<BoostedRounds> {
  const { environment, job } = parts;
  const state = await prepareRounds(parts, memory);
  const { numOutputs } = state.objective;
  const grower = new BoostedTreeGrower(state);
  const trees: GrownTree[] = [];
  const resumed = job.snapshots?.resumed ?? null;
  const series = seriesOf(state);
  const measured: (readonly number[])[] = [...(resumed?.measured ?? [])];
  const watch = job.earlyStopping === null ? null : new StopWatch(job.earlyStopping);
  const stops = state.rows.validation.numAll > 0;
  const sign = stops && isLargerBetter(job.metrics[0] ?? 'loss') ? -1 : 1;
  const stopsAfter = (done: number, [value]: readonly number[]): boolean =>
    stops && watch?.isOver(done - 1, sign * (value as number)) === true;
  const snapshots = new SnapshotTeller(parts, measured);
  await environment.wait(environment.collective.barrier());
  const { numRounds: firstRound } = job.initial ?? { numRounds: 0 };
  if (job.initial !== null && resumed === null) {
    measured.push(await measureRound(state, series));
  }
  // what an initial model measured stands before round 0
  let isOver = false;
  const before = job.initial === null ? 0 : 1;
  measured.forEach((values, i) => {
    isOver = stopsAfter(i - before + 1, values);
  });
  const firstDone = resumed?.numRounds ?? 0;
  let done = firstDone;
  while (done < job.numRounds && !isOver) {
    const round = firstRound + done;
    await grower.beginRound(round);
    for (let output = 0; output < numOutputs; output++) {
      trees.push(await grower.grow(round, output));
    }
    done += 1;
    const values = await measureRound(state, series);
    measured.push(values);
    isOver = stopsAfter(done, values);
    onRound(done, values[0]);
    snapshots.tell(done, trees);
  }
  const numRounds = watch?.bestRounds ?? done;
  const kept = trees.slice(0, Math.max(0, numRounds - firstDone) * numOutputs);
  const history = historyOf(series, measured);
  return {
    trees: kept,
    history,
    numRounds,
    numResumed: firstDone,
    counters: grower.counters,
  };
}

/** The history of each series. */
function historyOf(
  series: readonly MeasuredSeries[],
  measured: readonly (readonly number[])[],
): LossHistory[] {
  return series.map(({ set, metric }, s) => ({
    set,
    metric,
    values: measured.map((values) => values[s] as number),
  }));
}

/** Sets every row's score to where boosting starts. */
export async function prepareRounds(
  { environment, job, rows, start }: Omit<BoostingParts, 'baseScores' | 'dataKey'>,
  memory: BoostingMemory,
): Promise<BoostingState> {
  const { objective, scoreUnit, centre, firstScores } = start;
  let weights: Float64Array | null = null;
  if (objective.leafQuantiles !== null && rows.weights !== 0) {
    const { start: first, count } = rows.train;
    const own = environment.f64(rows.weights + 8 * first, count);
    weights = await wholeWeights(environment, own);
  }
  const settled = {
    environment,
    job,
    objective,
    rows,
    memory,
    centre,
    firstScores,
    scoreUnit,
    wholeWeights: weights,
    validationLabels: start.validationLabels,
  };
  const state = { ...settled, metric: await CustomMetric.of(settled) };
  writeFirstScores(state);
  await objective.prepare?.(environment, rows);
  return state;
}
