/** Splits that lower the variance of a number: sums of g and h as in boosting, a penalty of 0. */
import type { BinnedLayout, FeaturePlace } from '../../../binning/binned-layout.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Quantisation, SplitParams } from '../../split-params.ts';
import { splitParamsBytes, writeSplitParams } from '../../split-params.ts';
import type { Split } from '../backend.ts';
import { pickSplit, type SplitDetail } from './candidate.ts';
import type { ChosenFeatures } from './forest-backend.ts';
import type { ChosenView, FindRequest, ForestCriterion, ForestTotals } from './forest-criterion.ts';
import { MemoryViews } from './memory-views.ts';

/** What it is made of. */
export interface VarianceOptions {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly layout: BinnedLayout;
  readonly params: SplitParams;
  readonly quantisation: Quantisation;
  /** Scratch of {@link VarianceCriterion.scratchBytes}. */
  readonly scratch: number;
}

/** See the header. */
export class VarianceCriterion implements ForestCriterion {
  readonly entryBytes = 16;
  readonly candidateExtra = 0;
  readonly #o: VarianceOptions;
  readonly #views: MemoryViews;
  readonly #hessMask: bigint;
  readonly #totals: number;
  readonly #table: number;
  readonly #order: number;

  constructor(options: VarianceOptions) {
    this.#o = options;
    this.#views = new MemoryViews(options.memory);
    const { countShift } = options.quantisation;
    this.#hessMask = countShift < 63 ? (1n << BigInt(countShift)) - 1n : -1n;
    this.#totals = options.scratch + Math.ceil(splitParamsBytes / 64) * 64;
    this.#table = this.#totals + 64;
    this.#order = this.#table + Math.ceil((32 * options.layout.places.length) / 64) * 64;
    writeSplitParams(options.memory.buffer, options.scratch, options.params, options.quantisation);
  }

  /** Params, totals, a table of features, the order of categories. */
  static scratchBytes(layout: BinnedLayout): number {
    return 320 + 32 * layout.places.length + 12 * (layout.maxCategoryBins + 8) + 256;
  }

  build(view: ChosenView, hist: number): void {
    const { kernels, layout, quantisation } = this.#o;
    this.#views.refresh();
    kernels.histogramChosen(
      view.records,
      view.ids,
      view.numRows,
      layout.stride,
      layout.slotOffset,
      quantisation.slotBytes,
      quantisation.countShift,
      view.chosen.address,
      view.chosen.places.length,
      hist,
    );
  }

  totals(chosen: ChosenFeatures, hist: number): ForestTotals {
    const end = chosen.firstEntries[1] ?? chosen.numEntries;
    const words = this.#views.i64.subarray(hist / 8, hist / 8 + 2 * end);
    let grad = 0n;
    let hess = 0n;
    for (let i = 0; i < words.length; i += 2) {
      grad += words[i] as bigint;
      hess += words[i + 1] as bigint;
    }
    return [grad, hess];
  }

  noTotals(): ForestTotals {
    return [0n, 0n];
  }

  wordsOf(totals: ForestTotals): BigInt64Array {
    return BigInt64Array.from(totals as readonly bigint[]);
  }

  fromWords(words: BigInt64Array): ForestTotals {
    return [...words];
  }

  subtract(parent: ForestTotals, left: ForestTotals): ForestTotals {
    const [grad, hess] = parent as readonly [bigint, bigint];
    const [leftGrad, leftHess] = left as readonly [bigint, bigint];
    return [grad - leftGrad, hess - leftHess];
  }

  maySplit(totals: ForestTotals): boolean {
    const { countShift } = this.#o.quantisation;
    if (countShift >= 63) return true;
    const rows = (totals[1] as bigint) >> BigInt(countShift);
    return rows >= 2n * BigInt(Math.max(1, this.#o.params.minInstancesPerNode));
  }

  find(request: FindRequest): void {
    const { kernels, scratch, layout } = this.#o;
    const { chosen, begin, end, hist } = request;
    const { i64, u32 } = this.#views;
    i64[this.#totals / 8] = request.totals[0] as bigint;
    i64[this.#totals / 8 + 1] = request.totals[1] as bigint;
    let at = this.#table / 4 + 8 * begin;
    for (let i = begin; i < end; i++) {
      const place = layout.places[chosen.places[i] as number] as FeaturePlace;
      const first = chosen.firstEntries[i] as number;
      u32[at + 1] = first;
      u32[at + 2] = place.numValueBins;
      u32[at + 4] = place.feature.kind === 'numeric' ? 0 : 1;
      at += 8;
      this.#copyMissing(hist, first, place, false);
    }
    kernels.findSplit(
      hist,
      this.#table,
      begin,
      end,
      0,
      scratch,
      this.#totals,
      request.best,
      request.leftBins,
      this.#order,
    );
    toPlaces(this.#views.i32, request);
  }

  clearMoved(chosen: ChosenFeatures, hist: number): void {
    chosen.places.forEach((index, i) => {
      const place = this.#o.layout.places[index] as FeaturePlace;
      this.#copyMissing(hist, chosen.firstEntries[i] as number, place, true);
    });
  }

  choose(candidates: readonly DataView[], totals: ForestTotals): Split | null {
    const { quantisation, params, layout } = this.#o;
    const hess = (totals[1] as bigint) & this.#hessMask;
    const H = Number(hess) * quantisation.hessUnit;
    const G = Number(totals[0]) * quantisation.gradUnit;
    return pickSplit(candidates, layout, {
      parentScore: (G * G) / H,
      minGain: params.minInfoGain * H,
      isHeavier: (left) => 2n * (left & this.#hessMask) >= hess,
    });
  }

  leftTotals(split: Split): ForestTotals {
    const { left } = split.detail as SplitDetail;
    return [left.grad, left.hess];
  }

  cover(totals: ForestTotals): number {
    const hess = (totals[1] as bigint) & this.#hessMask;
    return Number(hess) * this.#o.quantisation.hessUnit;
  }

  /** The search looks for missing rows behind the values; records have them at 255. */
  #copyMissing(hist: number, first: number, place: FeaturePlace, clears: boolean): void {
    if (place.missingEntry === place.numValueBins) return;
    const { i64 } = this.#views;
    const to = hist / 8 + 2 * (first + place.numValueBins);
    const from = hist / 8 + 2 * (first + place.missingEntry);
    i64[to] = clears ? 0n : (i64[from] as bigint);
    i64[to + 1] = clears ? 0n : (i64[from + 1] as bigint);
  }
}

/** The kernel numbers the chosen features; candidates name places. */
function toPlaces(i32: Int32Array, request: FindRequest): void {
  for (const at of [request.best / 4 + 2, request.best / 4 + 12]) {
    const found = i32[at] as number;
    if (found >= 0) i32[at] = request.chosen.places[found] as number;
  }
}
