/**
 * Makes the leaves of a grown tree linear in the numeric features of their path (W. de Vito et al., "Piece-wise linear
 * regression trees", as LightGBM's linear_tree has them; Y. Shi et al., "Gradient boosting with piece-wise linear
 * regression trees", 2019). Per leaf, over its rows without a missing or infinite value among these features:
 *
 *   (1) ranks meet for the range of each feature, which gives z = (x − middle) / half, from −1 to 1
 *   (2) ranks meet for Σ h, Σ g, Σ h z, Σ g z, Σ h z zᵀ and the rows
 *   (3) every rank solves: the value at the mean is −G / (H + λ), slopes are those of a ridge regression on z
 *
 * The sums are exact: each term hangs on its row alone and is split on two grids of a power of two, so that float64 adds
 * the parts as whole numbers. Cost: rows · (features of a path)² / 2 multiplications a tree.
 */
import { ceilLog2, powerOfTwo } from '../../base/portable-math.ts';
import { type LinearTerms, onGrid } from '../../tree/linear-leaves.ts';
import type { GrownNode, GrownTree } from '../../tree/tree.ts';
import type { GradientRows } from '../objectives/objective.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { leftOut } from '../rigs/tree-rig.ts';
import { solveRidge } from './solve-ridge.ts';

/** Rows of a rank with their numbers. */
export interface NumberedRows {
  /** The leaf of each row, by its place among the tree's leaves; {@link leftOut} marks rows that were not drawn. */
  readonly leafOf: Uint32Array;
  /** float64[row][width] */
  readonly numbers: Float64Array;
  readonly width: number;
}

/** What the leaves of one tree are fitted to. */
export interface LinearSettlement {
  readonly grown: {
    readonly tree: GrownTree;
    readonly leaves: readonly { readonly index: number }[];
  };
  readonly rows: GradientRows;
  readonly numbered: NumberedRows;
  /** Of each feature its place among a row's numbers, −1 of categories. */
  readonly placeOf: Int32Array;
  readonly largest: { readonly grad: number; readonly hess: number };
  readonly numAll: number;
  readonly lambda: number;
  readonly linearLambda: number;
  readonly stepSize: number;
}

/** The features of each leaf, and where its sums and terms lie. */
export interface LeafTerms {
  /** Features of a leaf are places[first[leaf] … first[leaf + 1]). */
  readonly first: Int32Array;
  readonly features: Int32Array;
  /** Their places among a row's numbers. */
  readonly places: Int32Array;
}

/** Writes terms into the tree's leaves where a line can be drawn; the others stay constant. */
export async function fitLinearLeaves(
  environment: RankEnvironment,
  settlement: LinearSettlement,
): Promise<void> {
  const terms = termsOfLeaves(settlement);
  const { grown } = settlement;
  const { rows, numbered } = settlement;
  const hesses = environment.f64(rows.hesses, rows.numRows);
  const counts = countingRows(numbered, hesses, terms);
  const ranges = await rangesOf(environment, numbered, { terms, counts });
  const sums = await sumsOf(environment, settlement, { terms, counts, ranges });
  grown.leaves.forEach((leaf, i) => {
    const node = grown.tree.nodes[leaf.index] as GrownNode;
    const found = termsOfLeaf(settlement, { terms, ranges, sums }, i);
    if (found !== null) node.terms = found;
  });
}

/** The numeric features on the way to each leaf, ascending. */
export function termsOfLeaves({
  grown,
  placeOf,
}: Pick<LinearSettlement, 'grown' | 'placeOf'>): LeafTerms {
  const { nodes } = grown.tree;
  const parents = new Int32Array(nodes.length).fill(-1);
  nodes.forEach(({ leftChild }, index) => {
    if (leftChild !== 0) parents.fill(index, leftChild, leftChild + 2);
  });
  const first = new Int32Array(grown.leaves.length + 1);
  const features: number[] = [];
  grown.leaves.forEach((leaf, i) => {
    const own = new Set<number>();
    for (let above = parents[leaf.index] as number; above >= 0; above = parents[above] as number) {
      const { feature } = nodes[above] as GrownNode;
      if ((placeOf[feature] as number) >= 0) own.add(feature);
    }
    features.push(...[...own].sort((a, b) => a - b));
    first[i + 1] = features.length;
  });
  const places = Int32Array.from(features, (feature) => placeOf[feature] as number);
  return { first, features: Int32Array.from(features), places };
}

/** The middle and half the width of each term's values in its leaf. */
interface TermRanges {
  readonly middle: Float64Array;
  readonly half: Float64Array;
}

