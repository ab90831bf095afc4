/**
 * Which rows a round's trees are grown on: all of them, in place, or some, copied to buffer A: those whose hash
 * falls under the rate, whole groups of them, an exact share of each class, or what gradient-based sampling keeps.
 * A draw hangs on seed, round and the keys of rows or groups, never on the rank that holds them.
 */
import type { Awaitable } from '../../base/awaitable.ts';
import { hash32, mix32, purposes } from '../../base/rng.ts';
import type { Segment } from '../../tree/backend/cpu/row-store.ts';
import { type BoostingState, gradientRows } from '../boosting/boosting-state.ts';
import { gossFactors, hashesOf, type RowFactors } from './goss.ts';
import { classRates } from './sampling-rates.ts';
import { selectTop } from './select-top.ts';

/** What the kernel that draws rows hashes to the largest number; it hashes 0 to 0. */
const keyOfDrawn = 0xd5f9efc4;
/** Units of a row's weight where amplified rows are counted. */
const factorUnits = 65536;

/** The rows of one round after another. */
export class RoundRows {
  readonly #state: BoostingState;
  /** How often each of this rank's rows counts in this round; null where hashes alone decide, or all count. */
  #factors: RowFactors | null = null;

  constructor(state: BoostingState) {
    this.#state = state;
  }

  /** True where this round's trees leave training rows out: these are sent down them once they are grown. */
  get leavesRowsOut(): boolean {
    return this.#factors !== null || this.#state.job.rows.rate < 1;
  }

  /** True where this round's gradients are not those of the objective. */
  get #amplifies(): boolean {
    return this.#factors !== null && this.#state.job.rows.goss !== null;
  }

  /** Chooses the rows; the objective's round has begun. */
  begin(round: number): Awaitable<void> {
    const { goss, byClass } = this.#state.job.rows;
    this.#factors = null;
    if (goss !== null || byClass !== null) return this.#choose(round);
  }

  async #choose(round: number): Promise<void> {
    const state = this.#state;
    const { goss, byClass } = state.job.rows;
    if (goss !== null && round >= goss.fromRound) {
      this.#factors = await gossFactors(state, goss, round);
    } else if (byClass !== null) {
      this.#factors = await this.#shareOfClasses(round);
    }
  }

  /** Multiplies this rank's gradients, and writes the largest ones anew; true where it changed them. */
  amplify(): boolean {
    const factors = this.#factors;
    if (factors === null || !this.#amplifies) return false;
    const { environment, memory, rows } = this.#state;
    const own = gradientRows(this.#state, rows.train);
    const grads = environment.f64(own.grads, factors.length);
    const hesses = environment.f64(own.hesses, factors.length);
    let largestGrad = 0;
    let largestHess = 0;
    for (let i = 0; i < factors.length; i++) {
      // rows left out become 0, so that they cannot exceed the scale
      const factor = factors[i] as number;
      const g = (grads[i] as number) * factor;
      const h = (hesses[i] as number) * factor;
      grads[i] = g;
      hesses[i] = h;
      largestGrad = Math.max(largestGrad, Math.abs(g));
      largestHess = Math.max(largestHess, h);
    }
    environment.f64(memory.ownStats, 2).set([largestGrad, largestHess]);
    return true;
  }

  /** Weights in whole units for leaves that are quantiles, with the amplification of this round. */
  leafWeights(): Float64Array | null {
    const { wholeWeights } = this.#state;
    const factors = this.#factors;
    if (factors === null || !this.#amplifies) return wholeWeights;
    return factors.map((factor, i) =>
      Math.max(
        1,
        Math.round(factor * (wholeWeights === null ? factorUnits : (wholeWeights[i] as number))),
      ),
    );
  }

  /** The round whose draw this one has: that of the first of an interval. @param round of trees side by side, their own */
  #drawOf(round: number): number {
    const { rows, parallelTrees = 1 } = this.#state.job;
    const { interval = 1 } = rows;
    const whole = Math.floor(round / parallelTrees);
    return (whole - (whole % interval)) * parallelTrees + (round % parallelTrees);
  }

  /** The rows at the root of a tree of the round. */
  draw(round: number, movesRecords: boolean): Segment {
    const { environment, job, memory } = this.#state;
    const { train, layout, records, keys } = this.#state.rows;
    if (!this.leavesRowsOut) return { buffer: 0, start: 0, count: train.count };
    const thresholds = memory.ownStats + 32;
    const isChosen = this.#factors !== null;
    environment.u32(thresholds, 1)[0] = isChosen ? 1 : Math.ceil(4294967296 * (1 - job.rows.rate));
    const own = memory.place.rows;
    const count = environment.kernels.drawRows(
      records + train.start * layout.stride,
      train.start,
      train.count,
      layout.stride,
      isChosen || job.rows.byGroup ? this.#writeKeys() : keys + 4 * train.start,
      isChosen ? 0 : hash32(job.seed, purposes.rowSample, this.#drawOf(round)),
      thresholds,
      1,
      movesRecords ? own.records : 0,
      own.ids[0],
      layout.slotOffset,
      0,
      0,
    );
    return { buffer: 1, start: 0, count };
  }

  /** Keys for the kernel: one that says drawn or not, or one a group; where leaves are noted later. */
  #writeKeys(): number {
    const { environment, memory, rows } = this.#state;
    const { start, count } = rows.train;
    const address = memory.leafOf + 4 * start;
    const keys = environment.u32(address, count);
    const factors = this.#factors;
    if (factors !== null) {
      for (let i = 0; i < count; i++) keys[i] = (factors[i] as number) > 0 ? keyOfDrawn : 0;
      return address;
    }
    const groups = environment.u32(rows.groups + 8 * start, 2 * count);
    for (let i = 0; i < count; i++) {
      keys[i] = mix32(
        (groups[2 * i] as number) ^ mix32((groups[2 * i + 1] as number) ^ 0x51ed270b),
      );
    }
    return address;
  }

  /** The same share of each class, or a share of its own, in whole rows. */
  async #shareOfClasses(round: number): Promise<RowFactors> {
    const { environment, job, rows } = this.#state;
    const { start, count } = rows.train;
    const groups = environment.f64(rows.labels + 8 * start, count);
    const numGroups = rows.classes.length;
    const counts = new BigInt64Array(numGroups);
    for (const label of groups) counts[label] = (counts[label] as bigint) + 1n;
    await environment.wait(environment.collective.allreduce(counts, 'sum'));
    const rates = classRates(job, rows.classes);
    const wanted = rates.map((rate, k) => {
      const total = Number(counts[k]);
      return Math.min(total, Math.max(1, Math.round(rate * total)));
    });
    const key = hash32(job.seed, purposes.rowSample, this.#drawOf(round));
    const words = [hashesOf(this.#state, key)];
    const keyed = { words, groups, numGroups, members: null };
    return Float64Array.from(await selectTop(environment, keyed, wanted));
  }
}
