/**
 * The backend of forests: each node looks at a few features only, so it is cheaper to build just their
 * histograms for both children than to keep whole ones and subtract. One rank may grow a tree alone over
 * all rows of its process (a Collective of one), or all ranks grow it together over their own rows; the
 * integers, and so the tree, are the same.
 *
 * Most nodes of a forest are tiny: nothing here costs time by the number of bins where it can cost time by
 * the number of rows.
 */
import { isPromise } from '../../../base/awaitable.ts';
import type { BinnedLayout, FeaturePlace } from '../../../binning/binned-layout.ts';
import type { Collective } from '../../../cluster/collective.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { OpenNode, SiblingPair, Split, TreeBackend } from '../backend.ts';
import { candidateHeadBytes } from './candidate.ts';
import type { ForestCriterion, ForestTotals } from './forest-criterion.ts';
import { MemoryViews } from './memory-views.ts';
import type { RowStore, Segment } from './row-store.ts';
import { sidesBytes, writeSides } from './sides.ts';

/** The features a node looks at. */
export interface ChosenFeatures {
  readonly places: readonly number[];
  /** Address of 16 bytes a feature: offset, width, first entry, 0. */
  readonly address: number;
  /** First entry of each feature, and the number of all entries. */
  readonly firstEntries: readonly number[];
  readonly numEntries: number;
}

/** A forest node's state on this rank. */
export interface ForestNode {
  readonly segment: Segment;
  readonly totals: ForestTotals;
}

/** What a forest backend is made of. */
export interface ForestBackendOptions {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly collective: Collective;
  readonly layout: BinnedLayout;
  readonly rows: RowStore;
  readonly criterion: ForestCriterion;
  /** Room for one histogram of every feature. */
  readonly histogram: number;
  /** Scratch: table of chosen features, candidate, left bins, sides. */
  readonly scratch: number;
  /** The features a node looks at, ascending; where they bring no split, the next attempt's; empty when none are left. */
  placesOf(node: OpenNode, attempt: number): readonly number[];
}

/** Rows at which clearing a feature's entries one by one costs as much as clearing all of them. */
const rowsWorthFilling = 96;

/** See the header. */
export class ForestBackend implements TreeBackend {
  readonly maxPairs: number = 1 << 20;
  readonly maxAhead = 1;
  readonly counters = { histogramRows: 0, featuresDecided: 0 };
  readonly #o: ForestBackendOptions;
  readonly #views: MemoryViews;
  readonly #best: number;
  readonly #leftBins: number;
  readonly #sides: number;
  readonly #candidateBytes: number;
  #root: Segment | null = null;
  #isClear = false;

  constructor(options: ForestBackendOptions) {
    this.#o = options;
    this.#views = new MemoryViews(options.memory);
    const { layout, criterion, scratch } = options;
    const bins = layout.maxCategoryBins;
    const leftBinsBytes = bins === 0 ? 0 : Math.floor((bins + 64) / 64) * 8;
    this.#best = scratch + Math.ceil((16 * layout.places.length) / 64) * 64;
    this.#leftBins = this.#best + candidateHeadBytes + criterion.candidateExtra;
    this.#candidateBytes = candidateHeadBytes + criterion.candidateExtra + leftBinsBytes;
    this.#sides = this.#best + Math.ceil(this.#candidateBytes / 64) * 64;
  }

  /** Bytes of scratch. */
  static scratchBytes(layout: BinnedLayout, candidateExtra: number): number {
    const bits = Math.floor((layout.maxCategoryBins + 64) / 64) * 8;
    return 16 * layout.places.length + candidateHeadBytes + candidateExtra + bits + 65536 + 512;
  }

  /** Bytes of one histogram of every feature. */
  static histogramBytes(layout: BinnedLayout, entryBytes: number): number {
    return Math.max(256, layout.numEntries) * entryBytes + 64;
  }

  /** Called before each tree: where the root's rows are. */
  beginTree(root: Segment): void {
    this.#root = root;
    this.#views.refresh();
  }

  /** A leaf's rows and totals on this rank. */
  stateOf(node: OpenNode): ForestNode {
    return node.state as ForestNode;
  }

  close(): void {}

