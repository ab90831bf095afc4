/**
 * Rows of which most values are alike: beside its record a row has a list of the bins that are not the usual ones of
 * their features, and histograms are built of these alone (wasm/assembly/row-entries.ts draws them). Of a table that is
 * one hundredth filled, that is one addition in place of a hundred. Records stay: rows are split by them.
 *
 * Own histograms then lie as compact ones do, without gaps, for a table of thousands of features has few bins in each.
 */
import { type Arena, align } from '../../../base/arena.ts';
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Kernels } from '../../../kernels/kernels.ts';

/** What is known of a process's training rows before their entries are written. */
export interface RowFill {
  /** A record that has the usual bin of every feature. */
  readonly usual: Uint8Array;
  /** Bins that are not the usual ones, of all rows; of some of them no more. */
  readonly numEntries: number;
}

/** Where a process's entries lie. */
export interface EntryMemory {
  readonly starts: number;
  readonly entries: number;
  readonly usual: number;
  /** The rows' quantised gradients, side by side. */
  readonly slots: number;
  readonly fill: RowFill;
  /** Null where histograms have no marks. */
  readonly byEntry: RowsByEntry | null;
}

/** A rank's rows by entry, by which whole trees split rows. */
export interface RowsByEntry {
  /** uint32 for each entry and one more: where its rows begin. */
  readonly rowStarts: number;
  readonly entryRows: number;
  /** A byte for each row of the process. */
  readonly sideOfRow: number;
}

/** A layout whose own histograms have no gaps. */
export function withoutGaps(layout: BinnedLayout): BinnedLayout {
  const places = layout.places.map((place) => ({
    ...place,
    firstEntry: place.firstCompact,
    missingEntry: place.numValueBins,
  }));
  return { ...layout, places, numEntries: layout.numCompact };
}

/** Entries of a block that has a mark (wasm/assembly/marked-blocks.ts). */
const blockEntries = 8;

/** The layout of rows with entries whose histograms nobody else is sent: each feature begins at a whole block. */
export function inBlocks(layout: BinnedLayout): BinnedLayout {
  let numCompact = 0;
  const places = layout.places.map((place) => {
    const first = numCompact;
    numCompact += blockEntries * Math.ceil((place.numValueBins + 1) / blockEntries);
    return { ...place, firstCompact: first };
  });
  return { ...layout, places, numCompact };
}

/** Bytes of the marks behind a packed histogram. Sixteen are read at once, three times. */
export function markBytes({ numCompact }: BinnedLayout): number {
  return align(numCompact / blockEntries + 48);
}

/** Plans the entries of so many rows; the same on every rank here. */
export function planEntries(
  arena: Arena,
  layout: BinnedLayout,
  numRows: number,
  fill: RowFill,
  ranks: { readonly hasMarks: boolean; readonly numLocal: number; readonly localIndex: number },
): EntryMemory {
  const memory = {
    starts: arena.allocate(4 * (numRows + 1)),
    entries: arena.allocate(4 * fill.numEntries),
    usual: arena.allocate(layout.stride + 16),
    slots: arena.allocate(layout.slotBytes * numRows),
    fill,
  };
  if (!ranks.hasMarks) return { ...memory, byEntry: null };
  const { numLocal, localIndex } = ranks;
  const startBytes = align(4 * (layout.numCompact + 1));
  const rowStarts = arena.allocate(startBytes * numLocal) + startBytes * localIndex;
  // each rank's behind those of the ranks before it, as its entries are
  const entryRows = arena.allocate(4 * fill.numEntries);
  const sideBytes = align(numRows);
  const sideOfRow = arena.allocate(sideBytes * numLocal) + sideBytes * localIndex;
  return { ...memory, byEntry: { rowStarts, entryRows, sideOfRow } };
}

/** Records that entries are written from. */
export interface EntrySource {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly layout: BinnedLayout;
  readonly featureTable: number;
  /** The process's records, and which of its rows are this rank's. */
  readonly records: number;
  readonly start: number;
  readonly count: number;
}

/** Writes the entries of this rank's rows; the records of those before them must be there as well. */
export function writeEntries(source: EntrySource, at: EntryMemory): void {
  const { kernels, memory, layout, featureTable, records, start, count } = source;
  const { stride, numNarrow, places } = layout;
  new Uint8Array(memory.buffer, at.usual, stride).set(at.fill.usual);
  const write = (first: number, numRows: number, entries: number, from: number): number =>
    kernels.writeRowEntries(
      records + first * stride,
      stride,
      numRows,
      at.usual,
      featureTable,
      numNarrow,
      places.length,
      at.starts + 4 * first,
      entries,
      from,
    );
  write(start, count, at.entries, write(0, start, 0, 0));
  if (at.byEntry === null) return;
  const { rowStarts, entryRows } = at.byEntry;
  kernels.clearBytes(rowStarts, align(4 * (layout.numCompact + 1)));
  kernels.listEntryRows(
    at.starts,
    at.entries,
    start,
    count,
    layout.numCompact,
    rowStarts,
    entryRows,
  );
}
