/**
 * A rank's own histograms of a batch of nodes: the rows of each added entry by entry. Packed entries (8 bytes)
 * hold 65,535 rows at most; a larger node adds block by block and flushes each block to wide entries (16 bytes).
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Quantisation } from '../../split-params.ts';
import type { NodeTotals } from './candidate.ts';
import { indexedStride, type SegmentView } from './row-store.ts';

/** Additions of one call of a kernel, so that an abort is seen within some tens of milliseconds. */
const sliceAdditions = 16_777_216;

/** Rows of long records are brought together by so many, with the bins of 120 features and their sums (wasm/assembly/histogram.ts). */
const gatheredBytes = 2048 * 128;

/** What an OwnHistogram is made of. */
export interface OwnHistogramOptions {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly layout: BinnedLayout;
  /** One histogram of packed entries, then the wide ones; where all are packed only those. */
  readonly address: number;
  readonly flushRows: number;
  /** Every node is small enough for packed entries. */
  readonly isPacked: boolean;
  checkAborted(): void;
}

/** Builds a rank's histograms of a batch of nodes. */
export interface HistogramBuilder {
  /** Begins a batch: what the last one built may be overwritten. */
  clear(): void;
  /** Adds a segment's rows to the next histogram of the batch; returns its address. */
  build(view: SegmentView, numRows: number, isPacked: boolean, quantisation: Quantisation): number;
  /** Sums of the histogram that was built last. */
  totals(address: number, isPacked: boolean, countShift: number): NodeTotals;
}

/** Builds the histograms of one rank. */
export class OwnHistogram implements HistogramBuilder {
  readonly #o: OwnHistogramOptions;
  readonly #extras: number;
  readonly #numExtras: number;
  /** The entries that larger nodes add to block by block, then the batch's histograms. */
  readonly #narrow: number;
  #next: number;

  /** Where a rank's list of two-byte features and its histograms lie; rows are brought together in between. */
  static places(layout: BinnedLayout, address: number) {
    return { extras: address, narrow: address + headBytes(layout) };
  }

  constructor(options: OwnHistogramOptions) {
    this.#o = options;
    const wide = options.layout.places.filter((place) => place.width === 2);
    this.#numExtras = wide.length;
    this.#extras = options.address;
    const words = new Uint32Array(options.memory.buffer, this.#extras, 2 * wide.length);
    wide.forEach((place, i) => {
      words[2 * i] = place.offset;
      words[2 * i + 1] = place.firstEntry;
    });
    this.#narrow = this.#extras + headBytes(options.layout);
    this.#next = this.#narrow;
  }

  /** Bytes for so many histograms at once. */
  static bytes(layout: BinnedLayout, numHistograms: number, isPacked: boolean): number {
    const entryBytes = isPacked ? 8 * numHistograms : 8 + 16 * numHistograms;
    return headBytes(layout) + layout.numEntries * entryBytes;
  }

  clear(): void {
    this.#next = this.#narrow + (this.#o.isPacked ? 0 : this.#o.layout.numEntries * 8);
  }

  build(view: SegmentView, numRows: number, isPacked: boolean, quantisation: Quantisation): number {
    const { layout, kernels } = this.#o;
    const narrow = this.#narrow;
    const address = this.#next;
    const bytes = layout.numEntries * (isPacked ? 8 : 16);
    this.#next += bytes;
    kernels.clearBytes(address, bytes);
    const mayPack = quantisation.slotBytes === 4 && quantisation.countShift === 63;
    if (isPacked) {
      this.#addPacked(view, 0, numRows, address);
    } else if (mayPack) {
      kernels.clearBytes(narrow, layout.numEntries * 8);
      for (let from = 0; from < numRows; from += this.#o.flushRows) {
        this.#o.checkAborted();
        this.#addPacked(view, from, Math.min(numRows, from + this.#o.flushRows), narrow);
        kernels.flushPacked(narrow, layout.numEntries, address);
      }
    } else {
      const sliceRows = Math.max(
        1024,
        Math.floor(sliceAdditions / Math.max(1, layout.places.length)),
      );
      for (let from = 0; from < numRows; from += sliceRows) {
        this.#o.checkAborted();
        this.#addWide(view, from, Math.min(numRows, from + sliceRows), address, quantisation);
      }
    }
    return address;
  }

  /** Sums of a histogram: the entries of its first feature. */
  totals(address: number, isPacked: boolean, countShift: number): NodeTotals {
    const { layout, memory } = this.#o;
    const first = layout.places[0];
    if (first === undefined) return { grad: 0n, hess: 0n };
    const end = first.firstEntry + first.missingEntry + 1;
    let grad = 0n;
    let hess = 0n;
    if (isPacked) {
      const words = new BigInt64Array(memory.buffer, address, end);
      for (const word of words) {
        grad += word >> 32n;
        hess += word & 0xffffffffn;
      }
    } else {
      const words = new BigInt64Array(memory.buffer, address, 2 * end);
      for (let i = 2 * first.firstEntry; i < 2 * end; i += 2) {
        grad += words[i] as bigint;
        hess += words[i + 1] as bigint;
      }
    }
    return { grad, hess: countShift < 0 ? 0n : hess };
  }

  #addPacked(view: SegmentView, from: number, to: number, hist: number): void {
    const { kernels, layout } = this.#o;
    const stride = layout.stride;
    const [records, ids] = walk(view, from, stride);
    kernels.histogramPacked(
      records,
      ids,
      to - from,
      stride,
      layout.slotOffset,
      layout.numNarrow,
      this.#extras,
      this.#numExtras,
      hist,
    );
  }

  #addWide(
    view: SegmentView,
    from: number,
    to: number,
    hist: number,
    quantisation: Quantisation,
  ): void {
    const { kernels, layout } = this.#o;
    const [records, ids] = walk(view, from, layout.stride);
    kernels.histogramWide(
      records,
      ids,
      to - from,
      layout.stride,
      layout.slotOffset,
      quantisation.slotBytes,
      quantisation.countShift,
      layout.numNarrow,
      this.#extras,
      this.#numExtras,
      hist,
    );
  }
}

function walk(view: SegmentView, from: number, stride: number): [number, number] {
  return view.walkIds === 0
    ? [view.records + from * stride, 0]
    : [view.records, view.walkIds + from * 4];
}

/** Bytes of the list of two-byte features and of where rows are brought together. */
function headBytes({ places, numNarrow, stride }: BinnedLayout): number {
  const listBytes = Math.ceil(((places.length - numNarrow) * 8) / 64) * 64 + 64;
  return listBytes + (stride > indexedStride ? gatheredBytes : 0);
}
