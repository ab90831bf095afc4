/**
 * The rounds of one model: a tree an output, the loss of the validation rows, and whether to go on. The memory
 * is reserved by the caller; all ranks of the environment call it together.
 */
import { allTellSums } from '../../tree/backend/cpu/packed-meeting.ts';
import { placeBounds } from '../../tree/backend/cpu/slices.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import { leafWeights } from '../leaves/quantile-weights.ts';
import type { BoostingJob, LossHistory } from '../messages.ts';
import { writeFirstScores } from '../objectives/first-scores.ts';
import { packsHistograms } from '../quantise.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { CustomMetric } from '../validation/custom-metric.ts';
import { StopWatch } from '../validation/early-stopping.ts';
import {
  isLargerBetter,
  type MeasuredSeries,
  measureRound,
  seriesOf,
} from '../validation/measure-rounds.ts';
import { type BoostingMemory, type PlanLimits, planBoosting } from './boosting-memory.ts';
import type { BoostingParts, NumberedTree } from './boosting-parts.ts';
import { type BoostingState, hasFeatureCosts } from './boosting-state.ts';
import { costsOfFeatures } from './costs-of-features.ts';
import { DroppingGrower } from './dropping-grower.ts';
import { ParallelGrower } from './parallel-grower.ts';
import {
  ApartGrower,
  type ApartMemory,
  planApart,
  type RoundGrower,
  TogetherGrower,
} from './round-growers.ts';
import { SnapshotTeller } from './snapshot-teller.ts';

/** The most pairs of nodes that one meeting serves: leaf by leaf, where some are split in vain, and level by level. */
const mostPairs = { byLeaf: 16, byLevel: 128 };
/** Bytes that a rank's own histograms of the nodes of one meeting may take: they should stay in its cache. */
const batchBytes = 8 * 1024 * 1024;
/** The same of ranks in several processes: their meetings cost more than cache misses. */
const elsewhere = { mostPairs: 64, batchBytes: 32 * 1024 * 1024 };

/** Bytes of a rank's rows that are moved between two meetings: few enough that most of them are in a cache when the next
 *  batch moves them again, and so many that meetings are few. */
const windowBytes = 6_000_000;

/** The same for a device, which has room. */
const deviceBatchBytes = 64 * 1024 * 1024;

/** What the rounds gave. */
export interface BoostedRounds {
  /** Those trees of the rounds kept that this rank hands back, without those resumed. */
  readonly trees: readonly NumberedTree[];
  /** What was measured, those behind the last kept too; with an initial model its own first. */
  readonly history: readonly LossHistory[];
  /** Rounds kept, those resumed too, without those of an initial model. */
  readonly numRounds: number;
  /** Rounds that were resumed. */
  readonly numResumed: number;
  /** What the last round kept leaves to the next besides scores. */
  readonly handedOn: readonly number[];
  readonly counters: RoundGrower['counters'];
}

/** Told after each round: how many are done, and what was measured first, where anything was. */
export type OnRound = (done: number, loss: number | undefined) => void;

/** Where the arrays of the rounds lie, behind `rows.free`. */
export function planRounds(
  { environment, job, start }: Pick<BoostingParts, 'environment' | 'job' | 'start'>,
  rows: IngestedRows,
): BoostingMemory {
  return planBoosting(environment, rows, limitsOf({ environment, job, start }, rows));
}

/** The same for ranks that grow trees side by side. */
export function planApartRounds({ environment, job, start, rows }: BoostingParts): ApartMemory {
  const alone = environment.alone(Number.POSITIVE_INFINITY);
  const limits = limitsOf({ environment: alone, job, start }, rows);
  return planApart({ environment, alone }, rows, limits);
}

function limitsOf(
  { environment, job, start }: Pick<BoostingParts, 'environment' | 'job' | 'start'>,
  rows: IngestedRows,
): PlanLimits {
  const { limits, maxHistogramBytes, device } = job;
  const { localRanks, size } = environment.collective;
  const isTogether = localRanks.length === size;
  const ownBytes = isTogether ? batchBytes : elsewhere.batchBytes;
  const bytes = device === null ? ownBytes : deviceBatchBytes;
  const meetsHere = isTogether && device === null;
  const byLevel = limits.maxLeaves === Number.POSITIVE_INFINITY;
  const widest = byLevel ? 2 ** Math.min(limits.maxDepth, 20) : limits.maxLeaves;
  const most = mostPairs[byLevel ? 'byLevel' : 'byLeaf'];
  const inCache = Math.floor(bytes / (32 * Math.max(1, rows.layout.numEntries)));
  return {
    isPacked: packsHistograms(environment, job, rows),
    isOblivious: limits.isOblivious === true,
    growsWhole: growsWhole(environment, job, rows),
    windowBytes: job.windowBytes ?? windowBytes,
    numOutputs: start.objective.numOutputs,
    usesDevice: device !== null,
    maxPairs: Math.max(
      1,
      Math.min(byLevel || meetsHere ? most : elsewhere.mostPairs, Math.floor(widest / 2), inCache),
    ),
    maxOpen: widest,
    maxHistogramBytes,
    isByLevel: byLevel,
  };
}

