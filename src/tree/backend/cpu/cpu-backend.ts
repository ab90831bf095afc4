/**
 * The backend on this machine's cores: every rank holds some rows and owns some features.
 *
 * For each pair of siblings: (1) every rank moves its rows of the parent and adds its rows of the lighter
 * child to its own histogram; (2) ranks meet, each adds up its own features' slice of everyone's histogram
 * and gets the sibling as parent − child; (3) each finds the best split of its slice for both, ranks tell
 * each other, and all choose the same winner. Two meetings a batch. Which child is built is decided by
 * hessian sums, which all ranks know; it can change the work, never a number.
 */
import { align } from '../../../base/arena.ts';
import { isPromise } from '../../../base/awaitable.ts';
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Quantisation } from '../../split-params.ts';
import type { OpenNode, SiblingPair, Split, TreeBackend } from '../backend.ts';
import type { NodeTotals, SplitDetail } from './candidate.ts';
import type { CpuBackendOptions } from './cpu-backend-options.ts';
import { histogramBuilder } from './entry-histogram.ts';
import { ForcedSearch } from './forced-search.ts';
import { type BuiltHistogram, type HistogramMeeting, SharedMeeting } from './histogram-meeting.ts';
import { compactBytes, HistogramPool } from './histogram-pool.ts';
import { aheadShare } from './leaf-grower.ts';
import { LevelSearch } from './level-search.ts';
import { MemoryViews } from './memory-views.ts';
import { type BuildPlan, lighterOf, type NodeState, segmentOf } from './node-state.ts';
import type { HistogramBuilder } from './own-histogram.ts';
import { PackedMeeting } from './packed-meeting.ts';
import { withoutGaps } from './row-entries.ts';
import { RowStore, type Segment } from './row-store.ts';
import { sidesBytes, writeSides } from './sides.ts';
import { placeBounds } from './slices.ts';
import { hessOf, SplitSearch, type Wanted } from './split-search.ts';
import type { UnmetRows } from './unmet-rows.ts';

/** What changes from tree to tree. */
export interface TreeSetup {
  readonly quantisation: Quantisation;
  /** Where the root's rows are on this rank. */
  readonly rootSegment: Segment;
  /** One byte a place: may it split? Or null for all; by node from its key. */
  maskOf(node: OpenNode): Uint8Array | null;
}

/** Counters that tests read: every rank with rows must have worked. */
export interface BackendCounters {
  histogramRows: number;
  featuresDecided: number;
}

/** Room for the sides of the widest feature. */
const sidesRoom = 65_536;

/** See the header. */
export class CpuBackend implements TreeBackend {
  readonly maxPairs: number;
  readonly maxAhead: number;
  readonly aheadShare: number;
  readonly rows: RowStore;
  readonly #o: CpuBackendOptions;
  readonly #views: MemoryViews;
  readonly #pool: HistogramPool;
  readonly #own: HistogramBuilder;
  readonly #search: SplitSearch | LevelSearch;
  readonly #forced: ForcedSearch | null;
  readonly #unmet: UnmetRows | null;
  /** The places [begin, end) that this rank owns, and where they begin and end in bytes of a compact histogram. */
  readonly #owned: readonly [number, number];
  readonly #compact: readonly [number, number];
  readonly #meeting: HistogramMeeting;
  readonly #sides: number;
  /** Leaves of the tree whose rows are only this rank's so far. */
  readonly #uncounted: OpenNode[] = [];
  #histogramRows = 0;
  /** Other ranks may still read what was built: no meeting has followed the one that told where it lies. */
  #isBeingRead = false;
  #setup: TreeSetup | null = null;

