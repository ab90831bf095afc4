/**
 * Numbers of which most are alike, in the memory that they would take one by one, all of their own type:
 *
 *   | how many others | the usual one | row of each other, ascending … | value of each other … |
 */
import type { NumericArray } from './column-values.ts';
import { zerosAsMissing } from './zeros-as-missing.ts';

/** Sparse numbers as they lie in memory. */
export interface SparseNumbers {
  /** 0, or NaN where missing values are the usual ones. */
  readonly usual: number;
  readonly rows: NumericArray;
  readonly values: NumericArray;
}

/** Beyond so many rows a float32 does not tell their numbers apart. */
const mostRows = 1 << 24;
/** Fewer are as quickly read one by one. */
const fewestRows = 64;
/** No more than one value of so many may be another. */
const leastUsual = 8;

/** How many values may differ from the usual one, of so many rows; 0 where they are to lie one by one. */
export function mostOthers(numRows: number): number {
  return numRows < fewestRows || numRows > mostRows ? 0 : Math.floor(numRows / leastUsual);
}

/** Writes sparse numbers to where `out` has room for all rows. */
export function writeSparse(out: NumericArray, { usual, rows, values }: SparseParts): void {
  out[0] = rows.length;
  out[1] = usual;
  out.set(rows, 2);
  out.set(values, 2 + rows.length);
}

/** What is written: rows may be of another type. */
export interface SparseParts {
  readonly usual: number;
  readonly rows: Int32Array;
  readonly values: Float64Array;
}

/** The sparse numbers in `memory`. */
export function readSparse(memory: NumericArray): SparseNumbers {
  const count = memory[0] as number;
  return {
    usual: memory[1] as number,
    rows: memory.subarray(2, 2 + count),
    values: memory.subarray(2 + count, 2 + 2 * count),
  };
}

/** Turns zeros of either sign into missing values. @param memory where sparse numbers lie */
export function sparseZerosAsMissing(memory: NumericArray): void {
  const { usual, values } = readSparse(memory);
  if (usual === 0) memory[1] = Number.NaN;
  zerosAsMissing(values);
}
