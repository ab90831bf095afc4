/**
 * Grows whole trees by one kernel, leaf by leaf or level by level, on a rank that is alone or on several together
 * (wasm/assembly/grow-leaves.ts): between two splits no JavaScript runs, but where ranks of several processes meet
 * (growth-meetings.ts). What it does not do is left to tree/grow-tree.ts and CpuBackend, whose trees are the same: draws
 * of columns for each node, bent leaf values, forced splits, rows with entries.
 */
import { type Awaitable, isPromise } from '../../../base/awaitable.ts';
import type { LeafKernels } from '../../../kernels/leaf-kernels.ts';
import type { GrowthLimits } from '../../grow-tree.ts';
import { type Quantisation, writeSplitParams } from '../../split-params.ts';
import type { CpuBackendOptions } from './cpu-backend-options.ts';
import {
  type GrowAddresses,
  gateBytes,
  gateWord,
  mostFewRows,
  placeGrowing,
  planBytes,
  planFloat,
  planWord,
  rowScratchBytes,
} from './grow-plan.ts';
import { GrowthMeetings } from './growth-meetings.ts';
import { compactBytes } from './histogram-pool.ts';
import { messagePlaces } from './packed-meeting.ts';
import { markBytes, withoutGaps } from './row-entries.ts';
import { indexedStride, type Segment } from './row-store.ts';
import { placeBounds } from './slices.ts';
import { WholeGrowth } from './whole-growth.ts';

/** Additions of one call of the kernel, so that an abort is seen within some tens of milliseconds. */
const mostWork = 16_777_216;

/** What growLeaves tells. */
const growState = { done: 0, waiting: 2, built: 3, found: 4, refused: 5 } as const;

/** Where meetings are dear this share of the most leaves is always split ahead. */
export const aheadShare = 0.125;

/** What a LeafGrower is made of. */
export interface LeafGrowerOptions extends CpuBackendOptions {
  readonly leafKernels: LeafKernels;
  /** Where OwnHistogram's list of two-byte features lies, and its histograms of packed entries; of rows with entries
   *  where EntryHistogram's sums lie, and its histograms. */
  readonly extras: number;
  readonly narrow: number;
}

/** What changes from tree to tree. */
export interface WholeTree {
  readonly quantisation: Quantisation;
  readonly rootSegment: Segment;
  /** One byte a place: may it split? Or null for all. */
  readonly mask: Uint8Array | null;
  readonly limits: GrowthLimits;
}

/** See the header. */
export class LeafGrower {
  /** What tests read, as CpuBackend has it. */
  readonly counters = { histogramRows: 0, featuresDecided: 0 };
  readonly #o: LeafGrowerOptions;
  readonly #at: GrowAddresses;
  readonly #local: number;
  /** The plan, in words and in float64: memory that is shared stays where it is when it grows. */
  readonly #words: Int32Array;
  readonly #floats: Float64Array;
  /** One byte a place: may it split? */
  readonly #mask: Uint8Array;
  /** The numbers that leaves are settled with, and where each rank's sums are. */
  readonly #settling: Float64Array;
  readonly #parts: Uint32Array;
  /** What the split finders were told last. */
  #quantisation: Quantisation | null = null;
  /** Null where all ranks share this process's memory. */
  readonly #meetings: GrowthMeetings | null;
  /** Ranks have not met since the gate was cleared. */
  #isFirst = true;

