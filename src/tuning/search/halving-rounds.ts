/**
 * The rounds of successive halving: n candidates, then n / factor, … until at most `factor` were tried in the last
 * round; the last has the largest resource, each one before it a factor-th of the next one's.
 */

/** One round. */
export interface HalvingRound {
  readonly numCandidates: number;
  /** What each candidate gets. */
  readonly resource: number;
}

/** What decides about the rounds. */
export interface HalvingPlan {
  readonly numCandidates: number;
  readonly factor: number;
  /** No round gets less. */
  readonly smallest: number;
  readonly largest: number;
  /** Resources are whole numbers. */
  readonly isWhole: boolean;
}

/** The rounds, in order. */
export function halvingRounds(plan: HalvingPlan): readonly HalvingRound[] {
  const { factor, smallest, largest, isWhole } = plan;
  const sizes = [plan.numCandidates];
  for (let left = plan.numCandidates; left >= factor; ) {
    left = Math.ceil(left / factor);
    sizes.push(left);
    if (left <= 1) break;
  }
  let resource = largest;
  const rounds = sizes.toReversed().map((numCandidates) => {
    const least = Math.max(smallest, resource);
    const given = isWhole ? Math.max(1, Math.round(least)) : least;
    resource /= factor;
    return { numCandidates, resource: given };
  });
  return rounds.toReversed();
}
