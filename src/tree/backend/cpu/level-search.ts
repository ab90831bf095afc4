/**
 * One question for all nodes of a level (oblivious trees: R. Kohavi, "Bottom-up induction of oblivious read-once decision
 * graphs", 1994; as in L. Prokhorenkova et al., "CatBoost", 2018): the candidate whose gains, added up over the nodes that
 * may be split by it, are the highest.
 *
 * Each rank adds up the gains of its own features, node by node in the order of the level, and tells its best candidate
 * with what it would send left in every node; all choose the same one. A node that the limits forbid to split by it has
 * no split at this level.
 *
 *   message | candidate as findSplit writes it | left g, left h, this rank's rows: 24 bytes a node |
 */
import { align } from '../../../base/arena.ts';
import { isPromise } from '../../../base/awaitable.ts';
import type { BinnedLayout, FeaturePlace } from '../../../binning/binned-layout.ts';
import type { Quantisation } from '../../split-params.ts';
import { writeSplitParams } from '../../split-params.ts';
import type { OpenNode, Split } from '../backend.ts';
import {
  candidateBytes,
  candidateHeadBytes,
  type NodeTotals,
  pickSplit,
  type SplitDetail,
} from './candidate.ts';
import { hessOf, type SplitSearchOptions, type Wanted } from './split-search.ts';

/** A rank's best candidate of a level. */
interface LevelCandidate {
  score: number;
  place: number;
  /** Bins of the order that go left, less one. */
  last: number;
  missingLeft: boolean;
  runnerUpScore: number;
  runnerUpPlace: number;
}

/** See the header. */
export class LevelSearch {
  /** Features decided, for each node of each level. */
  featuresDecided = 0;
  readonly #o: SplitSearchOptions;
  readonly #params: number;
  readonly #totals: number;
  readonly #mask: number;
  readonly #order: number;
  readonly #sums: number;
  /** Where the histograms of open nodes are. */
  readonly #known = new Map<OpenNode, Wanted>();
  #quantisation: Quantisation | null = null;
  #maskOf: (node: OpenNode) => Uint8Array | null = () => null;
  /** The questions so far, as if they were asked on one path. */
  #path: OpenNode | null = null;

  constructor(options: SplitSearchOptions) {
    this.#o = options;
    const { layout, scratch } = options;
    this.#params = scratch;
    this.#totals = scratch + 128;
    this.#mask = scratch + 192;
    this.#order = this.#mask + align(layout.places.length);
    this.#sums = this.#order + align(4 * layout.numCompact);
  }

  /** Bytes of scratch. */
  static scratchBytes(layout: BinnedLayout): number {
    const { places, numCompact } = layout;
    return 192 + align(places.length) + align(4 * numCompact) + align(16 * numCompact);
  }

