/**
 * The best splits of a batch of nodes: each rank scans the features that it owns, ranks tell each other the
 * best candidate of every node in one meeting, and all choose the same winner.
 *
 * A message holds, for each node, the candidate as findSplit wrote it and the rank's rows of the node. Between
 * processes the root's ends with its sums, which each rank took from its own features: all must have found the same.
 */
import { align } from '../../../base/arena.ts';
import { isPromise } from '../../../base/awaitable.ts';
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Collective } from '../../../cluster/collective.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { FeatureCosts } from '../../feature-costs.ts';
import type { Quantisation, SplitParams } from '../../split-params.ts';
import { writeSplitParams } from '../../split-params.ts';
import type { SplitShaping } from '../../split-shaping.ts';
import type { OpenNode, SiblingPair } from '../backend.ts';
import { checkAgreedSums, withSums } from './agreed-sums.ts';
import {
  candidateBytes,
  categoryScratchBytes,
  type GainRule,
  type NodeTotals,
  pickSplit,
} from './candidate.ts';
import { searchWithFactors } from './factored-search.ts';
import type { MemoryViews } from './memory-views.ts';
import { ShapedSearch } from './shaped-search.ts';

/** A node whose best split is wanted. */
export interface Wanted {
  readonly node: OpenNode;
  readonly totals: NodeTotals;
  /** Address of its compact histogram; this rank's slice is complete. */
  readonly hist: number;
  /** Rows of the node on this rank. */
  readonly localRows: number;
  /** How many rows of all ranks have not met each feature that costs something by row. */
  readonly unmet?: Float64Array | undefined;
}

/** What a search is made of. */
export interface SplitSearchOptions {
  readonly kernels: Kernels;
  readonly views: MemoryViews;
  readonly collective: Collective;
  readonly layout: BinnedLayout;
  readonly params: SplitParams;
  /** Penalties and bounds beside λ, or null for the plain search. */
  readonly shaping: SplitShaping | null;
  /** What each place's gains are multiplied by; null where all are as they are. */
  readonly gainFactors: readonly number[] | null;
  /** What it costs to look at features; null where they are free. */
  readonly featureCosts: FeatureCosts | null;
  /** Address of the feature table. */
  readonly featureTable: number;
  /** Places [begin, end) that this rank owns. */
  readonly owned: readonly [number, number];
  /** Histograms have packed entries. */
  readonly isPacked: boolean;
  /** Scratch of {@link SplitSearch.scratchBytes}. */
  readonly scratch: number;
  /** Most nodes of a batch. */
  readonly maxNodes: number;
}

/** See the header. */
export class SplitSearch {
  /** Features decided, for each node of each batch. */
  featuresDecided = 0;
  readonly #o: SplitSearchOptions;
  readonly #stride: number;
  readonly #params: number;
  readonly #totals: number;
  readonly #mask: number;
  readonly #order: number;
  readonly #message: number;
  /** Where one feature's packed entries are taken apart. */
  readonly #wide: number;
  readonly #numbers: number;
  readonly #shaped: ShapedSearch | null;
  readonly #ownViews: DataView[] = [];
  #quantisation: Quantisation | null = null;
  #maskOf: (node: OpenNode) => Uint8Array | null = () => null;

  constructor(options: SplitSearchOptions) {
    this.#o = options;
    const { layout, scratch } = options;
    this.#stride = candidateBytes(layout) + 8;
    this.#params = scratch;
    this.#totals = scratch + 128;
    this.#mask = scratch + 192;
    this.#order = this.#mask + align(layout.places.length);
    this.#message = this.#order + align(categoryScratchBytes(layout));
    this.#wide = this.#message + align(this.#stride * options.maxNodes);
    this.#numbers = this.#wide + 16 * (mostBins(layout) + 2);
    const shape = this.#wide + wideBytes(layout);
    const { shaping, params, views } = options;
    this.#shaped =
      shaping === null
        ? null
        : new ShapedSearch({ shaping, params, views, layout, address: shape });
  }

  /** Bytes of scratch. */
  static scratchBytes(layout: BinnedLayout, maxNodes: number): number {
    const order = align(categoryScratchBytes(layout));
    const message = align((candidateBytes(layout) + 8) * maxNodes);
    const shape = ShapedSearch.scratchBytes(layout);
    return 192 + align(layout.places.length) + order + message + wideBytes(layout) + shape;
  }

