/**
 * Where boosting starts: the constant that fits best, from exact sums over all ranks. Squared loss starts
 * at the weighted mean, and labels are centred on it; logistic and softmax at the log-odds of the classes.
 */
import { ExactSum } from '../../base/exact-sum.ts';
import { log } from '../../base/portable-math.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { fewLabels } from './few-labels.ts';

/** Rows of a rank as plain arrays. */
export interface LabelledRows {
  readonly labels: Float64Array;
  /** Null without weights. */
  readonly weights: Float64Array | null;
}

/** Weighted mean of the labels and the sum of the weights, over all ranks. */
export async function weightedMean(
  environment: RankEnvironment,
  rows: LabelledRows,
): Promise<{ mean: number; weight: number }> {
  const sum = new ExactSum();
  const weight = new ExactSum();
  const { labels, weights } = rows;
  const few = weights === null ? fewLabels(labels) : null;
  if (few !== null) {
    for (const [place, row] of few.rows.entries())
      sum.addProduct(labels[row] as number, few.counts[place] as number);
  } else {
    for (let i = 0; i < labels.length; i++) {
      if (weights === null) sum.add(labels[i] as number);
      else {
        sum.addProduct(labels[i] as number, weights[i] as number);
        weight.add(weights[i] as number);
      }
    }
  }
  if (weights === null) weight.add(labels.length);
  const [total, totalWeight] = await sumOverRanks(environment, [sum, weight]);
  return { mean: (total as number) / (totalWeight as number), weight: totalWeight as number };
}

/** Mean of the weights over so many rows of all ranks; weights: null without any. */
export async function meanWeight(
  environment: RankEnvironment,
  weights: Float64Array | null,
  numRows: number,
): Promise<number> {
  if (weights === null) return 1;
  const sum = new ExactSum();
  for (let i = 0; i < weights.length; i++) sum.add(weights[i] as number);
  const [total] = await sumOverRanks(environment, [sum]);
  return (total as number) / numRows;
}

/** Share of each class, by weight, over all ranks. */
export async function classShares(
  environment: RankEnvironment,
  rows: LabelledRows,
  numClasses: number,
): Promise<number[]> {
  const sums = Array.from({ length: numClasses }, () => new ExactSum());
  const { labels, weights } = rows;
  const counts = new Float64Array(numClasses);
  for (let i = 0; i < labels.length; i++) {
    const k = labels[i] as number;
    if (weights === null) counts[k] = (counts[k] as number) + 1;
    else sums[k]?.add(weights[i] as number);
  }
  sums.forEach((sum, k) => sum.add(counts[k] as number));
  const totals = await sumOverRanks(environment, sums);
  const all = new ExactSum();
  all.addMany(totals);
  const weight = all.value();
  return totals.map((total) => total / weight);
}

/** log(p / (1 − p)) of a share, kept finite. */
export function logOdds(share: number): number {
  const p = Math.min(Math.max(share, 1e-15), 1 - 1e-15);
  return log(p / (1 - p));
}

/** log of a share, kept finite. */
export function logShare(share: number): number {
  return log(Math.max(share, 1e-15));
}

/** Merges every rank's exact sums and rounds each once. */
export async function sumOverRanks(
  environment: RankEnvironment,
  sums: readonly ExactSum[],
): Promise<number[]> {
  if (environment.collective.size === 1) return sums.map((sum) => sum.value());
  const words = ExactSum.numWords;
  const own = new BigInt64Array(words * sums.length);
  sums.forEach((sum, i) => own.set(sum.toWords(), i * words));
  const all = await environment.wait(environment.collective.allgather(new Uint8Array(own.buffer)));
  return sums.map((_, i) => {
    const total = new ExactSum();
    for (const bytes of all) {
      const part = new BigInt64Array(bytes.buffer, bytes.byteOffset, own.length);
      total.merge(ExactSum.fromWords(part.subarray(i * words, (i + 1) * words)));
    }
    return total.value();
  });
}
