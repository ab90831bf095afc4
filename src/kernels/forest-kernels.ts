/** The kernels of forests, by name; what kernels are stands in kernels.ts, their layouts in wasm/assembly/forest-plan.ts. */

/** Kernels that only forests call. */
export interface ForestKernels {
  // wasm/assembly/forest-features.ts
  drawFeatures(plan: number, key: number, attempt: number): number;
  // wasm/assembly/forest-histogram.ts
  addForestRows(
    plan: number,
    rows: number,
    numRows: number,
    numChosen: number,
    hist: number,
    marks: number,
  ): void;
  nodeTotals(plan: number, rows: number, numRows: number, best: number): void;
  weighNode(plan: number, best: number): void;
  // wasm/assembly/forest-node.ts
  searchNode(plan: number, rows: number, numRows: number, key: number, best: number): number;
  maySplit(plan: number, best: number): number;
  scanNode(
    plan: number,
    key: number,
    begin: number,
    end: number,
    hist: number,
    marks: number,
    best: number,
  ): number;
  isEnough(plan: number, best: number): number;
  splitForestRows(
    plan: number,
    source: number,
    sourceIds: number,
    numRows: number,
    target: number,
    targetIds: number,
    place: number,
    cut: number,
    missingLeft: number,
    goesLeft: number,
  ): number;
  // wasm/assembly/draw-forest-rows.ts
  drawCounts(
    rowKeys: number,
    numRows: number,
    treeKey: number,
    thresholds: number,
    numThresholds: number,
    classes: number,
    counts: number,
  ): void;
  copyDrawn(
    plan: number,
    records: number,
    recordBytes: number,
    recordSlot: number,
    firstRow: number,
    numRows: number,
    counts: number,
    factors: number,
    target: number,
    targetIds: number,
  ): number;
}
