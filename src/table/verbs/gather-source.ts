/** Partitions whose rows are picked, in any order, from one batch in shared memory. */

import { toShared } from '../columns/shared-buffer.ts';
import { registerSource } from '../files/sources.ts';
import type { PartitionSpec, SourceSpec } from '../plan/partition-spec.ts';
import { batchFromShared, makeColumnSubset, type SharedBatch } from '../plan/shared-batch.ts';
import type { SchemaRecord } from '../schema-record.ts';
import { takeRows } from '../take-rows.ts';

interface GatherSource extends SourceSpec {
  readonly kind: 'gather';
  readonly numRows: number;
  readonly batch: SharedBatch;
  readonly rows: Uint32Array;
}

registerSource<GatherSource>('gather', (source, { columns, rows: range }) => {
  const batch = batchFromShared(makeColumnSubset(source.batch, columns));
  const { start, end } = range ?? { start: 0, end: source.numRows };
  return takeRows(batch, source.rows.subarray(start, end));
});

/** A partition of the rows at the given positions. */
export function gatherPartition(
  batch: SharedBatch,
  rows: Uint32Array,
  schema: SchemaRecord,
): PartitionSpec {
  const source: GatherSource = {
    kind: 'gather',
    numRows: rows.length,
    batch,
    rows: toShared(rows),
  };
  return { index: 0, source, operators: [], schema };
}
