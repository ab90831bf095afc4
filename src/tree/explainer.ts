/**
 * Explains the scores of batches: how much each feature moved each row's score away from the score expected
 * of any row (SHAP values of the trees' paths, weighted by cover). Trees are explained one after another, so
 * a row's values are the same bits in any batch.
 *
 * S. Lundberg et al., "From local explanations to global understanding with explainable AI for trees", 2020.
 * The sums over sets of features are integrals of polynomials, see wasm/assembly/explain-tree.ts.
 */
import { Arena } from '../base/arena.ts';
import { ExactSum } from '../base/exact-sum.ts';
import { gaussLegendre } from '../base/gauss-legendre.ts';
import { chooseKernels, newKernelMemory } from '../kernels/choose.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { expectedValues, sharesOf } from './node-shares.ts';
import type { FeatureValues } from './predictor.ts';
import { nodeFlag, treeDepths } from './tree.ts';
import type { TreeEnsemble } from './tree-ensemble.ts';

const nodeBytes = 40;
const structBytes = 64;
/** Rows that are explained together, where their values fit the budget. */
const mostRows = 1024;
const valueBudget = 4 * 1024 * 1024;

/** What the explained scores are made of. */
export interface ExplainerOptions {
  /** Scores of a row; tree t adds to score t % numOutputs, or every tree to all of them. */
  readonly numOutputs: number;
  /** Features of the model. */
  readonly numFeatures: number;
  /** Added after the leaves, one an output. */
  readonly baseScores: readonly number[];
  /** What sums of leaves are divided by: the number of trees in a forest, else 1. */
  readonly divisor: number;
  readonly kernels?: string | undefined;
}

/** A forest laid out for explanation on one thread. */
export class TreeExplainer {
  /** The features that some split uses, ascending. */
  readonly usedFeatures: readonly number[];
  /** float64[numOutputs]: the scores expected of any row. */
  readonly expectedScores: Float64Array;
  readonly #ensemble: TreeEnsemble;
  readonly #options: ExplainerOptions;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  /** Points of the rule that each tree needs; 0 for a tree without splits. */
  readonly #numPoints: Uint32Array;
  readonly #rules = new Map<number, number>();
  readonly #struct: number;
  readonly #nodes: number;
  readonly #bits: number;
  readonly #values: number;
  readonly #levels: number;
  readonly #columns: number;
  readonly #out: number;
  readonly #frames: number;
  readonly #blockRows: number;

