/**
 * How good is the order of a group? The discounted cumulative gain of its first k rows over that of the best order
 * (K. Järvelin, J. Kekäläinen, 2002). Rows of one score share their places: each counts with the mean gain of all
 * of them, so the order in which they stand in a table makes no difference. A group without any gain counts as 1.
 */
import { log } from '../../base/portable-math.ts';

/** The gains of the grades 0 to 30: 2^grade − 1. */
export const defaultGains: readonly number[] = Array.from(
  { length: 31 },
  (_, grade) => 2 ** grade - 1,
);

/** 1 / log2(place + 2) of the first places. */
export function discountsOf(length: number): Float64Array {
  return Float64Array.from({ length }, (_, place) => 0.6931471805599453 / log(place + 2));
}

/** The largest discounted gain that these gains allow in k places. */
export function bestGain(gains: Float64Array, k: number, discounts: Float64Array): number {
  const sorted = gains.slice().sort();
  let sum = 0;
  for (let place = 0; place < Math.min(k, sorted.length); place++) {
    sum += (sorted[sorted.length - 1 - place] as number) * (discounts[place] as number);
  }
  return sum;
}

/**
 * The NDCG of one group.
 *
 * @param scores @param gains of the group's rows, by descending score
 */
export function ndcg(
  scores: ArrayLike<number>,
  gains: Float64Array,
  k: number,
  discounts: Float64Array,
): number {
  const best = bestGain(gains, k, discounts);
  if (!(best > 0)) return 1;
  let sum = 0;
  let place = 0;
  while (place < Math.min(k, gains.length)) {
    let end = place + 1;
    while (end < gains.length && scores[end] === scores[place]) end += 1;
    const gain = meanGain(gains, place, end);
    // place by place, as the best order is added up, so that the best order is 1 to the last bit
    for (; place < Math.min(end, k); place++) sum += gain * (discounts[place] as number);
    place = end;
  }
  // two orders that hardly differ may be rounded past each other
  return Math.min(1, sum / best);
}

/** The mean of gains that share places; that of equal ones is exactly theirs. */
function meanGain(gains: Float64Array, from: number, to: number): number {
  const first = gains[from] as number;
  let sum = 0;
  let areEqual = true;
  for (let i = from; i < to; i++) {
    sum += gains[i] as number;
    areEqual = areEqual && gains[i] === first;
  }
  return areEqual ? first : sum / (to - from);
}
