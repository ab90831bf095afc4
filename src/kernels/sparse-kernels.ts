/** The kernels that pass over what is empty or usual, by name; what kernels are stands in kernels.ts. */

/** Kernels of histograms of which most bins are empty. */
export interface SparseKernels {
  // wasm/assembly/row-entries.ts
  writeRowEntries(
    records: number,
    stride: number,
    numRows: number,
    usual: number,
    features: number,
    numNarrow: number,
    numPlaces: number,
    starts: number,
    entries: number,
    from: number,
  ): number;
  listEntryRows(
    starts: number,
    entries: number,
    firstRow: number,
    numRows: number,
    numEntries: number,
    rowStarts: number,
    rows: number,
  ): void;
  addEntriesPacked(
    starts: number,
    entries: number,
    slots: number,
    ids: number,
    firstRow: number,
    numRows: number,
    hist: number,
    totals: number,
  ): void;
  addEntriesWide(
    starts: number,
    entries: number,
    slots: number,
    slotBytes: number,
    countShift: number,
    ids: number,
    firstRow: number,
    numRows: number,
    hist: number,
    totals: number,
  ): void;
  fillUsualBins(
    hist: number,
    packed: number,
    features: number,
    numPlaces: number,
    usual: number,
    totals: number,
  ): void;
}