/** Whether one kernel can grow whole trees; what it does stands in tree/backend/cpu/leaf-grower.ts. */
function growsWhole(
  { collective, kernels }: RankEnvironment,
  job: BoostingJob,
  { layout }: IngestedRows,
): boolean {
  const { limits, columns } = job;
  if (job.growsWhole === false || kernels.growLeaves === undefined) return false;
  const { localRanks, size } = collective;
  const isTogether = localRanks.length === size;
  if (layout.places.length === 0) return false;
  if (isTogether && size > 1 && collective.sleepWhile === undefined) return false;
  if (!isTogether && (limits.maxDepth === 0 || !allTellSums(placeBounds(layout, size))))
    return false;
  if (limits.isOblivious === true) return false;
  if (job.shaping !== null || job.gainFactors !== undefined) return false;
  if (hasFeatureCosts(job)) return false;
  if (job.forcedSplits !== undefined || job.interactions !== null) return false;
  return columns.byLevel === null && columns.byNode === null;
}

/** Boosts one model. @param apart where ranks grow trees side by side */
export async function boostRounds(
  parts: BoostingParts,
  memory: BoostingMemory,
  onRound: OnRound,
  apart: ApartMemory | null = null,
): Promise<BoostedRounds> {
  const state = await prepareRounds(parts, memory);
  const grower = await growerOf(state, apart);
  try {
    return await runRounds(parts, state, grower, onRound);
  } finally {
    await grower.close();
  }
}

async function growerOf(state: BoostingState, apart: ApartMemory | null): Promise<RoundGrower> {
  const { dropping } = state.job;
  if (dropping !== null) return new DroppingGrower(state, dropping);
  if (state.job.parallelTrees !== undefined)
    return new ParallelGrower(state, state.job.parallelTrees);
  return apart === null ? new TogetherGrower(state) : await ApartGrower.of(state, apart);
}

async function runRounds(
  parts: BoostingParts,
  state: BoostingState,
  grower: RoundGrower,
  onRound: OnRound,
): Promise<BoostedRounds> {
  const { environment, job } = parts;
  const perRound = treesOfRound(state.objective, job);
  const trees: NumberedTree[] = [];
  const resumed = job.snapshots?.resumed ?? null;
  const series = seriesOf(state);
  const measured: (readonly number[])[] = [...(resumed?.measured ?? [])];
  const watch = job.earlyStopping === null ? null : new StopWatch(job.earlyStopping);
  const stops = state.rows.validation.numAll > 0;
  const sign = stops && isLargerBetter(job.metrics[0] ?? 'loss') ? -1 : 1;
  const stopsAfter = (done: number, [value]: readonly number[]): boolean =>
    stops && watch?.isOver(done - 1, sign * (value as number)) === true;
  const { objective } = state;
  const known = measured.at(-1)?.slice(series.length) ?? job.initial?.positionBiases ?? [];
  if (known.length > 0) objective.goOn?.(known);
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
    for (const { output, tree } of await grower.grow(round)) {
      trees.push({ number: (done - firstDone) * perRound + output, tree });
    }
    done += 1;
    const values = await measureRound(state, series);
    // what the round leaves to the next stands behind what was measured, in the last one and in the best
    measured.push([...values, ...(objective.handedOn?.() ?? [])]);
    isOver = stopsAfter(done, values);
    const best = (watch?.bestRounds ?? done) - 1 + before;
    if (objective.handedOn !== undefined) {
      measured.forEach((entry, i) => {
        if (entry.length === series.length || i === best || i === measured.length - 1) return;
        measured[i] = entry.slice(0, series.length);
      });
    }
    onRound(done, values[0]);
    snapshots.tell(done, trees);
  }
  const numRounds = watch?.bestRounds ?? done;
  const numKept = Math.max(0, numRounds - firstDone) * perRound;
  const kept = trees.filter(({ number }) => number < numKept);
  const history = historyOf(series, measured);
  const handedOn =
    numRounds === 0
      ? (job.initial?.positionBiases ?? [])
      : (measured[numRounds - 1 + before]?.slice(series.length) ?? []);
  return {
    handedOn,
    trees: kept,
    history,
    numRounds,
    numResumed: firstDone,
    counters: grower.counters,
  };
}

/** The trees of a round: an output after another, and so again for each that stands beside them. */
export function treesOfRound(
  { numOutputs }: { readonly numOutputs: number },
  { parallelTrees = 1 }: BoostingJob,
): number {
  return numOutputs * parallelTrees;
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
  { environment, job, rows, start, member }: Omit<BoostingParts, 'baseScores' | 'dataKey'>,
  memory: BoostingMemory,
): Promise<BoostingState> {
  const { objective, scoreUnit, centre, firstScores } = start;
  const settled = {
    environment,
    job,
    objective,
    rows,
    memory,
    cpuLimits: limitsOf({ environment, job: { ...job, device: null }, start }, rows),
    centre,
    firstScores,
    scoreUnit,
    wholeWeights: await leafWeights(environment, objective, rows),
    validationLabels: start.validationLabels,
    featureCosts: hasFeatureCosts(job)
      ? await costsOfFeatures(environment, { job, rows, member })
      : null,
  };
  const state = { ...settled, metric: await CustomMetric.of(settled) };
  writeFirstScores(state);
  await objective.prepare?.(environment, rows);
  return state;
}
