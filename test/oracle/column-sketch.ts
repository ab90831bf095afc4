/**
 * What is known of columns without their values: sums in which each value counts by its place. Fixtures hold these of
 * data that is not kept.
 */
import { DataType, type Vector } from 'apache-arrow';
import type { PartitionedTable } from '../../src/index.ts';
import { numericValues } from '../../src/table/columns/column-values.ts';

/** What is known of a column without its values. */
export interface Sketch {
  readonly values: number;
  readonly missing: number;
  readonly sum: number;
  readonly placed: number;
  readonly magnitude: number;
}

/** The numbers of a column, part by part. */
function partsOf(vector: Vector): Float64Array[] {
  // a category is its number
  const codes = vector.data[0]?.values as Int32Array;
  if (DataType.isDictionary(vector.type))
    return [Float64Array.from(codes, (code, row) => (vector.isValid(row) ? code : Number.NaN))];
  const { numChildren } = vector;
  if (numChildren === 0) return [numericValues(vector)];
  return Array.from({ length: numChildren }, (_, part) =>
    numericValues(vector.getChildAt(part) as Vector),
  );
}

/** The sketch of some columns, row by row, the parts of a row in their order. */
export async function sketchOf(
  table: PartitionedTable,
  columns: readonly string[],
): Promise<Sketch> {
  const total = { values: 0, missing: 0, sum: 0, placed: 0, magnitude: 0 };
  for (const batch of (await table.select(...columns).collect()).batches) {
    const parts = columns.flatMap((name) => partsOf(batch.getChild(name) as Vector));
    for (let row = 0; row < batch.numRows; row++) {
      for (const part of parts) {
        const value = part[row] as number;
        const place = (total.values++ * 31 + 7) % 101;
        if (Number.isNaN(value)) {
          total.missing += 1;
          continue;
        }
        total.sum += value;
        total.placed += value * place;
        total.magnitude += Math.abs(value) * place;
      }
    }
  }
  return total;
}

/** Are these sums of the same values, but for rounding? */
export function isSame(found: Sketch, expected: Sketch): boolean {
  const bound = 1e-11 * expected.magnitude;
  return (
    found.values === expected.values &&
    found.missing === expected.missing &&
    Math.abs(found.sum - expected.sum) <= bound &&
    Math.abs(found.placed - expected.placed) <= bound
  );
}

/** Are these numbers the same in eight digits? */
export function isClose(found: unknown, expected: unknown): boolean {
  if (Array.isArray(found) && Array.isArray(expected))
    return (
      found.length === expected.length && found.every((value, i) => isClose(value, expected[i]))
    );
  const [a, b] = [Number(found), Number(expected)];
  // below 1e-290 the last digits of a tail are not there any more
  return a === b || Math.abs(a - b) <= 1e-8 * Math.abs(b) + 1e-290;
}
