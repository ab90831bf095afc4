/**
 * Which labels are there? Executor: `feature.labels` lists those of one partition. Driver: unites and sorts them.
 */
import { registerTask } from '../../cluster/task-runner.ts';
import {
  type GatherOptions,
  gatherPartitions,
  type PartitionTask,
} from '../../pipeline/gather-partitions.ts';
import {
  compareLabels,
  type LabelValue,
  labelKey,
  readLabels,
} from '../../pipeline/label-values.ts';
import { columnOf } from '../../table/columns/column-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { readPartition } from '../../table/plan/read-partition.ts';

/**
 * The labels of a column, ascending, each once.
 *
 * @throws CoppiceError `LABEL_INVALID` for a missing one
 */
export async function distinctLabels(
  table: PartitionedTable,
  labelCol: string,
  options: GatherOptions = {},
): Promise<LabelValue[]> {
  const found = new Map<number | string, LabelValue>();
  const parts = gatherPartitions<LabelValue[]>(table, 'feature.labels', { labelCol }, options);
  for await (const part of parts) for (const value of part) found.set(labelKey(value), value);
  return [...found.values()].sort(compareLabels);
}

registerTask(
  'feature.labels',
  async (task: PartitionTask<{ readonly labelCol: string }>): Promise<readonly LabelValue[]> => {
    const { labelCol } = task.request;
    const batch = await readPartition(task.partition, { columns: [labelCol] });
    const { codes, values } = readLabels(columnOf(batch, [labelCol]), 'label', labelCol);
    const used = new Set(codes);
    return values.filter((_, code) => used.has(code));
  },
);