  /** Called before each tree. */
  beginTree(quantisation: Quantisation, maskOf: (node: OpenNode) => Uint8Array | null): void {
    this.#quantisation = quantisation;
    this.#maskOf = maskOf;
    this.#known.clear();
    this.#path = null;
    writeSplitParams(this.#o.views.buffer, this.#params, this.#o.params, quantisation);
    for (const place of this.#o.layout.places) {
      if (place.feature.kind === 'numeric') this.#writeOrder(place, identity(place.numValueBins));
    }
  }

  /** Takes note of nodes whose histograms are complete. */
  async find(wanted: readonly Wanted[]): Promise<void> {
    for (const each of wanted) this.#known.set(each.node, each);
  }

  /** Gives the nodes of a level their splits, and all that are open their rows over all ranks. */
  async decide(level: readonly OpenNode[]): Promise<void> {
    const { collective, layout, params } = this.#o;
    const nodes = level.map((node) => this.#known.get(node) as Wanted);
    const own = this.#message(nodes);
    let all: readonly Uint8Array[] = [own];
    if (collective.size > 1) {
      const gathered = collective.allgather(own);
      all = isPromise(gathered) ? await gathered : gathered;
    }
    const views = all.map((bytes) => new DataView(bytes.buffer, bytes.byteOffset, own.length));
    const { countShift, hessUnit } = this.#quantisation as Quantisation;
    const hess = nodes.reduce((sum, { totals }) => sum + hessOf(totals.hess, countShift), 0n);
    const split = pickSplit(views, layout, {
      parentScore: 0,
      minGain: params.minInfoGain * Number(hess) * hessUnit,
      isHeavier: (left) => 2n * hessOf(left, countShift) >= hess,
    });
    const winner = views.findIndex((view) => view.getInt32(8, true) === split?.place);
    nodes.forEach(({ node, totals }, i) => {
      const at = candidateBytes(layout) + 24 * i;
      node.rows = views.reduce((sum, view) => sum + view.getFloat64(at + 16, true), 0);
      if (split === null) node.split = null;
      else {
        const view = views[winner] as DataView;
        const left = { grad: view.getBigInt64(at, true), hess: view.getBigInt64(at + 8, true) };
        node.split = this.#splitOf(split, totals, left);
      }
    });
    const above = { ...(level[0] as OpenNode), parent: this.#path, split };
    this.#path = { ...above, path: '0'.repeat((this.#path?.path.length ?? -1) + 1) };
  }

  /** What this rank has to say of a level. */
  #message(nodes: readonly Wanted[]): Uint8Array {
    const { layout, views } = this.#o;
    const bytes = new Uint8Array(candidateBytes(layout) + 24 * nodes.length);
    const view = new DataView(bytes.buffer);
    const found = this.#bestOwn(nodes);
    view.setFloat64(0, found.score, true);
    view.setInt32(8, found.place, true);
    view.setFloat64(40, found.runnerUpScore, true);
    view.setInt32(48, found.runnerUpPlace, true);
    const place = layout.places[found.place];
    const bins = place === undefined ? [] : this.#binsOf(place, found);
    const isCategory = place?.feature.kind === 'category';
    let levelLeft = 0n;
    nodes.forEach(({ hist, localRows }, i) => {
      let grad = 0n;
      let hess = 0n;
      for (const bin of bins) {
        const at = hist / 8 + 2 * ((place as FeaturePlace).firstCompact + bin);
        grad += views.i64[at] as bigint;
        hess += views.i64[at + 1] as bigint;
      }
      const at = candidateBytes(layout) + 24 * i;
      view.setBigInt64(at, grad, true);
      view.setBigInt64(at + 8, hess, true);
      view.setFloat64(at + 16, localRows, true);
      levelLeft += hess;
    });
    view.setInt32(12, isCategory ? -1 : found.last, true);
    view.setInt32(16, found.missingLeft ? 1 : 0, true);
    view.setBigInt64(32, levelLeft, true);
    for (const bin of isCategory ? bins : []) {
      const at = candidateHeadBytes + 4 * (bin >> 5);
      view.setUint32(at, view.getUint32(at, true) | (1 << (bin & 31)), true);
    }
    return bytes;
  }

  /** The bins that a candidate sends left. */
  #binsOf(place: FeaturePlace, { last, missingLeft }: LevelCandidate): number[] {
    const { views } = this.#o;
    const at = this.#order / 4 + place.firstCompact;
    const bins = [...views.u32.subarray(at, at + last + 1)];
    return missingLeft ? [...bins, place.numValueBins] : bins;
  }

  /** Adds up the gains of this rank's features and takes the best. */
  #bestOwn(nodes: readonly Wanted[]): LevelCandidate {
    const { kernels, views, featureTable, layout, owned } = this.#o;
    const [begin, end] = owned;
    const mask = this.#levelMask(nodes[0] as Wanted);
    if (mask !== null) views.u8.set(mask, this.#mask);
    const isOpen = (place: number): boolean => mask === null || mask[place] === 1;
    for (let p = begin; p < end; p++) {
      const place = layout.places[p] as FeaturePlace;
      if (place.feature.kind === 'category' && isOpen(p)) this.#orderCategories(place, nodes);
    }
    const from = layout.places[begin]?.firstCompact ?? 0;
    const to = layout.places[end]?.firstCompact ?? layout.numCompact;
    views.f64.fill(0, this.#sums / 8 + 2 * from, this.#sums / 8 + 2 * Math.max(from, to));
    for (const { hist, totals } of nodes) {
      views.i64[this.#totals >> 3] = totals.grad;
      views.i64[(this.#totals >> 3) + 1] = totals.hess;
      kernels.addLevelScores(
        hist,
        featureTable,
        begin,
        end,
        mask === null ? 0 : this.#mask,
        this.#params,
        this.#totals,
        this.#order,
        this.#sums,
      );
    }
    this.featuresDecided += (end - begin) * nodes.length;
    const found: LevelCandidate = { ...none };
    for (let p = begin; p < end; p++) {
      if (isOpen(p)) this.#compare(found, p, nodes);
    }
    return found;
  }

  /** Takes a feature's best candidate in, or keeps it as the runner-up. */
  #compare(found: LevelCandidate, p: number, nodes: readonly Wanted[]): void {
    const { views, layout, params } = this.#o;
    const place = layout.places[p] as FeaturePlace;
    const isCategory = place.feature.kind === 'category';
    const at = this.#sums / 8 + 2 * place.firstCompact;
    const count = views.u32[this.#order / 4 + place.firstCompact + place.numValueBins] as number;
    const most = params.maxCategoriesPerSplit;
    let best = 0;
    let last = -1;
    let missingLeft = false;
    for (let k = 0; k < count; k++) {
      if (isCategory && Math.min(k + 1, count - k - 1) > most) continue;
      for (const side of isCategory ? [0] : [1, 0]) {
        const score = views.f64[at + 2 * k + side] as number;
        if (!(score > best)) continue;
        best = score;
        last = k;
        missingLeft = side === 1;
      }
    }
    if (last < 0) return;
    const isBest = best > found.score;
    const loser = isBest ? { score: found.score, place: found.place } : { score: best, place: p };
    const isTie = loser.score === found.runnerUpScore && loser.place < found.runnerUpPlace;
    if (loser.place >= 0 && (loser.score > found.runnerUpScore || isTie)) {
      found.runnerUpScore = loser.score;
      found.runnerUpPlace = loser.place;
    }
    if (!isBest) return;
    Object.assign(found, { score: best, place: p, last });
    found.missingLeft = this.#hasMissing(place, nodes)
      ? missingLeft
      : this.#leftIsHeavier(place, found, nodes);
  }

  #hasMissing({ firstCompact, numValueBins }: FeaturePlace, nodes: readonly Wanted[]): boolean {
    const { views } = this.#o;
    return nodes.some(
      ({ hist }) => views.i64[hist / 8 + 2 * (firstCompact + numValueBins) + 1] !== 0n,
    );
  }

  /** No node has a missing value: those of other rows follow the heavier side of the level, ties left. */
  #leftIsHeavier(place: FeaturePlace, found: LevelCandidate, nodes: readonly Wanted[]): boolean {
    const { views } = this.#o;
    const { countShift } = this.#quantisation as Quantisation;
    let left = 0n;
    let total = 0n;
    const bins = this.#binsOf(place, { ...found, missingLeft: false });
    for (const { hist, totals } of nodes) {
      total += hessOf(totals.hess, countShift);
      for (const bin of bins) {
        const word = views.i64[hist / 8 + 2 * (place.firstCompact + bin) + 1] as bigint;
        left += hessOf(word, countShift);
      }
    }
    return 2n * left >= total;
  }

  /** Features that the level may ask about. */
  #levelMask({ node }: Wanted): Uint8Array | null {
    const path = '0'.repeat((this.#path?.path.length ?? -1) + 1);
    return this.#maskOf({ ...node, path, parent: this.#path, split: null });
  }

  /** Lists a category feature's bins by g / (h + smooth) of the whole level (W. D. Fisher, 1958). */
  #orderCategories(place: FeaturePlace, nodes: readonly Wanted[]): void {
    const { views, params } = this.#o;
    const { countShift, gradUnit, hessUnit } = this.#quantisation as Quantisation;
    const listed: { bin: number; ratio: number }[] = [];
    for (let bin = 0; bin < place.numValueBins; bin++) {
      let grad = 0n;
      let word = 0n;
      for (const { hist } of nodes) {
        const at = hist / 8 + 2 * (place.firstCompact + bin);
        grad += views.i64[at] as bigint;
        word += views.i64[at + 1] as bigint;
      }
      const isFew = countShift < 63 && word >> BigInt(countShift) < BigInt(params.minCategoryRows);
      if (word === 0n || isFew) continue;
      const weight = Number(hessOf(word, countShift)) * hessUnit + params.categorySmoothing;
      listed.push({ bin, ratio: (Number(grad) * gradUnit) / weight });
    }
    listed.sort((a, b) => a.ratio - b.ratio || a.bin - b.bin);
    this.#writeOrder(
      place,
      listed.map(({ bin }) => bin),
    );
  }

  #writeOrder({ firstCompact, numValueBins }: FeaturePlace, bins: readonly number[]): void {
    const at = this.#order / 4 + firstCompact;
    this.#o.views.u32.set(bins, at);
    this.#o.views.u32[at + numValueBins] = bins.length;
  }

  /** The level's split for one node; null where limits forbid it. */
  #splitOf(split: Split, totals: NodeTotals, left: NodeTotals): Split | null {
    const { params, layout } = this.#o;
    const { countShift, gradUnit, hessUnit } = this.#quantisation as Quantisation;
    if (left.hess === 0n || left.hess === totals.hess) return null;
    const sum = (word: bigint): number => Number(hessOf(word, countShift)) * hessUnit;
    const H = sum(totals.hess);
    const HL = sum(left.hess);
    const HR = H - HL;
    if (HL < params.minSumHessian || HR < params.minSumHessian) return null;
    if (countShift < 63) {
      const least = BigInt(params.minInstancesPerNode);
      const shift = BigInt(countShift);
      if (left.hess >> shift < least || (totals.hess - left.hess) >> shift < least) return null;
    }
    const G = Number(totals.grad) * gradUnit;
    const GL = Number(left.grad) * gradUnit;
    const GR = G - GL;
    const isCategory = layout.places[split.place]?.feature.kind === 'category';
    const lambda = params.lambda + (isCategory ? params.categoryLambda : 0);
    const gain =
      (GL * GL) / (HL + lambda) + (GR * GR) / (HR + lambda) - (G * G) / (H + params.lambda);
    return { ...split, gain: Math.max(0, gain), detail: { left } satisfies SplitDetail };
  }
}

const none: LevelCandidate = {
  score: Number.NEGATIVE_INFINITY,
  place: -1,
  last: -1,
  missingLeft: false,
  runnerUpScore: Number.NEGATIVE_INFINITY,
  runnerUpPlace: -1,
};

function identity(count: number): number[] {
  return Array.from({ length: count }, (_, bin) => bin);
}
