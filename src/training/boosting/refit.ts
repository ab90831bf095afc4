/**
 * New leaf values for the trees of a boosted model from other rows, as every rank finds them: the structure stays,
 * each tree's leaves take the step that they would take if the tree had just been grown on these rows, behind the
 * trees before it (the refit of LightGBM).
 *
 * Driver: plans what is read, names the cuts of the model (model-bins.ts). Rank: reads and bins its rows with
 * these, then, tree by tree: gradients at the running scores, its rows walk the tree, exact sums give the leaves
 * (leaf-values.ts), which are added to the scores. Bounded by rows · trees · depth; a meeting or two a tree.
 */
import type { RankContext } from '../../cluster/rank-program.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { settleLeaves } from '../leaves/leaf-values.ts';
import type { RoutedTree } from '../leaves/route-rows.ts';
import type { InitialRounds, RankResult, RefitJob } from '../messages.ts';
import { writeFirstScores } from '../objectives/first-scores.ts';
import { rankReport, trainedFacts } from '../rank-result.ts';
import { clearStats, largestGradients } from '../sampling/largest-gradients.ts';
import { type BoostingState, gradientRows } from './boosting-state.ts';
import { treesBefore } from './members.ts';
import { type GrownFit, stepOfRound } from './step-of-round.ts';
import { prepareWalk, TreeWalk } from './tree-walk.ts';

/** One rank of a refit. */
export async function runRefit(context: RankContext, job: RefitJob): Promise<RankResult> {
  const { state, start, clock } = await prepareWalk(context, job);
  const { environment, rows } = state;
  const refitter = new Refitter(state, job);
  await refitter.refit();
  clock.end('grow');
  const { initial } = job;
  const { share = 1, baseScores } = initial as InitialRounds;
  const isFirst = environment.collective.rank === 0;
  return {
    facts: trainedFacts(rows, {
      baseScores: share === 1 ? baseScores : start.firstScores.map((score) => start.centre + score),
      history: [],
      memberRounds: job.refit.memberRounds,
      chosen: null,
    }),
    trees: refitter.trees,
    treeNumbers: isFirst ? Array.from({ length: refitter.trees.numTrees }, (_, t) => t) : [],
    report: rankReport(environment, rows, null, clock),
  };
}

/** Trees that learned from one another, in their order; their scores are divided in the model. */
interface Chain {
  /** The first tree of each round. */
  readonly rounds: readonly number[];
  readonly divisor: number;
  /** The number of the first of them. */
  readonly firstRound: number;
  /** Rounds of other chains that these learned behind. */
  readonly before: readonly number[];
}

class Refitter {
  readonly trees: TreeEnsemble;
  readonly #state: BoostingState;
  readonly #job: RefitJob;
  readonly #walk: TreeWalk;

  constructor(state: BoostingState, job: RefitJob) {
    this.#state = state;
    this.#job = job;
    const { trees, columns } = job.refit;
    this.trees = { ...trees, value: trees.value.slice() };
    this.#walk = new TreeWalk(state, this.trees, columns);
  }

