/**
 * The share of pairs of rows that a score puts in the right order, ties half: Harrell's concordance index (F. Harrell et al.,
 * "Evaluating the yield of medical tests", 1982). A pair counts where it is known who came first: a row with an event, and
 * one with a later time, or one without an event at the same time; of events between two times, where the two intervals
 * do not overlap. Weights of pairs are products of the rows' weights.
 */
import { joinNumbers } from '../../base/join-numbers.ts';
import { pickNumbers } from '../../base/pick-numbers.ts';
import { sortedOrder } from '../../base/sorted-order.ts';

/** Rows of one rank or partition. */
export interface SurvivalRows {
  /** Negative where no event came until then; with `latest` the earliest times of events. */
  readonly times: Float64Array;
  /** The latest times of events, Infinity where there is none; null where times say all. */
  readonly latest?: Float64Array | null;
  /** Larger where the event is expected earlier. */
  readonly risks: Float64Array;
  /** Null where every row counts once. */
  readonly weights: Float64Array | null;
}

/** True where a time may be that of the event. */
export function liesWithin(time: number, label: number, latest?: number): boolean {
  const most = latest ?? (label > 0 ? label : Number.POSITIVE_INFINITY);
  return time >= Math.abs(label) && time <= most;
}

/** The rows of all parts, each with a weight. */
export function joinedRows(
  parts: readonly SurvivalRows[],
): Record<'times' | 'risks' | 'weights', Float64Array> {
  return {
    times: joinNumbers(parts.map((part) => part.times)),
    risks: joinNumbers(parts.map((part) => part.risks)),
    weights: joinNumbers(
      parts.map(({ weights, times }) => weights ?? new Float64Array(times.length).fill(1)),
    ),
  };
}

/** NaN where no pair counts. The same bits however the rows are dealt. */
export function concordanceIndex(parts: readonly SurvivalRows[]): number {
  const rows = joinedRows(parts);
  if (parts.every(({ latest = null }) => latest === null)) return shareOfPairs(rows);
  const uppers = parts.map(({ latest, times }) => latest ?? new Float64Array(times.length).fill(1));
  return shareOfIntervals({ ...rows, latest: joinNumbers(uppers) });
}

/** Rows whose event comes later than those that are looked at, as far as they were added. */
class LaterRows {
  /** Weight of all of them. */
  total = 0;
  readonly #ranks: Uint32Array;
  readonly #weights: Float64Array;
  /** Sums of weights by rank of the risk. */
  readonly #sums: Float64Array;

  constructor(risks: Float64Array, weights: Float64Array) {
    this.#ranks = ranksOf(risks);
    this.#weights = weights;
    this.#sums = new Float64Array(risks.length + 1);
  }

  add(row: number): void {
    const sums = this.#sums;
    const w = this.#weights[row] as number;
    for (let i = (this.#ranks[row] as number) + 1; i < sums.length; i += i & -i)
      sums[i] = (sums[i] as number) + w;
    this.total += w;
  }

  /** Weight of those of a smaller risk than the row's, and of the same. */
  besides(row: number): { readonly below: number; readonly tied: number } {
    const rank = this.#ranks[row] as number;
    const below = this.#upTo(rank);
    return { below, tied: this.#upTo(rank + 1) - below };
  }

  #upTo(rank: number): number {
    let sum = 0;
    for (let i = rank; i > 0; i -= i & -i) sum += this.#sums[i] as number;
    return sum;
  }
}

function shareOfPairs({
  times,
  risks,
  weights,
}: Record<'times' | 'risks' | 'weights', Float64Array>): number {
  const order = orderOf(times, [weights, risks]);
  const later = new LaterRows(risks, weights);
  let [right, tied, pairs] = [0, 0, 0];
  for (let end = times.length; end > 0; ) {
    const time = Math.abs(times[order[end - 1] as number] as number);
    let first = end;
    while (first > 0 && Math.abs(times[order[first - 1] as number] as number) === time) first -= 1;
    const own = order.subarray(first, end);
    for (const row of own) if (!((times[row] as number) > 0)) later.add(row);
    for (const row of own) {
      if (!((times[row] as number) > 0)) continue;
      const w = weights[row] as number;
      const found = later.besides(row);
      right += w * found.below;
      tied += w * found.tied;
      pairs += w * later.total;
    }
    for (const row of own) if ((times[row] as number) > 0) later.add(row);
    end = first;
  }
  return (right + tied / 2) / pairs;
}

/** A pair counts where one event came at the latest when the other came at the earliest, and not both at that time. */
function shareOfIntervals({
  times,
  latest,
  risks,
  weights,
}: Record<'times' | 'latest' | 'risks' | 'weights', Float64Array>): number {
  const byLatest = orderOf(latest, [weights, risks, times]);
  // of rows with one earliest time those that are an event then stand first
  const byEarliest = orderOf(times, [weights, risks, latest]);
  const later = new LaterRows(risks, weights);
  let [right, tied, pairs] = [0, 0, 0];
  let next = times.length - 1;
  for (let i = times.length - 1; i >= 0; i--) {
    const row = byLatest[i] as number;
    const end = latest[row] as number;
    if (end === Number.POSITIVE_INFINITY) continue;
    for (; next >= 0; next--) {
      const other = byEarliest[next] as number;
      const start = times[other] as number;
      if (start < end || (start === end && latest[other] === start)) break;
      later.add(other);
    }
    const w = weights[row] as number;
    const found = later.besides(row);
    right += w * found.below;
    tied += w * found.tied;
    pairs += w * later.total;
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
export function orderOf(times: Float64Array, others: readonly Float64Array[]): Uint32Array {
  let order = Uint32Array.from(times, (_, i) => i);
  // equal numbers keep their order, so what decides first is sorted by last
  for (const column of [...others, times, times.map(Math.abs)]) {
    const from = order;
    const places = sortedOrder(from.length === 0 ? column : pickNumbers(column, from));
    order = places.map((place) => from[place] as number);
  }
  return order;
}
