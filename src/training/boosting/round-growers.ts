/**
 * The trees of a round, one an output. Ranks either grow each tree together, every rank its own rows; or, in one
 * process, side by side: a rank draws the next output and grows its tree alone, over all rows. Then nobody meets
 * while a tree grows, only twice a round, where the outputs' scores are read and written:
 *
 *   all ranks   what the outputs share (softmax), each for its own rows          ─ meeting
 *   each rank   the next output: gradients, tree and scores of all rows, …       ─ meeting
 *
 * A rank that grows apart has copies of its own of whatever a tree is grown in, the records too, for they hold the
 * tree's gradients. Sums are exact and draws hang on keys, so the trees are the same either way.
 */
import { Arena } from '../../base/arena.ts';
import type { Awaitable } from '../../base/awaitable.ts';
import type { GrownTree } from '../../tree/tree.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import { leafWeights } from '../leaves/quantile-weights.ts';
import { routeBytesBound, widestSides } from '../leaves/route-rows.ts';
import type { BoostingJob } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { rowsOfProcess } from '../validation/hold-out.ts';
import { BoostedTreeGrower } from './boosted-tree-grower.ts';
import {
  type BoostingMemory,
  type PlanLimits,
  planGrowing,
  planScores,
} from './boosting-memory.ts';
import { type BoostingState, gradientRows, hasFeatureCosts } from './boosting-state.ts';

/** The words from which ranks draw the next output, in turn, in the fixed part of memory. */
const nextOutputAddress = 1216;
/** Copies of all rows for each rank may take so much together. */
const apartBytes = 512 * 1024 * 1024;
/** Below so many values a tree's meetings take longer than what they share out. */
const fewValues = 1_000_000;

/** A tree of a round. */
export interface OutputTree {
  /** Its place in the round: its output, behind those that stand before it side by side. */
  readonly output: number;
  readonly tree: GrownTree;
}

/** Grows one round after another. */
export interface RoundGrower {
  readonly counters: BoostedTreeGrower['counters'];
  /** The trees that this rank hands back. */
  grow(round: number): Promise<readonly OutputTree[]>;
  /** Frees what is not memory of the process. */
  close(): Promise<void>;
}

/** Where arrays lie while ranks grow apart. */
export interface ApartMemory {
  /** For what ranks do together: the scores are everybody's, all else this rank's own. */
  readonly together: BoostingMemory;
  /** For what this rank does alone. */
  readonly own: BoostingMemory;
  /** Where this rank's records begin. */
  readonly records: number;
  /** What this rank does alone stays below it. */
  readonly end: number;
}

/** Whether ranks grow the trees of a round side by side; every rank finds the same. */
export function growsApart(
  environment: RankEnvironment,
  job: BoostingJob,
  rows: IngestedRows,
  numOutputs: number,
): boolean {
  const { collective, numLocal } = environment;
  if (job.growsApart === false || job.device !== null || numOutputs < 2) return false;
  if (job.parallelTrees !== undefined) return false;
  if (job.dropping !== null || hasFeatureCosts(job)) return false;
  if (numLocal === 1 || numLocal < collective.size) return false;
  if (job.objectiveFunction !== null || job.snapshots !== null) return false;
  if (job.limits.maxLeaves === Number.POSITIVE_INFINITY && job.limits.maxDepth > 20) return false;
  const numValues = rows.train.numProcess * rows.layout.places.length;
  const numWaves = Math.ceil(numOutputs / numLocal);
  const isBalanced = 4 * numOutputs >= 3 * numWaves * numLocal;
  if (job.growsApart === null && numValues > fewValues && !isBalanced) return false;
  return numLocal * 3 * rows.layout.stride * rows.train.numProcess <= apartBytes;
}