  get #parallelTrees(): number {
    return this.#job.refit.parallelTrees ?? 1;
  }

  async refit(): Promise<void> {
    const { environment, objective, rows, job } = this.#state;
    const { numOutputs } = objective;
    const perRound = numOutputs * this.#parallelTrees;
    let done = 0;
    for (const { rounds, divisor, firstRound, before } of chainsOf(this.#job, perRound)) {
      writeFirstScores(this.#state);
      await environment.wait(environment.collective.barrier());
      for (const first of before) {
        for (let k = 0; k < perRound; k++) await this.#walk.add(first + k, k % numOutputs);
      }
      for (const [i, first] of rounds.entries()) {
        const round = firstRound + i;
        environment.collective.checkAborted();
        const own = gradientRows(this.#state, rows.train);
        await environment.wait(objective.beginRound(environment, own, { seed: job.seed, round }));
        for (let k = 0; k < perRound; k++)
          await this.#refitTree(first + k, { output: k % numOutputs, round, divisor });
        // trees side by side have learned from the same scores
        for (let k = 0; k < perRound && this.#parallelTrees > 1; k++)
          await this.#walk.add(first + k, k % numOutputs, divisor);
        done += 1;
        const total = this.trees.numTrees / perRound;
        environment.progress({ phase: 'train', done, total, message: 'rounds' });
      }
    }
  }

  async #refitTree(
    tree: number,
    { output, round, divisor }: { output: number; round: number; divisor: number },
  ): Promise<void> {
    const { environment, objective, rows, scoreUnit, wholeWeights } = this.#state;
    const { refit, shaping } = this.#job;
    const { lambda, stepSize } = stepsOf(refit.fits, round);
    const share = 1 / this.#parallelTrees;
    const own = gradientRows(this.#state, rows.train);
    clearStats(this.#state);
    objective.gradients(environment, own, output);
    const largest = await largestGradients(this.#state);
    const { routed, at } = await this.#walk.route(tree);
    const start = this.trees.treeStart[tree] as number;
    const before = routed.leaves.map(
      ({ index }) => divisor * (this.trees.value[start + index] as number),
    );
    const leafOf = this.#state.memory.leafOf + 4 * rows.train.start;
    const values = await settleLeaves(environment, {
      grown: { tree: routed.tree, leaves: await this.#countRows(routed, leafOf) },
      previous: { values: before, decayRate: refit.decayRate },
      largest,
      rows: own,
      leafOf,
      sums: at,
      numAll: rows.train.numAll,
      lambda,
      shaping,
      stepSize: share * stepSize,
      scoreUnit,
      output,
      leafQuantile: objective.leafQuantiles?.[output] ?? null,
      wholeWeights: objective.leafQuantiles === null ? null : wholeWeights,
    });
    routed.leaves.forEach(({ index }, i) => {
      this.trees.value[start + index] = (values[i] as number) / divisor;
    });
    if (this.#parallelTrees === 1) this.#walk.addValues(values, output, at);
  }

  /** The leaves with their rows of all ranks. */
  async #countRows({ leaves }: RoutedTree, leafOf: number) {
    const { environment, rows } = this.#state;
    const counts = new Float64Array(leaves.length);
    for (const leaf of environment.u32(leafOf, rows.train.count)) {
      counts[leaf] = (counts[leaf] as number) + 1;
    }
    const words = BigInt64Array.from(counts, BigInt);
    await environment.wait(environment.collective.allreduce(words, 'sum'));
    return leaves.map(({ index }, i) => ({ index, rows: Number(words[i]) }));
  }
}

/** What the fit that grew a round of a model let its leaves do. */
function stepsOf(fits: readonly GrownFit[], round: number): { lambda: number; stepSize: number } {
  let first = 0;
  const own = fits.findIndex(({ rounds }, i) => {
    if (round < first + rounds || i === fits.length - 1) return true;
    first += rounds;
    return false;
  });
  const { lambda, stepSize, laterStepSize, mostRounds = 0 } = fits[own] as GrownFit;
  const steps = { stepSize, laterStepSize, numRounds: mostRounds };
  return { lambda, stepSize: stepOfRound(steps, round - first) };
}

/** Models that are averaged learned apart; rounds behind them learned from their average. */
function chainsOf({ refit }: RefitJob, perRound: number): Chain[] {
  const { memberRounds, trees } = refit;
  const numRounds = trees.numTrees / perRound;
  const divisor = Math.max(1, memberRounds.length);
  const known = memberRounds.length <= 1 ? [numRounds] : memberRounds;
  const chains = known.map((rounds, member) => ({
    rounds: Array.from(
      { length: rounds },
      (_, round) => perRound * treesBefore(known, round, member),
    ),
    divisor,
    firstRound: 0,
    before: [],
  }));
  const averaged = known.reduce((sum, rounds) => sum + rounds, 0);
  if (averaged === numRounds) return chains;
  const first = Array.from({ length: numRounds }, (_, round) => perRound * round);
  const firstRound = known.reduce((most, rounds) => Math.max(most, rounds), 0);
  const [before, rounds] = [first.slice(0, averaged), first.slice(averaged)];
  return [...chains, { rounds, divisor: 1, firstRound, before }];
}
