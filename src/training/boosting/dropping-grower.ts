/**
 * Rounds that leave earlier ones out (DART: K. Vinayak and R. Gilad-Bachrach, "DART: dropouts meet multiple additive
 * regression trees", 2015). The scores that a round learns from lack some k rounds before it, drawn anew each time;
 * then the new trees weigh 1 / (k + 1) and those that were left out k / (k + 1) of what they did.
 *
 * Leaf values stay on the grid of the scores, so taking trees from the scores and adding them again loses nothing.
 * A draw hangs on the seed and the numbers of both rounds. Rows walk each tree that is left out twice.
 */
import { hash32, purposes, unitInterval } from '../../base/rng.ts';
import type { GrownNode } from '../../tree/tree.ts';
import type { RoundDropping } from '../sampling/sampling-messages.ts';
import { BoostedTreeGrower, type SettledGrowth } from './boosted-tree-grower.ts';
import type { BoostingState } from './boosting-state.ts';
import { beginObjective, type OutputTree, type RoundGrower } from './round-growers.ts';

/** The rounds that a round leaves out, ascending. */
export function droppedRounds(dropping: RoundDropping, seed: number, round: number): number[] {
  const draw = (other: number): number => hash32(seed, purposes.dropping, round, other);
  if (unitInterval(draw(-1)) < dropping.skip) return [];
  const drawn: { round: number; bits: number }[] = [];
  for (let other = 0; other < round; other++) {
    const bits = draw(other);
    if (unitInterval(bits) < dropping.rate) drawn.push({ round: other, bits });
  }
  drawn.sort((a, b) => a.bits - b.bits || a.round - b.round);
  return drawn
    .slice(0, dropping.most)
    .map(({ round: other }) => other)
    .sort((a, b) => a - b);
}

/** All ranks grow each tree; see the header. */
export class DroppingGrower implements RoundGrower {
  readonly #state: BoostingState;
  readonly #dropping: RoundDropping;
  readonly #grower: BoostedTreeGrower;
  /** The trees of each round, an output each, with the values that they have by now. */
  readonly #rounds: SettledGrowth[][] = [];

  constructor(state: BoostingState, dropping: RoundDropping) {
    this.#state = state;
    this.#dropping = dropping;
    this.#grower = new BoostedTreeGrower(state);
  }

  get counters(): BoostedTreeGrower['counters'] {
    return this.#grower.counters;
  }

  async grow(round: number): Promise<readonly OutputTree[]> {
    const { environment, objective, job } = this.#state;
    const dropped = droppedRounds(this.#dropping, job.seed, round);
    const left = dropped.flatMap((other) => this.#rounds[other] ?? []);
    for (const tree of left) {
      await this.#grower.addTree(
        tree,
        tree.values.map((value) => -value),
      );
    }
    await beginObjective(this.#state, round);
    await this.#grower.beginRound(round);
    const own: SettledGrowth[] = [];
    for (let output = 0; output < objective.numOutputs; output++) {
      own.push(await this.#grower.growSettled(round, output, 1 / (dropped.length + 1)));
    }
    this.#rounds.push(own);
    for (const tree of left) {
      this.#weaken(tree, dropped.length);
      await this.#grower.addTree(tree, tree.values);
    }
    const trees = own.map(({ output, grown }) => ({ output, tree: grown.tree }));
    return environment.collective.rank === 0 ? trees : [];
  }

  async close(): Promise<void> {
    await this.#grower.close();
  }

  /** What is left of the values of a tree that was left out beside others. */
  #weaken({ grown, values }: SettledGrowth, numDropped: number): void {
    const { scoreUnit } = this.#state;
    grown.leaves.forEach(({ index }, i) => {
      const value = ((values[i] as number) * numDropped) / (numDropped + 1);
      const rounded = Math.round(value / scoreUnit) * scoreUnit;
      values[i] = rounded;
      (grown.tree.nodes[index] as GrownNode).value = [rounded];
    });
  }
}
