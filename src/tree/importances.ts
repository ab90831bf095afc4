/** Which features matter: each tree's gains as shares, averaged over the trees that split at all. */
import type { TreeEnsemble } from './tree.ts';

/** One value a feature; they add up to 1, or are all 0 when no tree splits. */
export function gainImportances(e: TreeEnsemble, numFeatures: number): Float64Array {
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
