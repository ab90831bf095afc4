/**
 * How often does each number occur? For the most frequent value of a column. Executor:
 * `feature.countNumbers` counts one partition. Driver: adds up.
 */
import { registerTask } from '../../cluster/task-runner.ts';
import {
  type GatherOptions,
  gatherPartitions,
  type PartitionTask,
} from '../../pipeline/gather-partitions.ts';
import { columnOf, numericValues } from '../../table/columns/column-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { readPartition } from '../../table/plan/read-partition.ts';
import type { NumericSource } from './column-moments.ts';

interface Part {
  readonly values: Float64Array;
  readonly counts: Float64Array;
}

/** The most frequent value of each column, the smallest of those that tie; NaN for no values. */
export async function mostFrequentNumbers(
  table: PartitionedTable,
  sources: readonly NumericSource[],
  options: GatherOptions = {},
): Promise<number[]> {
  const totals = sources.map(() => new Map<number, number>());
  const request = { sources };
  for await (const parts of gatherPartitions<Part[]>(
    table,
    'feature.countNumbers',
    request,
    options,
  )) {
    for (const [index, { values, counts }] of parts.entries()) {
      const total = totals[index] as Map<number, number>;
      for (const [i, value] of values.entries()) {
        total.set(value, (total.get(value) ?? 0) + (counts[i] as number));
      }
    }
  }
  return totals.map(mostFrequent);
}

function mostFrequent(counts: ReadonlyMap<number, number>): number {
  let best = Number.NaN;
  let bestCount = 0;
  for (const [value, count] of counts) {
    if (count > bestCount || (count === bestCount && value < best)) {
      best = value;
      bestCount = count;
    }
  }
  return best;
}

registerTask(
  'feature.countNumbers',
  async (task: PartitionTask<{ sources: readonly NumericSource[] }>): Promise<Part[]> => {
    const { sources } = task.request;
    const columns = [...new Set(sources.map((source) => String(source.path[0])))];
    const batch = await readPartition(task.partition, { columns });
    return sources.map(({ path, missingValue }) => {
      const counts = new Map<number, number>();
      for (const value of numericValues(columnOf(batch, path), path.join('.'))) {
        if (Number.isNaN(value) || value === missingValue) continue;
        // A Map takes −0 for 0 already.
        counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      return {
        values: Float64Array.from(counts.keys()),
        counts: Float64Array.from(counts.values()),
      };
    });
  },
);
