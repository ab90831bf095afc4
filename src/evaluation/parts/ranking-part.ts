/**
 * What partitions contribute to the metrics of a ranking: their rows' groups, scores and grades. A group may lie in
 * several partitions, so all rows meet once: sorted by group and score, then measured group by group.
 */
import type { RecordBatch } from 'apache-arrow';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { pickNumbers } from '../../base/pick-numbers.ts';
import { writeGroupWords } from '../../training/ingest/group-words.ts';
import {
  groupMetrics,
  type RankingMeasure,
  type ScoredGroup,
} from '../../training/ranking/group-metrics.ts';
import { discountsOf } from '../../training/ranking/ndcg.ts';
import { ExactMean, type MeanPart } from '../log-loss.ts';
import { columnNamed, readFinite, readWeights } from '../read-columns.ts';
import { rowsOfWeight } from './rows-by-code.ts';

/** Which columns to read. */
export interface RankingRequest {
  readonly labelCol: string;
  readonly predictionCol: string;
  readonly groupCol: string;
  readonly weightCol: string | null;
  /** Grades are whole numbers up to this. */
  readonly mostGrade: number;
}

/** Rows, one after another; those of weight 0 are left out. */
export interface RankingPart {
  /** uint32[2] a row: see group-words.ts. */
  readonly groups: Uint32Array;
  readonly scores: Float64Array;
  readonly grades: Float64Array;
  readonly weights: Float64Array | null;
}

/** What the rows are measured by. */
export interface RankingTask {
  readonly parts: readonly RankingPart[];
  /** What is measured. */
  readonly wanted: readonly RankingMeasure[];
  readonly gains: readonly number[];
  /** Rows of at least this grade are relevant. */
  readonly relevantFrom: number;
  /** What counts where a group has no relevant row: a number, or null to leave the group out. */
  readonly emptyValue: number | null;
}

/** Exact sums of each metric that is wanted over groups. */
export type RankingResult = readonly MeanPart[];

/** Reads one partition. */
export function rankingPart(batch: RecordBatch, request: RankingRequest): RankingPart {
  const { labelCol, predictionCol, groupCol, weightCol } = request;
  const grades = readFinite(batch, labelCol, 'LABEL_INVALID');
  checkGrades(grades, request);
  const scores = readFinite(batch, predictionCol, 'DATA_INVALID');
  const weights = readWeights(batch, weightCol);
  const groups = readGroupWords(batch, groupCol);
  if (weights === null) return { groups, scores, grades, weights };
  const kept = rowsOfWeight(weights.length, weights);
  const pick = (from: Float64Array): Float64Array => pickNumbers(from, kept);
  const words = new Uint32Array(2 * kept.length);
  for (let i = 0; i < words.length; i++)
    words[i] = groups[2 * (kept[i >> 1] as number) + (i & 1)] as number;
  return { groups: words, scores: pick(scores), grades: pick(grades), weights: pick(weights) };
}

/** Measures all groups. */
export function measureRanking({ parts, ...task }: RankingTask): RankingResult {
  const rows = joinParts(parts);
  const order = sortRows(rows);
  const means = task.wanted.map(() => new ExactMean());
  const { groups, weights } = rows;
  const ends = endsOf(order, groups);
  const longest = ends.reduce((most, end, g) => Math.max(most, end - (ends[g - 1] ?? 0)), 0);
  const discounts = discountsOf(longest);
  ends.forEach((end, g) => {
    const own = order.subarray(ends[g - 1] ?? 0, end);
    const weight = weights === null ? 1 : meanOf(weights, own);
    const group = scoredGroup(rows, own, task);
    if (task.emptyValue === null && !group.isRelevant.includes(1)) return;
    const found = groupMetrics(group, task.wanted, task.emptyValue ?? 0, discounts);
    found.forEach((value, m) => {
      means[m]?.add(value, weight);
    });
  });
  return means.map((mean) => mean.toPart());
}

/** Where each group ends in the order of rows. */
function endsOf(order: Uint32Array, groups: Uint32Array): number[] {
  const ends: number[] = [];
  for (let at = 1; at <= order.length; at++) {
    const isLast =
      at === order.length || !isSameGroup(groups, order[at - 1] as number, order[at] as number);
    if (isLast) ends.push(at);
  }
  return ends;
}

