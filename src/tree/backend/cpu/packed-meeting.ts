/**
 * Histograms of ranks in several processes. The ranks of a process first add up what they have, so that one
 * message travels for each rank elsewhere, whatever the number of threads; it holds as few bits as do and no
 * empty bins (wasm/assembly/packed-histogram.ts).
 *
 *   1 the ranks here say where their histograms lie            (they alone meet)
 *   2 each packs the slices of some ranks elsewhere            dealt by rank number
 *   3 scatter                                                  (all ranks meet)
 *   4 each adds up its own slice: of the ranks here, then of each other process
 *
 * A rank that is alone in its process packs each histogram when it is built, while it is in the cache. The root's
 * sums are what its slices add up to: ranks compare them when they tell each other its best split.
 *
 * What comes is checked before it decides anything: a contribution whose features do not add up alike, or of
 * more rows than its process can have, is refused by name; what all add up to must be the node's known sums.
 */
import { type Awaitable, isPromise } from '../../../base/awaitable.ts';
import type { CoppiceError } from '../../../base/errors.ts';
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { IncomingMessage } from '../../../cluster/collective.ts';
import type { OpenNode } from '../backend.ts';
import type { NodeTotals } from './candidate.ts';
import {
  addOwnParts,
  type BuiltHistogram,
  type ExpectedSums,
  firstEntryOf,
  type HistogramMeeting,
  type MeetingParts,
} from './histogram-meeting.ts';
import { histogramRefusal, sumsRefusal, wrong } from './histogram-refusals.ts';

/** Bytes in front of the features: sums and rows. */
const headBytes = 20;

/** The most bytes that the places [begin, end) of a node take while they are packed. */
function packedBytes(layout: BinnedLayout, begin: number, end: number): number {
  let bytes = headBytes + 32;
  for (const place of layout.places.slice(begin, end)) {
    bytes += 64 + Math.ceil((place.numValueBins + 1) * (16 + 1 / 8));
  }
  return bytes;
}

/** What the messages of a process may take, for so many nodes at once. */
export function outgoingBytes(
  layout: BinnedLayout,
  ranks: { readonly numAll: number; readonly numLocal: number },
  maxNodes: number,
): number {
  if (ranks.numAll === ranks.numLocal) return 0;
  const messages = packedBytes(layout, 0, layout.places.length) + ranks.numAll * (headBytes + 32);
  return rowsBytes(ranks.numLocal, maxNodes) + maxNodes * messages;
}

/** In front of the messages: the rows of each node on each rank here. */
function rowsBytes(numLocal: number, maxNodes: number): number {
  return Math.ceil((4 * numLocal * maxNodes) / 64) * 64;
}

/** What stands in front of a process's part of a node. */
interface Contribution {
  readonly process: number;
  readonly hess: bigint;
  readonly rows: number;
}

/** Where a message to a rank elsewhere is written: histograms of the places [begin, end). */
export interface MessagePlace {
  readonly to: number;
  readonly begin: number;
  readonly end: number;
  readonly start: number;
}

interface OpenMessage extends MessagePlace {
  bytes: number;
}

/** The messages that are this rank's to write. */
export function messagePlaces({
  bounds,
  collective,
  layout,
  outgoing,
  maxNodes,
}: Pick<
  MeetingParts,
  'bounds' | 'collective' | 'layout' | 'outgoing' | 'maxNodes'
>): MessagePlace[] {
  const { localRanks, rank, size } = collective;
  const places: MessagePlace[] = [];
  let start = outgoing + rowsBytes(localRanks.length, maxNodes);
  for (let to = 0; to < size; to++) {
    if (localRanks.includes(to)) continue;
    const [begin, end] = [bounds[to] as number, bounds[to + 1] as number];
    if (to % localRanks.length === localRanks.indexOf(rank)) places.push({ to, begin, end, start });
    start += maxNodes * packedBytes(layout, begin, end);
  }
  return places;
}

/** Whether every rank owns features, so that what it takes in tells it the sums of all. */
export function allTellSums(bounds: readonly number[]): boolean {
  return bounds.every((end, rank) => rank === 0 || end > (bounds[rank - 1] as number));
}

/** See the header. */
export class PackedMeeting implements HistogramMeeting {
  readonly #p: MeetingParts;
  readonly #begin: number;
  readonly #end: number;
  readonly #local: number;
  readonly #numLocal: number;
  readonly tellsSums: boolean;
  /** Messages for the ranks elsewhere that are this rank's to serve, as far as they are written. */
  readonly #outgoing: readonly OpenMessage[];
  /** What was added since the last meeting. */
  #next: BuiltHistogram[] = [];
  #built: readonly BuiltHistogram[] = [];
  /** For each built histogram, where those of the ranks here lie. */
  #here: readonly (readonly number[])[] = [];
  #messages: readonly IncomingMessage[] = [];
  /** How far each message is read. */
  #read: number[] = [];

  constructor(parts: MeetingParts) {
    this.#p = parts;
    const { bounds, collective } = parts;
    this.#begin = bounds[collective.rank] as number;
    this.#end = bounds[collective.rank + 1] as number;
    this.#local = collective.localRanks.indexOf(collective.rank);
    this.#numLocal = collective.localRanks.length;
    this.tellsSums = allTellSums(bounds);
    this.#outgoing = messagePlaces(parts).map((place) => ({ ...place, bytes: 0 }));
  }

