/**
 * How far did each pair of features move a row's score together, beyond what each does alone (SHAP interaction
 * values)? A leaf of value v whose path asks features f, each open to the row with o (1 or 0) and to rows at large
 * with share z, adds to the pair (i, j)
 *
 *   v / 2 · (o_i − z_i) (o_j − z_j) · ∫ Π_{f ≠ i, j} (z_f (1 − t) + o_f t) dt   over t from 0 to 1,
 *
 * for the weights of the sets of other features are the integrals of t^s (1 − t)^(n − 2 − s). A few points integrate
 * the polynomial exactly. A row's values do not depend on other rows, so they are the same bits in any batch.
 *
 * S. Lundberg et al., "From local explanations to global understanding with explainable AI for trees", 2020;
 * K. Fujimoto, I. Kojadinovic, J.-L. Marichal, "Axiomatic characterizations of probabilistic and cardinal-
 * probabilistic interaction indices", 2006.
 */
import { gaussLegendre, type QuadratureRule } from '../base/gauss-legendre.ts';
import { sharesOf } from './node-shares.ts';
import type { FeatureValues } from './prediction/feature-values.ts';
import { categoryGoesLeft, valueGoesLeft } from './predictor.ts';
import type { TreeEnsemble } from './tree-ensemble.ts';

/** What the explained scores are made of. */
export interface PairExplainerOptions {
  /** Scores of a row; tree t adds to score t % numOutputs, or every tree to all of them. */
  readonly numOutputs: number;
  /** Features of the model. */
  readonly numFeatures: number;
  /** What sums of leaves are divided by. */
  readonly divisor: number;
}

/** A forest laid out to explain pairs, on one thread. */
export class PairExplainer {
  readonly #ensemble: TreeEnsemble;
  readonly #options: PairExplainerOptions;
  /** The shares of a node's children, two a node. */
  readonly #shares: Float64Array;
  readonly #rules: readonly QuadratureRule[];
  // the features on the way to the node that is visited
  readonly #path: Int32Array;
  readonly #open: Float64Array;
  readonly #share: Float64Array;
  readonly #inverse: Float64Array;
  readonly #products: Float64Array;
  #depth = 0;

  constructor(ensemble: TreeEnsemble, options: PairExplainerOptions) {
    this.#ensemble = ensemble;
    this.#options = options;
    this.#shares = new Float64Array(2 * ensemble.feature.length);
    const most = Math.max(2, options.numFeatures);
    this.#rules = Array.from({ length: Math.ceil(most / 4) }, (_, i) => gaussLegendre(2 * i + 2));
    this.#path = new Int32Array(most);
    this.#open = new Float64Array(most);
    this.#share = new Float64Array(most);
    const points = 2 * this.#rules.length;
    this.#inverse = new Float64Array(most * points);
    this.#products = new Float64Array(points);
    for (let t = 0; t < ensemble.numTrees; t++) {
      const start = ensemble.treeStart[t] as number;
      for (let n = start; n < (ensemble.treeStart[t + 1] as number); n++) {
        if (ensemble.leftChild[n] !== 0) this.#shares.set(sharesOf(ensemble, n, start), 2 * n);
      }
    }
  }

  /**
   * The values of a batch's pairs.
   *
   * @param singles each feature's own values as TreeExplainer gives them, the expected score last
   * @returns float64[numRows · numOutputs · (numFeatures + 1)²]: a symmetric matrix for each row and output, whose
   *   rows add up to what each feature added; the expected score in the last corner
   */
  interactions(
    columns: ReadonlyMap<number, FeatureValues>,
    numRows: number,
    singles: Float64Array,
  ): Float64Array {
    const { numOutputs, numFeatures, divisor } = this.#options;
    const width = numFeatures + 1;
    const step = width * width;
    const out = new Float64Array(new SharedArrayBuffer(numRows * numOutputs * step * 8));
    for (let row = 0; row < numRows; row++) {
      const own = out.subarray(row * numOutputs * step, (row + 1) * numOutputs * step);
      this.#explain(columns, row, own);
      for (let k = 0; k < numOutputs; k++) {
        const from = (row * numOutputs + k) * width;
        const matrix = own.subarray(k * step, (k + 1) * step);
        complete(matrix, singles.subarray(from, from + width), divisor);
      }
    }
    return out;
  }

