/**
 * Solves (S + penalty · I) x = b for a symmetric S without negative eigenvalues, by Cholesky's factors. A variable that
 * the ones before it determine, as far as float64 can tell, stays 0. Only + − × ÷ and the square root are used, which
 * every machine rounds alike.
 */

/** A pivot below this share of its diagonal is noise. */
const leastPivot = 1e-10;

/** @param s the lower triangle row by row: s[i (i + 1) / 2 + j], j ≤ i */
export function solveRidge(s: Float64Array, b: Float64Array, penalty: number): Float64Array {
  const n = b.length;
  const factor = new Float64Array(s.length);
  const isKept = new Uint8Array(n);
  const at = (i: number, j: number): number => (i * (i + 1)) / 2 + j;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      if (isKept[j] === 0) continue;
      let sum = s[at(i, j)] as number;
      for (let k = 0; k < j; k++) {
        sum -= (factor[at(i, k)] as number) * (factor[at(j, k)] as number);
      }
      factor[at(i, j)] = sum / (factor[at(j, j)] as number);
    }
    const diagonal = (s[at(i, i)] as number) + penalty;
    let pivot = diagonal;
    for (let k = 0; k < i; k++)
      pivot -= (factor[at(i, k)] as number) * (factor[at(i, k)] as number);
    if (!(pivot > leastPivot * diagonal)) {
      for (let k = 0; k < i; k++) factor[at(i, k)] = 0;
      continue;
    }
    isKept[i] = 1;
    factor[at(i, i)] = Math.sqrt(pivot);
  }
  const x = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    if (isKept[i] === 0) continue;
    let sum = b[i] as number;
    for (let k = 0; k < i; k++) sum -= (factor[at(i, k)] as number) * (x[k] as number);
    x[i] = sum / (factor[at(i, i)] as number);
  }
  for (let i = n - 1; i >= 0; i--) {
    if (isKept[i] === 0) continue;
    let sum = x[i] as number;
    for (let k = i + 1; k < n; k++) sum -= (factor[at(k, i)] as number) * (x[k] as number);
    x[i] = sum / (factor[at(i, i)] as number);
  }
  return x;
}