async function rangesOf(
  environment: RankEnvironment,
  { leafOf, numbers, width }: NumberedRows,
  { terms: { first, places }, counts }: CountedTerms,
): Promise<TermRanges> {
  const numTerms = places.length;
  // largest values, then largest negated ones
  const own = new Float64Array(2 * numTerms).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < leafOf.length; i++) {
    if (counts[i] === 0) continue;
    const leaf = leafOf[i] as number;
    const to = first[leaf + 1] as number;
    for (let t = first[leaf] as number; t < to; t++) {
      const x = numbers[i * width + (places[t] as number)] as number;
      if (x > (own[t] as number)) own[t] = x;
      if (-x > (own[numTerms + t] as number)) own[numTerms + t] = -x;
    }
  }
  const middle = new Float64Array(numTerms);
  const half = new Float64Array(numTerms);
  for (const part of await gather(environment, own)) {
    for (let t = 0; t < own.length; t++) own[t] = Math.max(own[t] as number, part[t] as number);
  }
  for (let t = 0; t < numTerms; t++) {
    const high = own[t] as number;
    const low = -(own[numTerms + t] as number);
    // halves first: the sum of two large numbers may be infinite
    middle[t] = low / 2 + high / 2;
    half[t] = high / 2 - low / 2;
  }
  return { middle, half };
}

/** 1 for rows that take part: drawn, of some weight, no value among the leaf's features missing or infinite. */
function countingRows(
  { leafOf, numbers, width }: NumberedRows,
  hesses: Float64Array,
  { first, places }: LeafTerms,
): Uint8Array {
  const counts = new Uint8Array(leafOf.length);
  for (let i = 0; i < leafOf.length; i++) {
    const leaf = leafOf[i] as number;
    if (leaf >= leftOut || hesses[i] === 0) continue;
    const to = first[leaf + 1] as number;
    let t = first[leaf] as number;
    while (t < to && Number.isFinite(numbers[i * width + (places[t] as number)])) t += 1;
    if (t === to) counts[i] = 1;
  }
  return counts;
}

/** Sums of a leaf of k terms: rows, Σ h, Σ g, then of each term Σ h z, Σ g z and Σ h z z' of those up to it. */
function sumCount(k: number): number {
  return 3 + 2 * k + (k * (k + 1)) / 2;
}

interface LeafSums {
  /** Where each leaf's begin. */
  readonly begin: Int32Array;
  readonly totals: Float64Array;
}

/** The terms, and the rows that count. */
interface CountedTerms {
  readonly terms: LeafTerms;
  readonly counts: Uint8Array;
}

interface KnownRanges {
  readonly terms: LeafTerms;
  readonly ranges: TermRanges;
}

async function sumsOf(
  environment: RankEnvironment,
  { rows, numbered, largest, numAll }: LinearSettlement,
  { terms: { first, places }, counts, ranges: { middle, half } }: KnownRanges & CountedTerms,
): Promise<LeafSums> {
  const { leafOf, numbers, width } = numbered;
  const grads = environment.f64(rows.grads, rows.numRows);
  const hesses = environment.f64(rows.hesses, rows.numRows);
  const begin = new Int32Array(first.length);
  for (let leaf = 0; leaf + 1 < first.length; leaf++) {
    const k = (first[leaf + 1] as number) - (first[leaf] as number);
    begin[leaf + 1] = (begin[leaf] as number) + sumCount(k);
  }
  const high = new Float64Array(begin[first.length - 1] as number);
  const low = new Float64Array(high.length);
  // a z may exceed 1 by its rounding
  const ofH = splitterOf(4 * largest.hess, numAll);
  const ofG = splitterOf(4 * largest.grad, numAll);
  const add = (at: number, term: number, { coarse, fine }: Splitter): void => {
    const whole = term + coarse - coarse;
    high[at] = (high[at] as number) + whole;
    low[at] = (low[at] as number) + (term - whole + fine - fine);
  };
  const most = first.reduce((wide, at, i) => Math.max(wide, (first[i + 1] ?? at) - at), 0);
  const z = new Float64Array(most);
  for (let i = 0; i < leafOf.length; i++) {
    if (counts[i] === 0) continue;
    const leaf = leafOf[i] as number;
    const from = first[leaf] as number;
    const k = (first[leaf + 1] as number) - from;
    const h = hesses[i] as number;
    const g = grads[i] as number;
    let at = begin[leaf] as number;
    high[at] = (high[at] as number) + 1;
    add(at + 1, h, ofH);
    add(at + 2, g, ofG);
    at += 3;
    for (let t = 0; t < k; t++) {
      const width0 = half[from + t] as number;
      const x = numbers[i * width + (places[from + t] as number)] as number;
      const zt = width0 > 0 ? (x - (middle[from + t] as number)) / width0 : 0;
      z[t] = zt;
      add(at, h * zt, ofH);
      add(at + 1, g * zt, ofG);
      at += 2;
      for (let s = 0; s <= t; s++) add(at + s, h * zt * (z[s] as number), ofH);
      at += t + 1;
    }
  }
  const own = new Float64Array(2 * high.length);
  own.set(high);
  own.set(low, high.length);
  const totals = new Float64Array(high.length);
  const parts = await gather(environment, own);
  for (let s = 0; s < totals.length; s++) {
    let wholes = 0;
    let rest = 0;
    for (const part of parts) {
      wholes += part[s] as number;
      rest += part[totals.length + s] as number;
    }
    totals[s] = wholes + rest;
  }
  return { begin, totals };
}

