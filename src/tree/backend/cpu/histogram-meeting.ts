/**
 * How the ranks' histograms of a batch of nodes become one: every rank receives all of its own features. Ranks
 * that share one memory read each other's where they lie; packed-meeting.ts is for those of several processes.
 */
import { type Awaitable, isPromise } from '../../../base/awaitable.ts';
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Collective } from '../../../cluster/collective.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { OpenNode } from '../backend.ts';
import type { NodeTotals } from './candidate.ts';
import type { MemoryViews } from './memory-views.ts';

/** A rank's histogram of its rows of a node. */
export interface BuiltHistogram {
  readonly node: OpenNode;
  readonly address: number;
  /** Entries of 8 bytes, else 16. */
  readonly isPacked: boolean;
  /** Rows that were added. */
  readonly rows: number;
}

/** What is known of a node before its histogram is. */
export interface ExpectedSums {
  /** Null where nobody knows them yet: the root's. */
  readonly totals: NodeTotals | null;
  readonly countShift: number;
  /** Rows of its parent in each other process. */
  readonly rowsElsewhere: readonly number[] | undefined;
}

/** See the header. */
export interface HistogramMeeting {
  /** Takes a histogram for the next meeting, while it is in the cache. */
  add(built: BuiltHistogram): void;
  /** Every rank calls it when it has added its histograms of the same nodes. */
  meet(): Awaitable<void>;
  /**
   * Writes this rank's slice of the sum of all ranks' histograms of node `index` of the meeting.
   * @returns the node's rows in each other process, or null where all ranks share one memory
   */
  takeIn(index: number, hist: number, expected: ExpectedSums): readonly number[] | null;
  /** What is taken in tells every rank the sums of all, which need no meeting of their own then. */
  readonly tellsSums: boolean;
  /** The sums of a histogram that was taken in. */
  sumsOf(hist: number): NodeTotals;
}

/** What a meeting is made of. */
export interface MeetingParts {
  readonly kernels: Kernels;
  readonly collective: Collective;
  readonly layout: BinnedLayout;
  readonly views: MemoryViews;
  /** Histograms that are kept have entries of 8 bytes; of ranks in several processes they never have. */
  readonly isPacked: boolean;
  readonly featureTable: number;
  /** Rank r owns the places [bounds[r], bounds[r + 1]). */
  readonly bounds: readonly number[];
  /** Room for an address a rank, and 16 bytes more. */
  readonly scratch: number;
  /** See BackendMemory. */
  readonly outgoing: number;
  /** Most nodes of a meeting. */
  readonly maxNodes: number;
}

/** The first entry of a place in a rank's own histogram. */
export function firstEntryOf(layout: BinnedLayout, place: number): number {
  return layout.places[place]?.firstEntry ?? layout.numEntries;
}

/** Ranks that share one memory. */
export class SharedMeeting implements HistogramMeeting {
  readonly #p: MeetingParts;
  /** Bounds of all ranks' slices of an own histogram, of packed and of wide entries. */
  readonly #packed: Float64Array;
  readonly #wide: Float64Array;
  readonly tellsSums = false;
  #next: BuiltHistogram[] = [];
  #built: readonly BuiltHistogram[] = [];
  #parts: readonly (readonly number[])[] = [];

  constructor(parts: MeetingParts) {
    this.#p = parts;
    const { layout, bounds } = parts;
    this.#packed = Float64Array.from(bounds, (place) => 8 * firstEntryOf(layout, place));
    this.#wide = Float64Array.from(bounds, (place) => 16 * firstEntryOf(layout, place));
  }

  add(built: BuiltHistogram): void {
    this.#next.push(built);
  }

  meet(): Awaitable<void> {
    const built = this.#next;
    this.#next = [];
    this.#built = built;
    const buffers = built.map(({ address, isPacked }) => ({
      address,
      bounds: isPacked ? this.#packed : this.#wide,
    }));
    const exchanged = this.#p.collective.exchange(buffers);
    if (isPromise(exchanged)) {
      return exchanged.then((parts) => {
        this.#parts = parts;
      });
    }
    this.#parts = exchanged;
    return undefined;
  }

  takeIn(index: number, hist: number): null {
    const { isPacked } = this.#built[index] as BuiltHistogram;
    addOwnParts(this.#p, this.#parts[index] as readonly number[], isPacked, hist);
    return null;
  }

  sumsOf(): NodeTotals {
    throw new RangeError('ranks that share a memory tell each other sums');
  }
}

/** Adds up this rank's slice of ranks that share its memory; `addresses` are those of the slices. */
export function addOwnParts(
  parts: MeetingParts,
  addresses: readonly number[],
  isPacked: boolean,
  hist: number,
): void {
  const { kernels, collective, layout, views, featureTable, bounds, scratch } = parts;
  const { rank } = collective;
  const [begin, end] = [bounds[rank] as number, bounds[rank + 1] as number];
  if (begin === end) return;
  views.u32.set(addresses, scratch / 4);
  const count = addresses.length;
  const first = firstEntryOf(layout, begin);
  if (parts.isPacked) {
    kernels.reducePacked(scratch, count, first, featureTable, begin, end, hist);
  } else {
    const kind = isPacked ? 1 : 0;
    kernels.reduceHistogram(scratch, count, kind, first, featureTable, begin, end, hist);
  }
}