  async openRoot(root: OpenNode, wantsSplit: boolean): Promise<void> {
    const { criterion, layout, collective } = this.#o;
    const segment = this.#root as Segment;
    root.rows = (await this.#sumRows([segment.count]))[0] as number;
    if (layout.places.length === 0) {
      root.state = { segment, totals: criterion.noTotals() } satisfies ForestNode;
      return;
    }
    const chosen = this.#choose(this.#o.placesOf(root, 0));
    this.#build(segment, chosen);
    const words = criterion.wordsOf(criterion.totals(chosen, this.#o.histogram));
    const summed = collective.allreduce(words, 'sum');
    if (isPromise(summed)) await summed;
    const totals = criterion.fromWords(words);
    root.state = { segment, totals } satisfies ForestNode;
    root.cover = criterion.cover(totals);
    this.#clear(segment, chosen);
    if (wantsSplit) await this.#search(root);
  }

  async split(pairs: readonly SiblingPair[]): Promise<void> {
    const { criterion, collective } = this.#o;
    const nodes: OpenNode[] = [];
    let sinceCheck = 0;
    for (const pair of pairs) {
      this.#moveRows(pair);
      for (const node of [pair.left, pair.right]) {
        nodes.push(node);
        const { segment, totals } = this.stateOf(node);
        sinceCheck += segment.count + 64;
        if (sinceCheck > 1 << 18) {
          collective.checkAborted();
          sinceCheck = 0;
        }
        if (!pair.wantsSplits || !criterion.maySplit(totals)) continue;
        const searched = this.#search(node);
        if (isPromise(searched)) await searched;
      }
    }
    const counts = await this.#sumRows(nodes.map((node) => this.stateOf(node).segment.count));
    nodes.forEach((node, i) => {
      node.rows = counts[i] as number;
    });
  }

  async #sumRows(own: number[]): Promise<number[]> {
    if (this.#o.collective.size === 1) return own;
    const counts = BigInt64Array.from(own, (count) => BigInt(count));
    const summed = this.#o.collective.allreduce(counts, 'sum');
    if (isPromise(summed)) await summed;
    return Array.from(counts, Number);
  }

  /**
   * Looks at the node's features, and at further ones while none of them splits it: a node is a leaf only when
   * no feature helps (as in scikit-learn; Spark gives up after the first).
   */
  #search(node: OpenNode): void | Promise<void> {
    if (this.#o.collective.size > 1) return this.#searchTogether(node);
    const { segment } = this.stateOf(node);
    for (let attempt = 0; node.split === null; attempt++) {
      const places = this.#o.placesOf(node, attempt);
      if (places.length === 0) return;
      const chosen = this.#choose(places);
      this.#build(segment, chosen);
      this.#find(node, chosen);
      this.#clear(segment, chosen);
    }
  }

  async #searchTogether(node: OpenNode): Promise<void> {
    const { segment } = this.stateOf(node);
    for (let attempt = 0; node.split === null; attempt++) {
      const places = this.#o.placesOf(node, attempt);
      if (places.length === 0) return;
      const chosen = this.#choose(places);
      this.#build(segment, chosen);
      await this.#findTogether(node, chosen);
      this.#clear(segment, chosen);
    }
  }

  #choose(places: readonly number[]): ChosenFeatures {
    const { layout, scratch } = this.#o;
    const { u32 } = this.#views;
    const firstEntries: number[] = [];
    let entry = 0;
    let at = scratch / 4;
    for (const index of places) {
      const place = layout.places[index] as FeaturePlace;
      u32[at] = place.offset;
      u32[at + 1] = place.width;
      u32[at + 2] = entry;
      u32[at + 3] = 0;
      at += 4;
      firstEntries.push(entry);
      entry += place.missingEntry + 1;
      entry += entry % 2;
    }
    return { places, address: scratch, firstEntries, numEntries: entry };
  }

  /** Adds the rows to a clear histogram. */
  #build(segment: Segment, chosen: ChosenFeatures): void {
    const { histogram, criterion, rows } = this.#o;
    if (!this.#isClear) {
      const from = histogram;
      this.#views.u8.fill(
        0,
        from,
        from + ForestBackend.histogramBytes(this.#o.layout, criterion.entryBytes),
      );
      this.#isClear = true;
    }
    const view = rows.view(segment);
    this.counters.histogramRows += segment.count;
    criterion.build(
      { records: view.records, ids: view.walkIds, numRows: segment.count, chosen },
      histogram,
    );
  }

