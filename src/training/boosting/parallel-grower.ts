/**
 * Rounds of several trees side by side: boosted forests. All trees of a round learn from the scores that the round before
 * left, each on rows and features of its own, and their mean is added (XGBoost's num_parallel_tree).
 *
 * A tree adds itself to the scores when it is settled. These are then put back to what they were, and what it added is
 * kept; scores lie on a grid, so nothing is lost. The trees of a round draw as so many rounds would: tree p of round r
 * as round r · k + p. A round's trees stand output by output, and so again for the next one beside them.
 */
import { BoostedTreeGrower } from './boosted-tree-grower.ts';
import { type BoostingState, scoreAddress } from './boosting-state.ts';
import { beginObjective, type OutputTree, type RoundGrower } from './round-growers.ts';

/** All ranks grow each tree; see the header. */
export class ParallelGrower implements RoundGrower {
  readonly #state: BoostingState;
  readonly #numTrees: number;
  readonly #grower: BoostedTreeGrower;
  /** The scores that a round learns from, and what its trees have added by now, an output each. */
  readonly #before: Float64Array[] = [];
  readonly #added: Float64Array[] = [];

  constructor(state: BoostingState, numTrees: number) {
    this.#state = state;
    this.#numTrees = numTrees;
    this.#grower = new BoostedTreeGrower(state);
    const { train, validation } = state.rows;
    for (let output = 0; output < state.objective.numOutputs; output++) {
      this.#before.push(new Float64Array(train.count + validation.count));
      this.#added.push(new Float64Array(train.count + validation.count));
    }
  }

  get counters(): BoostedTreeGrower['counters'] {
    return this.#grower.counters;
  }

  async grow(round: number): Promise<readonly OutputTree[]> {
    const { environment, objective } = this.#state;
    const { numOutputs } = objective;
    await beginObjective(this.#state, round);
    for (let output = 0; output < numOutputs; output++) this.#keep(output);
    const trees: OutputTree[] = [];
    for (let p = 0; p < this.#numTrees; p++) {
      const draw = round * this.#numTrees + p;
      await this.#grower.beginRound(draw);
      for (let output = 0; output < numOutputs; output++) {
        const { grown } = await this.#grower.growSettled(draw, output, 1 / this.#numTrees);
        trees.push({ output: p * numOutputs + output, tree: grown.tree });
        this.#takeOut(output);
      }
    }
    for (let output = 0; output < numOutputs; output++) this.#addAll(output);
    return environment.collective.rank === 0 ? trees : [];
  }

  async close(): Promise<void> {
    await this.#grower.close();
  }

  /** The scores of this rank's rows, those of training rows first. */
  #scores(output: number): readonly Float64Array[] {
    const { environment, rows } = this.#state;
    const address = scoreAddress(this.#state, output);
    return [rows.train, rows.validation].map(({ start, count }) =>
      environment.f64(address + 8 * start, count),
    );
  }

  #keep(output: number): void {
    let at = 0;
    for (const scores of this.#scores(output)) {
      this.#before[output]?.set(scores, at);
      at += scores.length;
    }
    this.#added[output]?.fill(0);
  }

  /** Puts the scores back to what they were; what was added to them is kept. */
  #takeOut(output: number): void {
    const before = this.#before[output] as Float64Array;
    const added = this.#added[output] as Float64Array;
    let at = 0;
    for (const scores of this.#scores(output)) {
      for (let i = 0; i < scores.length; i++, at++) {
        const old = before[at] as number;
        added[at] = (added[at] as number) + ((scores[i] as number) - old);
        scores[i] = old;
      }
    }
  }

  #addAll(output: number): void {
    const added = this.#added[output] as Float64Array;
    let at = 0;
    for (const scores of this.#scores(output)) {
      for (let i = 0; i < scores.length; i++, at++) {
        scores[i] = (scores[i] as number) + (added[at] as number);
      }
    }
  }
}
