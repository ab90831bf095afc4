/**
 * Predicts batches with a forest: columns become bins of the model's own thresholds, rows walk the trees in
 * blocks, leaves add up tree by tree. The same sums, bit for bit, as walking each row on the thresholds.
 *
 *   narrow: one byte a feature, eight rows in flight; models of numeric splits, one output a tree, at most
 *           254 thresholds a feature
 *   general: two bytes a feature; category splits, many thresholds, leaves of several values
 */
import { Arena } from '../base/arena.ts';
import { chooseKernels, newKernelMemory } from '../kernels/choose.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { nodeFlag, type TreeEnsemble, treeDepths } from './tree.ts';

/** Rows that walk the trees together. */
const blockRows = 1024;
const missingGeneral = 65535;
const unseenGeneral = 65534;

/** One feature's values of a batch. */
export type FeatureValues =
  | { readonly kind: 'numeric'; readonly values: Float64Array }
  /** codes: −1 missing, else a position in binOf; binOf: the model's category, or −1 for an unseen one. */
  | { readonly kind: 'category'; readonly codes: Int32Array; readonly binOf: Int32Array };

/** How trees' values are added: tree t adds to output t % numOutputs, or every tree to all outputs. */
export interface PredictorOptions {
  readonly numOutputs: number;
  readonly kernels?: string | undefined;
}

interface UsedFeature {
  readonly feature: number;
  readonly offset: number;
  /** Address of the padded cuts, and the search's first step. */
  readonly cuts: number;
  readonly topStep: number;
}

/** A forest laid out for prediction on one thread. */
export class TreePredictor {
  readonly #ensemble: TreeEnsemble;
  readonly #numOutputs: number;
  readonly #isNarrow: boolean;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  readonly #depths: Uint32Array;
  readonly #used: UsedFeature[] = [];
  readonly #categoryFeatures: ReadonlySet<number>;
  readonly #stride: number;
  readonly #nodes: number;
  readonly #values: number;
  readonly #bits: number;
  readonly #staging: number;
  readonly #records: number;
  readonly #sums: number;
  readonly #nodeOf: number;
  #codeTable: { address: number; length: number };

