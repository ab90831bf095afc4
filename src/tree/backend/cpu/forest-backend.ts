/**
 * The backend of forests: each node looks at a few features only, so it is cheaper to build just their
 * histograms for both children than to keep whole ones and subtract. One rank may grow a tree alone over
 * all rows of its process (a Collective of one), or all ranks grow it together over their own rows; the
 * integers, and so the tree, are the same.
 */
import { isPromise } from '../../../base/awaitable.ts';
import type { BinnedLayout, FeaturePlace } from '../../../binning/binned-layout.ts';
import type { Collective } from '../../../cluster/collective.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { OpenNode, SiblingPair, Split, TreeBackend } from '../backend.ts';
import { candidateHeadBytes } from './candidate.ts';
import type { RowStore, Segment } from './row-store.ts';
import { writeSides } from './sides.ts';

/** How a forest measures a split; one for sums of a target, one for counts of classes. */
export interface ForestCriterion {
  /** Bytes of a histogram entry. */
  readonly entryBytes: number;
  /** Bytes of the part of a candidate that the criterion adds behind the head. */
  readonly candidateExtra: number;
  /** Adds rows to entries. */
  build(view: ChosenView, hist: number): void;
  /** Sums of a histogram, from its first feature. */
  totals(chosen: ChosenFeatures, hist: number): readonly bigint[];
  /** Finds the best split among chosen features [begin, end) and writes a candidate. */
  find(request: FindRequest): void;
  /** The split of the best candidate, or null where none is allowed. */
  choose(candidates: readonly DataView[], node: ForestNode): Split | null;
  /** Sums of the left child, from a split. */
  leftTotals(split: Split): readonly bigint[];
  cover(totals: readonly bigint[]): number;
}

/** The features a node looks at. */
export interface ChosenFeatures {
  readonly places: readonly number[];
  /** Address of 16 bytes a feature: offset, width, first entry, 0. */
  readonly address: number;
  /** First entry of each feature, and the number of all entries. */
  readonly firstEntries: readonly number[];
  readonly numEntries: number;
}

/** Rows to be added to a histogram of chosen features. */
export interface ChosenView {
  readonly records: number;
  readonly ids: number;
  readonly numRows: number;
  readonly chosen: ChosenFeatures;
}

/** What find needs. */
export interface FindRequest {
  readonly chosen: ChosenFeatures;
  readonly begin: number;
  readonly end: number;
  readonly hist: number;
  readonly totals: readonly bigint[];
  /** Where the candidate goes, and where its left bins go. */
  readonly best: number;
  readonly leftBins: number;
}

/** A forest node's state on this rank. */
export interface ForestNode {
  readonly segment: Segment;
  readonly totals: readonly bigint[];
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
  /** The features a node may split on, ascending. */
  placesOf(node: OpenNode): readonly number[];
}

/** See the header. */
export class ForestBackend implements TreeBackend {
  readonly maxPairs: number = 1 << 20;
  readonly counters = { histogramRows: 0, featuresDecided: 0 };
  readonly #o: ForestBackendOptions;
  readonly #leftBinsBytes: number;
  #root: Segment | null = null;

  constructor(options: ForestBackendOptions) {
    this.#o = options;
    const bins = options.layout.maxCategoryBins;
    this.#leftBinsBytes = bins === 0 ? 0 : Math.floor((bins + 64) / 64) * 8;
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
  }

  /** A leaf's rows and totals on this rank. */
  stateOf(node: OpenNode): ForestNode {
    return node.state as ForestNode;
  }

  close(): void {}

