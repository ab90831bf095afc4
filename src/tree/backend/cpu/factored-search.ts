/**
 * The best split of a node where the gains of some features count more or less than those of others: feature by feature,
 * each one's best gain times its factor, less its cost. What is written down is what findSplit would write, with the scores that would
 * give these gains.
 */
import type { MemoryViews } from './memory-views.ts';

/** A node's search. */
interface FactoredSearch {
  readonly views: MemoryViews;
  /** Places [begin, end) that this rank owns. */
  readonly owned: readonly [number, number];
  /** By place; null where all gains count alike. */
  readonly gainFactors: readonly number[] | null;
  /** What is taken off them then, by place; null for nothing. */
  readonly costs: readonly number[] | null;
  /** What gains are measured from. */
  readonly parentScore: number;
  /** Where the best candidate goes, of so many bytes. */
  readonly out: number;
  readonly stride: number;
  /** Finds the best split of places [from, to) and writes it down. */
  search(from: number, to: number, best: number): void;
}

const none = Number.NEGATIVE_INFINITY;

/** Writes the best candidate; ties stay with the lower place. */
export function searchWithFactors(one: FactoredSearch): void {
  const { views, owned, gainFactors, costs, parentScore, out, stride } = one;
  let bestScore = none;
  let best: Uint8Array | null = null;
  let place = -1;
  let runnerUpScore = none;
  let runnerUp = -1;
  const lose = (score: number, loser: number): void => {
    if (loser < 0) return;
    if (score > runnerUpScore || (score === runnerUpScore && loser < runnerUp)) {
      runnerUpScore = score;
      runnerUp = loser;
    }
  };
  for (let p = owned[0]; p < owned[1]; p++) {
    one.search(p, p + 1, out);
    if (views.i32[out / 4 + 2] !== p) continue;
    const gain = (views.f64[out / 8] as number) - parentScore;
    const score = parentScore + ((gainFactors?.[p] ?? 1) * gain - (costs?.[p] ?? 0));
    if (score > bestScore) {
      lose(bestScore, place);
      bestScore = score;
      place = p;
      best = views.u8.slice(out, out + stride);
    } else lose(score, p);
  }
  if (best !== null) views.u8.set(best, out);
  views.f64[out / 8] = bestScore;
  views.i32[out / 4 + 2] = place;
  views.f64[out / 8 + 5] = runnerUpScore;
  views.i32[out / 4 + 12] = runnerUp;
}
