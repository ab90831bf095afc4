/**
 * The backend on a GPU. In each process one rank drives its device: rows, gradients and histograms lie there. The
 * other ranks of the process only meet, so that all ranks grow the same tree; what is done once a tree (gradients,
 * leaf values, scores) all of them do on their rows, as ever.
 *
 * In one process, for each batch of sibling pairs: (1) the device moves rows and says how many went left; (2) it
 * builds the smaller child of each pair, the other is parent − child; (3) gpu.js finds every feature's best score
 * in float32; (4) the integer entries of the features that could still win, or be the runner-up, come to the host,
 * which scans them in float64 by the CPU's rule. With several processes the devices' integers are added up by the
 * ranks that drive them, and the host scans all features of its slice.
 *
 * A device that fails tells all ranks at the next meeting; all leave the tree together (device-failure.ts).
 */
import { isPromise } from '../../../base/awaitable.ts';
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { OpenNode, SiblingPair, Split, TreeBackend } from '../backend.ts';
import type { NodeTotals, SplitDetail } from '../cpu/candidate.ts';
import { HistogramPool } from '../cpu/histogram-pool.ts';
import { MemoryViews } from '../cpu/memory-views.ts';
import { placeBounds } from '../cpu/slices.ts';
import { hessOf, SplitSearch, type Wanted } from '../cpu/split-search.ts';
import { CandidateFinder } from './candidate-finder.ts';
import { DeviceMeeting } from './device-meeting.ts';
import { type NodeState, noRows, segmentsOf } from './device-nodes.ts';
import { DeviceTree } from './device-tree.ts';
import { driverBounds, ExchangedHistograms } from './exchanged-histograms.ts';
import type { GpuBackendOptions, GpuTreeSetup } from './gpu-backend-options.ts';
import { builtChild, likelyRows, movingOf, openChildren, settleRows } from './moved-children.ts';
import type { DeviceTraffic, OpenDevice } from './open-device.ts';
import { leafBytes, packedOthers, widenLeaves } from './packed-leaves.ts';
import type { Building } from './row-chunks.ts';

/** A root whose entries take no more is scanned on the host whole: they come with its sums, so that nothing waits for scores. */
const mostRootBytes = 2 * 1024 * 1024;

/** See the header. */
export class GpuBackend implements TreeBackend {
  readonly maxPairs: number;
  readonly maxAhead: number;
  /** Each batch costs several ways to the device and back, whatever it has in it. */
  readonly aheadShare = 0.3;
  readonly #o: GpuBackendOptions;
  readonly #views: MemoryViews;
  readonly #search: SplitSearch;
  readonly #exchanged: ExchangedHistograms | null;
  readonly #pool: HistogramPool;
  /** The device, where this rank drives it. */
  #tree: DeviceTree | null = null;
  #open: OpenDevice | null = null;
  #finder: CandidateFinder | null = null;
  readonly #meeting: DeviceMeeting;
  #setup: GpuTreeSetup | null = null;
  #histogramRows = 0;
  #numBatches = 0;

