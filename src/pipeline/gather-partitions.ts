/**
 * Asks the same of every partition of a table, in the pool: the driver's half of a statistic. The answers
 * come in the order of the partitions and can be added up one by one.
 */
import type { OnProgress } from '../base/progress.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { PartitionSpec } from '../table/plan/partition-spec.ts';

/** What a task of {@link gatherPartitions} is given. */
export interface PartitionTask<R> {
  readonly partition: PartitionSpec;
  readonly request: R;
}

/** Options of {@link gatherPartitions}. */
export interface GatherOptions {
  readonly signal?: AbortSignal | undefined;
  /** Receives the number of partitions read. */
  readonly onProgress?: OnProgress | undefined;
}

/** Runs the named task once for each partition. */
export async function* gatherPartitions<T>(
  table: PartitionedTable,
  task: string,
  request: unknown,
  options: GatherOptions = {},
): AsyncGenerator<T, void, undefined> {
  const { signal, onProgress } = options;
  const total = table.numPartitions;
  let done = 0;
  for await (const answer of table.runPartitions<T>(task, { request }, { signal })) {
    yield answer;
    done += 1;
    await onProgress?.({ phase: 'read', done, total, message: 'partitions' });
  }
}
