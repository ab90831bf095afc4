/**
 * How often does each value of a column occur? Executor: `feature.countValues` counts one partition.
 * Driver: adds the counts up. Counts are integers, so neither order nor partitioning can matter.
 */
import { registerTask } from '../../cluster/task-runner.ts';
import {
  type GatherOptions,
  gatherPartitions,
  type PartitionTask,
} from '../../pipeline/gather-partitions.ts';
import { columnOf, encodeCategories } from '../../table/columns/column-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { readPartition } from '../../table/plan/read-partition.ts';

/** The values of one column, named as text, with their counts. */
export interface ValueCounts {
  readonly values: readonly string[];
  readonly counts: Float64Array;
}

/** Counts each value of each column; missing values are not counted. */
export async function countValues(
  table: PartitionedTable,
  columns: readonly string[],
  options: GatherOptions = {},
): Promise<Map<string, number>[]> {
  const request = { columns: [...new Set(columns)] };
  const parts = gatherPartitions<ValueCounts[]>(table, 'feature.countValues', request, options);
  const totals = new Map(request.columns.map((name) => [name, new Map<string, number>()]));
  for await (const part of parts) {
    for (const [index, name] of request.columns.entries()) addCounts(totals.get(name), part[index]);
  }
  return columns.map((name) => totals.get(name) ?? new Map());
}

function addCounts(total: Map<string, number> | undefined, part: ValueCounts | undefined): void {
  if (total === undefined || part === undefined) return;
  for (const [index, value] of part.values.entries()) {
    const count = part.counts[index] ?? 0;
    // A dictionary also lists values that no row has.
    if (count > 0) total.set(value, (total.get(value) ?? 0) + count);
  }
}

registerTask(
  'feature.countValues',
  async (task: PartitionTask<{ columns: readonly string[] }>): Promise<ValueCounts[]> => {
    const { columns } = task.request;
    const batch = await readPartition(task.partition, { columns });
    return columns.map((name) => {
      const codes = new Int32Array(batch.numRows);
      const values = encodeCategories(columnOf(batch, [name]), codes, 0);
      const counts = new Float64Array(values.length);
      for (const code of codes) {
        if (code >= 0) counts[code] = (counts[code] ?? 0) + 1;
      }
      return { values, counts };
    });
  },
);
