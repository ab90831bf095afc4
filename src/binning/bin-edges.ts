/**
 * Where a numeric column is cut into bins. The edges come from a sorted sample that is the same for any
 * partitioning. Few distinct values get one bin each, with edges at midpoints; many are grouped so that
 * bins hold about equal numbers of rows, a value that fills a bin alone keeps it (the greedy rule of
 * LightGBM's GreedyFindBin, Ke et al. 2017). `value <= edge` goes left.
 */

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
  return edgesOf({ ...countDistinct(sorted, numZeros), rows }, maxBins, isFloat32);
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
    const more = edgesOf(stretch, 1 + (hasRoom ? values.length : share), isFloat32);
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

/** Distinct values, and the rows that have them. */
interface Stretch extends DistinctValues {
  readonly rows: number;
}

function partAt({ values, counts }: DistinctValues, edges: readonly number[]): Stretch[] {
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

function edgesOf(
  { values, counts, rows }: Stretch,
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
  return greedyEdges({ values, counts }, rows, maxBins, isFloat32);
}

/** A cut between two neighbours: their midpoint, or the lower value where the midpoint is not below the upper. */
export function edgeBetween(lower: number, upper: number, isFloat32: boolean): number {
  if (lower === Number.NEGATIVE_INFINITY) return lower;
  const high = upper === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : upper;
  let middle = lower / 2 + high / 2;
  if (isFloat32) middle = Math.fround(middle);
  return middle >= lower && middle < upper ? middle : lower;
}

interface DistinctValues {
  readonly values: Float64Array;
  readonly counts: Float64Array;
}

function countDistinct(sorted: Float64Array | Float32Array, numZeros: number): DistinctValues {
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
  { values, counts }: DistinctValues,
  numRows: number,
  maxBins: number,
  isFloat32: boolean,
): Float64Array {
  const numDistinct = values.length;
  let meanRows = numRows / maxBins;
  const isBig = new Uint8Array(numDistinct);
  let restBins = maxBins;
  let restRows = numRows;
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