  private constructor(
    options: GpuBackendOptions,
    meeting: DeviceMeeting,
    drivers: readonly number[],
  ) {
    this.#o = options;
    this.#meeting = meeting;
    const { layout, addresses, collective, kernels } = options;
    this.maxPairs = addresses.maxPairs;
    this.maxAhead = addresses.maxPairs;
    this.#views = new MemoryViews(options.memory);
    if (addresses.exchanged !== 0) {
      kernels.clearBytes(addresses.exchanged, addresses.exchangedBytes);
    }
    this.#pool = new HistogramPool(1, 1, addresses.poolSlots);
    // what comes to the host whole is scanned by all ranks of a process, what was scored by the one that knows the scores
    const isShared = addresses.exchanged === 0 && options.shaping !== null;
    const bounds = isShared
      ? placeBounds(layout, collective.size)
      : driverBounds(layout, collective.size, drivers);
    const owned = [bounds[collective.rank], bounds[collective.rank + 1]] as [number, number];
    this.#search = new SplitSearch({
      kernels,
      views: this.#views,
      collective,
      layout,
      params: options.params,
      shaping: options.shaping,
      gainFactors: null,
      featureCosts: null,
      featureTable: addresses.featureTable,
      owned,
      scratch: addresses.scratch,
      maxNodes: 2 * addresses.maxPairs,
      isPacked: false,
    });
    this.#exchanged =
      addresses.exchanged === 0
        ? null
        : new ExchangedHistograms({ ...options, bounds, drivers, address: addresses.exchanged });
  }

  /** Opens the devices; every rank calls it. @throws DeviceFailure, the same on every rank */
  static async create(options: GpuBackendOptions): Promise<GpuBackend> {
    const { collective } = options;
    const drives = collective.localRanks[0] === collective.rank;
    const meeting = new DeviceMeeting(collective);
    const words = await meeting.agree({ drives });
    const drivers = words.flatMap((word, rank) => (word.drives === true ? [rank] : []));
    const backend = new GpuBackend(options, meeting, drivers);
    if (drives) await meeting.attempt(() => backend.#openDevice());
    try {
      await meeting.agree();
    } catch (error) {
      await backend.dispose();
      throw error;
    }
    return backend;
  }

  /** Bytes of scratch one rank needs. */
  static scratchBytes(layout: BinnedLayout, maxPairs: number): number {
    return SplitSearch.scratchBytes(layout, 2 * maxPairs);
  }

  get counters(): { histogramRows: number; featuresDecided: number } {
    return {
      histogramRows: this.#histogramRows,
      featuresDecided: this.#finder?.featuresFetched ?? this.#search.featuresDecided,
    };
  }

  /** What the device did; null on ranks that drive none. */
  get told(): (DeviceTraffic & DeviceTree['numStretches'] & { readonly name: string }) | null {
    const open = this.#open;
    if (open === null || this.#tree === null) return null;
    return { name: open.facts.name, ...open.traffic, ...this.#tree.numStretches };
  }

  /** Called before each tree, when all ranks' gradients are quantised or soon will be. */
  async beginTree(setup: GpuTreeSetup): Promise<void> {
    this.#setup = setup;
    this.#views.refresh();
    this.#pool.clear();
    const finder = this.#finder;
    this.#search.beginTree(setup.quantisation, (node) =>
      finder === null ? setup.maskOf(node) : finder.maskOf(node, setup.maskOf(node)),
    );
    finder?.beginTree(setup.quantisation);
    // a meeting: every rank's gradients and rows are written when it is over
    const { drawn: ownDrawn } = setup;
    const words = await this.#meeting.agree(ownDrawn === null ? undefined : { drawn: ownDrawn });
    const { slots, ids } = this.#o.addresses;
    const local = this.#o.collective.localRanks.map((rank) => words[rank]?.drawn ?? null);
    const drawn = local.flatMap((own) =>
      own === null ? [] : [{ ids: ids + 4 * own.first, count: own.count }],
    );
    this.#rootRows = setup.drawn === null ? this.#o.numRows : sumOf(drawn.map((d) => d.count));
    await this.#onDevice((tree) =>
      tree.beginTree(
        setup.quantisation,
        setup.isSent ? null : slots,
        setup.drawn === null ? null : drawn,
      ),
    );
  }

  /** Sends the quantised gradients of rows of the process, before the tree is begun. */
  async sendSlots(first: number, count: number): Promise<void> {
    const { slots } = this.#o.addresses;
    await this.#onDevice((tree) => tree.sendSlots(slots, first, count));
  }

  #rootRows = 0;

  close(node: OpenNode): void {
    this.#pool.release(node);
  }

  async openRoot(root: OpenNode, wantsSplit: boolean): Promise<void> {
    const { layout, addresses, collective } = this.#o;
    const segment = this.#tree === null ? noRows : { ...noRows, count: this.#rootRows };
    const all = new BigInt64Array([0n, 0n, BigInt(segment.count)]);
    const hasPlaces = layout.places.length > 0;
    const isWhole = wantsSplit && 16 * layout.numCompact <= mostRootBytes;
    const to = this.#exchanged?.addressOf(0) ?? addresses.histograms;
    await this.#onDevice(async (tree) => {
      if (!hasPlaces) return;
      const slot = this.#slotOf(root, new Set([root]));
      this.#build(tree, [{ slot, segment }], []);
      const mask = isWhole ? null : Uint8Array.from(layout.places, (_, p) => (p === 0 ? 1 : 0));
      await tree.fetch([{ slot, mask, address: to }]);
      const entries = 2 * ((layout.places[0]?.numValueBins as number) + 1);
      const sums = this.#views.i64.subarray(to / 8).subarray(0, entries);
      sums.forEach((sum, i) => {
        all[i % 2] = (all[i % 2] as bigint) + sum;
      });
    });
    await this.#meeting.agree();
    const reduced = collective.allreduce(all, 'sum');
    if (isPromise(reduced)) await reduced;
    const totals: NodeTotals = { grad: all[0] as bigint, hess: all[1] as bigint };
    root.state = { segment, totals } satisfies NodeState;
    root.rows = Number(all[2]);
    if (!hasPlaces) return;
    root.cover = this.#coverOf(totals);
    if (!wantsSplit) return;
    if (isWhole) this.#finder?.countWhole(1);
    else {
      await this.#fetch([root]);
      await this.#meeting.agree();
    }
    await this.#find([root]);
  }

  async split(pairs: readonly SiblingPair[]): Promise<void> {
    this.#o.collective.checkAborted();
    this.#numBatches += 1;
    if (this.#numBatches === this.#o.loseAfter) this.#open?.lose();
    const known = await this.#moveRows(pairs);
    const growing = pairs.filter((pair) => pair.wantsSplits);
    for (const pair of pairs) if (!pair.wantsSplits) this.#pool.release(pair.parent);
    await this.#onDevice((tree) => this.#buildPairs(tree, pairs, known));
    if (growing.length > 0) await this.#fetch(growing.flatMap(({ left, right }) => [left, right]));
    await this.#onDevice(async (tree) => {
      if (!known.includes(null)) return;
      const left = await tree.movedLeft();
      pairs.forEach((pair, i) => {
        if (known[i] === null) settleRows(pair, left[i] ?? 0, true);
      });
    });
    await this.#meeting.agree();
    if (growing.length > 0) await this.#find(growing.flatMap(({ left, right }) => [left, right]));
    await this.#countLeaves(pairs.filter((pair) => !pair.wantsSplits));
  }

  /** Writes the leaf of each of the process's rows to `address`; those of no leaf get `others`. */
  async markLeaves(leaves: readonly OpenNode[], others: number, address: number): Promise<void> {
    const { addresses, memory, ownRows } = this.#o;
    const segments = leaves.map((leaf) => segmentsOf(leaf));
    const hasOthers = (this.#setup as GpuTreeSetup).drawn !== null;
    const bytes = leafBytes(leaves.length, hasOthers);
    // gradients are written again before the next tree
    const to =
      bytes === 4 ? { others, address } : { others: packedOthers(bytes), address: addresses.slots };
    await this.#onDevice((tree) => tree.markLeaves(segments, { bytes, ...to }));
    await this.#meeting.agree();
    if (bytes === 4) return;
    const none = hasOthers ? others : null;
    const packed = addresses.slots;
    widenLeaves({ memory, packed, bytes, ...ownRows, leafOf: address, others: none });
  }

  /** Frees the device's memory. */
  async dispose(): Promise<void> {
    const tree = this.#tree;
    this.#tree = null;
    await tree?.destroy();
  }

  async #openDevice(): Promise<void> {
    const { layout, addresses, countShift, params, shaping } = this.#o;
    const open = await this.#o.acquire();
    this.#open = open;
    this.#tree = await DeviceTree.create(open, {
      layout,
      countShift,
      params,
      memory: this.#o.memory,
      records: this.#o.records,
      numRows: this.#o.numRows,
      poolSlots: addresses.poolSlots,
      recordLimits: this.#o.recordLimits,
      maxNodes: 2 * addresses.maxPairs,
    });
    if (this.#exchanged === null && shaping === null) {
      this.#finder = new CandidateFinder(this.#tree, layout, params);
    }
  }

  /** Returns how many rows of each pair went left, null where that is known when something is fetched. */
  async #moveRows(pairs: readonly SiblingPair[]): Promise<readonly (number | null)[]> {
    const { layout } = this.#o;
    let known: readonly (number | null)[] = pairs.map(() => null);
    const isHere = this.#tree !== null;
    await this.#onDevice(async (tree) => {
      const movings = pairs.map((pair) =>
        movingOf(pair, layout, (split) => this.#rowsOnTheLeft(split)),
      );
      tree.move(movings);
      // of several processes no histogram is whole here: its sums do not say how many rows it has
      known =
        this.#exchanged === null ? movings.map(({ numLeft }) => numLeft) : await tree.movedLeft();
    });
    pairs.forEach((pair, i) => {
      openChildren(pair, known[i] ?? null, isHere);
      for (const node of [pair.left, pair.right]) {
        node.cover = this.#coverOf((node.state as NodeState).totals);
      }
    });
    return known;
  }

  /** Rows of the left child, where histograms count them and one device has them all. */
  #rowsOnTheLeft({ detail }: Split): number | null {
    const { countShift } = (this.#setup as GpuTreeSetup).quantisation;
    if (countShift >= 63 || this.#exchanged !== null) return null;
    return Number((detail as SplitDetail).left.hess >> BigInt(countShift));
  }

  /** Histograms of both children of each pair that grows: one built, or both where the parent's is gone. */
  #buildPairs(
    tree: DeviceTree,
    pairs: readonly SiblingPair[],
    known: readonly (number | null)[],
  ): void {
    const keep = new Set(pairs.flatMap(({ parent, left, right }) => [parent, left, right]));
    const buildings: Building[] = [];
    const siblings: { parent: number; built: number }[] = [];
    const { quantisation } = this.#setup as GpuTreeSetup;
    pairs.forEach((pair, i) => {
      if (!pair.wantsSplits) return;
      const { fewer, more, rowsOf } = builtChild(pair, i, known[i] ?? null, quantisation);
      const hasParent = this.#pool.addressOf(pair.parent) !== 0;
      for (const node of hasParent ? [fewer] : [fewer, more]) {
        buildings.push({ slot: this.#slotOf(node, keep), ...rowsOf(node) });
      }
      if (!hasParent) return;
      const slot = this.#pool.inherit(pair.parent, more) - 1;
      siblings.push({ parent: slot, built: this.#pool.addressOf(fewer) - 1 });
    });
    this.#build(tree, buildings, siblings);
  }

  #build(
    tree: DeviceTree,
    buildings: readonly Building[],
    siblings: readonly { parent: number; built: number }[],
  ): void {
    this.#histogramRows += sumOf(
      buildings.map(({ segment, uncounted }) => uncounted?.likely ?? segment.count),
    );
    tree.build(buildings, siblings);
  }

  /** Brings the host what it has to scan of each node. */
  async #fetch(nodes: readonly OpenNode[]): Promise<void> {
    const exchanged = this.#exchanged;
    await this.#onDevice(async (tree) => {
      const setup = this.#setup as GpuTreeSetup;
      const searched = nodes.map((node, i) => {
        const { totals } = node.state as NodeState;
        const slot = this.#pool.addressOf(node) - 1;
        const rows =
          node.parent === null ? this.#rootRows : likelyRows(node.parent, node, setup.quantisation);
        const address = exchanged === null ? this.#histogramOf(i) : exchanged.addressOf(i);
        return { node, address, device: { slot, rows, totals } };
      });
      if (this.#finder !== null) await this.#finder.fetch(searched, (node) => setup.maskOf(node));
      else {
        await tree.fetch(
          searched.map(({ device, address }) => ({ slot: device.slot, mask: null, address })),
        );
      }
    });
  }

  #histogramOf(index: number): number {
    const { addresses, layout } = this.#o;
    return addresses.histograms + index * 16 * layout.numCompact;
  }

  /** Gives each node its best split, from what was fetched; all ranks have agreed since. */
  async #find(nodes: readonly OpenNode[]): Promise<void> {
    const wanted: Wanted[] = nodes.map((node, i) => {
      const { segment, totals } = node.state as NodeState;
      return { node, totals, hist: this.#histogramOf(i), localRows: segment.count };
    });
    await this.#exchanged?.addUp(wanted.map(({ hist }) => hist));
    await this.#search.find(wanted);
  }

  /** Rows of children that need no histogram. */
  async #countLeaves(pairs: readonly SiblingPair[]): Promise<void> {
    if (pairs.length === 0) return;
    const nodes = pairs.flatMap((pair) => [pair.left, pair.right]);
    const counts = BigInt64Array.from(nodes, (node) =>
      BigInt((node.state as NodeState).segment.count),
    );
    const reduced = this.#o.collective.allreduce(counts, 'sum');
    if (isPromise(reduced)) await reduced;
    nodes.forEach((node, i) => {
      node.rows = Number(counts[i]);
    });
  }

  #slotOf(node: OpenNode, keep: ReadonlySet<OpenNode>): number {
    return this.#pool.take(node, keep) - 1;
  }

  #coverOf(totals: NodeTotals): number {
    const { countShift, hessUnit } = (this.#setup as GpuTreeSetup).quantisation;
    return Number(hessOf(totals.hess, countShift)) * hessUnit;
  }

  /** Work for the rank that drives the device; once it failed nothing more is done until the next meeting. */
  async #onDevice(work: (tree: DeviceTree) => void | Promise<void>): Promise<void> {
    const tree = this.#tree;
    if (tree !== null) await this.#meeting.attempt(() => work(tree));
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, n) => sum + n, 0);
}
