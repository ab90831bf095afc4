/** Keeps a table's partitions in shared memory from the first time they are needed until they are let go. */

import { memoryPartition } from '../files/sources.ts';
import { mapInOrder } from '../plan/map-in-order.ts';
import { keepOrigin } from '../plan/origins.ts';
import type { PartitionSpec } from '../plan/partition-spec.ts';
import { type LazyPartition, type PlanContext, type PlanNode, resolve } from '../plan/plan-node.ts';
import { batchFromShared, type SharedBatch } from '../plan/shared-batch.ts';

/** A node whose partitions are kept. */
export interface CacheNode extends PlanNode {
  /** Lets the kept partitions go; they are computed again when needed. */
  release(): void;
}

/** The node with its partitions kept in memory. */
export function cacheNode(input: PlanNode): CacheNode {
  if (input.remote !== undefined) return input.remote.after({ verb: 'cache' }) as CacheNode;
  let kept: Promise<readonly PartitionSpec[]> | null = null;
  const compute = async (context: PlanContext): Promise<readonly PartitionSpec[]> => {
    const { runner, signal } = context;
    const partitions = await input.lower(context);
    const read = async (lazy: LazyPartition, index: number): Promise<PartitionSpec> => {
      const partition = { ...(await resolve(lazy)), index };
      const shared = await runner.run<SharedBatch>(
        'table.readPartition',
        { partition, keep: true },
        { signal },
      );
      const kept = memoryPartition(batchFromShared(shared), partition.schema);
      keepOrigin(kept.source, partition.source);
      return kept;
    };
    const ready: PartitionSpec[] = [];
    for await (const made of mapInOrder(partitions, runner.numThreads + 1, read)) ready.push(made);
    return ready;
  };
  const lower = async (context: PlanContext): Promise<readonly PartitionSpec[]> => {
    if (kept === null) {
      const mine = compute(context);
      kept = mine;
      // A failure (or an abort) is not kept.
      mine.catch(() => {
        if (kept === mine) kept = null;
      });
    }
    return await kept;
  };
  const release = (): void => {
    kept = null;
  };
  return { schema: input.schema, numPartitions: input.numPartitions, lower, release };
}
