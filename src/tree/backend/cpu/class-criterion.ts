/**
 * Splits that lower the impurity of classes (gini or entropy), from integer counts of rows and weights. A
 * node's totals are float64 whole numbers, all below 2^53: rows of each class, then weights of each class.
 */
import { log } from '../../../base/portable-math.ts';
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Split } from '../backend.ts';
import { candidateHeadBytes, pickSplit } from './candidate.ts';
import type { ChosenFeatures } from './forest-backend.ts';
import type { ChosenView, FindRequest, ForestCriterion, ForestTotals } from './forest-criterion.ts';
import { MemoryViews } from './memory-views.ts';

/** An entry of a class is rows · 2^36 + weight; its upper word is rows · 16 + the weight's upper bits. */
const rowsInHigh = 16;
const wordSize = 4294967296;
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
  readonly #views: MemoryViews;
  readonly #totals: number;
  readonly #list: number;
  readonly #work: number;

  constructor(options: ClassOptions) {
    this.#o = options;
    this.#views = new MemoryViews(options.memory);
    const { numClasses, scratch, layout } = options;
    this.entryBytes = 8 * numClasses;
    this.candidateExtra = Math.ceil(numClasses / 8) * 64;
    this.#totals = scratch + 64;
    this.#list = this.#totals + Math.ceil((8 * numClasses) / 64) * 64;
    this.#work = this.#list + Math.ceil((8 * layout.places.length) / 64) * 64;
    this.#views.f64.set([options.minWeight, options.minInstancesPerNode], scratch / 8);
    const criterion = options.impurity === 'gini' ? 0 : 1;
    this.#views.i32.set([criterion, options.maxCategoriesPerSplit, 0], scratch / 4 + 4);
  }

  /** Params, totals, the list of features, two rows of classes, ratios and order of categories. */
  static scratchBytes(layout: BinnedLayout, numClasses: number): number {
    return 512 + 40 * numClasses + 8 * layout.places.length + 12 * (layout.maxCategoryBins + 8);
  }

  build(view: ChosenView, hist: number): void {
    const { kernels, layout, numClasses } = this.#o;
    this.#views.refresh();
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

  clearMoved(): void {}

  totals(chosen: ChosenFeatures, hist: number): ForestTotals {
    const { numClasses } = this.#o;
    const totals = new Float64Array(2 * numClasses);
    const end = (chosen.firstEntries[1] ?? chosen.numEntries) * numClasses;
    for (let i = 0; i < end; i++) this.#addEntry(totals, i % numClasses, hist / 4 + 2 * i);
    return totals;
  }

  noTotals(): ForestTotals {
    return new Float64Array(2 * this.#o.numClasses);
  }

  wordsOf(totals: ForestTotals): BigInt64Array {
    return BigInt64Array.from(totals as Float64Array, (value) => BigInt(value));
  }

  fromWords(words: BigInt64Array): ForestTotals {
    return Float64Array.from(words, Number);
  }

  subtract(parent: ForestTotals, left: ForestTotals): ForestTotals {
    const right = (parent as Float64Array).slice();
    for (let i = 0; i < right.length; i++) {
      right[i] = (right[i] as number) - (left[i] as number);
    }
    return right;
  }

  maySplit(totals: ForestTotals): boolean {
    const { numClasses, minInstancesPerNode } = this.#o;
    let rows = 0;
    let present = 0;
    for (let k = 0; k < numClasses; k++) {
      rows += totals[k] as number;
      if ((totals[numClasses + k] as number) > 0) present += 1;
    }
    return present > 1 && rows >= 2 * minInstancesPerNode;
  }

  find(request: FindRequest): void {
    const { kernels, scratch, numClasses, featureTable } = this.#o;
    const { chosen, begin, end } = request;
    const { u32 } = this.#views;
    const totals = request.totals as Float64Array;
    for (let k = 0; k < numClasses; k++) {
      const weight = totals[numClasses + k] as number;
      const high = Math.floor(weight / wordSize);
      u32[this.#totals / 4 + 2 * k] = weight - high * wordSize;
      u32[this.#totals / 4 + 2 * k + 1] = (totals[k] as number) * rowsInHigh + high;
    }
    const count = end - begin;
    for (let i = 0; i < count; i++) {
      u32[this.#list / 4 + i] = chosen.places[begin + i] as number;
      u32[this.#list / 4 + count + i] = chosen.firstEntries[begin + i] as number;
    }
    kernels.findClassSplit(
      request.hist,
      featureTable,
      this.#list,
      count,
      numClasses,
      scratch,
      this.#totals,
      request.best,
      request.leftBins,
      this.#work,
    );
  }

  choose(candidates: readonly DataView[], totals: ForestTotals): Split | null {
    const { layout, numClasses, minInfoGain, impurity } = this.#o;
    const counts = classWeights(totals, numClasses);
    let weight = 0;
    for (const count of counts) weight += count;
    let parentScore = 0;
    for (const count of counts) {
      if (impurity === 'gini') parentScore += count * count;
      else if (count > 0) parentScore += count * log(count / weight);
    }
    if (impurity === 'gini') parentScore /= weight;
    const minGain = minInfoGain * weight * (impurity === 'gini' ? 1 : ln2);
    const split = pickSplit(candidates, layout, {
      parentScore,
      minGain,
      isHeavier: () => false,
      leftBinsAt: candidateHeadBytes + this.candidateExtra,
    });
    if (split === null) return null;
    const winner = candidates.find((view) => view.getInt32(8, true) === split.place) as DataView;
    const left = this.#readLeft(winner);
    let leftWeight = 0;
    for (let k = 0; k < numClasses; k++) leftWeight += left[numClasses + k] as number;
    return {
      ...split,
      heavierIsLeft: 2 * leftWeight >= weight,
      gain: split.gain * this.#o.weightUnit,
      runnerUpGain: split.runnerUpGain * this.#o.weightUnit,
      detail: left,
    };
  }

  leftTotals(split: Split): ForestTotals {
    return split.detail as Float64Array;
  }

  cover(totals: ForestTotals): number {
    let weight = 0;
    for (const count of classWeights(totals, this.#o.numClasses)) weight += count;
    return weight * this.#o.weightUnit;
  }

  #readLeft(view: DataView): Float64Array {
    const { numClasses } = this.#o;
    const totals = new Float64Array(2 * numClasses);
    for (let k = 0; k < numClasses; k++) {
      const low = view.getUint32(56 + 8 * k, true);
      const high = view.getUint32(60 + 8 * k, true);
      totals[k] = Math.floor(high / rowsInHigh);
      totals[numClasses + k] = (high % rowsInHigh) * wordSize + low;
    }
    return totals;
  }

  #addEntry(totals: Float64Array, k: number, at: number): void {
    const { numClasses } = this.#o;
    const low = this.#views.u32[at] as number;
    const high = this.#views.u32[at + 1] as number;
    totals[k] = (totals[k] as number) + Math.floor(high / rowsInHigh);
    totals[numClasses + k] =
      (totals[numClasses + k] as number) + (high % rowsInHigh) * wordSize + low;
  }
}

/** Weights of the classes of a node, in units. */
export function classWeights(totals: ForestTotals, numClasses: number): Float64Array {
  return (totals as Float64Array).subarray(numClasses, 2 * numClasses);
}
