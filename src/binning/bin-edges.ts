/**
 * Where a numeric column is cut into bins. The edges come from a sorted sample that is the same for any
 * partitioning. Few distinct values get one bin each, with edges at midpoints; many are grouped so that
 * bins hold about equal numbers of rows, a value that fills a bin alone keeps it (the greedy rule of
 * LightGBM's GreedyFindBin, Ke et al. 2017). `value <= edge` goes left.
 */
import {
  countDistinct,
  type DistinctValues,
  edgesOfDistinct,
} from '../kernels/reference/cut-numbers.ts';

/** @param sorted the sample, ascending, without NaN
 *  @param maxBins the most value bins, 2 to 255
 *  @param isFloat32 true when the column's values are float32: edges are then float32 values too
 *  @param numZeros zeros of the sample that were left out of `sorted`, all of them or none
 *  @returns at most maxBins − 1 edges, strictly ascending; empty for a constant column */
export function numericEdges(
  sorted: Float64Array | Float32Array,
  maxBins: number,
  isFloat32: boolean,
  numZeros = 0,
): Float64Array {
  const rows = sorted.length + numZeros;
  return edgesOfDistinct({ ...countDistinct(sorted, numZeros), rows }, maxBins, isFloat32);
}

/**
 * The same with some edges given: they come first, and what lies between two of them gets its share of the other bins, by
 * its rows (LightGBM's forced bins). Where all distinct values can have bins of their own, they do.
 *
 * @param given finite and ascending, at most maxBins − 1; of float32 columns each parts the values just so
 */
export function edgesWithGiven(
  sorted: Float64Array | Float32Array,
  given: readonly number[],
  { maxBins, isFloat32, numZeros = 0 }: BinLimits,
): Float64Array {
  const fixed = given
    .map((edge) => (isFloat32 ? float32UpTo(edge) : edge) + 0)
    .filter((edge, i, all) => i === 0 || edge > (all[i - 1] as number));
  const stretches = partAt(countDistinct(sorted, numZeros), fixed);
  let restBins = maxBins - stretches.length;
  let restRows = stretches.reduce((sum, { rows }) => sum + rows, 0);
  const wanted = stretches.reduce((sum, { values }) => sum + Math.max(0, values.length - 1), 0);
  const hasRoom = wanted <= restBins;
  const edges: number[] = [];
  stretches.forEach((stretch, i) => {
    const { rows, values } = stretch;
    const share = restRows === 0 ? 0 : Math.round((rows / restRows) * restBins);
    const more = edgesOfDistinct(stretch, 1 + (hasRoom ? values.length : share), isFloat32);
    edges.push(...more);
    restBins -= more.length;
    restRows -= rows;
    if (i < fixed.length) edges.push(fixed[i] as number);
  });
  return Float64Array.from(edges);
}

/** What bins are made for; `numZeros` and the others as of {@link numericEdges}. */
export interface BinLimits {
  readonly maxBins: number;
  readonly isFloat32: boolean;
  readonly numZeros?: number;
}

function partAt(
  { values, counts }: Omit<DistinctValues, 'rows'>,
  edges: readonly number[],
): DistinctValues[] {
  let from = 0;
  return [...edges, Number.POSITIVE_INFINITY].map((edge) => {
    let to = from;
    let rows = 0;
    for (; to < values.length && (values[to] as number) <= edge; to++) rows += counts[to] as number;
    const part = { values: values.subarray(from, to), counts: counts.subarray(from, to), rows };
    from = to;
    return part;
  });
}

/** The greatest float32 that is not above a number: what it parts of float32 values is the same. */
export function float32UpTo(value: number): number {
  const near = Math.fround(value);
  if (near <= value) return near;
  const words = new Int32Array(Float32Array.of(near).buffer);
  const word = words[0] as number;
  // below 0 comes the smallest negative one
  if (near === 0) words[0] = 0x80000001 | 0;
  else words[0] = word < 0 ? word + 1 : word - 1;
  return new Float32Array(words.buffer)[0] as number;
}
