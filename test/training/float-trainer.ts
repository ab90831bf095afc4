/**
 * Boosting as a textbook has it, to compare with: histograms of unquantised float64 gradients over the same
 * bins, leaf-wise growth, numeric features without missing values. Slow and plain on purpose.
 */
import { numericEdges } from '../../src/binning/bin-edges.ts';

/** What it trains with; the names are the estimators'. */
export interface FloatOptions {
  readonly objective: 'squared' | 'logistic';
  readonly maxIter: number;
  readonly stepSize: number;
  readonly maxLeaves: number;
  readonly lambda: number;
  readonly minInstancesPerNode: number;
  readonly minSumHessian: number;
}

interface Leaf {
  readonly rows: Uint32Array;
  gain: number;
  feature: number;
  bin: number;
}

interface Histogram {
  readonly grad: Float64Array;
  readonly hess: Float64Array;
  readonly count: Float64Array;
}

/** Scores of the training rows after the last round. */
export function trainInFloats(
  columns: readonly Float64Array[],
  { labels, weights }: { readonly labels: Float64Array; readonly weights?: Float64Array },
  options: FloatOptions,
): Float64Array {
  const numRows = labels.length;
  const weightOf = (i: number): number => (weights === undefined ? 1 : (weights[i] as number));
  const bins = columns.map((column) => {
    const edges = numericEdges(column.slice().sort(), 255, false);
    return Uint8Array.from(column, (value) => binOf(edges, value));
  });
  const isLogistic = options.objective === 'logistic';
  const total = labels.reduce((sum, _, i) => sum + weightOf(i), 0);
  const mean = labels.reduce((sum, label, i) => sum + label * weightOf(i), 0) / total;
  const start = isLogistic ? Math.log(mean / (1 - mean)) : mean;
  const scores = new Float64Array(numRows).fill(start);
  const grad = new Float64Array(numRows);
  const hess = new Float64Array(numRows);
  for (let round = 0; round < options.maxIter; round++) {
    for (let i = 0; i < numRows; i++) {
      const score = scores[i] as number;
      const label = labels[i] as number;
      const p = 1 / (1 + Math.exp(-score));
      grad[i] = (isLogistic ? p - label : score - label) * weightOf(i);
      hess[i] = (isLogistic ? p * (1 - p) : 1) * weightOf(i);
    }
    for (const leaf of growLeaves(bins, grad, hess, options)) {
      let sumGrad = 0;
      let sumHess = 0;
      for (const row of leaf.rows) {
        sumGrad += grad[row] as number;
        sumHess += hess[row] as number;
      }
      const value = (-sumGrad / (sumHess + options.lambda)) * options.stepSize;
      for (const row of leaf.rows) scores[row] = (scores[row] as number) + value;
    }
  }
  return scores;
}

function binOf(edges: Float64Array, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value > (edges[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function growLeaves(
  bins: readonly Uint8Array[],
  grad: Float64Array,
  hess: Float64Array,
  options: FloatOptions,
): Leaf[] {
  const root = Uint32Array.from(grad, (_, i) => i);
  const leaves = [findSplit(root, bins, { grad, hess }, options)];
  while (leaves.length < options.maxLeaves) {
    let best = 0;
    leaves.forEach((leaf, i) => {
      if (leaf.gain > (leaves[best] as Leaf).gain) best = i;
    });
    const { rows, gain, feature, bin } = leaves[best] as Leaf;
    if (!(gain > 0)) break;
    const column = bins[feature] as Uint8Array;
    const left = rows.filter((row) => (column[row] as number) <= bin);
    const right = rows.filter((row) => (column[row] as number) > bin);
    leaves.splice(
      best,
      1,
      findSplit(left, bins, { grad, hess }, options),
      findSplit(right, bins, { grad, hess }, options),
    );
  }
  return leaves;
}

function findSplit(
  rows: Uint32Array,
  bins: readonly Uint8Array[],
  { grad, hess }: { grad: Float64Array; hess: Float64Array },
  options: FloatOptions,
): Leaf {
  const leaf: Leaf = { rows, gain: 0, feature: -1, bin: -1 };
  bins.forEach((column, feature) => {
    const histogram: Histogram = {
      grad: new Float64Array(256),
      hess: new Float64Array(256),
      count: new Float64Array(256),
    };
    for (const row of rows) {
      const bin = column[row] as number;
      histogram.grad[bin] = (histogram.grad[bin] as number) + (grad[row] as number);
      histogram.hess[bin] = (histogram.hess[bin] as number) + (hess[row] as number);
      histogram.count[bin] = (histogram.count[bin] as number) + 1;
    }
    scan(histogram, feature, leaf, options);
  });
  return leaf;
}

function scan(histogram: Histogram, feature: number, leaf: Leaf, options: FloatOptions): void {
  const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
  const [G, H, N] = [total(histogram.grad), total(histogram.hess), total(histogram.count)];
  const score = (g: number, h: number): number => (g * g) / (h + options.lambda);
  let g = 0;
  let h = 0;
  let n = 0;
  for (let bin = 0; bin < 255; bin++) {
    g += histogram.grad[bin] as number;
    h += histogram.hess[bin] as number;
    n += histogram.count[bin] as number;
    if (n < options.minInstancesPerNode || N - n < options.minInstancesPerNode) continue;
    if (h < options.minSumHessian || H - h < options.minSumHessian) continue;
    const gain = score(g, h) + score(G - g, H - h) - score(G, H);
    if (gain > leaf.gain) Object.assign(leaf, { gain, feature, bin });
  }
}
