/** Adds up trees with linear leaves for a block of rows: where each row ends, then what that leaf says of its numbers. */
import { leafValue } from '../linear-leaves.ts';
import type { TreeEnsemble } from '../tree-ensemble.ts';
import type { BlockForest } from './block-forest.ts';
import type { FeatureColumns } from './feature-values.ts';

/** A block of rows of a batch. */
interface RowBlock {
  readonly columns: FeatureColumns;
  readonly from: number;
  readonly numRows: number;
}

/** Adds every tree's leaves to the sums of a block that the forest has taken in; row by row, the outputs in turn. */
export function addLinearTrees(
  ensemble: TreeEnsemble,
  forest: BlockForest,
  { columns, from, numRows }: RowBlock,
  sums: Float64Array,
): void {
  const numOutputs = sums.length / numRows;
  let row = 0;
  const numberOf = (feature: number): number => {
    const column = columns.get(feature);
    return column?.kind === 'numeric' ? (column.values[row] as number) : Number.NaN;
  };
  for (let t = 0; t < ensemble.numTrees; t++) {
    forest.findNodes(t, numRows);
    const { nodeOf } = forest;
    const start = ensemble.treeStart[t] as number;
    for (let i = 0; i < numRows; i++) {
      row = from + i;
      const at = i * numOutputs + (t % numOutputs);
      const node = start + (nodeOf[i] as number);
      sums[at] = (sums[at] as number) + leafValue(ensemble, t, node, numberOf);
    }
  }
}
