/**
 * Gradient boosting, as every rank runs it (J. H. Friedman, 2001; second-order leaves as in XGBoost, 2016).
 *
 * Driver: plans what is read, starts one rank a thread, shows progress, puts the trees together by their numbers.
 * Rank: reads and bins its rows, settles what the user left open (self-stopping.ts), then boosts one model
 * (boosting-rounds.ts) or several that are averaged (members.ts). Bounded by rounds · rows · features binned
 * reads and by nodes · features · bins integers that cross at the trees' meetings.
 */
import type { RankContext } from '../../cluster/rank-program.ts';
import { packTrees } from '../../tree/tree.ts';
import { dataKey } from '../data-key.ts';
import { type IngestedRows, ingest } from '../ingest/ingest.ts';
import type { BoostingJob, RankResult } from '../messages.ts';
import { meanWeight } from '../objectives/base-score.ts';
import type { Objective } from '../objectives/objective.ts';
import { ProgressPace } from '../progress-pace.ts';
import { packsHistograms } from '../quantise.ts';
import { RankEnvironment } from '../rank-environment.ts';
import { PhaseClock, rankReport, trainedFacts } from '../rank-result.ts';
import { measureFill } from '../rigs/row-fill.ts';
import { streamRows } from '../rigs/slot-stream.ts';
import type { BoostingParts } from './boosting-parts.ts';
import { boostRounds, type OnRound, planApartRounds, planRounds } from './boosting-rounds.ts';
import { type BoostingStart, startBoosting } from './boosting-start.ts';
import { type BoostedMembers, boostMembers } from './members.ts';
import { growsApart } from './round-growers.ts';
import { type SettledJob, settleJob } from './self-stopping.ts';

/** One rank of a boosting job. */
export async function runBoosting(context: RankContext, job: BoostingJob): Promise<RankResult> {
  const environment = new RankEnvironment(context, job.kernels);
  environment.isHeard = job.isHeard !== false;
  const clock = new PhaseClock(environment.collective);
  let start: BoostingStart | null = null;
  const sparesFirst = streamRows(job, environment) > 0;
  const ingested = await ingest(environment, { ...job.ingest, sparesFirst }, async (labelled) => {
    start = await startBoosting(environment, job, labelled);
    return start.slotBytes;
  });
  // what a self-stopping fit asks of leaves is settled later, and may have its rows counted
  const passesEmptyOver =
    job.growsWhole !== false &&
    job.selfStopping === null &&
    packsHistograms(environment, job, ingested);
  const choice = { isWanted: job.keepsEntries ?? null, passesEmptyOver };
  const fill = await measureFill(environment, ingested, choice);
  const rows = { ...ingested, fill };
  clock.end('ingest');
  const key = job.snapshots === null ? '' : await dataKey(environment, rows);
  const isOtherData = job.snapshots?.resumed != null && job.snapshots.resumed.dataKey !== key;
  const started = start as unknown as BoostingStart;
  const { objective, centre, firstScores, isConstant } = started;
  const settled = settleJob(job, {
    numRows: rows.train.numAll,
    numOutputs: objective.numOutputs,
    hasValidation: rows.validation.numAll > 0,
    hessianIsWeight: objective.hessianIsWeight,
    meanWeight: await usualWeight(environment, job, rows),
  });
  const baseScores = job.initial?.baseScores ?? firstScores.map((score) => centre + score);
  const parts = { environment, job: settled.job, rows, start: started, baseScores, dataKey: key };
  let boosted: BoostedMembers | null = null;
  if (!isConstant && !isOtherData) {
    const { members } = settled;
    boosted = members === null ? await boostOne(parts) : await boostMembers(parts, members);
  }
  clock.end('grow');
  return {
    facts: trainedFacts(rows, {
      baseScores,
      history: boosted?.history ?? [],
      memberRounds: boosted?.memberRounds ?? [0],
      chosen: boosted === null ? null : allChosen(countModels(settled.chosen, boosted), objective),
      ...(boosted?.handedOn?.length ? { positionBiases: boosted.handedOn } : {}),
      ...(isOtherData ? { isOtherData } : {}),
    }),
    trees: packTrees(boosted?.trees ?? [], 1),
    treeNumbers: boosted?.treeNumbers ?? [],
    report: rankReport(environment, rows, boosted?.counters ?? null, clock),
  };
}

/** With as many models as there are. */
function countModels(
  chosen: SettledJob['chosen'],
  { memberRounds }: BoostedMembers,
): SettledJob['chosen'] {
  return chosen?.['numModels'] === undefined
    ? chosen
    : { ...chosen, numModels: memberRounds.length };
}

/** What the data's size chose and what was taken from the labels; null for nothing. */
function allChosen(
  bySize: Readonly<Record<string, number>> | null,
  { chosen }: Objective,
): Readonly<Record<string, number>> | null {
  return chosen === undefined ? bySize : { ...bySize, ...chosen() };
}

/** What rows weigh in the mean, where something is chosen by it; else 1. */
function usualWeight(
  environment: RankEnvironment,
  { selfStopping }: BoostingJob,
  { weights, train }: IngestedRows,
): Promise<number> {
  const own =
    selfStopping === null || weights === 0
      ? null
      : environment.f64(weights + 8 * train.start, train.count);
  return meanWeight(environment, own, train.numAll);
}

/** One model of all training rows. */
async function boostOne(parts: BoostingParts): Promise<BoostedMembers> {
  const { environment, job, rows, start } = parts;
  const isApart = growsApart(environment, job, rows, start.objective.numOutputs);
  const apart = isApart ? planApartRounds(parts) : null;
  const memory = apart?.together ?? planRounds(parts, rows);
  await environment.reserve(memory.tail, 'training data');
  const pace = new ProgressPace();
  const onRound: OnRound = (done, loss) => {
    const counted = { done, total: job.numRounds, message: 'rounds' };
    const progress = { phase: 'train', ...counted } as const;
    // a fit that is kept in snapshots may be ended at a round: it tells each one
    if (job.snapshots === null && !(environment.tellsProgress && pace.isDue(progress))) return;
    environment.progress(loss === undefined ? progress : { ...progress, metric: loss });
  };
  const boosted = await boostRounds(parts, memory, onRound, apart);
  return {
    trees: boosted.trees.map(({ tree }) => tree),
    treeNumbers: boosted.trees.map(({ number }) => number),
    memberRounds: [boosted.numRounds],
    history: boosted.history,
    handedOn: boosted.handedOn,
    counters: boosted.counters,
  };
}
