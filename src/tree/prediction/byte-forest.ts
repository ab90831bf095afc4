/**
 * A forest of numeric splits laid out for the kernels of wasm/assembly/predict.ts: one byte a value. A block
 * of rows is ranked among the model's thresholds, column by column, and walks all trees while it is in the
 * cache. A feature whose missing values go left in some trees and right in others has two columns.
 */
import { Arena } from '../../base/arena.ts';
import { chooseKernels, newKernelMemory } from '../../kernels/choose.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { nodeFlag } from '../tree.ts';
import type { TreeEnsemble } from '../tree-ensemble.ts';
import type { BlockForest } from './block-forest.ts';
import { columnOfFeature, type FeatureColumns } from './feature-values.ts';
import { type ModelCuts, rankOf } from './model-cuts.ts';
import { mostThresholds, type PlacedGrid, placeGrid } from './rank-grid.ts';
import { treeTop } from './tree-top.ts';

const nodeBytes = 16;
const treeBytes = 32;
const stepBytes = 8;
const exitBytes = 16;
const stackBytes = 64 * 128;
/** A node's address is kept in 24 bits, in units of 16 bytes. */
const mostBytes = 2 ** 28;
/** What the columns of a block may take, so that they stay in the nearest cache. */
const columnBytes = 65536;

interface RankedFeature {
  readonly feature: number;
  readonly floats: PlacedGrid;
  readonly doubles: PlacedGrid;
  /** The column where missing values are above all others, and the one where they are below. */
  readonly column: number;
  readonly lowColumn: number | null;
}

/** Can a forest be laid out this way? */
export function fitsBytes(e: TreeEnsemble, cuts: ModelCuts): boolean {
  if (cuts.categories.size > 0 || e.feature.length * nodeBytes > mostBytes - 4096) return false;
  return [...cuts.thresholds.values()].every((values) => values.length <= mostThresholds);
}

/** The forest on one thread. */
export class ByteForest implements BlockForest {
  readonly blockRows: number;
  readonly sums: Float64Array;
  readonly nodeOf: Uint32Array;
  readonly #ensemble: TreeEnsemble;
  readonly #cuts: ModelCuts;
  readonly #numOutputs: number;
  readonly #features: readonly RankedFeature[];
  readonly bytes: number;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  readonly #columns: number;
  readonly #nodes: number;
  readonly #trees: number;
  readonly #scratch: number;
  readonly #values: number;
  readonly #floats: Float32Array;
  readonly #doubles: Float64Array;