function scoredGroup(
  { scores, grades }: RankingPart,
  rows: Uint32Array,
  { gains, relevantFrom }: Pick<RankingTask, 'gains' | 'relevantFrom'>,
): ScoredGroup {
  return {
    scores: Float64Array.from(rows, (row) => scores[row] as number),
    gains: Float64Array.from(rows, (row) => gains[grades[row] as number] as number),
    isRelevant: Uint8Array.from(rows, (row) => ((grades[row] as number) >= relevantFrom ? 1 : 0)),
  };
}

function joinParts(parts: readonly RankingPart[]): RankingPart {
  const numRows = parts.reduce((sum, part) => sum + part.scores.length, 0);
  const groups = new Uint32Array(2 * numRows);
  const scores = new Float64Array(numRows);
  const grades = new Float64Array(numRows);
  const weights = parts.some((part) => part.weights !== null) ? new Float64Array(numRows) : null;
  let at = 0;
  for (const part of parts) {
    groups.set(part.groups, 2 * at);
    scores.set(part.scores, at);
    grades.set(part.grades, at);
    if (part.weights !== null) weights?.set(part.weights, at);
    at += part.scores.length;
  }
  return { groups, scores, grades, weights };
}

/** By group, then by descending score; equal ones by what they hold, so that sums hang on no order of rows. */
function sortRows({ groups, scores, grades, weights }: RankingPart): Uint32Array {
  const order = Uint32Array.from(scores.keys());
  return order.sort((a, b) => {
    const byHigh = (groups[2 * a + 1] as number) - (groups[2 * b + 1] as number);
    if (byHigh !== 0) return byHigh;
    const byLow = (groups[2 * a] as number) - (groups[2 * b] as number);
    if (byLow !== 0) return byLow;
    const byScore = (scores[b] as number) - (scores[a] as number);
    if (byScore !== 0) return byScore;
    const byGrade = (grades[b] as number) - (grades[a] as number);
    if (byGrade !== 0 || weights === null) return byGrade;
    return (weights[b] as number) - (weights[a] as number);
  });
}

function isSameGroup(groups: Uint32Array, a: number, b: number): boolean {
  return groups[2 * a] === groups[2 * b] && groups[2 * a + 1] === groups[2 * b + 1];
}

function meanOf(weights: Float64Array, rows: Uint32Array): number {
  return rows.reduce((sum, row) => sum + (weights[row] as number), 0) / rows.length;
}

function readGroupWords(batch: RecordBatch, name: string): Uint32Array {
  const vector = columnNamed(batch, name);
  const words = new Uint32Array(2 * vector.length);
  for (let row = 0; row < vector.length; row++) {
    const group = vector.get(row) as bigint | number | string | null;
    const isFraction = typeof group === 'number' && !Number.isInteger(group);
    if (group !== null && typeof group !== 'object' && !isFraction) {
      writeGroupWords(group, words, row);
      continue;
    }
    const isMissing = group === null || Number.isNaN(group);
    const rule = isMissing ? 'there' : 'an integer or a text';
    const remedy = isMissing ? 'drop such rows with na.drop' : 'cast the column to string';
    throw new CoppiceError(
      'DATA_INVALID',
      `group in column ${describeValue(name)} must be ${rule} in every row to be evaluated; got ${describeValue(group)}: ${remedy}`,
      { context: { column: name, row } },
    );
  }
  return words;
}

function checkGrades(grades: Float64Array, { labelCol, mostGrade }: RankingRequest): void {
  const bad = grades.findIndex(
    (grade) => !(Number.isInteger(grade) && grade >= 0 && grade <= mostGrade),
  );
  if (bad < 0) return;
  throw new CoppiceError(
    'LABEL_INVALID',
    `label in column ${describeValue(labelCol)} must be a whole number from 0 to ${mostGrade} (a grade that labelGains has a gain for); got ${grades[bad]}`,
    { context: { column: labelCol, row: bad } },
  );
}