  constructor(ensemble: TreeEnsemble, options: ExplainerOptions) {
    this.#ensemble = ensemble;
    this.#options = options;
    this.usedFeatures = usedFeaturesOf(ensemble);
    this.expectedScores = expectedScoresOf(ensemble, options);
    this.#numPoints = pointsOfTrees(ensemble);
    const numSlots = this.usedFeatures.length;
    const rowBytes = Math.max(1, numSlots) * options.numOutputs * 8;
    this.#blockRows = Math.max(16, Math.min(mostRows, Math.floor(valueBudget / rowBytes)));
    const arena = new Arena(64);
    this.#struct = arena.allocate(structBytes);
    const counts = new Set(this.#numPoints);
    counts.delete(0);
    for (const n of counts) this.#rules.set(n, arena.allocate(n * 24));
    this.#nodes = arena.allocate(ensemble.feature.length * nodeBytes);
    this.#bits = arena.allocate(ensemble.categoryBits.length * 4 + 4);
    this.#values = arena.allocate(ensemble.value.length * 8);
    this.#levels = arena.allocate(numSlots * 4 + 4);
    this.#columns = arena.allocate(numSlots * this.#blockRows * 8);
    this.#out = arena.allocate(rowBytes * this.#blockRows);
    this.#frames = arena.allocate(frameSpan(ensemble, this.#numPoints));
    this.#memory = newKernelMemory(arena.top);
    this.#kernels = chooseKernels(this.#memory, options.kernels);
    this.#write();
  }

  /**
   * The values of a batch.
   *
   * @returns float64[numRows · numOutputs · (numFeatures + 1)]: for each row and output one value a feature,
   *   then the expected score; they add up to the score
   */
  contributions(columns: ReadonlyMap<number, FeatureValues>, numRows: number): Float64Array {
    const { numOutputs, numFeatures } = this.#options;
    const step = numOutputs * (numFeatures + 1);
    const out = new Float64Array(new SharedArrayBuffer(numRows * step * 8));
    for (let from = 0; from < numRows; from += this.#blockRows) {
      const rows = Math.min(this.#blockRows, numRows - from);
      this.#fillColumns(columns, from, rows);
      this.#explain(rows);
      this.#scatter(out.subarray(from * step, (from + rows) * step), rows);
    }
    return out;
  }

  #explain(rows: number): void {
    const { numTrees, treeStart, numOutputs } = this.#ensemble;
    const outputs = this.#options.numOutputs;
    const numSlots = this.usedFeatures.length;
    new Uint8Array(this.#memory.buffer, this.#out, rows * outputs * numSlots * 8).fill(0);
    const struct = new Uint32Array(this.#memory.buffer, this.#struct, structBytes / 4);
    for (let t = 0; t < numTrees; t++) {
      const n = this.#numPoints[t] as number;
      if (n === 0) continue;
      const start = treeStart[t] as number;
      const output = numOutputs === 1 ? t % outputs : 0;
      struct.set([
        this.#nodes + start * nodeBytes,
        this.#bits,
        this.#values + start * numOutputs * 8,
        numOutputs,
        this.#columns,
        this.#blockRows * 8,
        this.#rules.get(n) as number,
        n,
        this.#levels,
        this.#frames,
        frameBytes(n, numOutputs),
        outputs * numSlots * 8,
        numSlots * 8,
        this.#out + output * numSlots * 8,
      ]);
      this.#kernels.explainTree(this.#struct, rows);
    }
  }

  #fillColumns(columns: ReadonlyMap<number, FeatureValues>, from: number, rows: number): void {
    this.usedFeatures.forEach((feature, slot) => {
      const column = columns.get(feature);
      if (column === undefined) throw new RangeError(`feature ${feature} was not given`);
      const address = this.#columns + slot * this.#blockRows * 8;
      const out = new Float64Array(this.#memory.buffer, address, rows);
      if (column.kind === 'numeric') {
        out.set(column.values.subarray(from, from + rows));
        return;
      }
      for (let i = 0; i < rows; i++) {
        const code = column.codes[from + i] as number;
        out[i] = code < 0 ? Number.NaN : (column.binOf[code] as number);
      }
    });
  }

  #scatter(out: Float64Array, rows: number): void {
    const { numOutputs, numFeatures, divisor } = this.#options;
    const numSlots = this.usedFeatures.length;
    const values = new Float64Array(this.#memory.buffer, this.#out, rows * numOutputs * numSlots);
    const width = numFeatures + 1;
    for (let i = 0; i < rows * numOutputs; i++) {
      for (let slot = 0; slot < numSlots; slot++) {
        const feature = this.usedFeatures[slot] as number;
        out[i * width + feature] = (values[i * numSlots + slot] as number) / divisor;
      }
      out[i * width + numFeatures] = this.expectedScores[i % numOutputs] as number;
    }
  }

  #write(): void {
    const e = this.#ensemble;
    const { buffer } = this.#memory;
    for (const [n, address] of this.#rules) {
      const { nodes, complements, weights } = gaussLegendre(n);
      const rule = new Float64Array(buffer, address, 3 * n);
      rule.set(nodes);
      rule.set(complements, n);
      rule.set(weights, 2 * n);
    }
    new Uint32Array(buffer, this.#bits, e.categoryBits.length).set(e.categoryBits);
    new Float64Array(buffer, this.#values, e.value.length).set(e.value);
    const slots = new Map(this.usedFeatures.map((feature, slot) => [feature, slot]));
    const words = new Uint32Array(buffer, this.#nodes, e.feature.length * 10);
    const doubles = new Float64Array(buffer, this.#nodes, e.feature.length * 5);
    for (let t = 0; t < e.numTrees; t++) {
      const start = e.treeStart[t] as number;
      for (let n = start; n < (e.treeStart[t + 1] as number); n++) {
        const left = e.leftChild[n] as number;
        if (left === 0) continue;
        const flags = e.flags[n] as number;
        words[10 * n] = slots.get(e.feature[n] as number) as number;
        words[10 * n + 1] = left;
        words[10 * n + 2] = flags;
        words[10 * n + 3] = e.categoryStart[n] as number;
        if ((flags & nodeFlag.isCategory) === 0) doubles[5 * n + 2] = e.threshold[n] as number;
        else words[10 * n + 4] = e.categoryCount[n] as number;
        doubles.set(sharesOf(e, n, start), 5 * n + 3);
      }
    }
  }
}

/** Bytes of what the kernel keeps for a level of a tree. */
function frameBytes(numPoints: number, numOutputs: number): number {
  return 64 + 48 * numPoints + 128 * numPoints * (1 + numOutputs);
}

/** Bytes of the frames of the tree that needs most. */
function frameSpan(e: TreeEnsemble, numPoints: Uint32Array): number {
  let most = 0;
  treeDepths(e).forEach((depth, t) => {
    most = Math.max(most, frameBytes(numPoints[t] as number, e.numOutputs) * (depth + 1));
  });
  return most;
}

function usedFeaturesOf(e: TreeEnsemble): number[] {
  const used = new Set<number>();
  for (let n = 0; n < e.feature.length; n++) {
    if ((e.leftChild[n] as number) !== 0) used.add(e.feature[n] as number);
  }
  return [...used].sort((a, b) => a - b);
}

/** The mean of each output over all leaves by share, from exact sums over the trees. */
function expectedScoresOf(e: TreeEnsemble, options: ExplainerOptions): Float64Array {
  const { numOutputs, baseScores, divisor } = options;
  const sums = Array.from({ length: numOutputs }, () => new ExactSum());
  for (let t = 0; t < e.numTrees; t++) {
    const root = expectedValues(e, t);
    for (let k = 0; k < e.numOutputs; k++) {
      (sums[e.numOutputs === 1 ? t % numOutputs : k] as ExactSum).add(root[k] as number);
    }
  }
  return Float64Array.from(sums, (sum, k) => sum.value() / divisor + (baseScores[k] ?? 0));
}

/** For each tree an even number of points, at least half of the most features on a path. */
function pointsOfTrees(e: TreeEnsemble): Uint32Array {
  const points = new Uint32Array(e.numTrees);
  const onPath = new Uint32Array(e.feature.length);
  const parent = new Int32Array(e.feature.length);
  for (let t = 0; t < e.numTrees; t++) {
    const start = e.treeStart[t] as number;
    let most = 0;
    parent[start] = -1;
    for (let n = start; n < (e.treeStart[t + 1] as number); n++) {
      const left = e.leftChild[n] as number;
      if (left === 0) {
        most = Math.max(most, onPath[n] as number);
        continue;
      }
      const isNew = !meetsAbove(e, parent, n);
      for (const child of [start + left, start + left + 1]) {
        parent[child] = n;
        onPath[child] = (onPath[n] as number) + (isNew ? 1 : 0);
      }
    }
    points[t] = 2 * Math.ceil(most / 4);
  }
  return points;
}

/** True when a node's feature is split on nearer to the root as well. */
function meetsAbove(e: TreeEnsemble, parent: Int32Array, node: number): boolean {
  const feature = e.feature[node] as number;
  for (let n = parent[node] as number; n >= 0; n = parent[n] as number) {
    if (e.feature[n] === feature) return true;
  }
  return false;
}