  constructor(options: LeafGrowerOptions) {
    this.#o = options;
    const { layout, addresses, collective, memory, leafKernels } = options;
    const { rank, localRanks, size, firstRanks } = collective;
    this.#local = localRanks.indexOf(rank);
    const ranks = { numRanks: localRanks.length, numAll: size, numOthers: firstRanks.length - 2 };
    const at = placeGrowing(addresses.growing, layout, { ...addresses, ...ranks });
    this.#at = at;
    this.#words = new Int32Array(memory.buffer, at.plan, planBytes / 4);
    this.#floats = new Float64Array(memory.buffer, at.plan, planBytes / 8);
    this.#mask = new Uint8Array(memory.buffer, at.mask, layout.places.length);
    this.#settling = new Float64Array(memory.buffer, at.settling, 5);
    this.#parts = new Uint32Array(memory.buffer, at.parts, localRanks.length);
    if (this.#local === 0) new Uint8Array(memory.buffer, at.gate, gateBytes).fill(0);
    this.#writePlan();
    if (localRanks.length === size) this.#meetings = null;
    else {
      const bounds = placeBounds(layout, size);
      const { outgoing, maxPairs } = addresses;
      const places = { bounds, collective, layout, outgoing, maxNodes: 2 * maxPairs };
      const messages = messagePlaces(places);
      const parts = { kernels: leafKernels, collective, memory, layout, at, messages };
      this.#meetings = new GrowthMeetings(parts);
    }
  }

  /** Grows a tree and writes for each of its rows the number of its leaf. */
  grow(tree: WholeTree, leafOf: number): Awaitable<WholeGrowth> {
    const { leafKernels, collective } = this.#o;
    if (this.#isFirst) collective.meetLocally();
    this.#isFirst = false;
    this.#writeTree(tree, leafOf);
    const { plan } = this.#at;
    const isLazy = this.#meetings === null && this.#isLazy(tree.limits);
    if (isLazy) leafKernels.beginLazily(plan);
    else leafKernels.beginLeaves(plan);
    if (this.#meetings !== null) return this.#growAcross(this.#meetings, leafOf);
    for (;;) {
      const state = isLazy ? leafKernels.growLazily(plan) : leafKernels.growLeaves(plan);
      if (state === growState.done) break;
      collective.checkAborted();
      if (state === growState.waiting) this.#sleep(this.#words[planWord.generation] as number);
    }
    return this.#finish(leafOf);
  }

  /** The same of ranks of several processes, who meet where the kernel returns. */
  async #growAcross(meetings: GrowthMeetings, leafOf: number): Promise<WholeGrowth> {
    const { leafKernels, collective } = this.#o;
    for (;;) {
      const state = leafKernels.growLeaves(this.#at.plan);
      if (state === growState.done) break;
      collective.checkAborted();
      if (state === growState.refused) throw meetings.refusal();
      const met =
        state === growState.built
          ? meetings.bring()
          : state === growState.found
            ? meetings.tell()
            : undefined;
      if (isPromise(met)) await met;
    }
    return this.#finish(leafOf);
  }

  #finish(leafOf: number): WholeGrowth {
    const { leafKernels, collective, memory, layout } = this.#o;
    const { plan } = this.#at;
    const words = this.#words;
    const floats = this.#floats;
    leafKernels.markLeaves(plan, leafOf);
    this.counters.histogramRows += floats[planFloat.histogramRows] as number;
    this.counters.featuresDecided += floats[planFloat.featuresDecided] as number;
    collective.counters.meetings += words[planWord.meetings] as number;
    return new WholeGrowth({
      kernels: leafKernels,
      collective,
      memory,
      layout,
      at: this.#at,
      settling: this.#settling,
      parts: this.#parts,
      numNodes: words[planWord.numNodes] as number,
      leastGain: floats[planFloat.leastGain] as number,
    });
  }

  /** Nodes wait to be looked at until they may be split; then every open leaf needs room for a histogram. */
  #isLazy({ maxLeaves }: GrowthLimits): boolean {
    const { collective, layout, addresses } = this.#o;
    if (
      collective.size > 1 ||
      addresses.isByLevel ||
      layout.stride <= indexedStride ||
      layout.slotBytes !== 4
    )
      return false;
    return addresses.poolSlots >= Math.min(maxLeaves, addresses.maxLeaves) + 2;
  }

  /** Until the other ranks have come. */
  #sleep(generation: number): void {
    const { collective, memory } = this.#o;
    const gate = new Int32Array(memory.buffer, this.#gateAddress, gateBytes / 4);
    const place = { word: gateWord.generation, sleepers: gateWord.sleepers };
    collective.sleepWhile?.(gate, place, generation);
  }

  get #gateAddress(): number {
    return this.#at.gate - this.#o.addresses.growSpan * this.#local;
  }

