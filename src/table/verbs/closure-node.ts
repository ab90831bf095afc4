/**
 * A step that runs a user's closure on the calling thread, batch by batch: each partition is read in the
 * pool, comes here, and goes on as a partition in memory when its turn comes.
 */
import type { RecordBatch, Schema } from 'apache-arrow';
import type { Awaitable } from '../../base/awaitable.ts';
import { memoryPartition, passingPartition } from '../files/sources.ts';
import type { PartitionSpec } from '../plan/partition-spec.ts';
import {
  checkAborted,
  type LazyPartition,
  type PlanContext,
  type PlanNode,
  resolve,
} from '../plan/plan-node.ts';
import { batchFromShared, type SharedBatch } from '../plan/shared-batch.ts';
import { schemaToRecord } from '../schema-record.ts';

/** The node after a closure over batches. */
export function closureNode(
  input: PlanNode,
  schema: Schema,
  apply: (batch: RecordBatch) => Awaitable<RecordBatch>,
): PlanNode {
  if (input.remote !== undefined) return input.remote.after({ verb: 'closure' });
  const record = schemaToRecord(schema);
  const lower = async (context: PlanContext): Promise<readonly LazyPartition[]> => {
    const partitions = await input.lower(context);
    const toPartition = context.keep === true ? memoryPartition : passingPartition;
    return partitions.map((lazy) => async (): Promise<PartitionSpec> => {
      checkAborted(context);
      const { runner, signal } = context;
      const partition = await resolve(lazy);
      const shared = await runner.run<SharedBatch>(
        'table.readPartition',
        { partition },
        { signal },
      );
      return toPartition(await apply(batchFromShared(shared)), record);
    });
  };
  return { schema, numPartitions: input.numPartitions, lower };
}
