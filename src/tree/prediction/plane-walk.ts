/** Walks batches of rows down trees whose splits are planes: a block of rows side by side, tree by tree. */

import { nodeFlag } from '../tree.ts';
import type { SplitPlanes, TreeEnsemble } from '../tree-ensemble.ts';
import { columnOfFeature, type FeatureColumns } from './feature-values.ts';

/** Values of a block, which stay in the cache beside a tree's planes. */
const blockValues = 16_384;

/** Tells the node that every row ends in, tree by tree; nodes are counted over all trees. */
export function walkPlanes(
  e: TreeEnsemble,
  columns: FeatureColumns,
  numRows: number,
  endsIn: (tree: number, row: number, node: number) => void,
): void {
  const planes = e.planes as SplitPlanes;
  const features = [...columns.keys()];
  const width = features.reduce((most, feature) => Math.max(most, feature + 1), 1);
  const blockRows = Math.max(1, Math.floor(blockValues / width));
  // float64[blockRows][width]
  const block = new Float64Array(blockRows * width);
  for (let from = 0; from < numRows; from += blockRows) {
    const rows = Math.min(blockRows, numRows - from);
    for (const feature of features) {
      const { values } = columnOfFeature(columns, feature, 'numeric');
      for (let i = 0; i < rows; i++) block[i * width + feature] = values[from + i] as number;
    }
    for (let t = 0; t < e.numTrees; t++) {
      for (let i = 0; i < rows; i++) {
        const first = i * width;
        let node = e.treeStart[t] as number;
        for (let left = e.leftChild[node] as number; left !== 0; ) {
          const goesLeft = planeGoesLeft(e, planes, node, { values: block, first });
          node = (e.treeStart[t] as number) + left + (goesLeft ? 0 : 1);
          left = e.leftChild[node] as number;
        }
        endsIn(t, from + i, node);
      }
    }
  }
}

/** A row's values among others; NaN is missing. */
export interface RowValues {
  readonly values: Float64Array;
  /** Where the row begins. */
  readonly first: number;
}

/** Which side a row takes at a node. */
export function planeGoesLeft(
  e: TreeEnsemble,
  { start, feature, factor, centre }: SplitPlanes,
  node: number,
  { values, first }: RowValues,
): boolean {
  const end = start[node + 1] as number;
  let sum = 0;
  let isThere = false;
  for (let at = start[node] as number; at < end; at++) {
    const x = values[first + (feature[at] as number)] as number;
    if (Number.isNaN(x)) continue;
    isThere = true;
    sum += (factor[at] as number) * (x - (centre[at] as number));
  }
  if (isThere && !Number.isNaN(sum)) return sum <= 0;
  return ((e.flags[node] as number) & nodeFlag.missingGoesLeft) !== 0;
}
