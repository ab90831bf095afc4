/**
 * The scores of one class's rows as sorted runs: what rank statistics need, whatever the order or the
 * partitioning of the rows. A run is one distinct (score, weight) and how many rows have it; a weight sum
 * over runs in this order is therefore the same for every partitioning.
 *
 *   scores   float64[numRuns]   ascending
 *   weights  float64[numRuns]   ascending within a score; null when every weight is 1
 *   counts   float64[numRuns]   rows
 */

import { pickNumbers } from '../../base/pick-numbers.ts';
import { sortedOrder } from '../../base/sorted-order.ts';
import { sharedArray } from '../../table/columns/shared-buffer.ts';

/** Sorted runs in shared memory. */
export interface ScoreRuns {
  readonly scores: Float64Array;
  readonly weights: Float64Array | null;
  readonly counts: Float64Array;
}

/** The runs of some rows. Scores must be finite or infinite, never NaN; −0 counts as 0. */
export function scoreRuns(scores: Float64Array, weights: Float64Array | null): ScoreRuns {
  const ordered = scores.map((score) => score + 0);
  if (weights === null) return countRuns(ordered.sort(), null);
  const order = sortedOrder(ordered);
  const sortedScores = pickNumbers(ordered, order);
  const sortedWeights = pickNumbers(weights, order);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && sortedScores[end] === sortedScores[start]) end++;
    if (end > start + 1) sortedWeights.subarray(start, end).sort();
    start = end;
  }
  return countRuns(sortedScores, sortedWeights);
}

function countRuns(scores: Float64Array, weights: Float64Array | null): ScoreRuns {
  const startsRun = (i: number): boolean =>
    i === 0 || scores[i] !== scores[i - 1] || (weights !== null && weights[i] !== weights[i - 1]);
  let numRuns = 0;
  for (let i = 0; i < scores.length; i++) if (startsRun(i)) numRuns++;
  const runs = emptyRuns(numRuns, weights !== null);
  let run = -1;
  for (let i = 0; i < scores.length; i++) {
    if (startsRun(i)) {
      run++;
      runs.scores[run] = scores[i] as number;
      if (runs.weights !== null) runs.weights[run] = weights?.[i] as number;
    }
    runs.counts[run] = (runs.counts[run] as number) + 1;
  }
  return runs;
}

function emptyRuns(numRuns: number, isWeighted: boolean): ScoreRuns {
  return {
    scores: sharedArray(Float64Array, numRuns),
    weights: isWeighted ? sharedArray(Float64Array, numRuns) : null,
    counts: sharedArray(Float64Array, numRuns),
  };
}

/** The runs of all rows from the runs of their parts; all weighted, or none. */
export function mergeRuns(parts: readonly ScoreRuns[]): ScoreRuns {
  const first = parts[0];
  if (first === undefined) return emptyRuns(0, false);
  if (parts.length === 1) return first;
  const middle = parts.length >> 1;
  return mergeTwo(mergeRuns(parts.slice(0, middle)), mergeRuns(parts.slice(middle)));
}

function mergeTwo(a: ScoreRuns, b: ScoreRuns): ScoreRuns {
  const merged = emptyRuns(a.scores.length + b.scores.length, a.weights !== null);
  let i = 0;
  let j = 0;
  let run = 0;
  while (i < a.scores.length || j < b.scores.length) {
    const order = j >= b.scores.length ? -1 : i >= a.scores.length ? 1 : compareRuns(a, i, b, j);
    const [from, at] = order <= 0 ? [a, i] : [b, j];
    merged.scores[run] = from.scores[at] as number;
    if (merged.weights !== null) merged.weights[run] = from.weights?.[at] as number;
    merged.counts[run] =
      (order <= 0 ? (a.counts[i++] as number) : 0) + (order >= 0 ? (b.counts[j++] as number) : 0);
    run++;
  }
  return {
    scores: merged.scores.subarray(0, run),
    weights: merged.weights?.subarray(0, run) ?? null,
    counts: merged.counts.subarray(0, run),
  };
}

function compareRuns(a: ScoreRuns, i: number, b: ScoreRuns, j: number): number {
  const byScore = (a.scores[i] as number) - (b.scores[j] as number);
  // Equal infinities differ by NaN.
  if (byScore !== 0 && a.scores[i] !== b.scores[j]) return byScore;
  return (a.weights?.[i] ?? 1) - (b.weights?.[j] ?? 1);
}