  /** Leaves the histogram clear: entry by entry where few rows were added, else all at once. */
  #clear(segment: Segment, chosen: ChosenFeatures): void {
    const { histogram, criterion, rows, kernels, layout, collective } = this.#o;
    if (collective.size > 1 || segment.count > rowsWorthFilling) {
      this.#views.u8.fill(0, histogram, histogram + chosen.numEntries * criterion.entryBytes);
      return;
    }
    const view = rows.view(segment);
    kernels.clearChosen(
      view.records,
      view.walkIds,
      segment.count,
      layout.stride,
      chosen.address,
      chosen.places.length,
      criterion.entryBytes,
      histogram,
    );
    criterion.clearMoved(chosen, histogram);
  }

  #find(node: OpenNode, chosen: ChosenFeatures): void {
    const { criterion, histogram } = this.#o;
    const { totals } = this.stateOf(node);
    const { places } = chosen;
    const best = this.#best;
    const leftBins = this.#leftBins;
    criterion.find({
      chosen,
      begin: 0,
      end: places.length,
      hist: histogram,
      totals,
      best,
      leftBins,
    });
    this.counters.featuresDecided += places.length;
    const { buffer } = this.#views;
    const candidate = new DataView(buffer, best, this.#candidateBytes);
    node.split = criterion.choose([candidate], totals);
  }

  async #findTogether(node: OpenNode, chosen: ChosenFeatures): Promise<void> {
    const { collective, criterion, histogram } = this.#o;
    const bounds = chosenBounds(chosen, collective.size);
    await this.#addUp(chosen, bounds);
    const begin = bounds[collective.rank] as number;
    const end = bounds[collective.rank + 1] as number;
    const { totals } = this.stateOf(node);
    const best = this.#best;
    const leftBins = this.#leftBins;
    criterion.find({ chosen, begin, end, hist: histogram, totals, best, leftBins });
    this.counters.featuresDecided += end - begin;
    const own = this.#views.u8.slice(best, best + this.#candidateBytes);
    const gathered = collective.allgather(own);
    const all = isPromise(gathered) ? await gathered : gathered;
    const candidates = all.map(
      (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    );
    node.split = criterion.choose(candidates, totals);
  }

  /** Adds every rank's entries of this rank's features into its own histogram. */
  async #addUp(chosen: ChosenFeatures, bounds: readonly number[]): Promise<void> {
    const { collective, criterion, histogram, kernels } = this.#o;
    const bytes = Float64Array.from(bounds, (b) => {
      return (chosen.firstEntries[b] ?? chosen.numEntries) * criterion.entryBytes;
    });
    const exchanged = collective.exchange([{ address: histogram, bounds: bytes }]);
    const parts = isPromise(exchanged) ? await exchanged : exchanged;
    this.#views.refresh();
    const from = bytes[collective.rank] as number;
    const length = (bytes[collective.rank + 1] as number) - from;
    parts[0]?.forEach((part, rank) => {
      if (rank !== collective.rank && length > 0) {
        kernels.addInt64(histogram + from, part, length);
      }
    });
  }

  #moveRows(pair: SiblingPair): void {
    const { layout, rows, criterion } = this.#o;
    const split = pair.parent.split as Split;
    const parent = this.stateOf(pair.parent);
    const place = layout.places[split.place] as FeaturePlace;
    const sides = this.#views.u8.subarray(this.#sides, this.#sides + sidesBytes(place));
    writeSides(split, place, sides);
    const [left, right] = rows.partition(parent.segment, place, this.#sides);
    const leftTotals = criterion.leftTotals(split);
    const rightTotals = criterion.subtract(parent.totals, leftTotals);
    pair.left.state = { segment: left, totals: leftTotals } satisfies ForestNode;
    pair.right.state = { segment: right, totals: rightTotals } satisfies ForestNode;
    pair.left.cover = criterion.cover(leftTotals);
    pair.right.cover = criterion.cover(rightTotals);
  }
}

function chosenBounds(chosen: ChosenFeatures, numRanks: number): number[] {
  return Array.from({ length: numRanks + 1 }, (_, r) =>
    Math.floor((chosen.places.length * r) / numRanks),
  );
}
