/**
 * A forest of any splits laid out for the kernels: two bytes a value, row by row; category splits, more
 * thresholds of a feature than a byte can number. wasm/assembly/predict.ts draws the nodes (findNodes).
 */
import { Arena } from '../../base/arena.ts';
import { chooseKernels, newKernelMemory } from '../../kernels/choose.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { nodeFlag } from '../tree.ts';
import type { TreeEnsemble } from '../tree-ensemble.ts';
import type { BlockForest } from './block-forest.ts';
import { columnOfFeature, type FeatureColumns, type FeatureValues } from './feature-values.ts';
import { type ModelCuts, rankOf } from './model-cuts.ts';

const nodeBytes = 16;
const missing = 65535;
const unseen = 65534;

interface PlacedFeature {
  readonly feature: number;
  /** Offset of its bin within a record. */
  readonly offset: number;
  /** Address of the padded thresholds, and the search's first step; absent for a category feature. */
  readonly thresholds: { readonly address: number; readonly topStep: number } | null;
}

/** The forest on one thread. */
export class WideForest implements BlockForest {
  readonly blockRows = 1024;
  readonly sums: Float64Array;
  readonly nodeOf: Uint32Array;
  readonly #ensemble: TreeEnsemble;
  readonly #cuts: ModelCuts;
  readonly #numOutputs: number;
  readonly #features: PlacedFeature[] = [];
  readonly bytes: number;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  readonly #stride: number;
  readonly #nodes: number;
  readonly #values: number;
  readonly #bits: number;
  readonly #staging: number;
  readonly #records: number;
  #codeTable: { address: number; length: number };

  constructor(e: TreeEnsemble, cuts: ModelCuts, numOutputs: number, kernels: string | undefined) {
    this.#ensemble = e;
    this.#cuts = cuts;
    this.#numOutputs = numOutputs;
    const { blockRows } = this;
    this.#stride = Math.max(8, Math.ceil((cuts.features.length * 2) / 8) * 8);
    const arena = new Arena(64);
    const tables = cuts.features.map((feature, i) => {
      const thresholds = cuts.thresholds.get(feature) ?? null;
      const size = thresholds === null ? 0 : tableSize(thresholds.length);
      return { feature, offset: i * 2, thresholds, size, address: arena.allocate(size * 8) };
    });
    this.#nodes = arena.allocate(e.feature.length * nodeBytes);
    this.#values = arena.allocate(e.value.length * 8);
    this.#bits = arena.allocate(e.categoryBits.length * 4 + 4);
    this.#staging = arena.allocate(blockRows * 8);
    this.#records = arena.allocate(blockRows * this.#stride);
    const sums = arena.allocate(blockRows * numOutputs * 8);
    const nodeOf = arena.allocate(blockRows * 4);
    this.#codeTable = { address: arena.allocate(65536 * 2), length: 65536 };
    this.#memory = newKernelMemory(arena.top);
    this.bytes = this.#memory.buffer.byteLength;
    this.#kernels = chooseKernels(this.#memory, kernels);
    const { buffer } = this.#memory;
    this.sums = new Float64Array(buffer, sums, blockRows * numOutputs);
    this.nodeOf = new Uint32Array(buffer, nodeOf, blockRows);
    for (const { feature, offset, thresholds, size, address } of tables) {
      if (thresholds !== null) {
        const padded = new Float64Array(buffer, address, size).fill(Number.POSITIVE_INFINITY);
        padded.set(thresholds);
      }
      const placed = thresholds === null ? null : { address, topStep: Math.max(1, size / 2) };
      this.#features.push({ feature, offset, thresholds: placed });
    }
    new Float64Array(buffer, this.#values, e.value.length).set(e.value);
    new Uint32Array(buffer, this.#bits, e.categoryBits.length).set(e.categoryBits);
    this.#writeNodes();
  }

  fill(columns: FeatureColumns, from: number, numRows: number): void {
    for (const { feature, offset, thresholds } of this.#features) {
      const out = this.#records + offset;
      if (thresholds === null) {
        this.#fillCodes(columnOfFeature(columns, feature, 'category'), { from, numRows }, out);
        continue;
      }
      const { values } = columnOfFeature(columns, feature, 'numeric');
      const staging = new Float64Array(this.#memory.buffer, this.#staging, numRows);
      staging.set(values.subarray(from, from + numRows));
      const { address, topStep } = thresholds;
      this.#kernels.binF64Wide(
        this.#staging,
        numRows,
        address,
        topStep,
        out,
        this.#stride,
        missing,
      );
    }
  }

  addTrees(numRows: number): void {
    const e = this.#ensemble;
    for (let t = 0; t < e.numTrees; t++) {
      this.findNodes(t, numRows);
      const output = e.numOutputs === 1 ? t % this.#numOutputs : 0;
      this.#kernels.addNodeValues(
        this.nodeOf.byteOffset,
        numRows,
        this.#values + (e.treeStart[t] as number) * e.numOutputs * 8,
        e.numOutputs,
        this.sums.byteOffset + output * 8,
        this.#numOutputs * 8,
      );
    }
  }

  findNodes(tree: number, numRows: number): void {
    this.#kernels.findNodes(
      this.#records,
      this.#stride,
      numRows,
      this.#nodes + (this.#ensemble.treeStart[tree] as number) * nodeBytes,
      this.#bits,
      this.nodeOf.byteOffset,
    );
  }

  #fillCodes(
    { codes, binOf }: Extract<FeatureValues, { kind: 'category' }>,
    { from, numRows }: { readonly from: number; readonly numRows: number },
    out: number,
  ): void {
    if (binOf.length > this.#codeTable.length) {
      const pages = Math.ceil((binOf.length * 2) / 65536);
      const address = this.#memory.buffer.byteLength;
      this.#memory.grow(pages);
      this.#codeTable = { address, length: pages * 32768 };
    }
    const { buffer } = this.#memory;
    const table = new Uint16Array(buffer, this.#codeTable.address, binOf.length);
    for (let i = 0; i < binOf.length; i++) {
      const bin = binOf[i] as number;
      table[i] = bin < 0 ? unseen : bin;
    }
    new Int32Array(buffer, this.#staging, numRows).set(codes.subarray(from, from + numRows));
    const tableAt = this.#codeTable.address;
    this.#kernels.binCodes(this.#staging, numRows, tableAt, out, this.#stride, missing, 2);
  }

  #writeNodes(): void {
    const e = this.#ensemble;
    const words = new Int32Array(this.#memory.buffer, this.#nodes, e.feature.length * 4);
    const offsets = new Map(this.#features.map(({ feature, offset }) => [feature, offset]));
    for (let n = 0; n < e.feature.length; n++) {
      const left = e.leftChild[n] as number;
      if (left === 0) continue;
      const feature = e.feature[n] as number;
      const flags = e.flags[n] as number;
      const isCategory = (flags & nodeFlag.isCategory) !== 0;
      words[4 * n] = offsets.get(feature) as number;
      words[4 * n + 1] = isCategory
        ? -1 - (e.categoryStart[n] as number)
        : rankOf(this.#cuts.thresholds.get(feature) as Float64Array, e.threshold[n] as number);
      words[4 * n + 2] = left;
      const sides = flags & (nodeFlag.missingGoesLeft | nodeFlag.unseenGoesLeft);
      words[4 * n + 3] = sides + 4 * (e.categoryCount[n] as number);
    }
  }
}

function tableSize(numThresholds: number): number {
  let size = 2;
  while (size - 1 < numThresholds) size *= 2;
  return size;
}
