/** Some of a column's numbers: by loops, for `from` and `filter` of typed arrays walk iterators and lists. */

/** from[rows[0]], from[rows[1]], … */
export function pickNumbers(from: Float64Array, rows: Uint32Array): Float64Array<ArrayBuffer> {
  const picked = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) picked[i] = from[rows[i] as number] as number;
  return picked;
}
