/**
 * Several models whose scores are averaged: each holds other rows out and stops on them, so that every model's
 * rounds are chosen on rows it has not seen, and most rows teach most models (L. Breiman, "Bagging predictors",
 * 1996; the folds as in M. van der Laan et al., "Super learner", 2007).
 *
 * In one process the models are grown apart where memory allows: a rank draws the next model's number and grows
 * it alone over a copy of all rows, and nobody meets. Else all ranks grow each model together. The sums are
 * exact either way, and every draw hangs on the model's number, so the trees are the same.
 */
import { deriveSeed, hash32, purposes } from '../../base/rng.ts';
import { scaledTerms } from '../../tree/linear-leaves.ts';
import type { GrownTree } from '../../tree/tree.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import { routeBytesBound, widestSides } from '../leaves/route-rows.ts';
import type { BoostingJob, LossHistory, MemberPlace } from '../messages.ts';
import { ProgressPace } from '../progress-pace.ts';
import { gatherJson } from '../rank-environment.ts';
import { type Fold, holdOut, holdOutBytes, rowsOfProcess } from '../validation/hold-out.ts';
import type { BoostingMemory } from './boosting-memory.ts';
import type { BoostingParts } from './boosting-parts.ts';
import {
  type BoostedRounds,
  boostRounds,
  type OnRound,
  planRounds,
  treesOfRound,
} from './boosting-rounds.ts';

/** The word from which ranks draw the next model, in the fixed part of memory, and one that counts their rounds. */
const nextMemberAddress = 1152;
const doneRoundsAddress = 1156;
/** Rounds of the models that are done, with those that were not kept. */
const spentRoundsAddress = 1160;
/** Copies of all rows for each rank may take so much together. */
const apartBytes = 512 * 1024 * 1024;
/** So many rows feed several ranks. */
const manyRows = 100_000;

/** How many models there are, and how many folds their rows fall into. */
export interface Members {
  /** A power of two: leaf values divided by it stay on a grid. */
  readonly numMembers: number;
  readonly numFolds: number;
  /** Twice as many are grown where these took fewer rounds together, those behind their best included; 0: never. */
  readonly roundsToDouble: number;
}

/** A model of several. */
interface Member extends BoostedRounds {
  readonly index: number;
}

/** What all models gave together. */
export interface BoostedMembers {
  /** The trees that this rank hands back, their values divided by the number of models, and their numbers. */
  readonly trees: readonly GrownTree[];
  readonly treeNumbers: readonly number[];
  /** Rounds kept of each model. */
  readonly memberRounds: readonly number[];
  readonly history: readonly LossHistory[];
  /** What the last round of a model alone leaves to the next besides scores. */
  readonly handedOn?: readonly number[];
  readonly counters: BoostedRounds['counters'];
}

/** Boosts all models. */
export async function boostMembers(
  parts: BoostingParts,
  members: Members,
): Promise<BoostedMembers> {
  const { environment, start } = parts;
  const isApart = growsApart(parts, members);
  const own = isApart ? await growApart(parts, members) : await growTogether(parts, members);
  const hands = isApart || environment.collective.rank === 0;
  const told = own.map(({ index, numRounds, history }) => ({ index, numRounds, history }));
  const everyone = (await gatherJson(environment, hands ? told : []))
    .flat()
    .sort((a, b) => a.index - b.index);
  const memberRounds = everyone.map(({ numRounds }) => numRounds);
  const perRound = treesOfRound(start.objective, parts.job);
  const trees: GrownTree[] = [];
  const treeNumbers: number[] = [];
  for (const member of hands ? own : []) {
    for (const { number, tree } of member.trees) {
      const round = member.numResumed + Math.floor(number / perRound);
      trees.push(divideValues(tree, memberRounds.length));
      treeNumbers.push(
        perRound * treesBefore(memberRounds, round, member.index) + (number % perRound),
      );
    }
  }
  const counters = { histogramRows: 0, featuresDecided: 0 };
  for (const member of own) {
    counters.histogramRows += member.counters.histogramRows;
    counters.featuresDecided += member.counters.featuresDecided;
  }
  return {
    trees,
    treeNumbers,
    memberRounds,
    history: everyone.flatMap(({ index, history }) =>
      history.map((entry) =>
        entry.set === 'training' ? { ...entry, set: `training${index + 1}` } : entry,
      ),
    ),
    counters: counters as BoostedRounds['counters'],
  };
}

