/** The kernels that look for splits in a node's histogram; see kernels.ts. */
export interface SplitKernels {
  // wasm/assembly/find-split.ts
  findSplit(
    hist: number,
    features: number,
    begin: number,
    end: number,
    mask: number,
    params: number,
    totals: number,
    best: number,
    leftBins: number,
    scratch: number,
  ): void;
  // wasm/assembly/level-scores.ts
  addLevelScores(
    hist: number,
    features: number,
    begin: number,
    end: number,
    mask: number,
    params: number,
    totals: number,
    order: number,
    sums: number,
  ): void;
  // wasm/assembly/find-packed-split.ts
  findPackedSplit(
    hist: number,
    features: number,
    begin: number,
    end: number,
    mask: number,
    params: number,
    totals: number,
    best: number,
    leftBins: number,
    scratch: number,
    wide: number,
    numbers: number,
  ): void;
  // wasm/assembly/find-shaped-split.ts
  findShapedSplit(
    hist: number,
    features: number,
    begin: number,
    end: number,
    mask: number,
    params: number,
    totals: number,
    shape: number,
    best: number,
    leftBins: number,
    scratch: number,
  ): void;
}
