/**
 * Asks the same of every partition of a table, in the pool: the driver's half of a statistic. The answers
 * come in the order of the partitions; the first failure, or the signal, ends what still runs.
 */
import { abortedError } from '../base/abort.ts';
import type { OnProgress } from '../base/progress.ts';
import type { PartitionSpec } from '../table/partition-spec.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';

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
export async function gatherPartitions<T>(
  table: PartitionedTable,
  task: string,
  request: unknown,
  options: GatherOptions = {},
): Promise<T[]> {
  const stop = new AbortController();
  const signals = [stop.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const signal = AbortSignal.any(signals);
  const { partitions } = await table.plan({ signal });
  let done = 0;
  try {
    return await Promise.all(
      partitions.map(async (partition: PartitionSpec) => {
        const answer = await table.runner.run<T>(task, { partition, request }, { signal });
        done += 1;
        options.onProgress?.({ phase: 'read', done, total: partitions.length });
        return answer;
      }),
    );
  } catch (error) {
    stop.abort();
    if (options.signal?.aborted === true) throw abortedError(task, options.signal);
    throw error;
  }
}