  /** Adds all trees' pairs (i, j), i < j, of a row. */
  #explain(columns: ReadonlyMap<number, FeatureValues>, row: number, out: Float64Array): void {
    const e = this.#ensemble;
    const { numOutputs, numFeatures } = this.#options;
    const step = (numFeatures + 1) * (numFeatures + 1);
    const goesLeft = (node: number): boolean => {
      const column = columns.get(e.feature[node] as number) as FeatureValues;
      if (column.kind === 'numeric') return valueGoesLeft(e, node, column.values[row] as number);
      const code = column.codes[row] as number;
      return categoryGoesLeft(e, node, code < 0 ? null : (column.binOf[code] as number));
    };
    for (let t = 0; t < e.numTrees; t++) {
      const output = e.numOutputs === 1 ? t % numOutputs : 0;
      this.#depth = 0;
      this.#visit(
        e.treeStart[t] as number,
        { start: e.treeStart[t] as number, goesLeft },
        out.subarray(output * step),
      );
    }
  }

  #visit(
    node: number,
    tree: { readonly start: number; goesLeft(node: number): boolean },
    out: Float64Array,
  ): void {
    const e = this.#ensemble;
    const left = e.leftChild[node] as number;
    if (left === 0) {
      this.#addLeaf(node, out);
      return;
    }
    const feature = e.feature[node] as number;
    const before = this.#depth;
    let at = 0;
    while (at < before && this.#path[at] !== feature) at += 1;
    const isNew = at === before;
    const open = isNew ? 1 : (this.#open[at] as number);
    const share = isNew ? 1 : (this.#share[at] as number);
    this.#path[at] = feature;
    if (isNew) this.#depth = before + 1;
    const isLeft = tree.goesLeft(node);
    for (let side = 0; side < 2; side++) {
      const goesHere = isLeft === (side === 0) ? open : 0;
      const shareHere = share * (this.#shares[2 * node + side] as number);
      // what neither the row nor any other reaches adds nothing
      if (goesHere === 0 && shareHere === 0) continue;
      this.#open[at] = goesHere;
      this.#share[at] = shareHere;
      this.#visit(tree.start + left + side, tree, out);
    }
    this.#open[at] = open;
    this.#share[at] = share;
    this.#depth = before;
  }

  #addLeaf(node: number, out: Float64Array): void {
    const depth = this.#depth;
    if (depth < 2) return;
    const { numOutputs: own, value } = this.#ensemble;
    const { numFeatures } = this.#options;
    const width = numFeatures + 1;
    const step = width * width;
    const { nodes, complements, weights } = this.#rules[Math.ceil(depth / 4) - 1] as QuadratureRule;
    const numPoints = nodes.length;
    for (let p = 0; p < numPoints; p++) this.#products[p] = weights[p] as number;
    for (let f = 0; f < depth; f++) {
      const open = this.#open[f] as number;
      const share = this.#share[f] as number;
      for (let p = 0; p < numPoints; p++) {
        const factor = share * (complements[p] as number) + open * (nodes[p] as number);
        this.#inverse[f * numPoints + p] = 1 / factor;
        this.#products[p] = (this.#products[p] as number) * factor;
      }
    }
    for (let i = 0; i < depth; i++) {
      for (let j = i + 1; j < depth; j++) {
        let sum = 0;
        for (let p = 0; p < numPoints; p++) {
          sum +=
            (this.#products[p] as number) *
            (this.#inverse[i * numPoints + p] as number) *
            (this.#inverse[j * numPoints + p] as number);
        }
        const apart =
          ((this.#open[i] as number) - (this.#share[i] as number)) *
          ((this.#open[j] as number) - (this.#share[j] as number));
        const [a, b] = [this.#path[i] as number, this.#path[j] as number];
        const at = a < b ? a * width + b : b * width + a;
        for (let k = 0; k < own; k++) {
          const added = 0.5 * (value[node * own + k] as number) * apart * sum;
          out[k * step + at] = (out[k * step + at] as number) + added;
        }
      }
    }
  }
}

/** Divides, mirrors, and writes the diagonal: what a feature added, without its part of the pairs. */
function complete(matrix: Float64Array, singles: Float64Array, divisor: number): void {
  const width = singles.length;
  for (let i = 0; i + 1 < width; i++) {
    for (let j = i + 1; j + 1 < width; j++) {
      const pair = (matrix[i * width + j] as number) / divisor;
      matrix[i * width + j] = pair;
      matrix[j * width + i] = pair;
    }
  }
  for (let i = 0; i < width; i++) {
    let rest = singles[i] as number;
    for (let j = 0; j < width; j++) if (j !== i) rest -= matrix[i * width + j] as number;
    matrix[i * width + i] = rest;
  }
}