  constructor(options: CpuBackendOptions) {
    this.#o = options;
    const { layout, addresses, collective, kernels } = options;
    const { size, rank } = collective;
    this.maxPairs = addresses.maxPairs;
    // ranks that meet nobody gain nothing by working ahead
    this.maxAhead = size === 1 ? 1 : addresses.maxPairs;
    this.aheadShare = collective.localRanks.length === size ? 0 : aheadShare;
    if (options.shaping?.boundsAreNeighbours === true) {
      // what a leaf is bounded by is known when its turn has come
      this.maxAhead = 1;
      this.aheadShare = 0;
    }
    this.rows = new RowStore(kernels, options.rows, layout.stride);
    this.#views = new MemoryViews(options.memory);
    const entryBytes = options.isPacked ? 8 : 16;
    const histogramBytes = compactBytes(layout, options.isPacked);
    this.#pool = new HistogramPool(addresses.pool, histogramBytes, addresses.poolSlots);
    const bounds = placeBounds(layout, size);
    const compactOf = (place: number) => layout.places[place]?.firstCompact ?? layout.numCompact;
    const [begin, end] = [bounds[rank] as number, bounds[rank + 1] as number];
    this.#owned = [begin, end];
    this.#compact = [entryBytes * compactOf(begin), entryBytes * compactOf(end)];
    const parts = {
      kernels,
      isPacked: options.isPacked,
      collective,
      layout: addresses.entries === null ? layout : withoutGaps(layout),
      views: this.#views,
      featureTable: addresses.featureTable,
      bounds,
      scratch: addresses.scratch,
      outgoing: addresses.outgoing,
      maxNodes: 2 * addresses.maxPairs,
    };
    const isAlone = collective.localRanks.length === size;
    this.#meeting = isAlone ? new SharedMeeting(parts) : new PackedMeeting(parts);
    this.#sides = addresses.scratch + align(4 * size + 16);
    const search = {
      kernels,
      views: this.#views,
      collective,
      layout,
      params: options.params,
      shaping: options.shaping,
      gainFactors: options.gainFactors,
      featureCosts: options.featureCosts,
      featureTable: addresses.featureTable,
      owned: this.#owned,
      isPacked: options.isPacked,
      scratch: this.#sides + sidesRoom,
      maxNodes: 2 * addresses.maxPairs,
    };
    this.#search = new (options.isOblivious ? LevelSearch : SplitSearch)(search);
    const counting = { collective, rows: this.rows, views: this.#views };
    this.#unmet = options.featureCosts?.ofRows?.counter(counting) ?? null;
    this.#forced = options.forced === null ? null : new ForcedSearch(search, options.forced);
    const own = {
      kernels,
      memory: options.memory,
      layout,
      address: addresses.ownHistograms,
      flushRows: options.flushRows,
      isPacked: options.isPacked,
      checkAborted: () => collective.checkAborted(),
    };
    const { featureTable, entries } = addresses;
    const { numRows } = options.rows;
    this.#own = histogramBuilder(own, entries, { featureTable, numRows });
  }

  /** Bytes of scratch one rank needs. */
  static scratchBytes(layout: BinnedLayout, numRanks: number, maxPairs: number): number {
    return align(4 * numRanks + 16) + sidesRoom + SplitSearch.scratchBytes(layout, 2 * maxPairs);
  }

  /** What tests read: every rank with rows must have worked. */
  get counters(): BackendCounters {
    return {
      histogramRows: this.#histogramRows,
      featuresDecided: this.#search.featuresDecided,
    };
  }

  async decideLevel(level: readonly OpenNode[]): Promise<void> {
    if (!(this.#search instanceof LevelSearch)) return;
    await this.#search.decide(level);
    this.#isBeingRead = false;
  }

  /** Called before each tree. */
  beginTree(setup: TreeSetup): void {
    this.#setup = setup;
    this.#pool.clear();
    this.#uncounted.length = 0;
    this.#views.refresh();
    this.#search.beginTree(setup.quantisation, (node) => setup.maskOf(node));
    this.#forced?.beginTree(setup.quantisation);
  }

  /**
   * A leaf's rows on this rank. One that was split ahead in vain still has them where they were, unless a child
   * was split as well: where row numbers alone move, they moved back over them, so they are the children's.
   */
  segmentsOf(node: OpenNode): readonly Segment[] {
    const { segment, children } = node.state as NodeState;
    const isCovered = children?.some((child) => (child.state as NodeState).children !== undefined);
    if (children === undefined || isCovered !== true) return [segment];
    return children.flatMap((child) => this.segmentsOf(child));
  }

  close(node: OpenNode): void {
    this.#pool.release(node);
  }

  async openRoot(root: OpenNode, wantsSplit: boolean): Promise<void> {
    const setup = this.#tree();
    const segment = setup.rootSegment;
    const { layout } = this.#o;
    if (layout.places.length === 0) {
      root.state = { segment, totals: { grad: 0n, hess: 0n } } satisfies NodeState;
      root.rows = Number((await this.#sumUp([BigInt(segment.count)]))[0]);
      return;
    }
    const isPacked = this.#isPacked(Number.POSITIVE_INFINITY);
    this.#own.clear();
    const buffer = this.#build(root, segment, isPacked);
    const { countShift } = setup.quantisation;
    const isSearched = wantsSplit && this.#search instanceof SplitSearch;
    let totals: NodeTotals | null = null;
    if (!isSearched || countShift < 0 || !this.#meeting.tellsSums) {
      const sums = this.#own.totals(buffer.address, isPacked, countShift);
      const all = await this.#sumUp([sums.grad, sums.hess, BigInt(segment.count)]);
      totals = { grad: all[0] as bigint, hess: all[1] as bigint };
      root.state = { segment, totals } satisfies NodeState;
      root.rows = Number(all[2]);
      root.cover = this.#coverOf(totals);
      if (!wantsSplit) return;
    }
    const unmet = await this.#unmet?.ofRoot(segment);
    this.#meeting.add(buffer);
    const met = this.#meeting.meet();
    if (isPromise(met)) await met;
    const hist = this.#pool.take(root, new Set([root]));
    const expected = { totals, countShift, rowsElsewhere: undefined };
    const rowsElsewhere = this.#meeting.takeIn(0, hist, expected) ?? undefined;
    totals ??= this.#meeting.sumsOf(hist);
    root.state = { segment, totals, rowsElsewhere, unmet } satisfies NodeState;
    root.cover = this.#coverOf(totals);
    await this.#find([this.#wanted(root, hist)]);
  }

  async split(pairs: readonly SiblingPair[]): Promise<void> {
    const { countShift } = this.#tree().quantisation;
    let numBuilt = 0;
    const plans: BuildPlan[] = [];
    if (this.#isBeingRead) await this.#waitForReaders();
    this.#own.clear();
    for (const pair of pairs) {
      if (this.#search instanceof SplitSearch) this.#search.split(pair);
      this.#moveRows(pair);
      if (!pair.wantsSplits) {
        this.#pool.release(pair.parent);
        continue;
      }
      const isPacked = this.#isPacked(pair.parent.rows);
      const lighter = lighterOf(pair, (word) => hessOf(word, countShift));
      const hasParent = this.#pool.addressOf(pair.parent) !== 0;
      const built = hasParent ? [lighter] : [pair.left, pair.right];
      plans.push({ pair, built, isPacked, first: numBuilt });
      for (const node of built) {
        this.#meeting.add(this.#build(node, segmentOf(node), isPacked));
        numBuilt += 1;
      }
    }
    if (plans.length > 0) {
      await this.#unmet?.ofChildren(pairs.filter((pair) => pair.wantsSplits));
      const met = this.#meeting.meet();
      if (isPromise(met)) await met;
      await this.#find(this.#completeHistograms(plans));
    }
    this.#countLeaves(pairs.filter((pair) => !pair.wantsSplits));
  }

  isStale(node: OpenNode): boolean {
    return this.#search instanceof SplitSearch && this.#search.isStale(node);
  }

  async findAgain(node: OpenNode): Promise<void> {
    let hist = this.#pool.addressOf(node);
    if (hist === 0) {
      this.#own.clear();
      this.#meeting.add(this.#build(node, segmentOf(node), this.#isPacked(node.rows)));
      const met = this.#meeting.meet();
      if (isPromise(met)) await met;
      hist = this.#pool.take(node, new Set([node]));
      this.#takeIn(0, node, hist);
    }
    await this.#find([this.#wanted(node, hist)]);
  }

  /** This rank's slices of the children's histograms: what was built, added up, and parent − child. */
  #completeHistograms(plans: readonly BuildPlan[]): readonly Wanted[] {
    const wanted: Wanted[] = [];
    const keep = new Set(plans.flatMap(({ pair }) => [pair.parent, pair.left, pair.right]));
    for (const { pair, built, first } of plans) {
      const hists = built.map((node, i) => {
        const hist = this.#pool.take(node, keep);
        this.#takeIn(first + i, node, hist);
        wanted.push(this.#wanted(node, hist));
        return hist;
      });
      if (built.length === 2) continue;
      const sibling = built[0] === pair.left ? pair.right : pair.left;
      const hist = this.#pool.inherit(pair.parent, sibling);
      this.#subtract(hist, hists[0] as number);
      this.#inferRows(pair.parent, built[0] as OpenNode, sibling);
      wanted.push(this.#wanted(sibling, hist));
    }
    return wanted;
  }

  async #find(wanted: readonly Wanted[]): Promise<void> {
    await this.#search.find(wanted);
    await this.#forced?.decide(wanted);
    if (this.#search instanceof SplitSearch) {
      for (const { node } of wanted) if (node.split === null) this.#pool.release(node);
    }
    // nodes of a level are only asked about when all of its batches are there
    this.#isBeingRead = this.#search instanceof LevelSearch && this.#o.collective.size > 1;
  }

  async #waitForReaders(): Promise<void> {
    this.#isBeingRead = false;
    const met = this.#o.collective.allgather(new Uint8Array(0));
    if (isPromise(met)) await met;
  }

  #wanted(node: OpenNode, hist: number): Wanted {
    const { segment, totals, unmet } = node.state as NodeState;
    return { node, totals, hist, localRows: segment.count, unmet };
  }

  #tree(): TreeSetup {
    if (this.#setup === null) throw new RangeError('beginTree was not called');
    return this.#setup;
  }

  #isPacked(parentRows: number): boolean {
    if (this.#o.isPacked) return true;
    const { slotBytes, countShift } = this.#tree().quantisation;
    if (slotBytes !== 4 || countShift < 63) return false;
    return parentRows <= this.#o.flushRows;
  }

  #build(node: OpenNode, segment: Segment, isPacked: boolean): BuiltHistogram {
    const view = this.rows.view(segment);
    this.#histogramRows += segment.count;
    const address = this.#own.build(view, segment.count, isPacked, this.#tree().quantisation);
    return { node, address, isPacked, rows: segment.count };
  }

  /** Adds every rank's part of a built histogram into this rank's slice of `hist`. */
  #takeIn(index: number, node: OpenNode, hist: number): void {
    const state = node.state as NodeState;
    const parent = node.parent?.state as NodeState | undefined;
    const expected = {
      totals: state.totals,
      countShift: this.#tree().quantisation.countShift,
      rowsElsewhere: parent?.rowsElsewhere,
    };
    state.rowsElsewhere = this.#meeting.takeIn(index, hist, expected) ?? undefined;
  }

  #inferRows(parent: OpenNode, child: OpenNode, sibling: OpenNode): void {
    const all = (parent.state as NodeState).rowsElsewhere;
    const some = (child.state as NodeState).rowsElsewhere;
    if (all === undefined || some === undefined) return;
    (sibling.state as NodeState).rowsElsewhere = all.map((rows, i) => rows - (some[i] as number));
  }

  #subtract(parent: number, child: number): void {
    const [from, to] = this.#compact;
    if (from === to) return;
    this.#o.kernels.subtractHistogram(parent + from, child + from, parent + from, to - from);
  }

  #moveRows(pair: SiblingPair): void {
    const split = pair.parent.split as Split;
    const parent = pair.parent.state as NodeState;
    const place = this.#o.layout.places[split.place];
    if (place === undefined) throw new RangeError('a split names a place outside the layout');
    const sides = this.#views.u8.subarray(this.#sides, this.#sides + sidesBytes(place));
    writeSides(split, place, sides);
    const { rows } = this;
    const [left, right] = rows.partition(parent.segment, place, this.#sides, pair.wantsSplits);
    const leftTotals = (split.detail as SplitDetail).left;
    const rightTotals: NodeTotals = {
      grad: parent.totals.grad - leftTotals.grad,
      hess: parent.totals.hess - leftTotals.hess,
    };
    parent.children = [pair.left, pair.right];
    pair.left.state = { segment: left, totals: leftTotals } satisfies NodeState;
    pair.right.state = { segment: right, totals: rightTotals } satisfies NodeState;
    pair.left.cover = this.#coverOf(leftTotals);
    pair.right.cover = this.#coverOf(rightTotals);
  }

  uncountedLeaves(): readonly OpenNode[] {
    return this.#uncounted;
  }

  /** Rows of children that need no histogram, on this rank: those of all are added up when leaves are settled. */
  #countLeaves(pairs: readonly SiblingPair[]): void {
    for (const node of pairs.flatMap((pair) => [pair.left, pair.right])) {
      node.rows = segmentOf(node).count;
      if (this.#o.collective.size > 1) this.#uncounted.push(node);
    }
  }

  /** Numbers of this rank, added up over all. */
  async #sumUp(own: readonly bigint[]): Promise<BigInt64Array> {
    const sums = BigInt64Array.from(own);
    const reduced = this.#o.collective.allreduce(sums, 'sum');
    if (isPromise(reduced)) await reduced;
    return sums;
  }

  #coverOf(totals: NodeTotals): number {
    const { countShift, hessUnit } = this.#tree().quantisation;
    return Number(hessOf(totals.hess, countShift)) * hessUnit;
  }
}