  async openRoot(root: OpenNode, wantsSplit: boolean): Promise<void> {
    const segment = this.#root as Segment;
    const counts = new BigInt64Array([BigInt(segment.count)]);
    const counted = this.#o.collective.allreduce(counts, 'sum');
    if (isPromise(counted)) await counted;
    root.rows = Number(counts[0]);
    if (this.#o.layout.places.length === 0) {
      root.state = { segment, totals: [] } satisfies ForestNode;
      return;
    }
    const chosen = this.#choose(root);
    this.#build(segment, chosen);
    const own = BigInt64Array.from(this.#o.criterion.totals(chosen, this.#o.histogram));
    const summed = this.#o.collective.allreduce(own, 'sum');
    if (isPromise(summed)) await summed;
    const totals = [...own];
    root.state = { segment, totals } satisfies ForestNode;
    root.cover = this.#o.criterion.cover(totals);
    if (wantsSplit) await this.#find(root, chosen);
  }

  async split(pairs: readonly SiblingPair[]): Promise<void> {
    const counted: OpenNode[] = [];
    for (const pair of pairs) {
      this.#o.collective.checkAborted();
      this.#moveRows(pair);
      for (const node of [pair.left, pair.right]) {
        counted.push(node);
        if (!pair.wantsSplits) continue;
        const chosen = this.#choose(node);
        this.#build(this.stateOf(node).segment, chosen);
        await this.#find(node, chosen);
      }
    }
    const counts = BigInt64Array.from(counted, (node) => BigInt(this.stateOf(node).segment.count));
    const summed = this.#o.collective.allreduce(counts, 'sum');
    if (isPromise(summed)) await summed;
    counted.forEach((node, i) => {
      node.rows = Number(counts[i]);
    });
  }

  #choose(node: OpenNode): ChosenFeatures {
    const { layout, memory, scratch } = this.#o;
    const places = this.#o.placesOf(node);
    const words = new Uint32Array(memory.buffer, scratch, 4 * places.length);
    const firstEntries: number[] = [];
    let entry = 0;
    places.forEach((index, i) => {
      const place = layout.places[index] as FeaturePlace;
      words[4 * i] = place.offset;
      words[4 * i + 1] = place.width;
      words[4 * i + 2] = entry;
      words[4 * i + 3] = 0;
      firstEntries.push(entry);
      entry += place.missingEntry + 1;
      entry += entry % 2;
    });
    return { places, address: scratch, firstEntries, numEntries: entry };
  }

  #build(segment: Segment, chosen: ChosenFeatures): void {
    const { memory, histogram, criterion, rows } = this.#o;
    new Uint8Array(memory.buffer, histogram, chosen.numEntries * criterion.entryBytes).fill(0);
    const view = rows.view(segment);
    this.counters.histogramRows += segment.count;
    criterion.build(
      { records: view.records, ids: view.walkIds, numRows: segment.count, chosen },
      histogram,
    );
  }

  async #find(node: OpenNode, chosen: ChosenFeatures): Promise<void> {
    const { collective, criterion, memory, histogram, scratch, layout } = this.#o;
    const bounds = chosenBounds(chosen, collective.size);
    if (collective.size > 1) await this.#addUp(chosen, bounds);
    const begin = bounds[collective.rank] as number;
    const end = bounds[collective.rank + 1] as number;
    const best = scratch + Math.ceil((16 * layout.places.length) / 64) * 64;
    const size = candidateHeadBytes + criterion.candidateExtra + this.#leftBinsBytes;
    const leftBins = best + candidateHeadBytes + criterion.candidateExtra;
    const { totals } = this.stateOf(node);
    criterion.find({ chosen, begin, end, hist: histogram, totals, best, leftBins });
    this.counters.featuresDecided += end - begin;
    const own = new Uint8Array(memory.buffer, best, size);
    let candidates: readonly DataView[];
    if (collective.size === 1) {
      candidates = [new DataView(own.slice().buffer)];
    } else {
      const gathered = collective.allgather(own.slice());
      const all = isPromise(gathered) ? await gathered : gathered;
      candidates = all.map(
        (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      );
    }
    node.split = criterion.choose(candidates, this.stateOf(node));
  }

  /** Adds every rank's entries of this rank's features into its own histogram. */
  async #addUp(chosen: ChosenFeatures, bounds: readonly number[]): Promise<void> {
    const { collective, criterion, histogram, kernels } = this.#o;
    const bytes = Float64Array.from(bounds, (b) => {
      return (chosen.firstEntries[b] ?? chosen.numEntries) * criterion.entryBytes;
    });
    const exchanged = collective.exchange([{ address: histogram, bounds: bytes }]);
    const parts = isPromise(exchanged) ? await exchanged : exchanged;
    const from = bytes[collective.rank] as number;
    const length = (bytes[collective.rank + 1] as number) - from;
    parts[0]?.forEach((part, rank) => {
      if (rank !== collective.rank && length > 0) kernels.addInt64(histogram + from, part, length);
    });
  }

  #moveRows(pair: SiblingPair): void {
    const { memory, layout, rows, criterion, scratch } = this.#o;
    const split = pair.parent.split as Split;
    const parent = this.stateOf(pair.parent);
    const place = layout.places[split.place] as FeaturePlace;
    const fixed = 16 * layout.places.length + candidateHeadBytes + criterion.candidateExtra;
    const sides = scratch + Math.ceil((fixed + this.#leftBinsBytes) / 64) * 64 + 128;
    writeSides(split, place, new Uint8Array(memory.buffer, sides, 65536));
    const [left, right] = rows.partition(parent.segment, place, sides);
    const leftTotals = criterion.leftTotals(split);
    const rightTotals = parent.totals.map((total, i) => total - (leftTotals[i] as bigint));
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
