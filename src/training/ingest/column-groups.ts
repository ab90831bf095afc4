/** Which tables are read some columns at a time, and which columns together, where not all raw columns fit the budget. */
import type { PartitionSpec } from '../../table/plan/partition-spec.ts';
import type { FeatureSource } from '../messages.ts';
import { rawWidth } from './raw-columns.ts';

/** Sources that read some columns without looking at the others. */
const columnar = new Set(['parquet', 'memory']);

/** True for a partition whose columns are read by themselves: no step looks at many of them, or at all. */
export function readsByColumns({ source, operators }: PartitionSpec): boolean {
  return (
    columnar.has(source.kind) &&
    operators.every(({ spec }) => spec.changesRows !== true && spec.writes.length <= 1)
  );
}

/**
 * Features in groups whose raw columns of so many rows fit the budget; null where a column does not. Children of one column
 * stay together.
 */
export function groupColumns(
  features: readonly FeatureSource[],
  numRows: number,
  maxBytes: number,
): number[][] | null {
  const byColumn = new Map<string, number[]>();
  features.forEach(({ path }, f) => {
    const name = path[0] as string;
    byColumn.set(name, [...(byColumn.get(name) ?? []), f]);
  });
  const groups: number[][] = [];
  let room = 0;
  for (const column of byColumn.values()) {
    const width = column.reduce((sum, f) => sum + rawWidth(features[f] as FeatureSource), 0);
    const bytes = width * numRows + 64 * column.length;
    if (bytes > maxBytes) return null;
    if (bytes > room) {
      groups.push([]);
      room = maxBytes;
    }
    groups.at(-1)?.push(...column);
    room -= bytes;
  }
  return groups;
}
