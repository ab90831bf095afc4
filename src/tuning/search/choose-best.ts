/** From the metrics of all trials to the best candidate: means over the splits, ties to the earlier candidate. */
import { CoppiceError } from '../../base/errors.ts';
import { ExactSum } from '../../base/exact-sum.ts';

/** Candidates by what they reached on average. */
export interface Ranking {
  /** The mean over the splits, by candidate; NaN where a split gave none. */
  readonly averages: readonly number[];
  /** The standard deviation over the splits, of all of them (not of a sample). */
  readonly deviations: readonly number[];
  /** Candidates, the best first; those without a number last. */
  readonly order: readonly number[];
}

/** Ranks candidates by the means of their metrics. */
export function rankCandidates(
  metrics: readonly (readonly number[])[],
  isLargerBetter: boolean,
): Ranking {
  const averages = metrics.map(meanOf);
  const deviations = metrics.map((values, i) => {
    const average = averages[i] as number;
    return Math.sqrt(meanOf(values.map((value) => (value - average) * (value - average))));
  });
  const worth = averages.map((average) => (isLargerBetter ? average : -average));
  const order = [...averages.keys()].sort((a, b) => {
    const [left, right] = [worth[a] as number, worth[b] as number];
    if (Number.isNaN(left) || Number.isNaN(right)) {
      return Number(Number.isNaN(left)) - Number(Number.isNaN(right)) || a - b;
    }
    return left === right ? a - b : right > left ? 1 : -1;
  });
  return { averages, deviations, order };
}

/**
 * The best candidate.
 *
 * @throws CoppiceError `DATA_INVALID` when no candidate has a number
 */
export function bestOf(owner: string, { averages, order }: Ranking): number {
  const best = order[0] as number;
  if (!Number.isNaN(averages[best])) return best;
  throw new CoppiceError(
    'DATA_INVALID',
    `evaluator of ${owner} must give a number for some candidate; got NaN for all (a fold may lack a class): ` +
      'give fewer folds, or stratify them',
    { context: { owner } },
  );
}

function meanOf(values: readonly number[]): number {
  if (values.some((value) => !Number.isFinite(value))) {
    return values.reduce((sum, value) => sum + value, 0);
  }
  const sum = new ExactSum();
  sum.addMany(values);
  return sum.value() / values.length;
}
