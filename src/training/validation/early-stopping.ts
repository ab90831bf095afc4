/** When boosting stops by itself: the rounds since a validation loss was last better by enough. */
import type { EarlyStopping } from '../messages.ts';

/** Watches one loss, round by round. */
export class StopWatch {
  readonly #rule: EarlyStopping;
  #best = Number.POSITIVE_INFINITY;
  #bestRound: number | null = null;

  constructor(rule: EarlyStopping) {
    this.#rule = rule;
  }

  /** Takes the loss after a round (from 0; −1: before the first); true when it is time to stop. */
  isOver(round: number, loss: number): boolean {
    if (loss < this.#best - this.#rule.minDelta) {
      this.#best = loss;
      this.#bestRound = round;
      return false;
    }
    return round - (this.#bestRound ?? -1) >= this.#rule.patience;
  }

  /** How many rounds the best had, or null where no loss was a number. */
  get bestRounds(): number | null {
    return this.#bestRound === null ? null : this.#bestRound + 1;
  }
}
