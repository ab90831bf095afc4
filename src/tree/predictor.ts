/**
 * Predicts batches with a forest: values become their ranks among the model's own thresholds, rows walk the
 * trees in blocks, leaves add up tree by tree. The same sums, bit for bit, as walking each row on the thresholds.
 *
 *   bytes: one byte a value (prediction/byte-forest.ts); numeric splits, at most 254 thresholds a feature
 *   planes: none; splits by planes look at the values themselves (prediction/plane-walk.ts)
 *   wide: two bytes a value (prediction/wide-forest.ts); category splits, more thresholds
 */
import type { BlockForest } from './prediction/block-forest.ts';
import { ByteForest, fitsBytes } from './prediction/byte-forest.ts';
import type { FeatureColumns } from './prediction/feature-values.ts';
import { addLinearTrees } from './prediction/linear-sums.ts';
import { type ModelCuts, modelCuts } from './prediction/model-cuts.ts';
import { walkPlanes } from './prediction/plane-walk.ts';
import { WideForest } from './prediction/wide-forest.ts';
import { nodeFlag } from './tree.ts';
import type { TreeEnsemble } from './tree-ensemble.ts';

export type { FeatureColumns, FeatureValues } from './prediction/feature-values.ts';

/** How trees' values are added: tree t adds to output t % numOutputs, or every tree to all outputs. */
export interface PredictorOptions {
  readonly numOutputs: number;
  readonly kernels?: string | undefined;
  /** The layout to use, where it can be; by default the fastest that can. */
  readonly layout?: 'bytes' | 'wide' | undefined;
}

/** A forest laid out for prediction on one thread. */
export class TreePredictor {
  readonly layout: 'bytes' | 'wide' | 'planes';
  readonly #numTrees: number;
  readonly #numOutputs: number;
  readonly #cuts: ModelCuts;
  /** null where splits are planes. */
  readonly #forest: BlockForest | null;
  readonly #ensemble: TreeEnsemble;
  /** The trees, where their leaves are linear. */
  readonly #linear: TreeEnsemble | null;

  constructor(ensemble: TreeEnsemble, options: PredictorOptions) {
    const { numOutputs, kernels, layout } = options;
    this.#numTrees = ensemble.numTrees;
    this.#numOutputs = numOutputs;
    this.#linear = ensemble.linear === undefined ? null : ensemble;
    this.#ensemble = ensemble;
    this.#cuts = modelCuts(ensemble);
    if (ensemble.planes !== undefined) {
      this.#forest = null;
      this.layout = 'planes';
      return;
    }
    this.layout = layout !== 'wide' && fitsBytes(ensemble, this.#cuts) ? 'bytes' : 'wide';
    const Forest = this.layout === 'bytes' ? ByteForest : WideForest;
    this.#forest = new Forest(ensemble, this.#cuts, numOutputs, kernels);
  }

  /** What its memory takes. */
  get bytes(): number {
    return this.#forest?.bytes ?? 0;
  }

  /** The features that some split uses, ascending. */
  get usedFeatures(): readonly number[] {
    return this.#cuts.features;
  }

  /** True when a feature's splits are by category. */
  isCategory(feature: number): boolean {
    return this.#cuts.categories.has(feature);
  }

  /** Sums of the trees' values. @returns float64[numRows · numOutputs], row by row */
  predict(columns: FeatureColumns, numRows: number): Float64Array {
    const out = new Float64Array(numRows * this.#numOutputs);
    this.predictInto(columns, numRows, out, 0);
    return out;
  }

  /** The same into `out`, from the row `firstRow` on. */
  predictInto(columns: FeatureColumns, numRows: number, out: Float64Array, firstRow: number): void {
    const forest = this.#forest;
    if (forest === null) {
      const { value } = this.#ensemble;
      walkPlanes(this.#ensemble, columns, numRows, (t, row, node) => {
        const at = (firstRow + row) * this.#numOutputs + (t % this.#numOutputs);
        out[at] = (out[at] as number) + (value[node] as number);
      });
      return;
    }
    for (let from = 0; from < numRows; from += forest.blockRows) {
      const rows = Math.min(forest.blockRows, numRows - from);
      const sums = forest.sums.subarray(0, rows * this.#numOutputs);
      sums.fill(0);
      forest.fill(columns, from, rows);
      if (this.#linear === null) forest.addTrees(rows);
      else addLinearTrees(this.#linear, forest, { columns, from, numRows: rows }, sums);
      out.set(sums, (firstRow + from) * this.#numOutputs);
    }
  }

  /** The node each row ends in, tree by tree. @returns uint32[numTrees · numRows] */
  leaves(columns: FeatureColumns, numRows: number): Uint32Array {
    const out = new Uint32Array(this.#numTrees * numRows);
    this.leavesInto(columns, numRows, out, 0);
    return out;
  }

  /** The same into `out`, which has room for more rows, from the row `firstRow` on. */
  leavesInto(columns: FeatureColumns, numRows: number, out: Uint32Array, firstRow: number): void {
    const forest = this.#forest;
    const allRows = out.length / Math.max(1, this.#numTrees);
    if (forest === null) {
      const { treeStart } = this.#ensemble;
      walkPlanes(this.#ensemble, columns, numRows, (t, row, node) => {
        out[t * allRows + firstRow + row] = node - (treeStart[t] as number);
      });
      return;
    }
    for (let from = 0; from < numRows; from += forest.blockRows) {
      const rows = Math.min(forest.blockRows, numRows - from);
      forest.fill(columns, from, rows);
      for (let t = 0; t < this.#numTrees; t++) {
        forest.findNodes(t, rows);
        out.set(forest.nodeOf.subarray(0, rows), t * allRows + firstRow + from);
      }
    }
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
