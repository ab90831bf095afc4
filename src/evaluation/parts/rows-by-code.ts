/** Which rows of a partition are of which kind? */

/** The rows of each code, ascending; those of weight 0 are of none. */
export function rowsByCode(
  codes: Int32Array | Uint8Array,
  numCodes: number,
  weights: Float64Array | null,
): Uint32Array[] {
  const counts = new Uint32Array(numCodes);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    if (weights === null || weights[row] !== 0) counts[code] = (counts[code] as number) + 1;
  }
  const rows = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  for (let row = 0; row < codes.length; row++) {
    if (weights !== null && weights[row] === 0) continue;
    const code = codes[row] as number;
    const place = counts[code] as number;
    (rows[code] as Uint32Array)[place] = row;
    counts[code] = place + 1;
  }
  return rows;
}

/** The rows that have a weight, ascending. */
export function rowsOfWeight(numRows: number, weights: Float64Array | null): Uint32Array {
  return rowsByCode(new Uint8Array(numRows), 1, weights)[0] as Uint32Array;
}
