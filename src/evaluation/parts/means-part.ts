/** Weighted means of a column of numbers or of vectors, element by element, from exact sums. */
import type { RecordBatch } from 'apache-arrow';
import { ratioOf } from '../../base/exact-ratio.ts';
import { ExactSum } from '../../base/exact-sum.ts';
import { readVectors, readWeights } from '../read-columns.ts';

/** Which columns are averaged. */
export interface MeansRequest {
  readonly responseCol: string;
  readonly weightCol: string | null;
}

/** One partition: the words of the weight's sum, then of each element's; cloneable. */
export type MeansPart = readonly BigInt64Array[];

/** Adds up one partition; a row of weight 0 takes no part. */
export function meansPart(batch: RecordBatch, request: MeansRequest): MeansPart {
  const { values, width } = readVectors(batch, request.responseCol);
  const weights = readWeights(batch, request.weightCol);
  const weightSum = new ExactSum();
  const sums = Array.from({ length: width }, () => new ExactSum());
  for (let row = 0; row < batch.numRows; row++) {
    const weight = weights === null ? 1 : (weights[row] as number);
    if (weight === 0) continue;
    weightSum.add(weight);
    for (let k = 0; k < width; k++) {
      (sums[k] as ExactSum).addProduct(values[row * width + k] as number, weight);
    }
  }
  return [weightSum, ...sums].map((sum) => sum.toWords());
}

/** The means of all partitions, each rounded once; null when no row has a weight. */
export function mergeMeans(parts: readonly MeansPart[]): number[] | null {
  // a partition without rows does not know how long vectors are
  const longest = parts.reduce((most, part) => Math.max(most, part.length), 0);
  const [weight, ...sums] = Array.from({ length: longest }, (_, i) => {
    const total = new ExactSum();
    for (const part of parts) {
      const words = part[i];
      if (words !== undefined) total.merge(ExactSum.fromWords(words));
    }
    return total;
  });
  if (weight === undefined || weight.value() === 0) return null;
  return sums.map((sum) => ratioOf(sum, weight));
}
