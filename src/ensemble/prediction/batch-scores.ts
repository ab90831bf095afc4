/** How do a batch's sums of leaves become raw scores and probabilities? Row by row, by the model's link. */
import { exp, logistic } from '../../base/portable-math.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';

/** How sums of leaves become predictions. */
export type Link =
  | 'identity'
  | 'exp'
  | 'expLessOne'
  | 'logit'
  | 'quantiles'
  | 'logistic'
  | 'softmax'
  | 'oneVsAll'
  | 'flags'
  | 'mean'
  | 'share';

/** What decides about the scores. */
export interface ScoreRule {
  readonly link: Link;
  readonly numTrees: number;
  /** Added to the sums, one an output. */
  readonly baseScores: readonly number[];
  /** Margins that rows bring with them, a column an output; none without. */
  readonly offsets: readonly Float64Array[];
  /** Nobody reads raw scores, only what is made of them: where these are not the sums themselves they are left out. */
  readonly skipsRaw?: boolean;
}

/**
 * Raw scores and probabilities, row by row; no probabilities for a regressor, and no raw scores where they are left out.
 * The sums may be reused.
 */
export function batchScores(
  rule: ScoreRule,
  sums: Float64Array,
  numOutputs: number,
): { raw: Float64Array; probability: Float64Array | null } {
  const { link, numTrees, baseScores } = rule;
  if (link === 'mean') {
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) / numTrees;
    return { raw: sums, probability: null };
  }
  if (link === 'share') return { raw: sums, probability: shares(sums, numOutputs) };
  addBaseScores(sums, baseScores);
  rule.offsets.forEach((values, k) => {
    for (let i = 0; i < values.length; i++) {
      const at = i * numOutputs + k;
      sums[at] = (sums[at] as number) + (values[i] as number);
    }
  });
  if (link === 'exp') for (let i = 0; i < sums.length; i++) sums[i] = exp(sums[i] as number);
  if (link === 'expLessOne')
    for (let i = 0; i < sums.length; i++) sums[i] = exp(sums[i] as number) - 1;
  if (link === 'logit') for (let i = 0; i < sums.length; i++) sums[i] = logistic(sums[i] as number);
  if (link === 'quantiles') sortRows(sums, numOutputs);
  if (link === 'oneVsAll') return { raw: sums, probability: logisticShares(sums, numOutputs) };
  if (link === 'flags') return { raw: sums, probability: sums.map(logistic) };
  if (link !== 'logistic' && link !== 'softmax') return { raw: sums, probability: null };
  return link === 'logistic'
    ? logisticScores(sums, rule.skipsRaw === true)
    : { raw: sums, probability: softmax(sums, numOutputs) };
}

/** 1 where a label's probability, by its log-odds, is above a threshold, or likelier than not; rounded as the classes of one label are. */
export function flagOf(margin: number, threshold: number | null = null): number {
  const probability = logistic(margin);
  return probability > (threshold ?? logistic(-margin)) ? 1 : 0;
}

function addBaseScores(sums: Float64Array, baseScores: readonly number[]): void {
  const width = baseScores.length;
  for (let k = 0; k < width; k++) {
    const base = baseScores[k] as number;
    for (let i = k; i < sums.length; i += width) sums[i] = (sums[i] as number) + base;
  }
}

/**
 * Sorts each row's quantiles, which were learned one by one and may cross: the sorted ones have no larger loss
 * (V. Chernozhukov, I. Fernández-Val, A. Galichon, "Quantile and probability curves without crossing", 2010).
 */
function sortRows(sums: Float64Array, width: number): void {
  for (let at = 0; at < sums.length; at += width) sums.subarray(at, at + width).sort();
}

/** raw [−F, F], probability [1 − p, p]. */
function logisticScores(
  margins: Float64Array,
  skipsRaw: boolean,
): { raw: Float64Array; probability: Float64Array } {
  const raw = columnArray(Float64Array, skipsRaw ? 0 : margins.length * 2);
  const probability = columnArray(Float64Array, margins.length * 2);
  for (let i = 0; i < margins.length; i++) {
    const margin = margins[i] as number;
    probability[2 * i] = logistic(-margin);
    probability[2 * i + 1] = logistic(margin);
  }
  for (let i = 0; i < raw.length; i += 2) {
    const margin = margins[i >> 1] as number;
    raw[i] = -margin;
    raw[i + 1] = margin;
  }
  return { raw, probability };
}

function softmax(raw: Float64Array, numClasses: number): Float64Array {
  const probability = columnArray(Float64Array, raw.length);
  for (let at = 0; at < raw.length; at += numClasses) {
    let top = raw[at] as number;
    for (let k = 1; k < numClasses; k++) top = Math.max(top, raw[at + k] as number);
    let total = 0;
    for (let k = 0; k < numClasses; k++) {
      const e = exp((raw[at + k] as number) - top);
      probability[at + k] = e;
      total += e;
    }
    for (let k = 0; k < numClasses; k++)
      probability[at + k] = (probability[at + k] as number) / total;
  }
  return probability;
}

/** What each class's own probability is of their total. */
function logisticShares(raw: Float64Array, numClasses: number): Float64Array {
  return shares(raw.map(logistic), numClasses);
}

function shares(raw: Float64Array, numClasses: number): Float64Array {
  const probability = columnArray(Float64Array, raw.length);
  for (let at = 0; at < raw.length; at += numClasses) {
    let total = 0;
    for (let k = 0; k < numClasses; k++) total += raw[at + k] as number;
    for (let k = 0; k < numClasses; k++) {
      probability[at + k] = total > 0 ? (raw[at + k] as number) / total : 1 / numClasses;
    }
  }
  return probability;
}
