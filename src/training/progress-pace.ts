/**
 * How often a rank tells how far it is: a message wakes the driver's thread and costs as much as a tree of few rows,
 * and nobody sees more than some twenty in a second. The first and the last are always told.
 */
import type { TrainingProgress } from './messages.ts';

/** Least milliseconds between two messages. */
const leastMs = 50;

/** Decides which messages of a phase are sent. */
export class ProgressPace {
  #toldAt = Number.NEGATIVE_INFINITY;

  /** Whether this one is; if so, it counts as told. */
  isDue({ done, total }: Pick<TrainingProgress, 'done' | 'total'>): boolean {
    const now = performance.now();
    if (done < total && now - this.#toldAt < leastMs) return false;
    this.#toldAt = now;
    return true;
  }
}