  /** Called before each tree. */
  beginTree(quantisation: Quantisation, maskOf: (node: OpenNode) => Uint8Array | null): void {
    this.#quantisation = quantisation;
    this.#maskOf = maskOf;
    writeSplitParams(this.#o.views.buffer, this.#params, this.#o.params, quantisation);
    this.#shaped?.beginTree(quantisation);
  }

  /** Told before the children of a leaf are searched. */
  split(pair: SiblingPair): void {
    this.#shaped?.split(pair);
  }

  /** Have the bounds of an open leaf changed since it was searched? */
  isStale(node: OpenNode): boolean {
    return this.#shaped?.isStale(node) === true;
  }

  /** Gives each node its best split and its rows over all ranks. */
  async find(wanted: readonly Wanted[]): Promise<void> {
    const { collective, views } = this.#o;
    const stride = this.#stride;
    wanted.forEach((each, i) => {
      this.#findOwn(each, this.#message + i * stride);
    });
    let all: readonly Uint8Array[] = [];
    if (collective.size > 1) {
      const message = views.u8.slice(this.#message, this.#message + stride * wanted.length);
      const root = this.#isRootElsewhere(wanted) ? (wanted[0] as Wanted).totals : null;
      const gathered = collective.allgather(root === null ? message : withSums(message, root));
      all = isPromise(gathered) ? await gathered : gathered;
      if (root !== null) checkAgreedSums(collective, all, message.length);
    }
    wanted.forEach(({ node, totals }, i) => {
      const candidates =
        collective.size === 1
          ? [this.#ownCandidate(i)]
          : all.map((bytes) => new DataView(bytes.buffer, bytes.byteOffset + i * stride, stride));
      let rows = 0;
      for (const candidate of candidates) rows += candidate.getFloat64(stride - 8, true);
      node.rows = rows;
      node.split = pickSplit(candidates, this.#o.layout, this.#gainRule(node, totals));
    });
  }

  #isRootElsewhere([first]: readonly Wanted[]): boolean {
    const { localRanks, size } = this.#o.collective;
    return localRanks.length < size && first?.node.parent === null;
  }

  /** A rank that is alone reads what it wrote; the view is kept, for making one costs as much as a small node. */
  #ownCandidate(index: number): DataView {
    const { views } = this.#o;
    let view = this.#ownViews[index];
    if (view?.buffer !== views.buffer) {
      view = new DataView(views.buffer, this.#message + index * this.#stride, this.#stride);
      this.#ownViews[index] = view;
    }
    return view;
  }

  #findOwn({ node, totals, hist, localRows, unmet }: Wanted, out: number): void {
    const { kernels, views, featureTable, owned } = this.#o;
    views.i64[this.#totals >> 3] = totals.grad;
    views.i64[(this.#totals >> 3) + 1] = totals.hess;
    const mask = this.#maskOf(node);
    if (mask !== null) views.u8.set(mask, this.#mask);
    const [begin, end] = owned;
    const maskAddress = mask === null ? 0 : this.#mask;
    const shape = this.#shaped?.place(node, totals) ?? 0;
    const search = (from: number, to: number, best: number): void => {
      const head = [hist, featureTable, from, to, maskAddress, this.#params, this.#totals] as const;
      const bins = best + 64;
      if (this.#o.isPacked) {
        kernels.findPackedSplit(...head, best, bins, this.#order, this.#wide, this.#numbers);
      } else if (this.#shaped === null) kernels.findSplit(...head, best, bins, this.#order);
      else kernels.findShapedSplit(...head, shape, best, bins, this.#order);
    };
    const gainFactors = this.#shaped?.factorsOf(node, this.#o.gainFactors) ?? this.#o.gainFactors;
    const costs = this.#o.featureCosts?.of(node, this.#o.layout, unmet) ?? null;
    const hasSteps = this.#shaped?.hasSteps === true;
    if (gainFactors === null && costs === null && !hasSteps) search(begin, end, out);
    else {
      const { parentScore } = this.#gainRule(node, totals);
      const stride = this.#stride - 8;
      const searchOne = (from: number, to: number, best: number): void => {
        if (hasSteps) this.#shaped?.placeSteps(from);
        search(from, to, best);
      };
      const rest = { gainFactors, costs, parentScore, out, stride, search: searchOne };
      searchWithFactors({ views, owned, ...rest });
    }
    this.featuresDecided += end - begin;
    views.f64[(out + this.#stride - 8) / 8] = localRows;
  }

  #gainRule(node: OpenNode, totals: NodeTotals): GainRule {
    const { params } = this.#o;
    const { gradUnit, hessUnit, countShift } = this.#quantisation as Quantisation;
    const hess = hessOf(totals.hess, countShift);
    const H = Number(hess) * hessUnit;
    const G = Number(totals.grad) * gradUnit;
    return {
      parentScore: this.#shaped?.scoreOf(node, totals) ?? (G * G) / (H + params.lambda),
      minGain: params.minInfoGain * H,
      cost: (params.splitCost ?? 0) + (params.splitCostPerRow ?? 0) * node.rows,
      isHeavier: (left) => 2n * hessOf(left, countShift) >= hess,
    };
  }
}

/** The sum of h in a word that may count rows in its upper bits. */
export function hessOf(word: bigint, countShift: number): bigint {
  return countShift < 63 ? word & ((1n << BigInt(countShift)) - 1n) : word;
}

/** Bytes of the widest feature's entries and of their numbers. */
function wideBytes(layout: BinnedLayout): number {
  return align(20 * (mostBins(layout) + 2));
}

function mostBins({ places }: BinnedLayout): number {
  return places.reduce((most, { numValueBins }) => Math.max(most, numValueBins), 0);
}
