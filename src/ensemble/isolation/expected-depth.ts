/** The depth that is expected of a row in a tree of so many: that of an unsuccessful search (Liu, equation 1). */
export function expectedDepth(numRows: number): number {
  if (numRows < 2) return 0;
  let harmonic = 0;
  for (let i = numRows - 1; i > 0; i--) harmonic += 1 / i;
  return 2 * harmonic - (2 * (numRows - 1)) / numRows;
}
