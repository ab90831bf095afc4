/**
 * A forest as arrays: all nodes of all trees behind one another, node 0 of a tree its root, the two
 * children of a node side by side (right = left + 1) and after their parent.
 *
 *   tree t owns nodes [treeStart[t], treeStart[t + 1]); leftChild counts from the tree's own start, 0 = leaf
 *   categories: a split's bits begin at word categoryStart of categoryBits, categoryCount bits, 1 = left
 */

/** Trees, their splits and their leaves' values. */
export interface TreeEnsemble {
  /** How many trees there are. */
  readonly numTrees: number;
  /** Values of one leaf. */
  readonly numOutputs: number;
  /** uint32[numTrees + 1] */
  readonly treeStart: Uint32Array;
  /** int32[numNodes]: the model's feature, −1 at a leaf */
  readonly feature: Int32Array;
  /** float64[numNodes]: a numeric split sends value <= threshold left */
  readonly threshold: Float64Array;
  /** uint32[numNodes] */
  readonly leftChild: Uint32Array;
  /** uint8[numNodes]: bit 0 missing goes left, bit 1 an unseen category does, bit 2 the split is by category, bit 3 it
   *  was asked for */
  readonly flags: Uint8Array;
  /** uint32[numNodes]: the first word of the node's bits in categoryBits */
  readonly categoryStart: Uint32Array;
  /** uint32[numNodes]: how many bits */
  readonly categoryCount: Uint32Array;
  /** Left categories of all category splits, as bits. */
  readonly categoryBits: Uint32Array;
  /** float64[numNodes]: how much the split lowered the loss; 0 at a leaf */
  readonly gain: Float64Array;
  /** float64[numNodes]: the gain of the best split of any other feature */
  readonly runnerUpGain: Float64Array;
  /** int32[numNodes]: that feature, −1 where there was none */
  readonly runnerUpFeature: Int32Array;
  /** float64[numNodes]: sum of hessians or weights */
  readonly cover: Float64Array;
  /** float64[numNodes]: how many rows */
  readonly rows: Float64Array;
  /** float64[numNodes · numOutputs]: a leaf's values (for an inner node what it would be as a leaf) */
  readonly value: Float64Array;
  /** float64[numNodes]: variance of the labels of the node's rows; only where a fit was asked for it */
  readonly variance?: Float64Array | undefined;
  /** What leaves say beyond their values; only where a fit was asked for linear ones */
  readonly linear?: LinearLeaves | undefined;
  /** What splits compare in place of a feature with a threshold; only in extended isolation forests */
  readonly planes?: SplitPlanes | undefined;
}

/** The linear leaves of an ensemble. */
export interface LinearLeaves {
  /** uint32[numNodes + 1]: where a node's terms begin */
  readonly start: Uint32Array;
  /** int32[numTerms]: the model's feature */
  readonly feature: Int32Array;
  /** float64[numTerms] */
  readonly factor: Float64Array;
  /** float64[numTerms] */
  readonly centre: Float64Array;
  /** float64[numNodes] */
  readonly intercept: Float64Array;
  /** float64[numTrees]: a power of two */
  readonly unit: Float64Array;
}

/** The planes of an ensemble, all of whose splits are planes. */
export interface SplitPlanes {
  /** uint32[numNodes + 1]: where a node's terms begin; a leaf has none */
  readonly start: Uint32Array;
  /** int32[numTerms]: the model's feature */
  readonly feature: Int32Array;
  /** float64[numTerms] */
  readonly factor: Float64Array;
  /** float64[numTerms] */
  readonly centre: Float64Array;
}
