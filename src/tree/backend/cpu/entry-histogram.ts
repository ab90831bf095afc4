/**
 * A rank's own histograms of a batch of nodes where rows have entries (row-entries.ts): clears a compact histogram,
 * adds the entries of the node's rows, and gives the usual bin of each feature what is left of the node's sums.
 */
import type { Quantisation } from '../../split-params.ts';
import type { NodeTotals } from './candidate.ts';
import { type HistogramBuilder, OwnHistogram, type OwnHistogramOptions } from './own-histogram.ts';
import type { EntryMemory } from './row-entries.ts';
import type { SegmentView } from './row-store.ts';

/** Additions of one call of a kernel, so that an abort is seen within some tens of milliseconds. */
const sliceAdditions = 8_388_608;

/** What an EntryHistogram is made of. */
export interface EntryHistogramOptions extends Omit<OwnHistogramOptions, 'flushRows'> {
  readonly entries: EntryMemory;
  readonly featureTable: number;
  /** Rows of the process. */
  readonly numRows: number;
}

/** Builds the histograms of one rank. */
export class EntryHistogram implements HistogramBuilder {
  readonly #o: EntryHistogramOptions;
  readonly #totals: number;
  readonly #sliceRows: number;
  #next: number;

  /** Where a rank's sums and its histograms lie. */
  static places(address: number) {
    return { extras: address, narrow: address + 64 };
  }

  constructor(options: EntryHistogramOptions) {
    this.#o = options;
    this.#totals = options.address;
    this.#next = options.address + 64;
    const perRow = Math.max(1, options.entries.fill.numEntries / Math.max(1, options.numRows));
    this.#sliceRows = Math.max(256, Math.floor(sliceAdditions / perRow));
  }

  clear(): void {
    this.#next = this.#o.address + 64;
  }

  build(view: SegmentView, numRows: number, isPacked: boolean, quantisation: Quantisation): number {
    const { kernels, layout, entries, featureTable } = this.#o;
    const address = this.#next;
    const bytes = layout.numCompact * (isPacked ? 8 : 16);
    this.#next += bytes;
    kernels.clearBytes(address, bytes);
    kernels.clearBytes(this.#totals, 16);
    for (let from = 0; from < numRows; from += this.#sliceRows) {
      this.#o.checkAborted();
      const count = Math.min(this.#sliceRows, numRows - from);
      this.#add(view, from, count, address, isPacked ? null : quantisation);
    }
    const { length } = layout.places;
    const kind = isPacked ? 1 : 0;
    kernels.fillUsualBins(address, kind, featureTable, length, entries.usual, this.#totals);
    return address;
  }

  /** Sums of the histogram that was built last. */
  totals(_address: number, isPacked: boolean): NodeTotals {
    const [first = 0n, second = 0n] = new BigInt64Array(this.#o.memory.buffer, this.#totals, 2);
    return isPacked
      ? { grad: first >> 32n, hess: first & 0xffffffffn }
      : { grad: first, hess: second };
  }

  /** @param wide null for packed entries */
  #add(
    view: SegmentView,
    from: number,
    count: number,
    ...[hist, wide]: readonly [number, Quantisation | null]
  ): void {
    const { kernels, entries } = this.#o;
    const { starts, entries: list, slots } = entries;
    const ids = view.ids === 0 ? 0 : view.ids + 4 * from;
    const first = view.firstId + from;
    if (wide === null) {
      kernels.addEntriesPacked(starts, list, slots, ids, first, count, hist, this.#totals);
      return;
    }
    const { slotBytes, countShift } = wide;
    kernels.addEntriesWide(
      starts,
      list,
      slots,
      slotBytes,
      countShift,
      ids,
      first,
      count,
      hist,
      this.#totals,
    );
  }
}

/** What builds a rank's histograms: from entries where rows have them, else from records. */
export function histogramBuilder(
  options: OwnHistogramOptions,
  entries: EntryMemory | null,
  rows: { readonly featureTable: number; readonly numRows: number },
): HistogramBuilder {
  return entries === null
    ? new OwnHistogram(options)
    : new EntryHistogram({ ...options, ...rows, entries });
}

/** Bytes for so many histograms of a size at once. */
export function entryHistogramBytes(histogramBytes: number, numHistograms: number): number {
  return 64 + numHistograms * histogramBytes;
}
