/**
 * A few rows of a table and what a model says of them when some of their values are others: each row of a sample is
 * repeated, values are replaced, and all of that is one table to predict.
 */
import type { RecordBatch } from 'apache-arrow';
import { throwIfAborted } from '../../base/abort.ts';
import { hash32, purposes, rowKey, unitInterval } from '../../base/rng.ts';
import type { Transformer } from '../../pipeline/transformer.ts';
import { concatBatches } from '../../table/concat-rows.ts';
import { tableFromBatch } from '../../table/create-table.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { SharedBatch } from '../../table/plan/shared-batch.ts';
import { takeRows } from '../../table/take-rows.ts';
import { noRows } from '../evaluators/evaluator.ts';
import { withPart } from '../parts/replace-part.ts';
import type { TablePart } from '../parts/table-parts.ts';
import { readVectors } from '../read-columns.ts';

/** Rows of a table. */
export interface SampledRows {
  /** Their positions, ascending. */
  readonly positions: readonly number[];
  readonly batch: RecordBatch;
}

/** Which rows to draw, and what of them. */
export interface SampleRequest {
  readonly owner: string;
  readonly numRows: number;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Exactly so many rows, or all where there are no more: those whose draw is lowest, the same for any partitioning.
 *
 * @throws CoppiceError `DATA_EMPTY`, `ABORTED`
 */
export async function sampleRows(
  table: PartitionedTable,
  { owner, numRows, seed, signal }: SampleRequest,
): Promise<SampledRows> {
  const positions = lowestDraws(await table.count({ signal }), numRows, seed);
  if (positions.length === 0) throw noRows(owner);
  const draw = Math.max(...positions.map((row) => drawOf(seed, row)));
  const drawn = table.sample(draw + 2 ** -32, { seed });
  const batches: RecordBatch[] = [];
  for await (const batch of drawn.batches({ signal })) batches.push(batch);
  // of two rows with one draw the table has both
  const whole = concatBatches((batches[0] as RecordBatch).schema, batches);
  return { positions, batch: whole };
}

/** What {@link PartitionedTable.sample} draws for a row. */
function drawOf(seed: number, row: number): number {
  return unitInterval(hash32(seed, purposes.rowSample, rowKey(row)));
}

function lowestDraws(count: number, wanted: number, seed: number): number[] {
  // twice as many as are wanted leave few to be sorted
  for (let share = Math.min(1, (2 * wanted + 20) / count); ; share = Math.min(1, 2 * share)) {
    const found: [draw: number, row: number][] = [];
    for (let row = 0; row < count; row++) {
      const draw = drawOf(seed, row);
      if (draw < share) found.push([draw, row]);
    }
    if (found.length < wanted && share < 1) continue;
    found.sort(([a], [b]) => a - b);
    const last = found[Math.min(wanted, found.length) - 1]?.[0] ?? -1;
    return found
      .filter(([draw]) => draw <= last)
      .map(([, row]) => row)
      .sort((a, b) => a - b);
  }
}

/** A part of the sampled rows, and for each row of the question the value it gets. */
export interface Replaced {
  readonly part: TablePart;
  readonly values: SharedBatch;
  readonly order: Uint32Array;
}

/** What a model is asked. */
export interface Question {
  readonly owner: string;
  readonly rows: RecordBatch;
  /** For each row of the question which of the sampled rows it is. */
  readonly order: Uint32Array;
  readonly replaced: readonly Replaced[];
  readonly responseCol: string;
  readonly signal: AbortSignal | undefined;
}

/** The model's answers, row by row; `width` numbers each. */
export interface Answers {
  readonly values: Float64Array;
  readonly width: number;
  readonly table: PartitionedTable;
}

/** Asks a model. @throws CoppiceError `ABORTED`, and what the model throws */
export async function answersOf(
  model: Transformer,
  { runner }: PartitionedTable,
  { owner, rows, order, replaced, responseCol, signal }: Question,
): Promise<Answers> {
  throwIfAborted(signal, owner);
  const repeated = tableFromBatch(runner, takeRows(rows, order));
  const asked = replaced.reduce(
    (table, { part, values, order: own }) => withPart(table, part, values, own),
    repeated,
  );
  const scored = await model.transform(asked, { signal });
  const parts: Float64Array[] = [];
  let width = 1;
  for await (const batch of scored.batches({ columns: [[responseCol]], signal })) {
    if (batch.numRows === 0) continue;
    const read = readVectors(batch, responseCol);
    width = read.width;
    parts.push(read.values);
  }
  const values = new Float64Array(order.length * width);
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return { values, width, table: scored };
}
