/** Rows that are drawn by their positions: a step that keeps them and drops all others, run where the table is read. */
import { hash32, purposes, unitInterval } from '../../base/rng.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { Operator } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import { takeRows } from '../../table/take-rows.ts';
import { sharedCopy } from '../model/shared-trees.ts';

/** What the step is told. */
export interface DrawnRowsSpec extends OperatorSpec {
  readonly kind: 'ensemble.drawnRows';
  /** Ascending. */
  readonly positions: Float64Array;
}

/** Makes the step. */
export function makeDrawnRowsOperator({ positions }: DrawnRowsSpec): Operator {
  return (batch, { firstRow }) => {
    const from = lowerBound(positions, firstRow);
    const to = lowerBound(positions, firstRow + batch.numRows);
    return takeRows(
      batch,
      Int32Array.from(positions.subarray(from, to), (position) => position - firstRow),
    );
  };
}

/** The table's rows at ascending positions. */
export function drawnRows(table: PartitionedTable, positions: Float64Array): PartitionedTable {
  const spec: DrawnRowsSpec = {
    kind: 'ensemble.drawnRows',
    ...{ reads: [], writes: [], changesRows: true, usesPosition: true },
    positions: sharedCopy(positions),
  };
  return table.withOperator(spec, table.schema);
}

/**
 * Positions of a tree's rows: so many different ones of all, each set alike likely.
 *
 * @see R. Floyd in J. Bentley, "Programming pearls: a sample of brilliance", 1987
 */
export function drawPositions(
  numRows: number,
  count: number,
  { seed, tree }: { readonly seed: number; readonly tree: number },
): Float64Array {
  const drawn = new Set<number>();
  for (let last = numRows - count; last < numRows; last++) {
    const bits = hash32(seed, purposes.isolation, tree, last);
    const position = Math.floor(unitInterval(bits) * (last + 1));
    drawn.add(drawn.has(position) ? last : position);
  }
  return Float64Array.from(drawn).sort();
}

/** How many of ascending numbers are below a number. */
export function lowerBound(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
