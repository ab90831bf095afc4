/**
 * Leaves that are linear in the features of their path: what is kept of them, and what one of them says of a row.
 *
 *   node n: value = intercept[n] + Σ factor[i] · (x[feature[i]] − centre[i])   i in [start[n], start[n + 1])
 *
 * The terms are added in this order; the sum is rounded onto the grid of the tree's scores (unit), so that sums of leaves
 * stay exact. A row in which one of the values is missing or infinite gets the leaf's constant instead, as every row of a
 * leaf without terms does.
 */

import { ceilLog2, powerOfTwo } from '../base/portable-math.ts';
import type { LinearLeaves, TreeEnsemble } from './tree-ensemble.ts';

/** The terms of a leaf as it was fitted. */
export interface LinearTerms {
  readonly intercept: number;
  readonly features: readonly number[];
  readonly factors: readonly number[];
  readonly centres: readonly number[];
}

/** A tree whose leaves may have terms. */
export interface GrownLinearTree {
  readonly nodes: readonly { readonly terms?: LinearTerms | undefined }[];
  /** The grid of its scores, where leaves were made linear. */
  readonly unit?: number | undefined;
}

/** No value of a leaf has more units: scores of many leaves still add up exactly. */
export const mostUnits = 2 ** 45;

/** A linear leaf's value on the grid of its scores. */
export function onGrid(value: number, unit: number): number {
  const units = Math.round(value / unit);
  return Math.max(-mostUnits, Math.min(mostUnits, units)) * unit;
}

/** What a leaf says of a row. @param node counted over all trees @param numberOf NaN where it is missing */
export function leafValue(
  e: TreeEnsemble,
  tree: number,
  node: number,
  numberOf: (feature: number) => number,
): number {
  const { linear } = e;
  const constant = e.value[node] as number;
  if (linear === undefined) return constant;
  const end = linear.start[node + 1] as number;
  let at = linear.start[node] as number;
  if (at === end) return constant;
  let sum = linear.intercept[node] as number;
  for (; at < end; at++) {
    const x = numberOf(linear.feature[at] as number);
    sum += (linear.factor[at] as number) * (x - (linear.centre[at] as number));
  }
  return Number.isFinite(sum) ? onGrid(sum, linear.unit[tree] as number) : constant;
}

/** The terms of grown trees in arrays; undefined where no tree has linear leaves. */
export function packLinear(trees: readonly GrownLinearTree[]): LinearLeaves | undefined {
  if (trees.every(({ unit }) => unit === undefined)) return undefined;
  const nodes = trees.flatMap((tree) => tree.nodes);
  const counts = nodes.map(({ terms }) => terms?.features.length ?? 0);
  const packed = emptyLinear(trees.length, nodes.length, sumOf(counts));
  let at = 0;
  nodes.forEach(({ terms }, n) => {
    packed.start[n] = at;
    if (terms === undefined) return;
    packed.intercept[n] = terms.intercept;
    packed.feature.set(terms.features, at);
    packed.factor.set(terms.factors, at);
    packed.centre.set(terms.centres, at);
    at += terms.features.length;
  });
  packed.start[nodes.length] = at;
  trees.forEach(({ unit }, t) => {
    packed.unit[t] = unit ?? 1;
  });
  return packed;
}

/** Trees picked from ensembles, each a part of the nodes. */
export interface PickedTree {
  readonly trees: TreeEnsemble;
  readonly t: number;
}

/** The terms of picked trees, one behind the other; undefined where none of the ensembles has any. */
export function mergeLinear(picked: readonly PickedTree[]): LinearLeaves | undefined {
  if (picked.every(({ trees }) => trees.linear === undefined)) return undefined;
  const ranges = picked.map(({ trees, t }) => ({
    linear: trees.linear,
    from: trees.treeStart[t] as number,
    to: trees.treeStart[t + 1] as number,
  }));
  const numNodes = sumOf(ranges.map(({ from, to }) => to - from));
  const numTerms = sumOf(
    ranges.map(({ linear, from, to }) =>
      linear === undefined ? 0 : (linear.start[to] as number) - (linear.start[from] as number),
    ),
  );
  const merged = emptyLinear(picked.length, numNodes, numTerms);
  let node = 0;
  let term = 0;
  ranges.forEach(({ linear, from, to }, i) => {
    const first = linear?.start[from] ?? 0;
    for (let n = from; n < to; n++) {
      merged.start[node + n - from] = term + (linear?.start[n] ?? 0) - first;
    }
    merged.unit[i] = linear?.unit[(picked[i] as PickedTree).t] ?? 1;
    if (linear !== undefined) {
      const end = linear.start[to] as number;
      merged.intercept.set(linear.intercept.subarray(from, to), node);
      merged.feature.set(linear.feature.subarray(first, end), term);
      merged.factor.set(linear.factor.subarray(first, end), term);
      merged.centre.set(linear.centre.subarray(first, end), term);
      term += end - first;
    }
    node += to - from;
  });
  merged.start[numNodes] = term;
  return merged;
}

/** The terms of the first trees. */
export function takeLinear(
  linear: LinearLeaves | undefined,
  numTrees: number,
  numNodes: number,
): { readonly linear?: LinearLeaves } {
  if (linear === undefined) return {};
  const numTerms = linear.start[numNodes] as number;
  return {
    linear: {
      start: linear.start.slice(0, numNodes + 1),
      feature: linear.feature.slice(0, numTerms),
      factor: linear.factor.slice(0, numTerms),
      centre: linear.centre.slice(0, numTerms),
      intercept: linear.intercept.slice(0, numNodes),
      unit: linear.unit.slice(0, numTrees),
    },
  };
}

/** The same leaves with every value times a power of two. */
export function scaleLinear(linear: LinearLeaves, factor: number): LinearLeaves {
  const times = (values: Float64Array): Float64Array => values.map((value) => value * factor);
  return {
    ...linear,
    factor: times(linear.factor),
    intercept: times(linear.intercept),
    unit: times(linear.unit),
  };
}

/** The same of one leaf. */
export function scaledTerms(terms: LinearTerms, factor: number): LinearTerms {
  return {
    ...terms,
    intercept: terms.intercept * factor,
    factors: terms.factors.map((value) => value * factor),
  };
}

/** What is wrong with the linear leaves of a model that was read; null where nothing is. */
export function problemOfLinear(e: TreeEnsemble, isNumeric: readonly boolean[]): string | null {
  const { linear } = e;
  if (linear === undefined) return null;
  const { start, feature, factor, centre, intercept, unit } = linear;
  let before = 0;
  for (const at of start) {
    if (at < before) return 'has terms of leaves that overlap';
    before = at;
  }
  if (start[0] !== 0 || before !== feature.length) return 'has terms that belong to no leaf';
  if (e.numOutputs !== 1) return 'has linear leaves of several values';
  for (const f of feature)
    if (isNumeric[f] !== true) return `has a term of feature ${f}, no number`;
  const areFinite = [factor, centre, intercept].every((values) => values.every(Number.isFinite));
  if (!areFinite) return 'has a term that is not finite';
  const isPower = (u: number): boolean => u > 0 && powerOfTwo(ceilLog2(u)) === u;
  return unit.every(isPower) ? null : 'has a grid of scores that is no power of two';
}

function emptyLinear(numTrees: number, numNodes: number, numTerms: number): LinearLeaves {
  return {
    start: new Uint32Array(numNodes + 1),
    feature: new Int32Array(numTerms),
    factor: new Float64Array(numTerms),
    centre: new Float64Array(numTerms),
    intercept: new Float64Array(numNodes),
    unit: new Float64Array(numTrees),
  };
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
