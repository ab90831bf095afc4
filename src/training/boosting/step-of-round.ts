/**
 * How far the trees of a round go. The first rounds decide what later ones learn from and take small steps. A fit that
 * still learns behind half of the most rounds has much left to learn, and only few rounds more: its steps grow then.
 * What that gains, and why the others lose nothing, stands in docs/accuracy.md.
 */
import type { BoostingJob } from '../messages.ts';

/** The step size of a round, from 0. */
export function stepOfRound(
  job: Pick<BoostingJob, 'stepSize' | 'laterStepSize' | 'numRounds'>,
  round: number,
): number {
  const { stepSize, laterStepSize, numRounds } = job;
  return laterStepSize === undefined || 2 * round < numRounds ? stepSize : laterStepSize;
}