/** How many rounds of any model come before a round of one: rounds go first, then models. */
export function treesBefore(
  memberRounds: readonly number[],
  round: number,
  member: number,
): number {
  return memberRounds.reduce(
    (sum, rounds, k) => sum + Math.min(rounds, round) + (k < member && rounds > round ? 1 : 0),
    0,
  );
}

function growsApart({ environment, job, rows }: BoostingParts, members: Members): boolean {
  const { collective, numLocal } = environment;
  if (numLocal < collective.size || numLocal === 1) return false;
  if (job.device !== null) return false;
  if (job.objectiveFunction !== null || job.metricFunction !== null) return false;
  if (job.limits.maxLeaves === Number.POSITIVE_INFINITY) return false;
  // many ranks and many rows: all ranks on each model keep more of them busy
  if (numLocal > members.numMembers && rows.train.numProcess > manyRows) return false;
  const numApart = Math.min(numLocal, members.numMembers);
  return numApart * 3 * rows.layout.stride * rows.train.numProcess <= apartBytes;
}

async function growTogether(parts: BoostingParts, members: Members): Promise<Member[]> {
  const { environment, rows } = parts;
  const base = rows.free;
  const grown: Member[] = [];
  let wanted = members;
  for (let index = 0; index < wanted.numMembers; index++) {
    const own = rowsOfMember(parts, rows, index);
    await environment.reserve(base + holdOutBytes(own), 'training data');
    const held = await holdOut(environment, own, foldOf(parts.job, members, index), base);
    const job = memberJob(parts.job, index);
    const memory = planRounds({ ...parts, job }, held);
    await environment.reserve(memory.tail, 'training data');
    const rounds = await boostRounds(
      { ...parts, job, rows: held, member: placeOf(members, index) },
      memory,
      tellRounds(parts, wanted, index, false),
    );
    grown.push({ ...rounds, index });
    if (index + 1 === members.numMembers)
      wanted = moreMembers(
        members,
        grown.reduce((sum, member) => sum + spentRounds(member), 0),
      );
  }
  return grown;
}

/** A rank grows the models it draws, alone, in a stretch of memory of its own. */
async function growApart(parts: BoostingParts, members: Members): Promise<Member[]> {
  const { environment, rows } = parts;
  const { collective, localIndex, numLocal } = environment;
  const all = rowsOfProcess(rows);
  const copies = holdOutBytes(rowsOfMember(parts, rows, 0));
  const alone = environment.alone(Number.POSITIVE_INFINITY);
  const planned = planRounds(
    { ...parts, environment: alone },
    { ...withMostRows(all), free: copies },
  );
  const span = Math.ceil((planned.tail + tailBytes(parts, planned)) / 65536) * 65536;
  const first = Math.ceil(rows.free / 65536) * 65536;
  await environment.reserve(first + span * numLocal, 'training data');
  if (localIndex === 0) environment.i32(nextMemberAddress, 3).fill(0);
  await environment.wait(collective.barrier());
  const base = first + span * localIndex;
  const tools = environment.alone(base + span);
  const grown: Member[] = [];
  const growDrawn = async (wanted: Members, numVain: number): Promise<void> => {
    for (;;) {
      const index = Atomics.add(environment.i32(nextMemberAddress, 1), 0, 1) - numVain;
      if (index >= wanted.numMembers) break;
      const mine = rowsOfMember(parts, all, index);
      const held = await holdOut(tools, mine, foldOf(parts.job, members, index), base);
      const job = memberJob(parts.job, index);
      const member = placeOf(members, index);
      const own = { ...parts, environment: tools, job, rows: held, member };
      const memory = planRounds(own, held);
      const rounds = await boostRounds(own, memory, tellRounds(parts, wanted, index, true));
      grown.push({ ...rounds, index });
      // of the first alone, for a slow rank may look while others grow more
      if (index < members.numMembers)
        Atomics.add(environment.i32(spentRoundsAddress, 1), 0, spentRounds(rounds));
    }
    await environment.wait(collective.barrier());
  };
  await growDrawn(members, 0);
  const wanted = moreMembers(members, Atomics.load(environment.i32(spentRoundsAddress, 1), 0));
  // each rank has drawn a number in vain
  if (wanted !== members) await growDrawn(wanted, numLocal);
  return grown;
}

