/** Splits that lower the variance of a number: sums of g and h as in boosting, a penalty of 0. */
import type { BinnedLayout, FeaturePlace } from '../../../binning/binned-layout.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Quantisation, SplitParams } from '../../split-params.ts';
import { splitParamsBytes, writeSplitParams } from '../../split-params.ts';
import type { Split } from '../backend.ts';
import { pickSplit, type SplitDetail } from './candidate.ts';
import type {
  ChosenFeatures,
  ChosenView,
  FindRequest,
  ForestCriterion,
  ForestNode,
} from './forest-backend.ts';

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

  constructor(options: VarianceOptions) {
    this.#o = options;
    writeSplitParams(options.memory.buffer, options.scratch, options.params, options.quantisation);
  }

  /** Params, totals, one part's address, a table of features, a compact histogram, the order of categories. */
  static scratchBytes(layout: BinnedLayout): number {
    return (
      256 +
      32 * layout.places.length +
      16 * (layout.numCompact + 4) +
      12 * (layout.maxCategoryBins + 8) +
      256
    );
  }

  build(view: ChosenView, hist: number): void {
    const { kernels, layout, quantisation } = this.#o;
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

  totals(chosen: ChosenFeatures, hist: number): readonly bigint[] {
    const end = chosen.firstEntries[1] ?? chosen.numEntries;
    const words = new BigInt64Array(this.#o.memory.buffer, hist, 2 * end);
    let grad = 0n;
    let hess = 0n;
    for (let i = 0; i < words.length; i += 2) {
      grad += words[i] as bigint;
      hess += words[i + 1] as bigint;
    }
    return [grad, hess];
  }

  find(request: FindRequest): void {
    const { kernels, memory, scratch, layout } = this.#o;
    const { chosen, begin, end, hist } = request;
    const totals = scratch + Math.ceil(splitParamsBytes / 64) * 64;
    const parts = totals + 64;
    const table = parts + 64;
    const compact = table + Math.ceil((32 * layout.places.length) / 64) * 64;
    const order = compact + Math.ceil((16 * (layout.numCompact + 4)) / 64) * 64;
    new BigInt64Array(memory.buffer, totals, 2).set(request.totals);
    new Uint32Array(memory.buffer, parts, 1)[0] = hist;
    const words = new Uint32Array(memory.buffer, table, 8 * chosen.places.length);
    let first = 0;
    chosen.places.forEach((index, i) => {
      const place = layout.places[index] as FeaturePlace;
      const kind = place.feature.kind === 'numeric' ? 0 : 1;
      const fields = [
        chosen.firstEntries[i] as number,
        first,
        place.numValueBins,
        place.missingEntry,
        kind,
        0,
        0,
        0,
      ];
      words.set(fields, 8 * i);
      first += place.numValueBins + 1;
    });
    kernels.reduceHistogram(parts, 1, 0, 0, table, begin, end, compact);
    kernels.findSplit(
      compact,
      table,
      begin,
      end,
      0,
      scratch,
      totals,
      request.best,
      request.leftBins,
      order,
    );
    toPlaces(new DataView(memory.buffer), request);
  }

  choose(candidates: readonly DataView[], node: ForestNode): Split | null {
    const { quantisation, params, layout } = this.#o;
    const [grad, word] = node.totals as [bigint, bigint];
    const hess = this.#hessOf(word);
    const H = Number(hess) * quantisation.hessUnit;
    const G = Number(grad) * quantisation.gradUnit;
    return pickSplit(candidates, layout, {
      parentScore: (G * G) / H,
      minGain: params.minInfoGain * H,
      isHeavier: (left) => 2n * this.#hessOf(left) >= hess,
    });
  }

  leftTotals(split: Split): readonly bigint[] {
    const { left } = split.detail as SplitDetail;
    return [left.grad, left.hess];
  }

  cover(totals: readonly bigint[]): number {
    return Number(this.#hessOf(totals[1] as bigint)) * this.#o.quantisation.hessUnit;
  }

  #hessOf(word: bigint): bigint {
    const { countShift } = this.#o.quantisation;
    return countShift < 63 ? word & ((1n << BigInt(countShift)) - 1n) : word;
  }
}

/** The kernel numbers the chosen features; candidates name places. */
export function toPlaces(view: DataView, request: FindRequest): void {
  for (const at of [request.best + 8, request.best + 48]) {
    const found = view.getInt32(at, true);
    if (found >= 0) view.setInt32(at, request.chosen.places[found] as number, true);
  }
}
