/** The area under the ROC curve of scores that several ranks hold: the share of pairs in the right order, ties half. */
import { joinNumbers } from '../../base/join-numbers.ts';

/** Rows of one rank; label 1 is the positive class. */
export interface ScoredRows {
  readonly scores: Float64Array;
  readonly labels: Float64Array;
  /** Null where every row counts once. */
  readonly weights: Float64Array | null;
}

/** NaN where a class has no rows. The same bits however the rows are dealt. */
export function areaUnderRoc(parts: readonly ScoredRows[]): number {
  return parts.every(({ weights }) => weights === null) ? countPairs(parts) : weighPairs(parts);
}

/** Twice the area is a whole number of pairs. */
function countPairs(parts: readonly ScoredRows[]): number {
  const [negatives, positives] = [sortedScores(parts, 0), sortedScores(parts, 1)];
  let twice = 0;
  let below = 0;
  let tied = 0;
  for (const score of positives) {
    while (below < negatives.length && (negatives[below] as number) < score) below += 1;
    if (tied < below) tied = below;
    while (tied < negatives.length && (negatives[tied] as number) === score) tied += 1;
    twice += below + tied;
  }
  return twice / (2 * negatives.length * positives.length);
}

function sortedScores(parts: readonly ScoredRows[], label: number): Float64Array {
  const found = parts.map(({ scores, labels }) => scores.filter((_, i) => labels[i] === label));
  return joinNumbers(found).sort();
}

function weighPairs(parts: readonly ScoredRows[]): number {
  const rows = parts.flatMap(({ scores, labels, weights }) =>
    Array.from(scores, (score, i) => ({
      score,
      label: labels[i] as number,
      weight: weights === null ? 1 : (weights[i] as number),
    })),
  );
  // sums of weights run in an order that hangs on the rows alone
  rows.sort((a, b) => a.score - b.score || a.label - b.label || a.weight - b.weight);
  let below = 0;
  let positives = 0;
  let area = 0;
  let at = 0;
  while (at < rows.length) {
    const { score } = rows[at] as (typeof rows)[number];
    let tiedNegatives = 0;
    let tiedPositives = 0;
    for (; at < rows.length && rows[at]?.score === score; at++) {
      const { label, weight } = rows[at] as (typeof rows)[number];
      if (label === 1) tiedPositives += weight;
      else tiedNegatives += weight;
    }
    area += tiedPositives * (below + tiedNegatives / 2);
    below += tiedNegatives;
    positives += tiedPositives;
  }
  return area / (below * positives);
}
