/** Splits that lower the impurity of classes (gini or entropy), from integer counts of rows and weights. */

import { log } from '../../../base/portable-math.ts';
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Split } from '../backend.ts';
import { candidateHeadBytes, pickSplit } from './candidate.ts';
import type {
  ChosenFeatures,
  ChosenView,
  FindRequest,
  ForestCriterion,
  ForestNode,
} from './forest-backend.ts';

/** An entry of a class is rows · 2^36 + weight. */
const rowShift = 36n;
const weightMask = (1n << rowShift) - 1n;
const ln2 = 0.6931471805599453;

/** What it is made of. */
export interface ClassOptions {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly layout: BinnedLayout;
  readonly numClasses: number;
  readonly impurity: 'gini' | 'entropy';
  readonly minInstancesPerNode: number;
  /** In units of weight. */
  readonly minWeight: number;
  readonly minInfoGain: number;
  readonly maxCategoriesPerSplit: number;
  /** Weight of one unit. */
  readonly weightUnit: number;
  readonly featureTable: number;
  readonly scratch: number;
}

/** See the header. */
export class ClassCriterion implements ForestCriterion {
  readonly entryBytes: number;
  readonly candidateExtra: number;
  readonly #o: ClassOptions;

  constructor(options: ClassOptions) {
    this.#o = options;
    this.entryBytes = 8 * options.numClasses;
    this.candidateExtra = Math.ceil(options.numClasses / 8) * 64;
    const buffer = options.memory.buffer;
    new Float64Array(buffer, options.scratch, 2).set([
      options.minWeight,
      options.minInstancesPerNode,
    ]);
    new Int32Array(buffer, options.scratch + 16, 3).set([
      options.impurity === 'gini' ? 0 : 1,
      options.maxCategoriesPerSplit,
      0,
    ]);
  }

  /** Params, totals, the list of features, two rows of classes, ratios and order of categories. */
  static scratchBytes(layout: BinnedLayout, numClasses: number): number {
    return (
      512 +
      24 * numClasses +
      8 * layout.places.length +
      16 * numClasses +
      12 * (layout.maxCategoryBins + 8)
    );
  }

  build(view: ChosenView, hist: number): void {
    const { kernels, layout, numClasses } = this.#o;
    kernels.histogramClasses(
      view.records,
      view.ids,
      view.numRows,
      layout.stride,
      layout.slotOffset,
      numClasses,
      view.chosen.address,
      view.chosen.places.length,
      hist,
    );
  }

  totals(chosen: ChosenFeatures, hist: number): readonly bigint[] {
    const { numClasses, memory } = this.#o;
    const end = chosen.firstEntries[1] ?? chosen.numEntries;
    const words = new BigInt64Array(memory.buffer, hist, numClasses * end);
    const totals = Array.from({ length: numClasses }, () => 0n);
    for (let i = 0; i < words.length; i++) {
      const k = i % numClasses;
      totals[k] = (totals[k] as bigint) + (words[i] as bigint);
    }
    return totals;
  }

  find(request: FindRequest): void {
    const { kernels, memory, scratch, numClasses, featureTable } = this.#o;
    const { chosen, begin, end } = request;
    const totals = scratch + 64;
    const list = totals + Math.ceil((8 * numClasses) / 64) * 64;
    const work = list + Math.ceil((8 * this.#o.layout.places.length) / 64) * 64;
    new BigInt64Array(memory.buffer, totals, numClasses).set(request.totals);
    const count = end - begin;
    const words = new Uint32Array(memory.buffer, list, 2 * count);
    for (let i = 0; i < count; i++) {
      words[i] = chosen.places[begin + i] as number;
      words[count + i] = chosen.firstEntries[begin + i] as number;
    }
    kernels.findClassSplit(
      request.hist,
      featureTable,
      list,
      count,
      numClasses,
      scratch,
      totals,
      request.best,
      request.leftBins,
      work,
    );
  }

  choose(candidates: readonly DataView[], node: ForestNode): Split | null {
    const { layout, numClasses, minInfoGain, impurity } = this.#o;
    const counts = node.totals.map((total) => Number(total & weightMask));
    const weight = counts.reduce((sum, count) => sum + count, 0);
    const parentScore =
      impurity === 'gini'
        ? counts.reduce((sum, count) => sum + count * count, 0) / weight
        : counts.reduce((sum, count) => sum + (count > 0 ? count * log(count / weight) : 0), 0);
    const lefts = candidates.map((view) => readClasses(view, numClasses));
    const minGain = minInfoGain * weight * (impurity === 'gini' ? 1 : ln2);
    const heads = candidates.map((view, i) =>
      headView(view, lefts[i] as bigint[], this.candidateExtra),
    );
    const split = pickSplit(heads, layout, {
      parentScore,
      minGain,
      isHeavier: (left) => 2 * Number(left) >= weight,
    });
    if (split === null) return null;
    const winner = candidates.findIndex((view) => view.getInt32(8, true) === split.place);
    return { ...split, gain: split.gain * this.#o.weightUnit, detail: lefts[winner] };
  }

  leftTotals(split: Split): readonly bigint[] {
    return split.detail as readonly bigint[];
  }

  cover(totals: readonly bigint[]): number {
    const weight = totals.reduce((sum, total) => sum + (total & weightMask), 0n);
    return Number(weight) * this.#o.weightUnit;
  }
}

/** Weights of the classes of a node, in units. */
export function classWeights(totals: readonly bigint[]): number[] {
  return totals.map((total) => Number(total & weightMask));
}

function readClasses(view: DataView, numClasses: number): bigint[] {
  return Array.from({ length: numClasses }, (_, k) => view.getBigInt64(56 + 8 * k, true));
}

/** A candidate in the form of {@link pickSplit}: the left's weight where its hessian is looked for. */
function headView(view: DataView, left: readonly bigint[], extra: number): DataView {
  const copy = new Uint8Array(view.byteLength - extra);
  const all = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  copy.set(all.subarray(0, candidateHeadBytes));
  copy.set(all.subarray(candidateHeadBytes + extra), candidateHeadBytes);
  const head = new DataView(copy.buffer);
  head.setBigInt64(
    32,
    left.reduce((sum, total) => sum + (total & weightMask), 0n),
    true,
  );
  return head;
}
