/**
 * How good is the order of one group? Rows of one score have no order among themselves: each metric is its mean over
 * all orders that they could have (F. McSherry, M. Najork, "Computing information retrieval performance measures
 * efficiently in the presence of tied scores", 2008), so that no order of rows in a table can flatter a model.
 */
import { discountsOf, ndcg } from './ndcg.ts';

/** Every metric of a ranking; K is how many first rows it looks at. */
export const rankingMetricNames = [
  'ndcgAtK',
  'meanAveragePrecision',
  'meanAveragePrecisionAtK',
  'meanReciprocalRank',
  'precisionAtK',
  'recallAtK',
] as const;

/** The name of a metric. */
export type RankingMetricName = (typeof rankingMetricNames)[number];

/** A group's rows by descending score. */
export interface ScoredGroup {
  readonly scores: Float64Array;
  readonly gains: Float64Array;
  /** 1 where the row is relevant, else 0. */
  readonly isRelevant: Uint8Array;
}

/** Rows of one score. */
interface Tie {
  /** They have the places [first, first + size), counted from 0. */
  readonly first: number;
  readonly size: number;
  readonly relevant: number;
  /** Relevant rows with larger scores. */
  readonly relevantBefore: number;
}

/** The metrics of a group; where no row is relevant all are `emptyValue`, but the precision is 0. */
export function groupMetrics(
  group: ScoredGroup,
  k: number,
  emptyValue: number,
): Readonly<Record<RankingMetricName, number>> {
  if (group.isRelevant.includes(1)) return metricsOf(group, k);
  const values = rankingMetricNames.map((name) => [name, emptyValue] as const);
  return { ...(Object.fromEntries(values) as Record<RankingMetricName, number>), precisionAtK: 0 };
}

function metricsOf(group: ScoredGroup, k: number): Readonly<Record<RankingMetricName, number>> {
  const { scores, gains } = group;
  const ties = tiesOf(group);
  const relevant = ties.reduce((sum, tie) => sum + tie.relevant, 0);
  const found = ties.reduce((sum, tie) => sum + relevantWithin(tie, k), 0);
  const precisions = (places: number): number =>
    ties.reduce((sum, tie) => sum + precisionsWithin(tie, places), 0);
  return {
    ndcgAtK: ndcg(scores, gains, k, discountsOf(Math.min(k, scores.length))),
    meanAveragePrecision: precisions(scores.length) / relevant,
    meanAveragePrecisionAtK: precisions(k) / Math.min(relevant, k),
    meanReciprocalRank: reciprocalRank(ties),
    precisionAtK: found / k,
    recallAtK: found / relevant,
  };
}

function tiesOf({ scores, isRelevant }: ScoredGroup): Tie[] {
  const ties: Tie[] = [];
  let relevantBefore = 0;
  let first = 0;
  while (first < scores.length) {
    let end = first;
    let relevant = 0;
    while (end < scores.length && scores[end] === scores[first]) {
      relevant += isRelevant[end] as number;
      end += 1;
    }
    ties.push({ first, size: end - first, relevant, relevantBefore });
    relevantBefore += relevant;
    first = end;
  }
  return ties;
}

/** How many of them are relevant and among the first k rows. */
function relevantWithin({ first, size, relevant }: Tie, k: number): number {
  return (relevant / size) * Math.max(0, Math.min(first + size, k) - first);
}

/** The precisions at their relevant rows among the first k rows, added up. */
function precisionsWithin({ first, size, relevant, relevantBefore }: Tie, k: number): number {
  // of the rows of this score before a relevant one, this share is relevant
  const share = size === 1 ? 0 : (relevant - 1) / (size - 1);
  let sum = 0;
  for (let i = 0; i < Math.min(size, k - first); i++) {
    sum += (relevantBefore + 1 + i * share) / (first + i + 1);
  }
  return (relevant / size) * sum;
}

/** One over the place of the first relevant row. */
function reciprocalRank(ties: readonly Tie[]): number {
  const tie = ties.find(({ relevant }) => relevant > 0);
  if (tie === undefined) return 0;
  const { first, size, relevant } = tie;
  let sum = 0;
  // the chance that the first relevant row of this score is the i-th
  let chance = relevant / size;
  for (let i = 0; i <= size - relevant; i++) {
    sum += chance / (first + i + 1);
    chance *= (size - i - relevant) / (size - i - 1);
  }
  return sum;
}
