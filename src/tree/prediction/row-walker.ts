/**
 * A forest laid out for one row at a time: each value is compared with the thresholds themselves, eight trees
 * at once. wasm/assembly/score-row.ts draws the nodes. For many rows the byte forest is faster; for a few, not
 * laying anything out is.
 */
import { Arena } from '../../base/arena.ts';
import { chooseKernels, newKernelMemory } from '../../kernels/choose.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { nodeFlag } from '../tree.ts';
import type { TreeEnsemble } from '../tree-ensemble.ts';

/** Trees that are walked side by side. */
const lanes = 8;

/** The forest on the calling thread. */
export class RowWalker {
  /** The features that some split uses, ascending, and the categories of each, −1 for a number. */
  readonly #features: readonly number[];
  readonly #counts: readonly number[];
  readonly #sums: Float64Array;
  readonly #ensemble: TreeEnsemble;
  readonly #numCategories: ReadonlyMap<number, number>;
  readonly #kernels: Kernels;
  readonly #slots: Float64Array;
  readonly #codes: Int32Array | null;
  readonly #roots: number;
  readonly #numRoots: number;
  readonly #leafValues: number;

  /** @param numCategories how many categories each feature that is split by category has */
  constructor(
    e: TreeEnsemble,
    numOutputs: number,
    numCategories: ReadonlyMap<number, number>,
    kernels?: string,
  ) {
    this.#ensemble = e;
    this.#numCategories = numCategories;
    this.#features = usedFeatures(e);
    this.#counts = this.#features.map((feature) => numCategories.get(feature) ?? -1);
    const isMixed = this.#features.some((feature) => numCategories.has(feature));
    const nodeBytes = isMixed ? 32 : 16;
    const numSlots = 1 + 2 * this.#features.length;
    const arena = new Arena(64);
    // a leaf of value 0 behind all nodes fills the last lanes
    const nodes = arena.allocate((e.feature.length + 1) * nodeBytes);
    const slots = arena.allocate(numSlots * 8);
    const codes = arena.allocate(isMixed ? numSlots * 4 : 0);
    this.#numRoots = Math.ceil(e.numTrees / lanes) * lanes;
    this.#roots = arena.allocate(this.#numRoots * 4);
    const sums = arena.allocate(numOutputs * 8);
    const leafValues = e.numOutputs > 1 ? arena.allocate(e.value.length * 8 + numOutputs * 8) : 0;
    this.#leafValues = leafValues;
    const bits = arena.allocate(isMixed ? 4 + this.#bitBytes() : 0);
    const memory = newKernelMemory(arena.top);
    this.#kernels = chooseKernels(memory, kernels);
    const { buffer } = memory;
    this.#sums = new Float64Array(buffer, sums, numOutputs);
    this.#slots = new Float64Array(buffer, slots, numSlots);
    this.#slots[0] = Number.NEGATIVE_INFINITY;
    this.#codes = isMixed ? new Int32Array(buffer, codes, numSlots) : null;
    if (e.numOutputs > 1) new Float64Array(buffer, leafValues, e.value.length).set(e.value);
    const roots = new Uint32Array(buffer, this.#roots, this.#numRoots);
    roots.fill(nodes + e.feature.length * nodeBytes);
    for (let t = 0; t < e.numTrees; t++) {
      roots[t] = nodes + (e.treeStart[t] as number) * nodeBytes;
    }
    this.#writeNodes(buffer, { nodes, nodeBytes, bits: isMixed ? bits : 0 });
  }

  /**
   * Adds all trees up.
   *
   * @param values one a feature; NaN is missing, of a category's positions a negative one was never seen
   * @returns float64[numOutputs], which the next run overwrites
   */
  run(values: Float64Array): Float64Array {
    const features = this.#features;
    const slots = this.#slots;
    for (let place = 0; place < features.length; place++) {
      const feature = features[place] as number;
      const value = values[feature] as number;
      const numCategories = this.#counts[place] as number;
      if (numCategories < 0) {
        slots[1 + 2 * place] = value;
        slots[2 + 2 * place] = Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
      } else {
        const other = Number.isNaN(value) ? numCategories + 1 : numCategories;
        (this.#codes as Int32Array)[1 + 2 * place] = value >= 0 ? value : other;
      }
    }
    const sums = this.#sums;
    sums.fill(0);
    this.#kernels.scoreRow(
      this.#slots.byteOffset,
      this.#codes === null ? 0 : this.#codes.byteOffset,
      this.#roots,
      this.#numRoots,
      this.#leafValues,
      sums.length,
      sums.byteOffset,
    );
    return sums;
  }

  /** Bytes of all category splits: a bit for each category, the unseen and the missing one. */
  #bitBytes(): number {
    const e = this.#ensemble;
    let total = 0;
    for (let n = 0; n < e.feature.length; n++) {
      if (isCategorySplit(e, n)) total += this.#wordsOf(e.feature[n] as number) * 4;
    }
    return total;
  }

  #wordsOf(feature: number): number {
    return Math.ceil(((this.#numCategories.get(feature) as number) + 2) / 32);
  }

  #writeNodes(
    buffer: ArrayBufferLike,
    at: { readonly nodes: number; readonly nodeBytes: number; readonly bits: number },
  ): void {
    const e = this.#ensemble;
    const { nodes, nodeBytes, bits } = at;
    const numNodes = e.feature.length + 1;
    const doubles = new Float64Array(buffer, nodes, (numNodes * nodeBytes) / 8);
    const words = new Uint32Array(buffer, nodes, (numNodes * nodeBytes) / 4);
    const [doublesEach, wordsEach] = [nodeBytes / 8, nodeBytes / 4];
    const places = new Map(this.#features.map((feature, place) => [feature, place]));
    const writeLeaf = (n: number, value: number): void => {
      doubles[n * doublesEach] = value;
      words[n * wordsEach + 3] = nodes + n * nodeBytes;
      if (bits !== 0) words[n * wordsEach + 4] = bits;
    };
    let nextBits = bits + 4;
    for (let t = 0; t < e.numTrees; t++) {
      const start = e.treeStart[t] as number;
      for (let n = start; n < (e.treeStart[t + 1] as number); n++) {
        const left = e.leftChild[n] as number;
        if (left === 0) {
          writeLeaf(n, e.numOutputs > 1 ? n : (e.value[n] as number));
          continue;
        }
        const feature = e.feature[n] as number;
        const isCategory = isCategorySplit(e, n);
        const isLow = !isCategory && ((e.flags[n] as number) & nodeFlag.missingGoesLeft) !== 0;
        const slot = 1 + 2 * (places.get(feature) as number) + (isLow ? 1 : 0);
        doubles[n * doublesEach] = isCategory
          ? Number.NEGATIVE_INFINITY
          : (e.threshold[n] as number);
        words[n * wordsEach + 2] = slot * 8;
        words[n * wordsEach + 3] = nodes + (start + left) * nodeBytes;
        if (bits === 0) continue;
        words[n * wordsEach + 4] = isCategory ? nextBits : bits;
        if (isCategory) nextBits += this.#writeBits(buffer, n, nextBits);
      }
    }
    writeLeaf(numNodes - 1, e.numOutputs > 1 ? numNodes - 1 : 0);
  }

  /** Writes a category split's bits; returns how many bytes they take. */
  #writeBits(buffer: ArrayBufferLike, node: number, address: number): number {
    const e = this.#ensemble;
    const feature = e.feature[node] as number;
    const words = new Uint32Array(buffer, address, this.#wordsOf(feature));
    const own = e.categoryCount[node] as number;
    const first = e.categoryStart[node] as number;
    words.set(e.categoryBits.subarray(first, first + Math.ceil(own / 32)));
    const flags = e.flags[node] as number;
    const count = this.#numCategories.get(feature) as number;
    const setBit = (code: number, isLeft: boolean): void => {
      const bit = (1 << (code & 31)) >>> 0;
      const word = words[code >> 5] as number;
      words[code >> 5] = isLeft ? word | bit : word & ~bit;
    };
    for (let code = own; code <= count; code++) {
      setBit(code, (flags & nodeFlag.unseenGoesLeft) !== 0);
    }
    setBit(count + 1, (flags & nodeFlag.missingGoesLeft) !== 0);
    return words.byteLength;
  }
}

function isCategorySplit(e: TreeEnsemble, node: number): boolean {
  return e.leftChild[node] !== 0 && ((e.flags[node] as number) & nodeFlag.isCategory) !== 0;
}

function usedFeatures(e: TreeEnsemble): number[] {
  const used = new Set<number>();
  for (let n = 0; n < e.feature.length; n++) {
    if (e.leftChild[n] !== 0) used.add(e.feature[n] as number);
  }
  return [...used].sort((a, b) => a - b);
}
