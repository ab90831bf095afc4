/**
 * Where is a column of numbers cut into bins? The rule is told in src/binning/bin-edges.ts; the twin of
 * wasm/assembly/cut-numbers.ts.
 */
import type { Views } from './views.ts';

/** Distinct values ascending, how many rows have each, and how many rows there are. */
export interface DistinctValues {
  readonly values: Float64Array;
  readonly counts: Float64Array;
  readonly rows: number;
}

/** Sorts a sample and writes its edges; returns how many. */
export function cutNumbers(
  m: Views,
  values: number,
  count: number,
  _isSorted: number,
  numZeros: number,
  isFloat32: number,
  maxBins: number,
  _scratch: number,
  edges: number,
): number {
  const sorted = Float64Array.from({ length: count }, (_, i) => m.f64(values + 8 * (i + 1))).sort();
  const distinct = { ...countDistinct(sorted, numZeros), rows: count + numZeros };
  const found = edgesOfDistinct(distinct, maxBins, isFloat32 === 1);
  found.forEach((edge, i) => {
    m.setF64(edges + 8 * i, edge);
  });
  return found.length;
}

/** The edges of a sample of which the distinct values are known, ascending and at most maxBins − 1. */
export function edgesOfDistinct(
  { values, counts, rows }: DistinctValues,
  maxBins: number,
  isFloat32: boolean,
): Float64Array {
  const numDistinct = values.length;
  if (numDistinct < 2) return new Float64Array(0);
  if (numDistinct <= maxBins) {
    const edges = new Float64Array(numDistinct - 1);
    for (let i = 0; i + 1 < numDistinct; i++) {
      edges[i] = edgeBetween(values[i] as number, values[i + 1] as number, isFloat32);
    }
    return edges;
  }
  return greedyEdges({ values, counts, rows }, maxBins, isFloat32);
}

/** A cut between two neighbours: their midpoint, or the lower value where the midpoint is not below the upper. */
export function edgeBetween(lower: number, upper: number, isFloat32: boolean): number {
  if (lower === Number.NEGATIVE_INFINITY) return lower;
  const high = upper === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : upper;
  let middle = lower / 2 + high / 2;
  if (isFloat32) middle = Math.fround(middle);
  return middle >= lower && middle < upper ? middle : lower;
}

/** What a sample consists of. @param numZeros zeros that were left out of it, all of them or none */
export function countDistinct(
  sorted: Float64Array | Float32Array,
  numZeros: number,
): Omit<DistinctValues, 'rows'> {
  let numDistinct = numZeros > 0 ? 1 : 0;
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) numDistinct += 1;
  }
  const values = new Float64Array(numDistinct);
  const counts = new Float64Array(numDistinct);
  let at = -1;
  let restZeros = numZeros;
  const addZeros = (): void => {
    at += 1;
    counts[at] = restZeros;
    restZeros = 0;
  };
  for (let i = 0; i < sorted.length; i++) {
    if (restZeros > 0 && (sorted[i] as number) > 0) addZeros();
    if (i === 0 || sorted[i] !== sorted[i - 1]) {
      at += 1;
      // −0 and 0 are one value
      values[at] = (sorted[i] as number) + 0;
    }
    counts[at] = (counts[at] as number) + 1;
  }
  if (restZeros > 0) addZeros();
  return { values, counts };
}

function greedyEdges(
  { values, counts, rows }: DistinctValues,
  maxBins: number,
  isFloat32: boolean,
): Float64Array {
  const numDistinct = values.length;
  let meanRows = rows / maxBins;
  const isBig = new Uint8Array(numDistinct);
  let restBins = maxBins;
  let restRows = rows;
  for (let i = 0; i < numDistinct; i++) {
    if ((counts[i] as number) >= meanRows) {
      isBig[i] = 1;
      restBins -= 1;
      restRows -= counts[i] as number;
    }
  }
  if (restBins > 0) meanRows = restRows / restBins;
  const edges: number[] = [];
  let inBin = 0;
  for (let i = 0; i + 1 < numDistinct && edges.length < maxBins - 1; i++) {
    if (isBig[i] === 0) restRows -= counts[i] as number;
    inBin += counts[i] as number;
    const nextIsBig = isBig[i + 1] === 1;
    if (isBig[i] === 1 || inBin >= meanRows || (nextIsBig && inBin >= Math.max(1, meanRows / 2))) {
      edges.push(edgeBetween(values[i] as number, values[i + 1] as number, isFloat32));
      inBin = 0;
      if (isBig[i] === 0) {
        restBins -= 1;
        if (restBins > 0) meanRows = restRows / restBins;
      }
    }
  }
  return Float64Array.from(edges);
}
