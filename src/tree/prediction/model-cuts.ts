/** Which thresholds and which category features does a forest have? What rows are ranked by before they walk. */
import { nodeFlag } from '../tree.ts';
import type { TreeEnsemble } from '../tree-ensemble.ts';

/** The splits of a forest, feature by feature. */
export interface ModelCuts {
  /** Each numeric feature's thresholds, ascending and distinct. */
  readonly thresholds: ReadonlyMap<number, Float64Array>;
  /** The features that are split by category. */
  readonly categories: ReadonlySet<number>;
  /** The features that some split uses, ascending. */
  readonly features: readonly number[];
}

/** Collects them. */
export function modelCuts(e: TreeEnsemble): ModelCuts {
  if (e.planes !== undefined) {
    const features = [...new Set(e.planes.feature)].sort((a, b) => a - b);
    return { thresholds: new Map(), categories: new Set(), features };
  }
  const found = new Map<number, number[]>();
  const categories = new Set<number>();
  for (let n = 0; n < e.feature.length; n++) {
    if ((e.leftChild[n] as number) === 0) continue;
    const feature = e.feature[n] as number;
    if (((e.flags[n] as number) & nodeFlag.isCategory) !== 0) {
      categories.add(feature);
      continue;
    }
    const own = found.get(feature);
    if (own === undefined) found.set(feature, [e.threshold[n] as number]);
    else own.push(e.threshold[n] as number);
  }
  const thresholds = new Map<number, Float64Array>();
  for (const [feature, values] of found) thresholds.set(feature, distinct(values));
  const features = [...new Set([...thresholds.keys(), ...categories])].sort((a, b) => a - b);
  return { thresholds, categories, features };
}

/** How many of the ascending thresholds are below one: its rank. */
export function rankOf(thresholds: Float64Array, threshold: number): number {
  let low = 0;
  let high = thresholds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((thresholds[middle] as number) < threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ascending, each once; 0 and −0 are one threshold. */
function distinct(values: readonly number[]): Float64Array {
  const sorted = Float64Array.from(values).sort();
  let length = 0;
  for (const value of sorted) {
    if (length === 0 || value !== sorted[length - 1]) sorted[length++] = value;
  }
  return sorted.slice(0, length);
}
