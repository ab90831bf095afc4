/**
 * Gradient boosting, as every rank runs it (J. H. Friedman, 2001; second-order leaves as in XGBoost, 2016).
 *
 * Driver: plans what is read, starts one rank a thread, shows progress, keeps rank 0's trees.
 * Rank: reads and bins its rows, then round after round grows a tree an output (boosted-tree-grower.ts),
 * measures the validation rows and asks whether to stop. Bounded by rounds · rows · features binned reads and
 * by nodes · features · bins integers that cross at the trees' meetings.
 */
import type { RankContext } from '../cluster/rank-program.ts';
import { type GrownTree, packTrees } from '../tree/tree.ts';
import { BoostedTreeGrower } from './boosted-tree-grower.ts';
import { type BoostingMemory, planBoosting } from './boosting-memory.ts';
import { type BoostingStart, startBoosting } from './boosting-start.ts';
import type { BoostingState } from './boosting-state.ts';
import { CustomMetric } from './custom-metric.ts';
import { StopWatch } from './early-stopping.ts';
import { writeFirstScores } from './first-scores.ts';
import { type IngestedRows, ingest } from './ingest/ingest.ts';
import type { BoostingJob, RankResult } from './messages.ts';
import { wholeWeights } from './quantile-weights.ts';
import { RankEnvironment } from './rank-environment.ts';
import { PhaseClock, rankReport, trainedFacts } from './rank-result.ts';
import { validationLoss } from './validation-loss.ts';

/** The most pairs of nodes that one meeting serves. */
const mostPairs = 16;
/** Bytes that a rank's own histograms of the nodes of one meeting may take: they should stay in its cache. */
const batchBytes = 8 * 1024 * 1024;

/** What the rounds gave. */
interface BoostedRounds {
  readonly trees: readonly GrownTree[];
  readonly losses: readonly number[];
  /** Rounds kept. */
  readonly numRounds: number;
  readonly counters: BoostedTreeGrower['counters'] | null;
}

/** One rank of a boosting job. */
export async function runBoosting(context: RankContext, job: BoostingJob): Promise<RankResult> {
  const environment = new RankEnvironment(context, job.kernels);
  const clock = new PhaseClock();
  let start: BoostingStart | null = null;
  const rows = await ingest(environment, job.ingest, async (labelled) => {
    start = await startBoosting(environment, job, labelled);
    return start.slotBytes;
  });
  clock.end('ingest');
  const started = start as unknown as BoostingStart;
  const boosted = started.isConstant
    ? { trees: [], losses: [], numRounds: 0, counters: null }
    : await boost(await prepare({ environment, job, rows, start: started }));
  clock.end('grow');
  const isFirst = environment.collective.rank === 0;
  const kept = isFirst
    ? boosted.trees.slice(0, boosted.numRounds * started.objective.numOutputs)
    : [];
  return {
    facts: trainedFacts(rows, {
      baseScores: started.firstScores.map((score) => started.centre + score),
      validationLosses: boosted.losses,
      numRounds: boosted.numRounds,
    }),
    trees: packTrees(kept, 1),
    treeNumbers: kept.map((_, t) => t),
    report: rankReport(environment, rows, boosted.counters, clock),
  };
}

/** Plans the memory and sets every row's score to where boosting starts. */
async function prepare(parts: {
  readonly environment: RankEnvironment;
  readonly job: BoostingJob;
  readonly rows: IngestedRows;
  readonly start: BoostingStart;
}): Promise<BoostingState> {
  const { environment, job, rows } = parts;
  const { objective, scoreUnit, centre, firstScores } = parts.start;
  const memory = await plan(environment, job, rows, objective.numOutputs);
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
    validationLabels: parts.start.validationLabels,
  };
  const state = { ...settled, metric: await CustomMetric.of(settled) };
  writeFirstScores(state);
  return state;
}

async function plan(
  environment: RankEnvironment,
  job: BoostingJob,
  rows: IngestedRows,
  numOutputs: number,
): Promise<BoostingMemory> {
  const { limits } = job;
  const byLevel = limits.maxLeaves === Number.POSITIVE_INFINITY;
  const widest = byLevel ? 2 ** Math.min(limits.maxDepth, 20) : limits.maxLeaves;
  const inCache = Math.floor(batchBytes / (32 * Math.max(1, rows.layout.numEntries)));
  return await planBoosting(environment, rows, {
    numOutputs,
    maxPairs: Math.max(1, Math.min(mostPairs, Math.floor(widest / 2), inCache)),
    maxOpen: widest,
    maxHistogramBytes: job.maxHistogramBytes,
  });
}

async function boost(state: BoostingState): Promise<BoostedRounds> {
  const { environment, job, objective } = state;
  const { validation } = state.rows;
  const grower = new BoostedTreeGrower(state);
  const trees: GrownTree[] = [];
  const losses: number[] = [];
  const watch = job.earlyStopping === null ? null : new StopWatch(job.earlyStopping);
  await environment.wait(environment.collective.barrier());
  for (let round = 0; round < job.numRounds; round++) {
    await grower.beginRound(round);
    for (let output = 0; output < objective.numOutputs; output++) {
      trees.push(await grower.grow(round, output));
    }
    const progress = { phase: 'train', done: round + 1, total: job.numRounds } as const;
    if (validation.numAll === 0) {
      environment.progress(progress);
      continue;
    }
    const metric = await validationLoss(state);
    losses.push(metric);
    environment.progress({ ...progress, metric });
    if (watch?.isOver(round, metric) === true) break;
  }
  const numRounds = watch?.bestRounds ?? job.numRounds;
  return { trees, losses, numRounds, counters: grower.counters };
}
