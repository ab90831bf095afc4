/** What a forest laid out for the kernels does, whatever its layout: it takes a block of rows and walks it. */
import type { FeatureColumns } from './feature-values.ts';

/** A forest that predicts a block of rows at a time. */
export interface BlockForest {
  /** What its memory takes. */
  readonly bytes: number;
  /** Most rows of a block. */
  readonly blockRows: number;
  /** float64[blockRows · numOutputs]: the block's sums, row by row. */
  readonly sums: Float64Array;
  /** uint32[blockRows]: where {@link BlockForest.findNodes} puts its answers. */
  readonly nodeOf: Uint32Array;
  /** Takes a block in. */
  fill(columns: FeatureColumns, from: number, numRows: number): void;
  /** Adds every tree's leaves to the sums. */
  addTrees(numRows: number): void;
  /** The node of a tree that each row ends in, counted from the root. */
  findNodes(tree: number, numRows: number): void;
}
