/**
 * What decides whether a split is allowed and how good it is (gain: T. Chen and C. Guestrin, XGBoost, 2016,
 * eq. 7): GL² / (HL + λ) + GR² / (HR + λ) − G² / (H + λ).
 */

/** Limits and penalties of a split. */
export interface SplitParams {
  /** L2 penalty on leaf values. */
  readonly lambda: number;
  /** Least sum of hessians of a child. */
  readonly minSumHessian: number;
  /** Least rows of a child; 1 needs no counting. */
  readonly minInstancesPerNode: number;
  /** Least gain for each unit of the node's weight. */
  readonly minInfoGain: number;
  /** What a split costs, in units of gains; left out: nothing. */
  readonly splitCost?: number;
  /** What it costs for each row of the node. */
  readonly splitCostPerRow?: number;
  /** Added to a category's hessian when categories are ordered. */
  readonly categorySmoothing: number;
  /** L2 penalty added for many-vs-many category splits. */
  readonly categoryLambda: number;
  /** Least rows of a category that may go left. */
  readonly minCategoryRows: number;
  /** Most categories on the smaller list of a split. */
  readonly maxCategoriesPerSplit: number;
  /** With at most so many categories each is tried against the rest. */
  readonly maxOneHot: number;
}

/** How a tree's integers are to be read. */
export interface Quantisation {
  /** Value of one unit of g and of h: powers of two. */
  readonly gradUnit: number;
  readonly hessUnit: number;
  /** int16 and uint16 in a slot of 4 bytes (packed entries may be used), or int32 and uint32 in 8. */
  readonly slotBytes: 4 | 8;
  /** Rows are counted in histograms from this bit of the hessian's word; 63 does not count. */
  readonly countShift: number;
  /** All sums of g and of h are under 2^51 and units powers of two: kernels may then look at two bins at once. */
  readonly sumsAreShort: boolean;
}

/** Writes the structure that findSplit reads (wasm/assembly/find-split.ts). */
export function writeSplitParams(
  memory: ArrayBuffer | SharedArrayBuffer,
  address: number,
  params: SplitParams,
  quantisation: Quantisation,
): void {
  const floats = new Float64Array(memory, address, 8);
  floats.set([
    quantisation.gradUnit,
    quantisation.hessUnit,
    params.lambda,
    params.minSumHessian,
    params.minInstancesPerNode,
    params.categorySmoothing,
    params.categoryLambda,
    params.minCategoryRows,
  ]);
  const words = new Int32Array(memory, address + 64, 4);
  words.set([
    quantisation.countShift,
    params.maxCategoriesPerSplit,
    params.maxOneHot,
    quantisation.sumsAreShort ? 1 : 0,
  ]);
}
