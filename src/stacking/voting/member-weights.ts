/**
 * How much each member of a vote counts, learned from what members say about rows they have not seen.
 *
 * Classes: the mixture of probabilities that makes the labels most likely, by expectation maximisation. Numbers:
 * the mixture with the least squared error, a quadratic on the simplex, solved two weights at a time. Selection
 * (Caruana): members are added one by one, again and again, whichever helps most. All in one task over rows in the
 * table's order, so sums need no more than that order to be the same anywhere.
 */
import { log } from '../../base/portable-math.ts';

/** What members said about some rows. */
export interface Opinions {
  /** float64[rows], at least 0 */
  readonly weights: Float64Array;
  /** Place of each row's class; empty where numbers are predicted. */
  readonly labels: Int32Array;
  /** Numbers to be predicted; empty for classes. */
  readonly targets: Float64Array;
  /** What each member gives each class (float64[rows] each), or its one number. */
  readonly said: readonly (readonly Float64Array[])[];
}

const leastProbability = 1e-15;

/** Weights of a mixture of probabilities; they add up to 1. */
export function mixtureWeights({ weights, labels, said }: Opinions): number[] {
  const ofTruth = said.map((classes) =>
    Float64Array.from(labels, (label, row) => classes[label]?.[row] as number),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let mixture = said.map(() => 1 / said.length);
  for (let round = 0; round < 1000; round++) {
    const gains = said.map(() => 0);
    for (let row = 0; row < labels.length; row++) {
      let mixed = 0;
      for (const [m, p] of ofTruth.entries())
        mixed += (mixture[m] as number) * Math.max(leastProbability, p[row] as number);
      for (const [m, p] of ofTruth.entries()) {
        const share = Math.max(leastProbability, p[row] as number) / mixed;
        gains[m] = (gains[m] as number) + (weights[row] as number) * share;
      }
    }
    const next = mixture.map((weight, m) => (weight * (gains[m] as number)) / total);
    const moved = next.reduce((sum, w, m) => sum + Math.abs(w - (mixture[m] as number)), 0);
    mixture = next;
    if (moved < 1e-7) break;
  }
  const sum = mixture.reduce((all, weight) => all + weight, 0);
  return mixture.map((weight) => weight / sum);
}

/** Weights of the mixture with the least squared error; they add up to 1. */
export function leastSquaresWeights({ weights, targets, said }: Opinions): number[] {
  const n = said.length;
  const errors = said.map(([values]) =>
    Float64Array.from(targets, (target, row) => (values?.[row] as number) - target),
  );
  const gram = errors.map((a) =>
    errors.map((b) => {
      let sum = 0;
      for (let row = 0; row < a.length; row++)
        sum += (weights[row] as number) * (a[row] as number) * (b[row] as number);
      return sum;
    }),
  );
  const at = (i: number, j: number): number => gram[i]?.[j] as number;
  const mixture = said.map(() => 1 / n);
  const slope = (i: number): number =>
    mixture.reduce((sum, weight, j) => sum + weight * at(i, j), 0);
  for (let round = 0; round < 1000; round++) {
    let moved = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        const bend = at(i, i) + at(j, j) - 2 * at(i, j);
        const wanted = bend > 0 ? (slope(j) - slope(i)) / bend : 0;
        const step = Math.min(mixture[j] as number, Math.max(-(mixture[i] as number), wanted));
        mixture[i] = (mixture[i] as number) + step;
        mixture[j] = (mixture[j] as number) - step;
        moved += Math.abs(step);
      }
    }
    if (moved < 1e-12) break;
  }
  return mixture.map((weight) => Math.max(0, weight));
}

/** How a selection is judged. */
export type SelectionLoss = 'logLoss' | 'errors' | 'squared';

/**
 * How often each member was chosen, of the rounds up to the best.
 *
 * @see R. Caruana, A. Niculescu-Mizil, G. Crew, A. Ksikes, "Ensemble selection from libraries of models", 2004
 */
export function selectedWeights(
  opinions: Opinions,
  loss: SelectionLoss,
  numRounds: number,
): number[] {
  const { said, weights } = opinions;
  const width = said[0]?.length ?? 1;
  const sums = Array.from({ length: width }, () => new Float64Array(weights.length));
  const counts = said.map(() => 0);
  let best = { loss: Number.POSITIVE_INFINITY, counts: [...counts] };
  for (let round = 1; round <= numRounds; round++) {
    const losses = said.map((own) => lossOf(opinions, loss, { sums, own, round }));
    const chosen = losses.indexOf(Math.min(...losses));
    counts[chosen] = (counts[chosen] as number) + 1;
    for (const [k, sum] of sums.entries()) {
      const own = said[chosen]?.[k] as Float64Array;
      for (let row = 0; row < sum.length; row++)
        sum[row] = (sum[row] as number) + (own[row] as number);
    }
    const found = losses[chosen] as number;
    if (found < best.loss) best = { loss: found, counts: [...counts] };
  }
  return best.counts;
}

/** The loss of the members chosen so far and one more. */
function lossOf(
  { weights, labels, targets }: Opinions,
  loss: SelectionLoss,
  with_: {
    readonly sums: readonly Float64Array[];
    readonly own: readonly Float64Array[];
    readonly round: number;
  },
): number {
  const { sums, own, round } = with_;
  const mixed = (k: number, row: number): number =>
    ((sums[k]?.[row] as number) + (own[k]?.[row] as number)) / round;
  let total = 0;
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row] as number;
    const label = labels[row] ?? 0;
    if (loss === 'logLoss') total -= weight * log(Math.max(leastProbability, mixed(label, row)));
    else if (loss === 'squared') {
      const error = mixed(0, row) - (targets[row] as number);
      total += weight * error * error;
    } else {
      let winner = 0;
      for (let k = 1; k < sums.length; k++) if (mixed(k, row) > mixed(winner, row)) winner = k;
      if (winner !== label) total += weight;
    }
  }
  return total;
}
