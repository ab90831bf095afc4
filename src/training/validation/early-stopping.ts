/**
 * When boosting stops by itself: the rounds since a validation loss was last better by enough. Where it hardly is
 * better than after the first round, more of them may pass: what only several features together tell (an exclusive
 * or) is found by luck at first, and no round gains until it is.
 */
import type { EarlyStopping } from '../messages.ts';

/** A loss that fell by no more than this share of the first round's has learned nothing yet. */
const flatShare = 0.02;

/** Watches one loss, round by round. */
export class StopWatch {
  readonly #rule: EarlyStopping;
  #best = Number.POSITIVE_INFINITY;
  #bestRound: number | null = null;
  #first: number | null = null;

  constructor(rule: EarlyStopping) {
    this.#rule = rule;
  }

  /** Takes the loss after a round (from 0; −1: before the first); true when it is time to stop. */
  isOver(round: number, loss: number): boolean {
    if (round >= 0) this.#first ??= loss;
    if (loss < this.#best - this.#rule.minDelta) {
      this.#best = loss;
      this.#bestRound = round;
      return false;
    }
    return round - (this.#bestRound ?? -1) >= this.#patience;
  }

  get #patience(): number {
    const { patience, flatPatience = patience } = this.#rule;
    const first = this.#first ?? Number.POSITIVE_INFINITY;
    return this.#best > first - flatShare * Math.abs(first) ? flatPatience : patience;
  }

  /** How many rounds the best had, or null where no loss was a number. */
  get bestRounds(): number | null {
    return this.#bestRound === null ? null : this.#bestRound + 1;
  }
}