/** Twice as many models where those planned took few rounds together. */
function moreMembers(members: Members, spent: number): Members {
  const { numMembers, roundsToDouble } = members;
  return spent < roundsToDouble ? { ...members, numMembers: 2 * numMembers } : members;
}

/** How many rounds a model was grown for, with those behind its best. */
function spentRounds({ history, numRounds }: BoostedRounds): number {
  return history[0]?.values.length ?? numRounds;
}

/** Snapshots keep a place for every model that may be. */
function placeOf({ numMembers, roundsToDouble }: Members, index: number): MemberPlace {
  return { index, numMembers: roundsToDouble > 0 ? 2 * numMembers : numMembers };
}

/** As if every row were both trained on and held out: no fold needs more memory. */
function withMostRows(rows: IngestedRows): IngestedRows {
  const numRows = rows.train.numProcess;
  return {
    ...rows,
    validation: { start: numRows, count: numRows, numProcess: numRows, numAll: numRows },
  };
}

/** What a round may need behind the planned arrays. */
function tailBytes({ job, rows }: BoostingParts, planned: BoostingMemory): number {
  const { maxLeaves } = job.limits;
  const table =
    64 * Math.ceil((maxLeaves * 40) / 64) + routeBytesBound(maxLeaves, widestSides(rows.layout));
  const own = planned.tail % 64;
  return own + Math.max(table + 128, 8 * rows.train.numProcess);
}

function foldOf({ seed }: BoostingJob, { numFolds }: Members, index: number): Fold {
  return { index, numFolds, key: hash32(seed, purposes.holdout) };
}

/** Each model draws rows and columns of its own, and goes on from its own rounds. */
function memberJob(job: BoostingJob, index: number): BoostingJob {
  const { snapshots } = job;
  const seed = deriveSeed(job.seed, purposes.holdout, index);
  if (snapshots === null || snapshots.resumed === null) return { ...job, seed };
  const { dataKey, members = [] } = snapshots.resumed;
  const { numRounds, measured } = members[index] ?? { numRounds: 0, measured: [] };
  return { ...job, seed, snapshots: { ...snapshots, resumed: { dataKey, numRounds, measured } } };
}

/** The rows with what the model's own trees give them, where it goes on from some, and what they have met in these. */
function rowsOfMember(
  { start, job }: BoostingParts,
  rows: IngestedRows,
  index: number,
): IngestedRows {
  const { numOutputs } = start.objective;
  const all = rows.initialScores;
  const first = index * numOutputs;
  const { first: firstMet = all.length, numColumns = 0 } = job.metBefore ?? {};
  const met = firstMet + index * numColumns;
  const initialScores = [
    ...all.slice(first, Math.min(firstMet, first + numOutputs)),
    ...all.slice(met, met + numColumns),
  ];
  return { ...rows, initialScores };
}

/** Rounds of all models count as done; of models grown apart, those of every rank. */
function tellRounds(
  { environment, job }: BoostingParts,
  { numMembers }: Members,
  index: number,
  isApart: boolean,
): OnRound {
  const pace = new ProgressPace();
  return (done, loss) => {
    if (!environment.isHeard) return;
    const together = index * job.numRounds + done;
    const told = {
      done: isApart ? Atomics.add(environment.i32(doneRoundsAddress, 1), 0, 1) + 1 : together,
      total: numMembers * job.numRounds,
    };
    if (!environment.tellsProgress || !pace.isDue(told)) return;
    environment.progress({
      ...{ phase: 'train', ...told },
      ...(loss === undefined ? {} : { metric: loss }),
      message: numMembers === 1 ? 'rounds' : `rounds, model ${index + 1} of ${numMembers}`,
    });
  };
}

function divideValues(tree: GrownTree, divisor: number): GrownTree {
  if (tree.columns) {
    tree.columns.divideValues(divisor);
    return tree;
  }
  for (const node of tree.nodes) {
    node.value = Array.from(node.value, (value) => value / divisor);
    if (node.terms !== undefined) node.terms = scaledTerms(node.terms, 1 / divisor);
  }
  if (tree.unit !== undefined) tree.unit /= divisor;
  return tree;
}
