/**
 * How good is the order of one group? Rows of one score have no order among themselves: each metric is its mean over
 * all orders that they could have (F. McSherry, M. Najork, "Computing information retrieval performance measures
 * efficiently in the presence of tied scores", 2008), so that no order of rows in a table can flatter a model.
 */
import { ndcg } from './ndcg.ts';

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

/** A metric that looks at so many first rows: `ndcgAtK` of 5 is also called `ndcgAt5`. */
export interface RankingMeasure {
  readonly name: RankingMetricName;
  readonly k: number;
}

/** The measure of a name, in which a number may stand for K; null where there is none. @param k what K is */
export function rankingMeasure(name: string, k: number): RankingMeasure | null {
  const [, stem, places] = /^(.+At)([1-9]\d{0,8})$/.exec(name) ?? [];
  const plain = stem === undefined ? name : `${stem}K`;
  const known = rankingMetricNames.find((one) => one === plain);
  return known === undefined ? null : { name: known, k: places === undefined ? k : Number(places) };
}

/** The name of a metric with a number in place of its K; a metric of all rows keeps its own. */
export function nameAtK(name: string, k: number): string {
  return name.replace(/AtK$/, `At${k}`);
}

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

/**
 * What is wanted of a group; where no row is relevant all are `emptyValue`, but the precision is 0.
 *
 * @param discounts of at least as many places as the group has rows
 */
export function groupMetrics(
  group: ScoredGroup,
  wanted: readonly RankingMeasure[],
  emptyValue: number,
  discounts: Float64Array,
): number[] {
  if (!group.isRelevant.includes(1))
    return wanted.map(({ name }) => (name === 'precisionAtK' ? 0 : emptyValue));
  const needsTies = wanted.some(({ name }) => name !== 'ndcgAtK');
  const ties = needsTies ? tiesOf(group) : [];
  const relevant = ties.reduce((sum, tie) => sum + tie.relevant, 0);
  const { scores, gains } = group;
  return wanted.map(({ name, k }) =>
    name === 'ndcgAtK' ? ndcg(scores, gains, k, discounts) : rules[name]({ ties, relevant }, k),
  );
}

interface TiedGroup {
  readonly ties: readonly Tie[];
  /** Relevant rows of the group. */
  readonly relevant: number;
}

/** Metrics that ask whether a row is relevant. */
const rules: Readonly<
  Record<Exclude<RankingMetricName, 'ndcgAtK'>, (group: TiedGroup, k: number) => number>
> = {
  meanAveragePrecision: ({ ties, relevant }) =>
    precisionsOf(ties, Number.POSITIVE_INFINITY) / relevant,
  meanAveragePrecisionAtK: ({ ties, relevant }, k) => precisionsOf(ties, k) / Math.min(relevant, k),
  meanReciprocalRank: ({ ties }) => reciprocalRank(ties),
  precisionAtK: ({ ties }, k) => foundOf(ties, k) / k,
  recallAtK: ({ ties, relevant }, k) => foundOf(ties, k) / relevant,
};

function precisionsOf(ties: readonly Tie[], places: number): number {
  return ties.reduce((sum, tie) => sum + precisionsWithin(tie, places), 0);
}

/** How many relevant rows are among the first k. */
function foundOf(ties: readonly Tie[], k: number): number {
  return ties.reduce((sum, tie) => sum + relevantWithin(tie, k), 0);
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