/** Plans it, behind `rows.free`. @param tools alone: those of a rank that meets nobody */
export function planApart(
  tools: { readonly environment: RankEnvironment; readonly alone: RankEnvironment },
  rows: IngestedRows,
  limits: PlanLimits,
): ApartMemory {
  const { environment, alone } = tools;
  const { numLocal, localIndex } = environment;
  const arena = new Arena(rows.free);
  const scores = planScores(arena, rows, limits.numOutputs);
  const all = rowsOfProcess(rows);
  const numRows = all.train.count + all.validation.count;
  const begin = arena.top;
  const plan = (base: number) => {
    const own = new Arena(base);
    const copy = own.allocate(rows.layout.stride * numRows);
    const memory = planGrowing(alone, { ...all, records: copy }, limits, { arena: own, scores });
    return { copy, memory };
  };
  const first = plan(begin);
  const mostLeaves = Math.min(limits.maxOpen, numRows);
  const table =
    64 * Math.ceil((mostLeaves * 40) / 64) + routeBytesBound(mostLeaves, widestSides(rows.layout));
  const span = 64 * Math.ceil((first.memory.tail + table + 128 - begin) / 64);
  const base = begin + span * localIndex;
  const { copy, memory } = plan(base);
  return {
    together: { ...memory, tail: begin + span * numLocal },
    own: memory,
    records: copy,
    end: base + span,
  };
}

/** All ranks grow each tree. */
export class TogetherGrower implements RoundGrower {
  readonly #state: BoostingState;
  readonly #grower: BoostedTreeGrower;

  constructor(state: BoostingState) {
    this.#state = state;
    this.#grower = new BoostedTreeGrower(state);
  }

  get counters(): BoostedTreeGrower['counters'] {
    return this.#grower.counters;
  }

  async grow(round: number): Promise<readonly OutputTree[]> {
    await beginObjective(this.#state, round);
    await this.#grower.beginRound(round);
    const { objective, environment } = this.#state;
    const trees: OutputTree[] = [];
    for (let output = 0; output < objective.numOutputs; output++) {
      trees.push({ output, tree: await this.#grower.grow(round, output) });
    }
    return environment.collective.rank === 0 ? trees : [];
  }

  async close(): Promise<void> {
    await this.#grower.close();
  }
}

/** Each rank grows whole trees. */
export class ApartGrower implements RoundGrower {
  readonly #state: BoostingState;
  readonly #grower: BoostedTreeGrower;

  /** @param own the state of this rank alone */
  private constructor(state: BoostingState, own: BoostingState) {
    this.#state = state;
    this.#grower = new BoostedTreeGrower(own);
  }

  /** @param state what ranks do together, in `memory.together` */
  static async of(state: BoostingState, memory: ApartMemory): Promise<ApartGrower> {
    const { environment, objective } = state;
    const alone = environment.alone(memory.end);
    const all = rowsOfProcess(state.rows);
    const bytes = all.layout.stride * (all.train.count + all.validation.count);
    environment.u8(0, memory.end).copyWithin(memory.records, all.records, all.records + bytes);
    if (environment.localIndex === 0) environment.i32(nextOutputAddress, 2).fill(0);
    return new ApartGrower(state, {
      ...state,
      environment: alone,
      rows: { ...all, records: memory.records },
      memory: memory.own,
      wholeWeights: await leafWeights(alone, objective, all),
      metric: null,
    });
  }

  get counters(): BoostedTreeGrower['counters'] {
    return this.#grower.counters;
  }

  async grow(round: number): Promise<readonly OutputTree[]> {
    const { environment, objective, job } = this.#state;
    await beginObjective(this.#state, round);
    await environment.wait(environment.collective.barrier());
    const next = environment.i32(nextOutputAddress, 2);
    // the other word is the next round's: all ranks are done with it, and have yet to meet before they draw
    if (environment.localIndex === 0) Atomics.store(next, (round + 1) & 1, 0);
    await this.#grower.beginRound(round);
    // gradient-based sampling looks at the scores of all outputs: they may change when every rank has done so
    if (job.rows.goss !== null) await environment.wait(environment.collective.barrier());
    const trees: OutputTree[] = [];
    for (;;) {
      const output = Atomics.add(next, round & 1, 1);
      if (output >= objective.numOutputs) break;
      trees.push({ output, tree: await this.#grower.grow(round, output) });
    }
    await environment.wait(environment.collective.barrier());
    return trees;
  }

  async close(): Promise<void> {
    await this.#grower.close();
  }
}

/** What the outputs of a round share. */
export function beginObjective(state: BoostingState, round: number): Awaitable<void> {
  const { environment, objective, rows, job } = state;
  const own = gradientRows(state, rows.train);
  return objective.beginRound(environment, own, { seed: job.seed, round });
}
