/**
 * How far the trees of a round go. The first rounds decide what later ones learn from and take small steps. A fit that
 * still learns behind half of the most rounds has much left to learn, and only few rounds more: its steps grow then.
 * What that gains, and why the others lose nothing, stands in docs/accuracy.md.
 */

/** Rounds that one fit grew, and how far it let their leaves go. */
export interface GrownFit {
  readonly rounds: number;
  readonly stepSize: number;
  /** That of the second half of `mostRounds`; left out where all are alike. */
  readonly laterStepSize?: number | undefined;
  readonly mostRounds?: number | undefined;
  readonly lambda: number;
}

/** How far trees go in the rounds of a fit. */
interface Steps {
  readonly stepSize: number;
  /** That of the second half of `numRounds`. */
  readonly laterStepSize?: number | undefined;
  readonly numRounds: number;
}

/** The step size of a round, from 0. */
export function stepOfRound(steps: Steps, round: number): number {
  const { stepSize, laterStepSize, numRounds } = steps;
  return laterStepSize === undefined || 2 * round < numRounds ? stepSize : laterStepSize;
}
