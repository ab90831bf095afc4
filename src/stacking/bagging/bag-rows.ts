/**
 * Which rows does a bag hold? How often each row is in a bag is drawn from the row's id, so bags are the same for
 * any partitioning, and later it can still be told which rows a bag's model has not seen.
 */
import type { RecordBatch } from 'apache-arrow';
import { exp } from '../../base/portable-math.ts';
import { deriveSeed, hash32, purposes, unitInterval } from '../../base/rng.ts';
import { columnNamed } from '../../evaluation/read-columns.ts';
import { drawsOfRows } from '../../feature/folds/folds.ts';
import { numericValues } from '../../table/columns/column-values.ts';
import { float64Column, withColumns } from '../../table/columns/make-column.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { OperatorContext } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import { takeRows } from '../../table/take-rows.ts';

/** How bags are drawn. */
export interface BagDraw {
  readonly seed: number;
  readonly idCol: string | null;
  /** Rows of a bag, as a share of all. */
  readonly rate: number;
  /** A row may be in a bag several times. */
  readonly bootstrap: boolean;
}

/** Keeps the rows of a bag, each as often as it was drawn. */
export interface BagSpec extends OperatorSpec {
  readonly kind: 'stacking.bag';
  readonly draw: BagDraw;
  readonly bag: number;
}

/** Makes numbers missing in the rows that are in a bag. */
export interface OutOfBagSpec extends OperatorSpec {
  readonly kind: 'stacking.outOfBag';
  readonly draw: BagDraw;
  readonly bag: number;
  readonly columns: readonly string[];
}

/** The rows of a bag, lazily. */
export function bagOf(table: PartitionedTable, draw: BagDraw, bag: number): PartitionedTable {
  const facts = { ...drawFacts(draw), writes: [], changesRows: true, draw, bag };
  return table.withOperator({ kind: 'stacking.bag', ...facts } as BagSpec, table.schema);
}

/** The table with columns missing where a row is in a bag. */
export function outOfBag(
  table: PartitionedTable,
  columns: readonly string[],
  draw: BagDraw,
  bag: number,
): PartitionedTable {
  const { reads, usesPosition } = drawFacts(draw);
  const spec: OutOfBagSpec = {
    kind: 'stacking.outOfBag',
    reads: [...reads, ...columns],
    writes: columns,
    ...{ usesPosition, draw, bag, columns },
  };
  return table.withOperator(spec, table.schema);
}

function drawFacts({ idCol }: BagDraw) {
  return { reads: idCol === null ? [] : [idCol], usesPosition: idCol === null };
}

/** The batch's rows that are in a bag. */
export function bagBatch(
  { draw, bag }: BagSpec,
  batch: RecordBatch,
  { firstRow }: OperatorContext,
): RecordBatch {
  const counts = countsOf(draw, bag, batch, firstRow);
  const indices = new Int32Array(counts.reduce((sum, count) => sum + count, 0));
  let at = 0;
  for (let row = 0; row < counts.length; row++)
    for (let copy = 0; copy < (counts[row] as number); copy++) indices[at++] = row;
  return takeRows(batch, indices);
}

/** The batch with columns missing where a row is in a bag. */
export function outOfBagBatch(
  { draw, bag, columns }: OutOfBagSpec,
  batch: RecordBatch,
  { firstRow }: OperatorContext,
): RecordBatch {
  const counts = countsOf(draw, bag, batch, firstRow);
  const isSeen = (row: number): boolean => (counts[row] as number) > 0;
  return withColumns(
    batch,
    columns.map((name) => {
      const field = batch.schema.fields.find((one) => one.name === name);
      if (field === undefined) throw new TypeError(name);
      const values = columnArray(Float64Array, batch.numRows);
      values.set(numericValues(columnNamed(batch, name), name));
      for (let row = 0; row < values.length; row++) if (isSeen(row)) values[row] = Number.NaN;
      return [field, float64Column(values)] as const;
    }),
  );
}

/** How often each row is in the bag. */
function countsOf(draw: BagDraw, bag: number, batch: RecordBatch, firstRow: number): Uint8Array {
  const { idCol, rate, bootstrap } = draw;
  const seed = deriveSeed(draw.seed, purposes.bootstrap, bag);
  const keys = drawsOfRows({ seed: draw.seed, idCol }, batch, firstRow);
  const bounds = bootstrap ? poissonBounds(rate) : [1 - rate];
  return Uint8Array.from(keys, (key) => {
    const u = unitInterval(hash32(seed, purposes.bootstrap, key));
    let count = 0;
    while (count < bounds.length && u >= (bounds[count] as number)) count++;
    return count;
  });
}

/** P(N ≤ n) for a Poisson number N, until it is 1 for 32-bit draws. */
function poissonBounds(rate: number): number[] {
  const bounds: number[] = [];
  let term = exp(-rate);
  let sum = term;
  for (let n = 1; sum < 1 - 2 ** -33 && n < 250; n++) {
    bounds.push(sum);
    term = (term * rate) / n;
    sum += term;
  }
  return bounds;
}