  constructor(ensemble: TreeEnsemble, options: PredictorOptions) {
    this.#ensemble = ensemble;
    this.#numOutputs = options.numOutputs;
    this.#depths = treeDepths(ensemble);
    const { cuts, categories } = collectCuts(ensemble);
    this.#categoryFeatures = categories;
    const widest = Math.max(0, ...[...cuts.values()].map((values) => values.length));
    this.#isNarrow = categories.size === 0 && widest <= 254 && ensemble.numOutputs === 1;
    const features = [...new Set([...cuts.keys(), ...categories])].sort((a, b) => a - b);
    const width = this.#isNarrow ? 1 : 2;
    this.#stride = Math.max(8, Math.ceil((features.length * width) / 8) * 8);
    const numNodes = ensemble.feature.length;
    const arena = new Arena(64);
    const tables = features.map((feature) => {
      const size = tableSize(cuts.get(feature)?.length ?? 0);
      return { feature, size, address: arena.allocate(size * 8) };
    });
    this.#nodes = arena.allocate(numNodes * (this.#isNarrow ? 8 : 16));
    this.#values = arena.allocate(numNodes * ensemble.numOutputs * 8);
    this.#bits = arena.allocate(ensemble.categoryBits.length * 4 + 4);
    this.#staging = arena.allocate(blockRows * 8);
    this.#records = arena.allocate(blockRows * this.#stride);
    this.#sums = arena.allocate(blockRows * options.numOutputs * 8);
    this.#nodeOf = arena.allocate(blockRows * 4);
    this.#codeTable = { address: arena.allocate(65536 * 2), length: 65536 };
    this.#memory = newKernelMemory(arena.top);
    this.#kernels = chooseKernels(this.#memory, options.kernels);
    tables.forEach(({ feature, size, address }, i) => {
      const padded = new Float64Array(this.#memory.buffer, address, size);
      padded.fill(Number.POSITIVE_INFINITY);
      padded.set(cuts.get(feature) ?? []);
      this.#used.push({
        feature,
        offset: i * width,
        cuts: address,
        topStep: Math.max(1, size / 2),
      });
    });
    const buffer = this.#memory.buffer;
    new Float64Array(buffer, this.#values, ensemble.value.length).set(ensemble.value);
    new Uint32Array(buffer, this.#bits, ensemble.categoryBits.length).set(ensemble.categoryBits);
    if (this.#isNarrow) this.#writeNarrow(cuts);
    else this.#writeGeneral(cuts);
  }

  /** The features that some split uses, ascending. */
  get usedFeatures(): readonly number[] {
    return this.#used.map(({ feature }) => feature);
  }

  /** Sums of the trees' values. @returns float64[numRows · numOutputs], row by row */
  predict(columns: ReadonlyMap<number, FeatureValues>, numRows: number): Float64Array {
    const out = new Float64Array(new SharedArrayBuffer(numRows * this.#numOutputs * 8));
    for (let from = 0; from < numRows; from += blockRows) {
      const rows = Math.min(blockRows, numRows - from);
      this.#bin(columns, from, rows);
      const sums = new Float64Array(this.#memory.buffer, this.#sums, rows * this.#numOutputs);
      sums.fill(0);
      for (let t = 0; t < this.#ensemble.numTrees; t++) this.#walk(t, rows);
      out.set(sums, from * this.#numOutputs);
    }
    return out;
  }

  /** The node each row ends in, tree by tree. @returns uint32[numTrees · numRows] */
  leaves(columns: ReadonlyMap<number, FeatureValues>, numRows: number): Uint32Array {
    const { numTrees, treeStart } = this.#ensemble;
    const out = new Uint32Array(numTrees * numRows);
    for (let row = 0; row < numRows; row++) {
      for (let t = 0; t < numTrees; t++) {
        out[t * numRows + row] = leafOfRow(this.#ensemble, treeStart[t] as number, columns, row);
      }
    }
    return out;
  }

  #bin(columns: ReadonlyMap<number, FeatureValues>, from: number, rows: number): void {
    for (const used of this.#used) {
      const column = columns.get(used.feature);
      if (column === undefined) throw new RangeError(`feature ${used.feature} was not given`);
      const out = this.#records + used.offset;
      if (column.kind === 'category') {
        this.#binCodes(column, from, rows, out);
        continue;
      }
      new Float64Array(this.#memory.buffer, this.#staging, rows).set(
        column.values.subarray(from, from + rows),
      );
      const bin = this.#isNarrow ? this.#kernels.binF64 : this.#kernels.binF64Wide;
      const missing = this.#isNarrow ? 255 : missingGeneral;
      bin(this.#staging, rows, used.cuts, used.topStep, out, this.#stride, missing);
    }
  }

  #binCodes(
    column: Extract<FeatureValues, { kind: 'category' }>,
    from: number,
    rows: number,
    out: number,
  ): void {
    const { binOf } = column;
    if (binOf.length > this.#codeTable.length) {
      const pages = Math.ceil((binOf.length * 2) / 65536);
      const address = this.#memory.buffer.byteLength;
      this.#memory.grow(pages);
      this.#codeTable = { address, length: pages * 32768 };
    }
    const table = new Uint16Array(this.#memory.buffer, this.#codeTable.address, binOf.length);
    for (let i = 0; i < binOf.length; i++) {
      const bin = binOf[i] as number;
      table[i] = bin < 0 ? unseenGeneral : bin;
    }
    new Int32Array(this.#memory.buffer, this.#staging, rows).set(
      column.codes.subarray(from, from + rows),
    );
    this.#kernels.binCodes(
      this.#staging,
      rows,
      this.#codeTable.address,
      out,
      this.#stride,
      missingGeneral,
      2,
    );
  }

  #walk(tree: number, rows: number): void {
    const ensemble = this.#ensemble;
    const start = ensemble.treeStart[tree] as number;
    const step = this.#numOutputs * 8;
    const output = ensemble.numOutputs === 1 ? tree % this.#numOutputs : 0;
    if (this.#isNarrow) {
      this.#kernels.predictNarrow(
        this.#records,
        this.#stride,
        rows,
        this.#nodes + start * 8,
        this.#values + start * 8,
        this.#depths[tree] as number,
        this.#sums + output * 8,
        step,
      );
      return;
    }
    this.#kernels.findNodes(
      this.#records,
      this.#stride,
      rows,
      this.#nodes + start * 16,
      this.#bits,
      this.#nodeOf,
    );
    this.#kernels.addNodeValues(
      this.#nodeOf,
      rows,
      this.#values + start * ensemble.numOutputs * 8,
      ensemble.numOutputs,
      this.#sums + output * 8,
      step,
    );
  }

  #writeNarrow(cuts: ReadonlyMap<number, Float64Array>): void {
    const e = this.#ensemble;
    const words = new Uint32Array(this.#memory.buffer, this.#nodes, e.feature.length * 2);
    const offsets = new Map(this.#used.map(({ feature, offset }) => [feature, offset]));
    for (let t = 0; t < e.numTrees; t++) {
      const start = e.treeStart[t] as number;
      for (let n = start; n < (e.treeStart[t + 1] as number); n++) {
        const left = e.leftChild[n] as number;
        if (left === 0) {
          words[2 * n] = 0xff000000;
          words[2 * n + 1] = n - start;
          continue;
        }
        const feature = e.feature[n] as number;
        const bin = positionOf(cuts.get(feature) as Float64Array, e.threshold[n] as number);
        const shift = (e.flags[n] as number) & nodeFlag.missingGoesLeft;
        words[2 * n] =
          (offsets.get(feature) as number) + shift * 0x10000 + (bin + shift) * 0x1000000;
        words[2 * n + 1] = left;
      }
    }
  }

  #writeGeneral(cuts: ReadonlyMap<number, Float64Array>): void {
    const e = this.#ensemble;
    const words = new Int32Array(this.#memory.buffer, this.#nodes, e.feature.length * 4);
    const offsets = new Map(this.#used.map(({ feature, offset }) => [feature, offset]));
    for (let n = 0; n < e.feature.length; n++) {
      const left = e.leftChild[n] as number;
      if (left === 0) continue;
      const feature = e.feature[n] as number;
      const flags = e.flags[n] as number;
      const isCategory = (flags & nodeFlag.isCategory) !== 0;
      words[4 * n] = offsets.get(feature) as number;
      words[4 * n + 1] = isCategory
        ? -1 - (e.categoryStart[n] as number)
        : positionOf(cuts.get(feature) as Float64Array, e.threshold[n] as number);
      words[4 * n + 2] = left;
      const sides = flags & (nodeFlag.missingGoesLeft | nodeFlag.unseenGoesLeft);
      words[4 * n + 3] = sides + 4 * (e.categoryCount[n] as number);
    }
  }

  /** True when a feature's splits are by category. */
  isCategory(feature: number): boolean {
    return this.#categoryFeatures.has(feature);
  }
}

/** The leaf a row of a batch falls into, walking on the thresholds. */
function leafOfRow(
  e: TreeEnsemble,
  start: number,
  columns: ReadonlyMap<number, FeatureValues>,
  row: number,
): number {
  let node = 0;
  for (;;) {
    const at = start + node;
    const left = e.leftChild[at] as number;
    if (left === 0) return node;
    const column = columns.get(e.feature[at] as number) as FeatureValues;
    let goesLeft: boolean;
    if (column.kind === 'numeric') {
      goesLeft = valueGoesLeft(e, at, column.values[row] as number);
    } else {
      const code = column.codes[row] as number;
      goesLeft = categoryGoesLeft(e, at, code < 0 ? null : (column.binOf[code] as number));
    }
    node = goesLeft ? left : left + 1;
  }
}

/** Which side a number takes at a node; NaN is missing. */
export function valueGoesLeft(e: TreeEnsemble, node: number, value: number): boolean {
  if (Number.isNaN(value)) return ((e.flags[node] as number) & nodeFlag.missingGoesLeft) !== 0;
  return value <= (e.threshold[node] as number);
}

/** Which side a category takes at a node; null is missing, a negative category was never seen. */
export function categoryGoesLeft(e: TreeEnsemble, node: number, category: number | null): boolean {
  const flags = e.flags[node] as number;
  if (category === null) return (flags & nodeFlag.missingGoesLeft) !== 0;
  if (category < 0 || category >= (e.categoryCount[node] as number)) {
    return (flags & nodeFlag.unseenGoesLeft) !== 0;
  }
  const word = e.categoryBits[(e.categoryStart[node] as number) + (category >> 5)] as number;
  return ((word >>> (category & 31)) & 1) === 1;
}

/** Each numeric feature's thresholds, ascending and distinct, and the features split by category. */
function collectCuts(e: TreeEnsemble): {
  cuts: Map<number, Float64Array>;
  categories: Set<number>;
} {
  const found = new Map<number, Set<number>>();
  const categories = new Set<number>();
  for (let n = 0; n < e.feature.length; n++) {
    if ((e.leftChild[n] as number) === 0) continue;
    const feature = e.feature[n] as number;
    if (((e.flags[n] as number) & nodeFlag.isCategory) !== 0) {
      categories.add(feature);
      continue;
    }
    const cuts = found.get(feature) ?? new Set<number>();
    cuts.add(e.threshold[n] as number);
    found.set(feature, cuts);
  }
  const cuts = new Map<number, Float64Array>();
  for (const [feature, values] of found) cuts.set(feature, Float64Array.from(values).sort());
  return { cuts, categories };
}

function tableSize(numCuts: number): number {
  let size = 2;
  while (size - 1 < numCuts) size *= 2;
  return size;
}

function positionOf(cuts: Float64Array, threshold: number): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cuts[middle] as number) < threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}
