/** The sums that the shader `cumulate` writes, made with bigints from rows: what gpu.js is to score. */
import { type NodeLimits, nodeLimits } from '../../../../src/tree/backend/gpu/node-limits.ts';
import { scoreParts } from '../../../../src/tree/backend/gpu/split-scores.ts';
import type { SplitLimits, SplitRows } from '../../../kernels/split-case.ts';

/** Nodes of the same features. */
export interface NodeBatch {
  readonly nodes: readonly SplitRows[];
  readonly limits: SplitLimits;
  readonly cutsOfPart: number;
}

/** Limits and scales of a node, by the library's own rule. */
export function limitsOf(rows: SplitRows, limits: SplitLimits): NodeLimits {
  const one = limits.countShift < 63 ? 1n << BigInt(limits.countShift) : 0n;
  const totals = { grad: sumOf(rows.g), hess: one * BigInt(rows.g.length) + sumOf(rows.h) };
  return nodeLimits({ rows: rows.g.length, totals }, splitParams(limits), {
    gradUnit: limits.gradUnit,
    hessUnit: limits.hessUnit,
    slotBytes: 4,
    sumsAreShort: true,
    countShift: limits.countShift,
  });
}

/** The same limits as the trainer has them. */
export function splitParams(limits: SplitLimits) {
  return {
    lambda: limits.lambda,
    minSumHessian: limits.minHess,
    minInstancesPerNode: limits.minRows,
    minInfoGain: 0,
    categorySmoothing: 0,
    categoryLambda: 0,
    minCategoryRows: 0,
    maxCategoriesPerSplit: 32,
    maxOneHot: 0,
  };
}

/** float32[node][4 · cut + field][feature] */
export function cumulatedSums({ nodes, limits, cutsOfPart }: NodeBatch): Float32Array {
  const numFeatures = nodes[0]?.features.length ?? 0;
  const numCuts = scoreParts * cutsOfPart;
  const out = new Float32Array(nodes.length * 4 * numCuts * numFeatures);
  nodes.forEach((rows, n) => {
    const found = limitsOf(rows, limits);
    const total = sideOf(rows, () => true);
    rows.features.forEach(({ bins, numValues, isCategory }, f) => {
      for (let cut = 0; cut < numCuts; cut++) {
        const at = (n * numCuts + cut) * 4 * numFeatures + f;
        const b = cut >> 1;
        const takesMissing = cut % 2 === 0;
        const isPresent = b < numValues && bins.includes(b);
        const isCut = !isCategory && isPresent && (!takesMissing || bins.includes(null));
        const left = sideOf(rows, (i) => {
          const bin = bins[i] as number | null;
          return bin === null ? takesMissing : bin <= b;
        });
        const numRight = total.rows - left.rows;
        const keepsRows =
          limits.countShift >= 63 || (left.rows >= limits.minRows && numRight >= limits.minRows);
        // words that hold rows differ unless no row is on the right; those without unless no h is
        const isWhole = limits.countShift >= 63 ? left.h === total.h : numRight === 0;
        const isAllowed =
          isCut && !isWhole && keepsRows && left.h >= found.leastLeft && left.h <= found.mostLeft;
        out[at + numFeatures] = -1;
        if (!isAllowed) continue;
        const fields = [left.g, left.h, total.g - left.g, total.h - left.h];
        fields.forEach((sum, k) => {
          const scale = k % 2 === 0 ? found.gradScale : found.hessScale;
          out[at + k * numFeatures] = Math.fround(Number(sum)) * scale;
        });
      }
    });
  });
  return out;
}

function sideOf(rows: SplitRows, isLeft: (row: number) => boolean) {
  const chosen = rows.g.flatMap((_, i) => (isLeft(i) ? [i] : []));
  return {
    g: sumOf(chosen.map((i) => rows.g[i] as number)),
    h: sumOf(chosen.map((i) => rows.h[i] as number)),
    rows: chosen.length,
  };
}

function sumOf(values: readonly number[]): bigint {
  return values.reduce((total, x) => total + BigInt(x), 0n);
}
