/**
 * The share of pairs of rows that a score puts in the right order, ties half: Harrell's concordance index (F. Harrell et al.,
 * "Evaluating the yield of medical tests", 1982). A pair counts where it is known who came first: a row with an event, and
 * one with a later time, or one without an event at the same time. Weights of pairs are products of the rows' weights.
 */
import { joinNumbers } from '../../base/join-numbers.ts';
import { sortedOrder } from '../../base/sorted-order.ts';

/** Rows of one rank or partition. */
export interface SurvivalRows {
  /** Negative where no event came until then. */
  readonly times: Float64Array;
  /** Larger where the event is expected earlier. */
  readonly risks: Float64Array;
  /** Null where every row counts once. */
  readonly weights: Float64Array | null;
}

/** NaN where no pair counts. The same bits however the rows are dealt. */
export function concordanceIndex(parts: readonly SurvivalRows[]): number {
  const joined = (of: (part: SurvivalRows) => Float64Array | null): Float64Array =>
    joinNumbers(parts.map((part) => of(part) ?? new Float64Array(part.times.length).fill(1)));
  const rows = {
    times: joined((p) => p.times),
    risks: joined((p) => p.risks),
    weights: joined((p) => p.weights),
  };
  return shareOfPairs(rows);
}

function shareOfPairs({
  times,
  risks,
  weights,
}: Record<'times' | 'risks' | 'weights', Float64Array>): number {
  const numRows = times.length;
  const ranks = ranksOf(risks);
  const order = orderOf(times, [weights, risks]);
  // sums of weights by rank of the risk, of rows that come later
  const later = new Float64Array(numRows + 1);
  let [right, tied, pairs, total] = [0, 0, 0, 0];
  const add = (row: number): void => {
    const w = weights[row] as number;
    for (let i = (ranks[row] as number) + 1; i <= numRows; i += i & -i)
      later[i] = (later[i] as number) + w;
    total += w;
  };
  const upTo = (rank: number): number => {
    let sum = 0;
    for (let i = rank; i > 0; i -= i & -i) sum += later[i] as number;
    return sum;
  };
  for (let end = numRows; end > 0; ) {
    const time = Math.abs(times[order[end - 1] as number] as number);
    let first = end;
    while (first > 0 && Math.abs(times[order[first - 1] as number] as number) === time) first -= 1;
    const own = order.subarray(first, end);
    for (const row of own) if (!((times[row] as number) > 0)) add(row);
    for (const row of own) {
      if (!((times[row] as number) > 0)) continue;
      const w = weights[row] as number;
      const rank = ranks[row] as number;
      const below = upTo(rank);
      right += w * below;
      tied += w * (upTo(rank + 1) - below);
      pairs += w * total;
    }
    for (const row of own) if ((times[row] as number) > 0) add(row);
    end = first;
  }
  return (right + tied / 2) / pairs;
}

/** Places among the distinct values, ascending from 0. */
function ranksOf(values: Float64Array): Uint32Array {
  const order = sortedOrder(values.map((value) => value + 0));
  const ranks = new Uint32Array(values.length);
  let rank = 0;
  for (let i = 1; i < order.length; i++) {
    if (values[order[i] as number] !== values[order[i - 1] as number]) rank += 1;
    ranks[order[i] as number] = rank;
  }
  return ranks;
}

/** Rows by |time|, then by the other columns: rows that differ in nothing may change places. */
function orderOf(times: Float64Array, others: readonly Float64Array[]): Uint32Array {
  let order = Uint32Array.from(times, (_, i) => i);
  // equal numbers keep their order, so what decides first is sorted by last
  for (const column of [...others, times, times.map(Math.abs)]) {
    const from = order;
    const places = sortedOrder(
      from.length === 0 ? column : Float64Array.from(from, (row) => column[row] as number),
    );
    order = places.map((place) => from[place] as number);
  }
  return order;
}
