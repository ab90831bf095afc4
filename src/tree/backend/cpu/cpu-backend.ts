/**
 * The backend on this machine's cores: every rank holds some rows and owns some features.
 *
 * For each pair of siblings: (1) every rank moves its rows of the parent and adds its rows of the lighter
 * child to its own histogram; (2) ranks meet, each adds up its own features' slice of everyone's histogram
 * and gets the sibling as parent − child; (3) each finds the best split of its slice for both, ranks tell
 * each other, and all choose the same winner. Two meetings a batch. Which child is built is decided by
 * hessian sums, which all ranks know; it can change the work, never a number.
 */
import { isPromise } from '../../../base/awaitable.ts';
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import { featureEntryBytes } from '../../../binning/binned-layout.ts';
import type { Collective, ExchangeBuffer } from '../../../cluster/collective.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Quantisation, SplitParams } from '../../split-params.ts';
import type { OpenNode, SiblingPair, Split, TreeBackend } from '../backend.ts';
import type { NodeTotals, SplitDetail } from './candidate.ts';
import { HistogramPool } from './histogram-pool.ts';
import { OwnHistogram } from './own-histogram.ts';
import { type RowBuffers, RowStore, type Segment } from './row-store.ts';
import { writeSides } from './sides.ts';
import { placeBounds } from './slices.ts';
import { hessOf, SplitSearch } from './split-search.ts';

/** Addresses and sizes that the memory plan gave to one rank's backend. */
export interface BackendMemory {
  readonly featureTable: number;
  /** This rank's own histograms: one of packed entries, then `maxPairs` · 2 of wide ones. */
  readonly ownHistograms: number;
  /** The pool that all ranks of the process write their slices of. */
  readonly pool: number;
  readonly poolSlots: number;
  /** This rank's scratch: params, totals, part addresses, sides, candidates, category order. */
  readonly scratch: number;
  readonly maxPairs: number;
}

/** What a backend is made of. */
export interface CpuBackendOptions {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly collective: Collective;
  readonly layout: BinnedLayout;
  readonly rows: RowBuffers;
  readonly addresses: BackendMemory;
  readonly params: SplitParams;
  /** Rows after which packed sums are moved to wide ones, at most 65,535; tests make it tiny. */
  readonly flushRows: number;
}

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

interface NodeState {
  readonly segment: Segment;
  readonly totals: NodeTotals;
}

interface Wanted {
  readonly node: OpenNode;
  readonly hist: number;
}

/** See the header. */
export class CpuBackend implements TreeBackend {
  readonly maxPairs: number;
  readonly counters: BackendCounters = { histogramRows: 0, featuresDecided: 0 };
  readonly rows: RowStore;
  readonly #o: CpuBackendOptions;
  readonly #pool: HistogramPool;
  readonly #own: OwnHistogram;
  readonly #bounds: readonly number[];
  readonly #search: SplitSearch;
  #setup: TreeSetup | null = null;

