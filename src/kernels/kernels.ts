/**
 * The hot loops, by name. Each exists twice: wasm/assembly/<file>.ts (AssemblyScript) and
 * src/kernels/reference/<file>.ts (plain TypeScript, the definition of truth and the fallback). Both work on
 * the same shared memory; every address is a byte offset into it. What a kernel does and the layout of its
 * structures stand at its AssemblyScript source. Unchecked: the caller guarantees bounds.
 */
import type { ForestKernels } from './forest-kernels.ts';
import type { LeafKernels } from './leaf-kernels.ts';
import type { LinearKernels } from './linear-kernels.ts';
import type { RankingKernels } from './ranking-kernels.ts';
import type { SparseKernels } from './sparse-kernels.ts';
import type { SplitKernels } from './split-kernels.ts';

/** Every kernel; addresses and lengths only. */
export interface Kernels
  extends ForestKernels,
    LinearKernels,
    RankingKernels,
    SparseKernels,
    SplitKernels,
    Partial<LeafKernels> {
  /** Which twin this is. */
  readonly kind: 'wasm' | 'reference';
  // wasm/assembly/bin-column.ts
  binF32(
    values: number,
    numRows: number,
    edges: number,
    topStep: number,
    out: number,
    stride: number,
    missingBin: number,
  ): void;
  binF32Full(
    values: number,
    numRows: number,
    edges: number,
    out: number,
    stride: number,
    missingBin: number,
  ): void;
  binF64(
    values: number,
    numRows: number,
    edges: number,
    topStep: number,
    out: number,
    stride: number,
    missingBin: number,
  ): void;
  binF64Wide(
    values: number,
    numRows: number,
    edges: number,
    topStep: number,
    out: number,
    stride: number,
    missingBin: number,
  ): void;
  binCodes(
    codes: number,
    numRows: number,
    table: number,
    out: number,
    stride: number,
    missingBin: number,
    width: number,
  ): void;
  // wasm/assembly/cut-numbers.ts
  cutNumbers(
    values: number,
    count: number,
    isSorted: number,
    numZeros: number,
    isFloat32: number,
    maxBins: number,
    scratch: number,
    edges: number,
  ): number;
  // wasm/assembly/gradients.ts
  squaredGradients(
    scores: number,
    labels: number,
    weights: number,
    numRows: number,
    grads: number,
    hesses: number,
    stats: number,
  ): void;
  logisticGradients(
    scores: number,
    labels: number,
    weights: number,
    numRows: number,
    grads: number,
    hesses: number,
    stats: number,
  ): void;
  softmaxProbabilities(
    scores: number,
    classStride: number,
    numClasses: number,
    numRows: number,
    probabilities: number,
    outStride: number,
  ): void;
  softmaxGradients(
    probabilities: number,
    labels: number,
    classIndex: number,
    factor: number,
    weights: number,
    numRows: number,
    grads: number,
    hesses: number,
    stats: number,
  ): void;
  quantise16(
    grads: number,
    hesses: number,
    rowKeys: number,
    numRows: number,
    gradScale: number,
    hessScale: number,
    treeKey: number,
    slot: number,
    stride: number,
    roundHess: number,
  ): void;
  quantise32(
    grads: number,
    hesses: number,
    rowKeys: number,
    numRows: number,
    gradScale: number,
    hessScale: number,
    treeKey: number,
    slot: number,
    stride: number,
    roundHess: number,
  ): void;
  rowLosses(
    kind: number,
    scores: number,
    labels: number,
    weights: number,
    numRows: number,
    out: number,
  ): void;
  softmaxLosses(
    scores: number,
    classStride: number,
    numClasses: number,
    labels: number,
    weights: number,
    numRows: number,
    out: number,
  ): void;
  pointGradients(
    kind: number,
    parameter: number,
    scores: number,
    labels: number,
    weights: number,
    numRows: number,
    grads: number,
    hesses: number,
    stats: number,
  ): void;
  pointLosses(
    kind: number,
    parameter: number,
    scores: number,
    labels: number,
    weights: number,
    numRows: number,
    out: number,
  ): void;
  // wasm/assembly/histogram.ts
  histogramPacked(
    rec: number,
    ids: number,
    numRows: number,
    stride: number,
    slotOffset: number,
    numBytes: number,
    extras: number,
    numExtras: number,
    hist: number,
  ): void;
  histogramWide(
    rec: number,
    ids: number,
    numRows: number,
    stride: number,
    slotOffset: number,
    slotBytes: number,
    countShift: number,
    numBytes: number,
    extras: number,
    numExtras: number,
    hist: number,
  ): void;
  clearBytes(address: number, bytes: number): void;
  flushPacked(hist: number, numEntries: number, wide: number): void;
  reduceHistogram(
    parts: number,
    numParts: number,
    packed: number,
    firstEntry: number,
    features: number,
    begin: number,
    end: number,
    out: number,
  ): void;
  reducePacked(
    parts: number,
    numParts: number,
    firstEntry: number,
    features: number,
    begin: number,
    end: number,
    out: number,
  ): void;
  subtractHistogram(parent: number, child: number, out: number, bytes: number): void;
  addInt64(out: number, part: number, bytes: number): void;
  // wasm/assembly/packed-histogram.ts
  packHistogram(
    parts: number,
    numParts: number,
    packed: number,
    firstEntry: number,
    features: number,
    begin: number,
    end: number,
    rows: number,
    out: number,
  ): number;
  addPackedHistogram(
    from: number,
    bytes: number,
    features: number,
    begin: number,
    end: number,
    hist: number,
  ): number;
  featureSums(hist: number, features: number, feature: number, out: number): void;
  // wasm/assembly/partition-rows.ts
  partitionRecords(
    source: number,
    sourceIds: number,
    firstId: number,
    numRows: number,
    stride: number,
    target: number,
    targetIds: number,
    offset: number,
    width: number,
    goesLeft: number,
  ): number;
  partitionRecords32(
    source: number,
    sourceIds: number,
    firstId: number,
    numRows: number,
    target: number,
    targetIds: number,
    offset: number,
    goesLeft: number,
  ): number;
  partitionInPlace(
    records: number,
    ids: number,
    numRows: number,
    stride: number,
    spare: number,
    offset: number,
    width: number,
    goesLeft: number,
  ): number;
  partitionIds(
    master: number,
    sourceIds: number,
    firstId: number,
    numRows: number,
    stride: number,
    targetIds: number,
    offset: number,
    width: number,
    goesLeft: number,
  ): number;
  drawRows(
    master: number,
    firstId: number,
    numRows: number,
    stride: number,
    rowKeys: number,
    treeKey: number,
    thresholds: number,
    numThresholds: number,
    target: number,
    targetIds: number,
    slotOffset: number,
    mode: number,
    counts: number,
  ): number;
  // wasm/assembly/leaf-values.ts
  markLeaf(ids: number, firstId: number, numRows: number, leaf: number, leafOf: number): void;
  leafSums(
    leafOf: number,
    grads: number,
    hesses: number,
    numRows: number,
    gradScale: number,
    hessScale: number,
    sums: number,
  ): void;
  leafTotals(
    ids: number,
    step: number,
    numRows: number,
    counts: number,
    labels: number,
    weights: number,
    labelScale: number,
    weightScale: number,
    sums: number,
  ): void;
  addLeafValues(leafOf: number, values: number, scores: number, numRows: number): void;
  findLeaves(
    rec: number,
    stride: number,
    numRows: number,
    nodes: number,
    flag: number,
    onlyFlagged: number,
    leafOf: number,
  ): void;
  // wasm/assembly/predict.ts
  predictBlock(
    columns: number,
    numRows: number,
    trees: number,
    numTrees: number,
    scratch: number,
    sums: number,
    step: number,
  ): void;
  findBlockNodes(
    columns: number,
    numRows: number,
    tree: number,
    scratch: number,
    out: number,
  ): void;
  findNodes(
    rec: number,
    stride: number,
    numRows: number,
    nodes: number,
    leftBits: number,
    out: number,
  ): void;
  addNodeValues(
    nodeOf: number,
    numRows: number,
    values: number,
    numOutputs: number,
    sums: number,
    step: number,
  ): void;
  // wasm/assembly/explain-tree.ts
  explainTree(tree: number, numRows: number): void;
  // wasm/assembly/rank-values.ts
  rankF32(values: number, numRows: number, grid: number, out: number): void;
  rankF64(values: number, numRows: number, grid: number, out: number): void;
  rankMissingLow(ranks: number, numBytes: number, out: number): void;
  // wasm/assembly/score-row.ts
  scoreRow(
    slots: number,
    codes: number,
    roots: number,
    numRoots: number,
    leafValues: number,
    numOutputs: number,
    sums: number,
  ): void;
  // wasm/assembly/portable-math.ts
  exp(x: number): number;
  log(x: number): number;
  softplus(x: number): number;
  logistic(x: number): number;
}
