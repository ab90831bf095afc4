/**
 * What bounds the children of each cut of a leaf, where each child has only the neighbours that it lies beside itself
 * (monotone-leaves.ts)? A neighbour that overlaps a part of the leaf along the feature that is cut bounds left children from a
 * bin on, and right ones before another; so bounds are steps along the bins (C. Auguste, S. Malory and I. Smirnov, "A better
 * method to enforce monotonic constraints in regression and classification trees", 2020). Missing values lie in a
 * place of their own, so the child that gets them has the bounds of these as well.
 */
import {
  allNumbers,
  GrowingBounds,
  type LeafBounds,
  type MonotoneLeaf,
  type Neighbour,
} from './monotone-leaves.ts';

/** Bounds along the bins of a feature of numbers. */
export interface CutBounds {
  /** Of the side that has the missing values. */
  readonly missing: LeafBounds;
  /** The first bin of each step, ascending from 0. */
  readonly bins: readonly number[];
  /** Four a step: lower and upper bound of the left child, and of the right one. */
  readonly bounds: Float64Array;
}

/** A neighbour along a part of the feature. */
interface Part {
  readonly order: number;
  readonly value: number;
  /** Left children of cuts from this bin on lie beside it; −1 where only missing values do. */
  readonly first: number;
  /** Right children of cuts before this bin do. */
  readonly end: number;
  readonly hasMissing: boolean;
}

/** The features along which some neighbour lies beside a part of a leaf only: cuts of others bound both children alike. */
export function partedFeatures({ extents, neighbours }: MonotoneLeaf): ReadonlySet<number> {
  const found = new Set<number>();
  for (const { leaf, apart } of neighbours) {
    for (const [feature, theirs] of leaf.extents) {
      if (feature === apart || theirs.bits !== null) continue;
      const own = extents.get(feature) ?? allNumbers;
      if (theirs.low > own.low || theirs.high < own.high) found.add(feature);
    }
  }
  return found;
}

/** @param edges of the feature's bins */
export function cutBounds(
  { extents, neighbours }: MonotoneLeaf,
  feature: number,
  edges: ArrayLike<number>,
): CutBounds | null {
  const own = extents.get(feature) ?? allNumbers;
  const common = new GrowingBounds();
  const parts: Part[] = [];
  for (const each of neighbours) {
    const part = partOf(each, feature, own, edges);
    if (part === null) common.add(each.order, each.leaf.value);
    else parts.push(part);
  }
  const met = parts.filter(({ order, value }) =>
    order > 0 ? value > common.lower : value < common.upper,
  );
  return met.length === 0 ? null : stepsOf(common, met);
}

/** Null where both children of any cut lie beside it. */
function partOf(
  { leaf, order, apart }: Neighbour,
  feature: number,
  own: typeof allNumbers,
  edges: ArrayLike<number>,
): Part | null {
  const theirs = leaf.extents.get(feature);
  if (theirs === undefined || apart === feature) return null;
  if (theirs.low <= own.low && theirs.high >= own.high) return null;
  const low = Math.max(own.low, theirs.low);
  const high = Math.min(own.high, theirs.high);
  const firstMet = low === Number.NEGATIVE_INFINITY ? 0 : binOf(edges, low) + 1;
  const [first, end] = low < high ? [firstMet, binOf(edges, high)] : [-1, -1];
  const hasMissing = own.hasMissing && theirs.hasMissing;
  return { order, value: leaf.value, first, end, hasMissing };
}

function stepsOf(common: LeafBounds, parts: readonly Part[]): CutBounds {
  const missing = new GrowingBounds();
  for (const { hasMissing, order, value } of parts) if (hasMissing) missing.add(order, value);
  const met = parts.filter(({ first }) => first >= 0);
  const bins = [...new Set([0, ...met.flatMap(({ first, end }) => [first, end])])];
  bins.sort((a, b) => a - b);
  const bounds = new Float64Array(4 * bins.length);
  const write = (at: number, { lower, upper }: LeafBounds): void => {
    bounds[at] = lower;
    bounds[at + 1] = upper;
  };
  // the later a cut, the more lies beside its left child, and the less beside its right one
  const left = boundsFrom(common);
  let next = 0;
  met.sort((a, b) => a.first - b.first);
  bins.forEach((bin, k) => {
    for (; next < met.length && (met[next] as Part).first <= bin; next++)
      addPart(left, met[next] as Part);
    write(4 * k, left);
  });
  const right = boundsFrom(common);
  next = 0;
  met.sort((a, b) => b.end - a.end);
  for (let k = bins.length - 1; k >= 0; k--) {
    const bin = bins[k] as number;
    for (; next < met.length && (met[next] as Part).end > bin; next++)
      addPart(right, met[next] as Part);
    write(4 * k + 2, right);
  }
  return { missing, bins, bounds };
}

function addPart(bounds: GrowingBounds, { order, value }: Part): void {
  bounds.add(order, value);
}

function boundsFrom({ lower, upper }: LeafBounds): GrowingBounds {
  const bounds = new GrowingBounds();
  bounds.add(1, lower);
  bounds.add(-1, upper);
  return bounds;
}

/** The bin that ends at an edge; the last one at none. */
function binOf(edges: ArrayLike<number>, edge: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] as number) < edge) low = middle + 1;
    else high = middle;
  }
  return low;
}