  constructor(options: CpuBackendOptions) {
    this.#o = options;
    const { layout, addresses, collective } = options;
    this.maxPairs = addresses.maxPairs;
    this.rows = new RowStore(options.kernels, options.rows, layout.stride);
    this.#pool = new HistogramPool(addresses.pool, layout.numCompact * 16, addresses.poolSlots);
    this.#bounds = placeBounds(layout, collective.size);
    this.#search = new SplitSearch({
      kernels: options.kernels,
      memory: options.memory,
      layout,
      params: options.params,
      featureTable: addresses.featureTable,
      begin: this.#bounds[collective.rank] as number,
      end: this.#bounds[collective.rank + 1] as number,
      scratch: this.#scratch().search,
    });
    this.#own = new OwnHistogram({
      kernels: options.kernels,
      memory: options.memory,
      layout,
      address: addresses.ownHistograms,
      flushRows: options.flushRows,
      checkAborted: () => collective.checkAborted(),
    });
  }

  /** Called before each tree. */
  beginTree(setup: TreeSetup): void {
    this.#setup = setup;
    this.#pool.clear();
    this.#search.beginTree(setup.quantisation);
  }

  /** A leaf's rows on this rank. */
  segmentOf(node: OpenNode): Segment {
    return (node.state as NodeState).segment;
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
      root.rows = await this.#sumRows(segment.count);
      return;
    }
    const isPacked = this.#isPacked(Number.POSITIVE_INFINITY);
    const buffer = this.#build(root, segment, 0, isPacked);
    const sums = this.#own.totals(buffer.address, isPacked, setup.quantisation.countShift);
    const all = new BigInt64Array([sums.grad, sums.hess, BigInt(segment.count)]);
    const reduced = this.#o.collective.allreduce(all, 'sum');
    if (isPromise(reduced)) await reduced;
    const totals: NodeTotals = { grad: all[0] as bigint, hess: all[1] as bigint };
    root.state = { segment, totals } satisfies NodeState;
    root.rows = Number(all[2]);
    root.cover = this.#coverOf(totals);
    if (!wantsSplit) return;
    const exchanged = this.#o.collective.exchange([buffer]);
    const parts = isPromise(exchanged) ? await exchanged : exchanged;
    const hist = this.#pool.take(root, [root]);
    this.#reduce(parts[0] as readonly number[], isPacked, hist);
    await this.#findSplits([{ node: root, hist }], [segment.count]);
  }

  async split(pairs: readonly SiblingPair[]): Promise<void> {
    const buffers: ExchangeBuffer[] = [];
    const plans: { pair: SiblingPair; built: OpenNode[]; isPacked: boolean; first: number }[] = [];
    for (const pair of pairs) {
      this.#moveRows(pair);
      if (!pair.wantsSplits) {
        this.#pool.release(pair.parent);
        continue;
      }
      const isPacked = this.#isPacked(pair.parent.rows);
      const lighter = this.#isLighter(pair.left, pair.right) ? pair.left : pair.right;
      const hasParent = this.#pool.addressOf(pair.parent) !== 0;
      const built = hasParent ? [lighter] : [pair.left, pair.right];
      const first = buffers.length;
      for (const node of built) {
        buffers.push(this.#build(node, this.segmentOf(node), buffers.length, isPacked));
      }
      plans.push({ pair, built, isPacked, first });
    }
    if (plans.length > 0) {
      const exchanged = this.#o.collective.exchange(buffers);
      const parts = isPromise(exchanged) ? await exchanged : exchanged;
      const wanted: Wanted[] = [];
      const keep = plans.flatMap(({ pair }) => [pair.parent, pair.left, pair.right]);
      for (const { pair, built, isPacked, first } of plans) {
        const hists = built.map((node, i) => {
          const hist = this.#pool.take(node, keep);
          this.#reduce(parts[first + i] as readonly number[], isPacked, hist);
          return hist;
        });
        if (built.length === 1) {
          const sibling = built[0] === pair.left ? pair.right : pair.left;
          const hist = this.#pool.inherit(pair.parent, sibling);
          this.#subtract(hist, hists[0] as number);
          wanted.push({ node: built[0] as OpenNode, hist: hists[0] as number });
          wanted.push({ node: sibling, hist });
        } else {
          built.forEach((node, i) => {
            wanted.push({ node, hist: hists[i] as number });
          });
        }
      }
      await this.#findSplits(
        wanted,
        wanted.map(({ node }) => this.segmentOf(node).count),
      );
    }
    await this.#countLeaves(pairs.filter((pair) => !pair.wantsSplits));
  }

  #tree(): TreeSetup {
    if (this.#setup === null) throw new RangeError('beginTree was not called');
    return this.#setup;
  }

  #scratch(): { parts: number; sides: number; search: number } {
    const parts = this.#o.addresses.scratch;
    const sides = parts + Math.ceil((this.#o.collective.size * 4) / 64) * 64;
    return { parts, sides, search: sides + 65536 };
  }

  /** Bytes of scratch one rank needs. */
  static scratchBytes(layout: BinnedLayout, numRanks: number): number {
    return Math.ceil((numRanks * 4) / 64) * 64 + 65536 + SplitSearch.scratchBytes(layout);
  }

  #isPacked(parentRows: number): boolean {
    const { slotBytes, countShift } = this.#tree().quantisation;
    if (slotBytes !== 4 || countShift < 63) return false;
    return parentRows <= this.#o.flushRows;
  }

  #build(node: OpenNode, segment: Segment, index: number, isPacked: boolean): ExchangeBuffer {
    const setup = this.#tree();
    const view = this.rows.view(segment);
    this.counters.histogramRows += segment.count;
    const address = this.#own.build(view, segment.count, index, isPacked, setup.quantisation);
    node.state ??= null;
    const { layout, collective } = this.#o;
    const bounds = new Float64Array(collective.size + 1);
    const entryBytes = isPacked ? 8 : 16;
    for (let r = 0; r <= collective.size; r++) {
      const place = layout.places[this.#bounds[r] as number];
      bounds[r] = (place?.firstEntry ?? layout.numEntries) * entryBytes;
    }
    return { address, bounds };
  }

  #reduce(parts: readonly number[], isPacked: boolean, hist: number): void {
    const { kernels, memory, addresses, layout, collective } = this.#o;
    const begin = this.#bounds[collective.rank] as number;
    const end = this.#bounds[collective.rank + 1] as number;
    if (begin === end) return;
    const scratch = this.#scratch();
    new Uint32Array(memory.buffer, scratch.parts, parts.length).set(parts);
    const firstEntry = layout.places[begin]?.firstEntry ?? 0;
    kernels.reduceHistogram(
      scratch.parts,
      parts.length,
      isPacked ? 1 : 0,
      firstEntry,
      addresses.featureTable,
      begin,
      end,
      hist,
    );
  }

  #subtract(parent: number, child: number): void {
    const { kernels, layout, collective } = this.#o;
    const begin = this.#bounds[collective.rank] as number;
    const end = this.#bounds[collective.rank + 1] as number;
    if (begin === end) return;
    const from = (layout.places[begin]?.firstCompact ?? 0) * 16;
    const to = (layout.places[end]?.firstCompact ?? layout.numCompact) * 16;
    kernels.subtractHistogram(parent + from, child + from, parent + from, to - from);
  }

  async #findSplits(wanted: readonly Wanted[], localRows: readonly number[]): Promise<void> {
    const { collective } = this.#o;
    const size = this.#search.candidateBytes + 8;
    const message = new Uint8Array(size * wanted.length);
    wanted.forEach(({ node, hist }, i) => {
      const { totals } = node.state as NodeState;
      const mask = this.#tree().maskOf(node);
      const out = message.subarray(i * size, (i + 1) * size - 8);
      this.#search.find({ node, totals, hist, mask }, out);
      new DataView(message.buffer).setFloat64((i + 1) * size - 8, localRows[i] as number, true);
    });
    const owned =
      (this.#bounds[collective.rank + 1] as number) - (this.#bounds[collective.rank] as number);
    this.counters.featuresDecided += owned * wanted.length;
    const gathered = collective.allgather(message);
    const all = isPromise(gathered) ? await gathered : gathered;
    wanted.forEach(({ node }, i) => {
      const views = all.map(
        (bytes) => new DataView(bytes.buffer, bytes.byteOffset + i * size, size),
      );
      node.rows = views.reduce((sum, view) => sum + view.getFloat64(size - 8, true), 0);
      node.split = this.#search.choose((node.state as NodeState).totals, views);
    });
  }

  #moveRows(pair: SiblingPair): void {
    const { memory, layout } = this.#o;
    const split = pair.parent.split as Split;
    const parent = pair.parent.state as NodeState;
    const place = layout.places[split.place];
    if (place === undefined) throw new RangeError('a split names a place outside the layout');
    const scratch = this.#scratch();
    writeSides(split, place, new Uint8Array(memory.buffer, scratch.sides, 65536));
    const [left, right] = this.rows.partition(parent.segment, place, scratch.sides);
    const leftTotals = (split.detail as SplitDetail).left;
    const rightTotals: NodeTotals = {
      grad: parent.totals.grad - leftTotals.grad,
      hess: parent.totals.hess - leftTotals.hess,
    };
    pair.left.state = { segment: left, totals: leftTotals } satisfies NodeState;
    pair.right.state = { segment: right, totals: rightTotals } satisfies NodeState;
    pair.left.cover = this.#coverOf(leftTotals);
    pair.right.cover = this.#coverOf(rightTotals);
  }

  /** Rows of children that need no histogram: one small meeting. */
  async #countLeaves(pairs: readonly SiblingPair[]): Promise<void> {
    if (pairs.length === 0) return;
    const nodes = pairs.flatMap((pair) => [pair.left, pair.right]);
    const counts = BigInt64Array.from(nodes, (node) => BigInt(this.segmentOf(node).count));
    const reduced = this.#o.collective.allreduce(counts, 'sum');
    if (isPromise(reduced)) await reduced;
    nodes.forEach((node, i) => {
      node.rows = Number(counts[i]);
    });
  }

  async #sumRows(count: number): Promise<number> {
    const counts = new BigInt64Array([BigInt(count)]);
    const reduced = this.#o.collective.allreduce(counts, 'sum');
    if (isPromise(reduced)) await reduced;
    return Number(counts[0]);
  }

  #coverOf(totals: NodeTotals): number {
    const { countShift, hessUnit } = this.#tree().quantisation;
    return Number(hessOf(totals.hess, countShift)) * hessUnit;
  }

  #isLighter(a: OpenNode, b: OpenNode): boolean {
    const { countShift } = this.#tree().quantisation;
    const left = hessOf((a.state as NodeState).totals.hess, countShift);
    return left <= hessOf((b.state as NodeState).totals.hess, countShift);
  }
}

/** Bytes of the feature table of a layout. */
export function featureTableBytes(layout: BinnedLayout): number {
  return layout.places.length * featureEntryBytes;
}