/** What rounds a term to multiples of a coarse grid when added and taken away again, and its rest to a fine one. */
interface Splitter {
  readonly coarse: number;
  readonly fine: number;
}

/** For so many terms of at most a bound: sums of either part stay whole numbers below 2^53. */
function splitterOf(bound: number, numTerms: number): Splitter {
  const terms = ceilLog2(Math.max(1, numTerms));
  const exponent = ceilLog2(bound) + terms + 1;
  const magic = (wanted: number): number =>
    1.5 * powerOfTwo(Math.max(-1000, Math.min(1000, wanted)));
  return { coarse: magic(exponent), fine: magic(exponent + terms - 51) };
}

/** The terms of a leaf, times the step size; null where it stays constant. */
function termsOfLeaf(
  { lambda, linearLambda, stepSize }: LinearSettlement,
  { terms, ranges, sums }: KnownRanges & { readonly sums: LeafSums },
  leaf: number,
): LinearTerms | null {
  const from = terms.first[leaf] as number;
  const k = (terms.first[leaf + 1] as number) - from;
  const at = sums.begin[leaf] as number;
  const own = sums.totals.subarray(at, at + sumCount(k));
  const [numRows = 0, H = 0, G = 0] = own;
  if (k === 0 || numRows <= k + 1 || !(H > 0)) return null;
  const mean = new Float64Array(k);
  const right = new Float64Array(k);
  const scatter = new Float64Array((k * (k + 1)) / 2);
  let place = 3;
  let entry = 0;
  for (let t = 0; t < k; t++) {
    mean[t] = (own[place] as number) / H;
    right[t] = G * (mean[t] as number) - (own[place + 1] as number);
    place += 2;
    for (let s = 0; s <= t; s++) {
      scatter[entry++] = (own[place++] as number) - H * (mean[t] as number) * (mean[s] as number);
    }
  }
  const slopes = solveRidge(scatter, right, linearLambda);
  const features: number[] = [];
  const factors: number[] = [];
  const centres: number[] = [];
  for (let t = 0; t < k; t++) {
    const half = ranges.half[from + t] as number;
    const factor = ((slopes[t] as number) / half) * stepSize;
    if (factor === 0 || !Number.isFinite(factor)) continue;
    features.push(terms.features[from + t] as number);
    factors.push(factor);
    centres.push((ranges.middle[from + t] as number) + half * (mean[t] as number));
  }
  if (features.length === 0) return null;
  return { intercept: (-G / (H + lambda)) * stepSize, features, factors, centres };
}

/** Rows of a rank with their numbers and scores. */
export interface ScoredNumbers extends NumberedRows {
  readonly scores: Float64Array;
}

/** Adds to each row's score what its leaf says of it. */
export function addLines(
  { tree, leaves }: LinearSettlement['grown'],
  placeOf: Int32Array,
  unit: number,
  { leafOf, numbers, scores, width }: ScoredNumbers,
): void {
  const ends = leaves.map((leaf) => tree.nodes[leaf.index] as GrownNode);
  const constants = ends.map(({ value }) => value[0] as number);
  const terms = ends.map(({ terms: own }) => ({
    intercept: own?.intercept ?? 0,
    places: Int32Array.from(own?.features ?? [], (feature) => placeOf[feature] as number),
    factors: Float64Array.from(own?.factors ?? []),
    centres: Float64Array.from(own?.centres ?? []),
  }));
  for (let i = 0; i < leafOf.length; i++) {
    const leaf = (leafOf[i] as number) & ~leftOut;
    const { places, factors, centres, intercept } = terms[leaf] as (typeof terms)[number];
    let sum = places.length === 0 ? Number.NaN : intercept;
    for (let t = 0; t < places.length; t++) {
      const x = numbers[i * width + (places[t] as number)] as number;
      sum += (factors[t] as number) * (x - (centres[t] as number));
    }
    const value = Number.isFinite(sum) ? onGrid(sum, unit) : (constants[leaf] as number);
    scores[i] = (scores[i] as number) + value;
  }
}

/** Gives every rank every rank's numbers, by rank. */
async function gather(environment: RankEnvironment, own: Float64Array): Promise<Float64Array[]> {
  const bytes = new Uint8Array(own.buffer, own.byteOffset, own.byteLength);
  const all = await environment.wait(environment.collective.allgather(bytes));
  return all.map((part) => new Float64Array(part.slice().buffer));
}
