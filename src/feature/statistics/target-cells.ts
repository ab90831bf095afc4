/** Labels of the rows of one category, added up fold by fold in whole numbers. */

/** The rows of one category in one fold. */
export interface TargetCell {
  readonly count: number;
  /** Σy of each target: a 0 or 1 for each class, or the label in units of 2^−1074. */
  readonly sums: readonly bigint[];
  /** Σy² of each target, in squared units. */
  readonly squares: readonly bigint[];
}

/** Categories (null for a missing value) with a cell for each fold; the first is that of fold −1. */
export type CategoryCells = Map<string | null, TargetCell[]>;

/** The cell of no rows. */
export function emptyCell(numTargets: number): TargetCell {
  const zeros = Array.from({ length: numTargets }, () => 0n);
  return { count: 0, sums: zeros, squares: zeros };
}

/** The rows of both. */
export function addCells(a: TargetCell, b: TargetCell): TargetCell {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  return {
    count: a.count + b.count,
    sums: a.sums.map((sum, i) => sum + (b.sums[i] as bigint)),
    squares: a.squares.map((square, i) => square + (b.squares[i] as bigint)),
  };
}
