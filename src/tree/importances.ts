/** Which features matter? Counted, by gain or by cover over all splits of a forest. */
import { featuresOfSplit } from './split-planes.ts';
import type { TreeEnsemble } from './tree-ensemble.ts';

/** How features may be compared. */
export const importanceKinds: readonly ImportanceKind[] = [
  'gain',
  'totalGain',
  'meanGain',
  'splits',
  'totalCover',
  'meanCover',
];

/** A way in which features may be compared. */
export type ImportanceKind =
  | 'gain'
  | 'totalGain'
  | 'meanGain'
  | 'splits'
  | 'totalCover'
  | 'meanCover';

/**
 * One value a feature.
 *
 * gain: each tree's gains as shares, averaged over the trees that split at all; they add up to 1, or are all 0.
 * totalGain, totalCover: sums over the feature's splits. meanGain, meanCover: the same by the number of splits.
 */
export function importances(
  e: TreeEnsemble,
  numFeatures: number,
  kind: ImportanceKind,
): Float64Array {
  if (kind === 'gain') return gainImportances(e, numFeatures);
  const counts = new Float64Array(numFeatures);
  const sums = new Float64Array(numFeatures);
  const summed = kind === 'totalGain' || kind === 'meanGain' ? e.gain : e.cover;
  for (let n = 0; n < e.feature.length; n++) {
    if ((e.leftChild[n] as number) === 0) continue;
    for (const feature of featuresOfSplit(e, n)) {
      counts[feature] = (counts[feature] as number) + 1;
      sums[feature] = (sums[feature] as number) + (summed[n] as number);
    }
  }
  if (kind === 'splits') return counts;
  if (kind === 'totalGain' || kind === 'totalCover') return sums;
  return sums.map((sum, f) => (sum === 0 ? 0 : sum / (counts[f] as number)));
}

/** Spark's importances. */
function gainImportances(e: TreeEnsemble, numFeatures: number): Float64Array {
  const total = new Float64Array(numFeatures);
  for (let t = 0; t < e.numTrees; t++) {
    const own = new Float64Array(numFeatures);
    let sum = 0;
    for (let n = e.treeStart[t] as number; n < (e.treeStart[t + 1] as number); n++) {
      if ((e.leftChild[n] as number) === 0) continue;
      const feature = e.feature[n] as number;
      own[feature] = (own[feature] as number) + (e.gain[n] as number);
      sum += e.gain[n] as number;
    }
    if (sum === 0) continue;
    for (let f = 0; f < numFeatures; f++)
      total[f] = (total[f] as number) + (own[f] as number) / sum;
  }
  let all = 0;
  for (const value of total) all += value;
  if (all > 0) for (let f = 0; f < numFeatures; f++) total[f] = (total[f] as number) / all;
  return total;
}