  #writePlan(): void {
    const { layout, rows, addresses, memory, isPacked, params, collective } = this.#o;
    const at = this.#at;
    const { entries } = addresses;
    const { numEntries } = entries === null ? layout : withoutGaps(layout);
    const numWide = layout.places.length - layout.numNarrow;
    const words = new Uint32Array(memory.buffer, at.plan, planBytes / 4);
    words.fill(0);
    words.set([rows.master, rows.firstRow, rows.records], planWord.master);
    words.set(rows.ids, planWord.ids);
    words.set([layout.stride, layout.stride > indexedStride ? 1 : 0], planWord.stride);
    words.set([layout.slotOffset, layout.slotBytes, layout.numNarrow], planWord.slotOffset);
    words.set([numWide, this.#o.extras, numEntries, this.#o.narrow], planWord.numExtras);
    words[planWord.builds] = this.#o.narrow + (isPacked || entries !== null ? 0 : 8 * numEntries);
    if (entries !== null) {
      const { starts, usual, slots, fill } = entries;
      words.set([starts, entries.entries, usual, slots, this.#o.extras], planWord.starts);
      words[planWord.starts + 5] = Math.ceil(fill.numEntries / Math.max(1, rows.numRows));
    }
    words.set([isPacked ? 1 : 0, this.#o.flushRows], planWord.isPacked);
    words.set([addresses.featureTable, layout.places.length], planWord.features);
    const hasMarks = entries !== null && isPacked;
    const histogramBytes = compactBytes(layout, isPacked) + (hasMarks ? markBytes(layout) : 0);
    words[planWord.hasMarks] = hasMarks ? 1 : 0;
    if (entries?.byEntry != null) {
      const { rowStarts, entryRows, sideOfRow } = entries.byEntry;
      words[planWord.rowStarts] = rowStarts;
      words[planWord.numRows] = rows.numRows;
      words.set([entryRows, sideOfRow], planWord.entryRows);
    }
    words.set([addresses.pool, addresses.poolSlots, histogramBytes], planWord.pool);
    words.set([at.params, at.totals, at.found, at.order, at.wideFeature], planWord.params);
    words.set([at.numbers, at.sides, at.parts], planWord.numbers);
    words.set([at.madeNodes, at.madeBits, at.bitsBytes, at.heap, at.free], planWord.nodes);
    words[planWord.mostWork] = mostWork;
    words[planWord.fewRows] = this.#fewRows();
    words[planWord.rowScratch] = at.rowScratch;
    if (collective.size === 1)
      new Uint8Array(memory.buffer, at.rowScratch, rowScratchBytes).fill(0);
    const numRanks = collective.localRanks.length;
    words.set([numRanks, this.#local, addresses.growSpan], planWord.numRanks);
    words[planWord.ownSpan] = addresses.ownSpan;
    words.set(this.#slice(), planWord.firstPlace);
    words.set([this.#gateAddress, at.foundBytes, at.batch, addresses.maxPairs], planWord.gate);
    words.set([at.madeNodes, at.madeBits, at.nodes, at.bits, at.seen], planWord.madeNodes);
    words[planWord.spare] = rows.spare;
    words.set([addresses.windowRows, at.frontier], planWord.windowRows);
    const floats = new Float64Array(memory.buffer, at.plan, planBytes / 8);
    floats[planFloat.minInfoGain] = params.minInfoGain;
    floats[planFloat.splitCost] = params.splitCost ?? 0;
    floats[planFloat.rowCost] = params.splitCostPerRow ?? 0;
  }

  /** Rows of a node whose children are looked at row by row: about as many as a feature has bins, −1 for none. */
  #fewRows(): number {
    const { layout, addresses, collective, isPacked } = this.#o;
    const isIndexed = layout.stride > indexedStride;
    if (collective.size > 1 || addresses.entries !== null || isIndexed) return -1;
    const bins = layout.numCompact / Math.max(1, layout.places.length);
    return Math.min(mostFewRows, Math.floor((isPacked ? 0.75 : 1.5) * bins));
  }

  /** Places that this rank looks at, and where they lie in a histogram that is kept. */
  #slice(): readonly number[] {
    const { layout, collective, isPacked } = this.#o;
    const bounds = placeBounds(layout, collective.size);
    const [first, end] = [collective.rank, collective.rank + 1].map((r) => bounds[r] as number) as [
      number,
      number,
    ];
    const [from, to] = [first, end].map(
      (place) => (isPacked ? 8 : 16) * (layout.places[place]?.firstCompact ?? layout.numCompact),
    ) as [number, number];
    return [first, end, from, to - from];
  }

  #writeTree({ quantisation, rootSegment, mask, limits }: WholeTree, leafOf: number): void {
    const { memory, params, addresses, layout } = this.#o;
    const at = this.#at;
    if (this.#quantisation === null || !areAlike(this.#quantisation, quantisation))
      writeSplitParams(memory.buffer, at.params, params, quantisation);
    this.#quantisation = quantisation;
    const words = this.#words;
    if (mask !== null) this.#mask.set(mask);
    words[planWord.mask] = mask === null ? 0 : at.mask;
    // a tree of as many leaves as rows has none that could be split; across processes all leave it to that
    const mostLeaves = this.#meetings === null ? addresses.maxLeaves : 0x7fffffff;
    words[planWord.maxLeaves] = Math.min(limits.maxLeaves, mostLeaves);
    words[planWord.byLevel] = addresses.isByLevel ? 1 : 0;
    words[planWord.leafOf] = addresses.isByLevel && layout.stride <= indexedStride ? leafOf : 0;
    words[planWord.maxDepth] = Math.min(limits.maxDepth, 0x7fffffff);
    words[planWord.rootSegment] = rootSegment.buffer;
    words[planWord.rootSegment + 1] = rootSegment.start;
    words[planWord.rootSegment + 2] = rootSegment.count;
    const floats = this.#floats;
    floats[planFloat.expectedGain] = limits.expectedGain ?? Number.NaN;
    floats[planFloat.leastAhead] = aheadShare * limits.maxLeaves;
  }
}

function areAlike(a: Quantisation, b: Quantisation): boolean {
  const hasUnits = a.gradUnit === b.gradUnit && a.hessUnit === b.hessUnit;
  return hasUnits && a.slotBytes === b.slotBytes && a.countShift === b.countShift;
}
