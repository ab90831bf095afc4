/**
 * Smallest and largest values of numeric columns. Executor: `feature.ranges` looks through one partition.
 * Driver: takes the least and the greatest.
 */
import { registerTask } from '../../cluster/task-runner.ts';
import {
  type GatherOptions,
  gatherPartitions,
  type PartitionTask,
} from '../../pipeline/gather-partitions.ts';
import { columnOf, roundedValues } from '../../table/columns/column-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { readPartition } from '../../table/plan/read-partition.ts';
import type { NumericSource } from './column-moments.ts';

/** Both ends of a column's values; Infinity and −Infinity where it has none. */
export interface ColumnRange {
  readonly min: number;
  readonly max: number;
}

interface Request {
  readonly sources: readonly NumericSource[];
}

/** The range of each column; missing values take no part. */
export async function columnRanges(
  table: PartitionedTable,
  sources: readonly NumericSource[],
  options: GatherOptions = {},
): Promise<ColumnRange[]> {
  const minima = sources.map(() => Number.POSITIVE_INFINITY);
  const maxima = sources.map(() => Number.NEGATIVE_INFINITY);
  const request: Request = { sources };
  for await (const parts of gatherPartitions<ColumnRange[]>(
    table,
    'feature.ranges',
    request,
    options,
  )) {
    for (const [index, { min, max }] of parts.entries()) {
      minima[index] = Math.min(minima[index] as number, min);
      maxima[index] = Math.max(maxima[index] as number, max);
    }
  }
  return sources.map((_, index) => ({
    min: minima[index] as number,
    max: maxima[index] as number,
  }));
}

registerTask('feature.ranges', async (task: PartitionTask<Request>): Promise<ColumnRange[]> => {
  const { sources } = task.request;
  const columns = [...new Set(sources.map((source) => String(source.path[0])))];
  const batch = await readPartition(task.partition, { columns });
  return sources.map(({ path }) => {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (const value of roundedValues(columnOf(batch, path), path.join('.'))) {
      // Every comparison with NaN is false; + 0 makes −0 the 0 that it equals.
      if (value < min) min = value + 0;
      if (value > max) max = value + 0;
    }
    return { min, max };
  });
});