  add(built: BuiltHistogram): void {
    const { views, outgoing, maxNodes } = this.#p;
    const index = this.#next.length;
    views.u32[outgoing / 4 + this.#local * maxNodes + index] = built.rows;
    this.#next.push(built);
    if (this.#numLocal === 1) this.#pack(built, [built.address], index);
  }

  meet(): Awaitable<void> {
    const { collective, views } = this.#p;
    const built = this.#next;
    this.#next = [];
    this.#built = built;
    const first = built[0]?.address ?? 0;
    const firsts = collective.shareAddress(first);
    this.#here = built.map(({ address }) => firsts.map((other) => other + address - first));
    if (this.#numLocal > 1) {
      built.forEach((each, i) => {
        this.#pack(each, this.#here[i] as readonly number[], i);
      });
    }
    const messages = this.#outgoing.map(({ to, start, bytes }) => ({ to, address: start, bytes }));
    for (const message of this.#outgoing) message.bytes = 0;
    const scattered = collective.scatter(messages);
    const take = (messages: readonly IncomingMessage[]): void => {
      this.#messages = messages;
      this.#read = messages.map(() => 0);
      views.refresh();
    };
    if (isPromise(scattered)) return scattered.then(take);
    take(scattered);
    return undefined;
  }

  takeIn(index: number, hist: number, expected: ExpectedSums): readonly number[] | null {
    if (this.#begin === this.#end) return null;
    const { isPacked, node } = this.#built[index] as BuiltHistogram;
    addOwnParts(this.#p, this.#slicesHere(index, this.#begin), isPacked, hist);
    const contributions = this.#messages.map((message, i) => this.#add(message, i, hist, node));
    contributions.forEach((contribution, i) => {
      this.#checkRows(contribution, node, expected, expected.rowsElsewhere?.[i]);
    });
    if (expected.totals !== null) this.#checkSums(hist, expected.totals, node);
    return contributions.map(({ rows }) => rows);
  }

  sumsOf(hist: number): NodeTotals {
    const { kernels, views, featureTable, scratch, collective } = this.#p;
    const sums = scratch + Math.ceil((4 * collective.size) / 16) * 16;
    kernels.featureSums(hist, featureTable, this.#begin, sums);
    return { grad: views.i64[sums / 8] as bigint, hess: views.i64[sums / 8 + 1] as bigint };
  }

  /** Writes slices of a histogram, of which `parts` are the ranks' here, behind what each message holds. */
  #pack({ isPacked }: BuiltHistogram, parts: readonly number[], index: number): void {
    const { kernels, layout, views, featureTable, scratch } = this.#p;
    const rows = this.#rowsHere(index);
    for (const message of this.#outgoing) {
      const { begin, end, start, bytes } = message;
      if (begin === end) continue;
      const first = firstEntryOf(layout, begin);
      const offset = (isPacked ? 8 : 16) * first;
      parts.forEach((part, i) => {
        views.u32[scratch / 4 + i] = part + offset;
      });
      message.bytes += kernels.packHistogram(
        scratch,
        this.#numLocal,
        isPacked ? 1 : 0,
        first,
        featureTable,
        begin,
        end,
        rows,
        start + bytes,
      );
    }
  }

  /** Where the entries of a place and those behind it lie, on each rank here. */
  #slicesHere(index: number, place: number): number[] {
    const { isPacked } = this.#built[index] as BuiltHistogram;
    const offset = (isPacked ? 8 : 16) * firstEntryOf(this.#p.layout, place);
    return (this.#here[index] as readonly number[]).map((part) => part + offset);
  }

  #rowsHere(index: number): number {
    const { views, outgoing, maxNodes } = this.#p;
    let rows = 0;
    for (let local = 0; local < this.#numLocal; local++) {
      rows += views.u32[outgoing / 4 + local * maxNodes + index] as number;
    }
    return rows;
  }

  /** Adds what a process sent of a node. */
  #add(message: IncomingMessage, at: number, hist: number, node: OpenNode): Contribution {
    const { kernels, views, featureTable, layout } = this.#p;
    const read = this.#read[at] as number;
    const address = message.address + read;
    const left = message.bytes - read;
    const taken = kernels.addPackedHistogram(
      address,
      left,
      featureTable,
      this.#begin,
      this.#end,
      hist,
    );
    if (taken <= 0) {
      const feature = layout.places[-1 - taken]?.feature.name ?? null;
      const what = feature === null ? wrong.bytes(left) : wrong.feature(feature);
      throw this.#refusal(message.process, node, what);
    }
    this.#read[at] = read + taken;
    const head = new DataView(views.buffer, address, headBytes);
    return {
      process: message.process,
      hess: head.getBigInt64(8, true),
      rows: head.getUint32(16, true),
    };
  }

  /** Rows cannot be more than the parent's there; where the sums count them too, both agree. */
  #checkRows(
    { process, hess, rows }: Contribution,
    node: OpenNode,
    { countShift }: ExpectedSums,
    most = Number.POSITIVE_INFINITY,
  ): void {
    if (rows > most) {
      throw this.#refusal(process, node, wrong.rows(most, rows));
    }
    if (countShift >= 63 || Number(hess >> BigInt(countShift)) === rows) return;
    const counted = hess >> BigInt(countShift);
    throw this.#refusal(process, node, wrong.count(rows, counted));
  }

  /** All contributions together are what the split above said. */
  #checkSums(hist: number, totals: NodeTotals, node: OpenNode): void {
    const { collective } = this.#p;
    const { grad, hess } = this.sumsOf(hist);
    if (grad === totals.grad && hess === totals.hess) return;
    const processes = this.#messages.map(({ process }) => process);
    throw sumsRefusal(collective, { node: node.path, processes, totals, got: { grad, hess } });
  }

  #refusal(process: number, node: OpenNode, what: string): CoppiceError {
    return histogramRefusal(this.#p.collective, { process, node: node.path, what });
  }
}