  constructor(e: TreeEnsemble, cuts: ModelCuts, numOutputs: number, kernels: string | undefined) {
    this.#ensemble = e;
    this.#cuts = cuts;
    this.#numOutputs = numOutputs;
    const arena = new Arena(64);
    // first, so that their addresses stay small
    this.#nodes = arena.allocate(e.feature.length * nodeBytes);
    const sides = missingSides(e);
    let numColumns = 0;
    this.#features = cuts.features.map((feature) => {
      const values = cuts.thresholds.get(feature) as Float64Array;
      const column = numColumns++;
      return {
        feature,
        floats: placeGrid(arena, values, 4),
        doubles: placeGrid(arena, values, 8),
        column,
        lowColumn: sides.has(feature) ? numColumns++ : null,
      };
    });
    this.blockRows = 1024;
    while (this.blockRows > 64 && this.blockRows * numColumns > columnBytes) this.blockRows /= 2;
    const tops = Array.from({ length: e.numTrees }, (_, t) => treeTop(e, t));
    this.#columns = arena.allocate(numColumns * this.blockRows);
    this.#trees = arena.allocate(e.numTrees * treeBytes);
    const programs = tops.map(({ program }) => arena.allocate(program.length * stepBytes));
    const exits = tops.map((top) => arena.allocate(top.exits.length * exitBytes));
    this.#scratch = arena.allocate(1024 + stackBytes + 8 * (this.blockRows + 1));
    const staging = arena.allocate(this.blockRows * 8);
    const sums = arena.allocate(this.blockRows * numOutputs * 8);
    const nodeOf = arena.allocate(this.blockRows * 4);
    this.#values = e.numOutputs === 1 ? 0 : arena.allocate(e.value.length * 8);
    this.#memory = newKernelMemory(arena.top);
    this.bytes = this.#memory.buffer.byteLength;
    this.#kernels = chooseKernels(this.#memory, kernels);
    const { buffer } = this.#memory;
    this.sums = new Float64Array(buffer, sums, this.blockRows * numOutputs);
    this.nodeOf = new Uint32Array(buffer, nodeOf, this.blockRows);
    this.#floats = new Float32Array(buffer, staging, this.blockRows);
    this.#doubles = new Float64Array(buffer, staging, this.blockRows);
    for (const { floats, doubles } of this.#features) {
      floats.write(buffer);
      doubles.write(buffer);
    }
    if (e.numOutputs > 1) new Float64Array(buffer, this.#values, e.value.length).set(e.value);
    const columnOf = this.#writeNodes();
    tops.forEach((top, t) => {
      const place = { program: programs[t] as number, exits: exits[t] as number };
      this.#writeTop(t, top, place, columnOf);
    });
  }

  fill(columns: FeatureColumns, from: number, numRows: number): void {
    const { blockRows } = this;
    for (const { feature, floats, doubles, column, lowColumn } of this.#features) {
      const { values } = columnOfFeature(columns, feature, 'numeric');
      const out = this.#columns + column * blockRows;
      const part = values.subarray(from, from + numRows);
      if (part instanceof Float32Array) {
        this.#floats.set(part);
        this.#kernels.rankF32(this.#floats.byteOffset, numRows, floats.address, out);
      } else {
        this.#doubles.set(part);
        this.#kernels.rankF64(this.#doubles.byteOffset, numRows, doubles.address, out);
      }
      if (lowColumn !== null) {
        this.#kernels.rankMissingLow(out, numRows, this.#columns + lowColumn * blockRows);
      }
    }
  }

  addTrees(numRows: number): void {
    const e = this.#ensemble;
    const step = this.#numOutputs * 8;
    const sums = this.sums.byteOffset;
    if (e.numOutputs === 1) {
      this.#kernels.predictBlock(
        this.#columns,
        numRows,
        this.#trees,
        e.numTrees,
        this.#scratch,
        sums,
        step,
      );
      return;
    }
    for (let t = 0; t < e.numTrees; t++) {
      this.findNodes(t, numRows);
      const values = this.#values + (e.treeStart[t] as number) * e.numOutputs * 8;
      this.#kernels.addNodeValues(
        this.nodeOf.byteOffset,
        numRows,
        values,
        e.numOutputs,
        sums,
        step,
      );
    }
  }

  findNodes(tree: number, numRows: number): void {
    this.#kernels.findBlockNodes(
      this.#columns,
      numRows,
      this.#trees + tree * treeBytes,
      this.#scratch,
      this.nodeOf.byteOffset,
    );
  }

  /** Writes all nodes; returns each node's column and split, as the tops need them. */
  #writeNodes(): (node: number) => { offset: number; split: number } {
    const e = this.#ensemble;
    const { buffer } = this.#memory;
    const words = new Uint32Array(buffer, this.#nodes, e.feature.length * 4);
    const values = new Float64Array(buffer, this.#nodes, e.feature.length * 2);
    const features = new Map(this.#features.map((each) => [each.feature, each]));
    const columnOf = (node: number): { offset: number; split: number } => {
      const feature = e.feature[node] as number;
      const { column, lowColumn } = features.get(feature) as RankedFeature;
      const thresholds = this.#cuts.thresholds.get(feature) as Float64Array;
      const rank = rankOf(thresholds, e.threshold[node] as number);
      const isLow = ((e.flags[node] as number) & nodeFlag.missingGoesLeft) !== 0;
      return isLow && lowColumn !== null
        ? { offset: lowColumn * this.blockRows, split: rank + 1 }
        : { offset: column * this.blockRows, split: rank };
    };
    const first = this.#nodes / nodeBytes;
    for (let t = 0; t < e.numTrees; t++) {
      const start = e.treeStart[t] as number;
      for (let n = start; n < (e.treeStart[t + 1] as number); n++) {
        const left = e.leftChild[n] as number;
        if (left === 0) {
          words[4 * n + 1] = (first + n) * 256 + 128;
          if (e.numOutputs === 1) values[2 * n + 1] = e.value[n] as number;
          continue;
        }
        const { offset, split } = columnOf(n);
        words[4 * n] = offset;
        words[4 * n + 1] = (first + start + left) * 256 + 383 - split;
      }
    }
    return columnOf;
  }

  #writeTop(
    tree: number,
    top: ReturnType<typeof treeTop>,
    at: { program: number; exits: number },
    columnOf: (node: number) => { offset: number; split: number },
  ): void {
    const e = this.#ensemble;
    const { buffer } = this.#memory;
    const start = e.treeStart[tree] as number;
    const address = (node: number): number => this.#nodes + (start + node) * nodeBytes;
    const output = e.numOutputs === 1 ? tree % this.#numOutputs : 0;
    const end = at.program + top.program.length * stepBytes;
    const fields = [address(0), at.program, end, at.exits, output * 8];
    new Uint32Array(buffer, this.#trees + tree * treeBytes, fields.length).set(fields);
    const program = new DataView(buffer, at.program, top.program.length * stepBytes);
    top.program.forEach(({ kind, node, exit }, i) => {
      const { offset, split } = kind === 1 ? { offset: 0, split: 0 } : columnOf(start + node);
      program.setUint32(i * stepBytes, offset, true);
      program.setInt8(i * stepBytes + 4, split - 128);
      program.setUint8(i * stepBytes + 5, exit);
      program.setUint8(i * stepBytes + 6, kind);
    });
    const exits = new DataView(buffer, at.exits, top.exits.length * exitBytes);
    top.exits.forEach((node, i) => {
      const isLeaf = (e.leftChild[start + node] as number) === 0;
      const value = isLeaf && e.numOutputs === 1 ? (e.value[start + node] as number) : 0;
      exits.setFloat64(i * exitBytes, value, true);
      // address << 16 in two halves; the top bit says that the tree goes on
      exits.setUint32(i * exitBytes + 8, (address(node) << 16) >>> 0, true);
      const high = (address(node) >>> 16) + (isLeaf ? 0 : 0x80000000);
      exits.setUint32(i * exitBytes + 12, high, true);
    });
  }
}

/** The features of which some split sends missing values left. */
function missingSides(e: TreeEnsemble): Set<number> {
  const low = new Set<number>();
  for (let n = 0; n < e.feature.length; n++) {
    if ((e.leftChild[n] as number) === 0) continue;
    if (((e.flags[n] as number) & nodeFlag.missingGoesLeft) !== 0) low.add(e.feature[n] as number);
  }
  return low;
}
