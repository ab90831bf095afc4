/**
 * The rows that differ, each where it first appears. Every partition drops its own repetitions in the
 * pool; then one task compares what is left, in memory.
 */

import { registerTask } from '../../cluster/task-runner.ts';
import { toShared } from '../columns/shared-buffer.ts';
import { concatBatches } from '../concat-rows.ts';
import { mapInOrder } from '../plan/map-in-order.ts';
import type { PartitionSpec } from '../plan/partition-spec.ts';
import { type LazyPartition, type PlanContext, type PlanNode, resolve } from '../plan/plan-node.ts';
import { readPartition } from '../plan/read-partition.ts';
import {
  batchFromShared,
  batchToShared,
  makeColumnSubset,
  type SharedBatch,
} from '../plan/shared-batch.ts';
import { schemaToRecord } from '../schema-record.ts';
import { takeRows } from '../take-rows.ts';
import { gatherPartition } from './gather-source.ts';
import { firstOfEach, rowCodes } from './row-codes.ts';

interface LocalPayload {
  readonly partition: PartitionSpec;
  readonly columns: readonly string[];
}

registerTask(
  'table.distinctWithin',
  async ({ partition, columns }: LocalPayload): Promise<SharedBatch> => {
    const batch = await readPartition(partition);
    const { codes, numCodes } = rowCodes(batch, columns);
    const kept = numCodes === batch.numRows ? batch : takeRows(batch, firstOfEach(codes, numCodes));
    return batchToShared(kept);
  },
);

interface AcrossPayload {
  readonly batches: readonly SharedBatch[];
  readonly columns: readonly string[];
}

/** For each batch the rows that no earlier row equals. */
registerTask('table.distinctAcross', ({ batches, columns }: AcrossPayload): Uint32Array[] => {
  const parts = batches.map(batchFromShared);
  const [first] = parts;
  if (first === undefined) return [];
  const whole = concatBatches(first.schema, parts);
  const { codes, numCodes } = rowCodes(whole, columns);
  const firsts = firstOfEach(codes, numCodes);
  let at = 0;
  let from = 0;
  return parts.map((part) => {
    const end = from + part.numRows;
    const start = at;
    while (at < firsts.length && (firsts[at] as number) < end) at++;
    const rows = firsts.slice(start, at).map((row) => row - from);
    from = end;
    return toShared(rows);
  });
});

/** The node after dropping rows that repeat the given columns of an earlier row. */
export function distinctNode(input: PlanNode, columns: readonly string[]): PlanNode {
  if (input.remote !== undefined) return input.remote.after({ verb: 'distinct', columns });
  const { schema, numPartitions } = input;
  const record = schemaToRecord(schema);
  const lower = async (context: PlanContext): Promise<readonly LazyPartition[]> => {
    const { runner, signal } = context;
    const partitions = await input.lower(context);
    const within = async (lazy: LazyPartition, index: number): Promise<SharedBatch> => {
      const partition = { ...(await resolve(lazy)), index };
      return await runner.run('table.distinctWithin', { partition, columns }, { signal });
    };
    const batches: SharedBatch[] = [];
    for await (const batch of mapInOrder(partitions, runner.numThreads + 1, within))
      batches.push(batch);
    const payload: AcrossPayload = {
      batches: batches.map((batch) => makeColumnSubset(batch, columns)),
      columns,
    };
    const rows = await runner.run<Uint32Array[]>('table.distinctAcross', payload, { signal });
    return batches.map((batch, index) =>
      gatherPartition(batch, rows[index] as Uint32Array, record),
    );
  };
  return { schema, numPartitions, lower };
}
