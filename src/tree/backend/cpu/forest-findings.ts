/**
 * What a kernel found of a node, as it left it in memory (wasm/assembly/forest-plan.ts draws it), copied into the
 * table of nodes: weight, rows, class shares, and the split.
 */
import type { BinnedLayout, FeaturePlace } from '../../../binning/binned-layout.ts';
import { type ForestNodes, flagsOf } from './forest-nodes.ts';
import { entryWords, type ForestSetting } from './forest-plan.ts';
import type { MemoryViews } from './memory-views.ts';

const wordSize = 4294967296;

/** What one unit of the kernels' integers is worth. */
export interface ForestUnits {
  readonly weight: number;
  readonly gain: number;
}

/** Copies findings. */
export class ForestFindings {
  readonly #views: MemoryViews;
  readonly #layout: BinnedLayout;
  readonly #setting: ForestSetting;
  readonly #units: ForestUnits;
  readonly #nodes: ForestNodes;
  readonly #words: number;

  constructor(parts: {
    readonly views: MemoryViews;
    readonly layout: BinnedLayout;
    readonly setting: ForestSetting;
    readonly units: ForestUnits;
    readonly nodes: ForestNodes;
  }) {
    this.#views = parts.views;
    this.#layout = parts.layout;
    this.#setting = parts.setting;
    this.#units = parts.units;
    this.#nodes = parts.nodes;
    this.#words = entryWords(parts.setting);
  }

  /** Weight, rows and class shares. */
  takeTotals(node: number, best: number): void {
    this.#takeSide(node, best + 64);
  }

  /** The split that was found. */
  takeSplit(node: number, best: number): void {
    const { i32, f64, buffer } = this.#views;
    const nodes = this.#nodes;
    const at = best / 4;
    const place = i32[at + 3] as number;
    const isCategory = (i32[at + 7] as number) > 0;
    nodes.place[node] = place;
    nodes.cut[node] = isCategory
      ? -1
      : this.#cutOf(place, i32[at + 4] as number, i32[at + 5] as number);
    nodes.flags[node] = flagsOf({
      isCategory,
      missingGoesLeft: i32[at + 6] === 1,
      heavierIsLeft: i32[at + 11] === 1,
    });
    if (nodes.bounds !== null) nodes.bounds.found(node, this.#childValues(best));
    nodes.gain[node] = (f64[best / 8] as number) * this.#units.gain;
    const runnerUp = i32[at + 10] as number;
    nodes.runnerUpPlace[node] = runnerUp;
    nodes.runnerUpGain[node] =
      runnerUp < 0 ? 0 : Math.max(0, f64[best / 8 + 4] as number) * this.#units.gain;
    if (!isCategory) return;
    const { numValueBins } = this.#layout.places[place] as FeaturePlace;
    const words = Math.floor((numValueBins + 64) / 64) * 2;
    nodes.leftBins.set(node, new Uint32Array(buffer, this.leftBins(best), words).slice());
  }

  /** Weight, rows and shares of the two children, where their rows need not be moved. */
  takeChildren(node: number, best: number): void {
    const left = this.#nodes.leftChild[node] as number;
    const bytes = 8 * this.#words;
    this.#takeSide(left, best + 64 + bytes);
    const { i64 } = this.#views;
    const at = (best + 64) / 8;
    for (let w = 0; w < this.#words; w++) {
      i64[at + w] = (i64[at + w] as bigint) - (i64[at + this.#words + w] as bigint);
    }
    this.#takeSide(left + 1, best + 64);
  }

  /** Where the left bins of a split by categories lie. */
  leftBins(best: number): number {
    return best + 64 + 16 * this.#words;
  }

  /** Of the two sides, as the kernels compare them: a number's, or the share of the second of two classes. */
  #childValues(best: number): [number, number] {
    const { i64 } = this.#views;
    const at = best / 8 + 8;
    const isShare = this.#setting.kind === 'classes';
    const mask = (1n << BigInt(this.#setting.countShift)) - 1n;
    const [first, second, leftFirst, leftSecond] = i64.subarray(at, at + 4) as unknown as bigint[];
    const childValue = (a: bigint, b: bigint): number => {
      const h = b & mask;
      return isShare ? Number(h) / Number((a + b) & mask) : Number(a) / Number(h);
    };
    const [a, b] = [leftFirst as bigint, leftSecond as bigint];
    return [childValue(a, b), childValue((first as bigint) - a, (second as bigint) - b)];
  }

  /** The gap between the last bin on the left and the first on the right is cut in its middle. */
  #cutOf(place: number, last: number, next: number): number {
    const { numValueBins } = this.#layout.places[place] as FeaturePlace;
    // all values on the left: the other side is the missing ones
    return next >= numValueBins ? numValueBins - 1 : (last + next - 1) >> 1;
  }

  /** From words of totals: x and h (and further x), or one a class. */
  #takeSide(node: number, address: number): void {
    const { u32 } = this.#views;
    const { kind, countShift } = this.#setting;
    const nodes = this.#nodes;
    let at = address / 4;
    if (kind === 'number' || kind === 'numbers') {
      const h = this.#views.i64[address / 8 + 1] as bigint;
      const shift = BigInt(countShift);
      nodes.rows[node] = Number(h >> shift);
      nodes.cover[node] = Number(h & ((1n << shift) - 1n)) * this.#units.weight;
      return;
    }
    const to = node * nodes.numOutputs;
    if (kind === 'two classes') {
      const second = (u32[at] as number) + (u32[at + 1] as number) * wordSize;
      const high = u32[at + 3] as number;
      const weight = (u32[at + 2] as number) + (high & 15) * wordSize;
      nodes.rows[node] = Math.floor(high / 16);
      nodes.cover[node] = weight * this.#units.weight;
      // a tree that drew no row knows nothing
      nodes.value[to] = weight > 0 ? (weight - second) / weight : 0.5;
      nodes.value[to + 1] = weight > 0 ? second / weight : 0.5;
      return;
    }
    let rows = 0;
    let weight = 0;
    for (let k = 0; k < nodes.numOutputs; k++, at += 2) {
      const high = u32[at + 1] as number;
      const ofClass = (u32[at] as number) + (high & 15) * wordSize;
      rows += Math.floor(high / 16);
      weight += ofClass;
      nodes.value[to + k] = ofClass;
    }
    nodes.rows[node] = rows;
    nodes.cover[node] = weight * this.#units.weight;
    for (let k = 0; k < nodes.numOutputs; k++) {
      const share = (nodes.value[to + k] as number) / weight;
      nodes.value[to + k] = weight > 0 ? share : 1 / nodes.numOutputs;
    }
  }
}
