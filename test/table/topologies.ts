/** The same rows under every partitioning that the laws of verbs are tested with. */
import { Table as ArrowTable, type Table } from 'apache-arrow';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { type ColumnInput, tableFromColumns } from '../../src/table/create-table.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { plainCells } from './arbitrary-columns.ts';

export const runner = new InlineRunner();

/** One partition, two, seven, and two with an empty one between them. */
export function partitionings(columns: Readonly<Record<string, ColumnInput>>): PartitionedTable[] {
  const whole = (numPartitions: number) => tableFromColumns(runner, columns, { numPartitions });
  const one = whole(1);
  const numRows = Object.values(columns)[0]?.length ?? 0;
  const half = Math.floor(numRows / 2);
  const part = (from: number, to: number) =>
    tableFromColumns(
      runner,
      Object.fromEntries(
        Object.entries(columns).map(([name, values]) => [name, values.slice(from, to)]),
      ) as never,
      { numPartitions: 1 },
    );
  const gap = numRows < 2 ? one : part(0, half).union(part(0, 0)).union(part(half, numRows));
  return [one, whole(2), whole(7), gap];
}

/** The cells of every column, by name, as plain text. */
export async function cellsOfTable(table: PartitionedTable): Promise<Record<string, string[]>> {
  return cellsOfArrow(await table.collect());
}

/** The cells of every column of an Arrow table. */
export function cellsOfArrow(table: Table): Record<string, string[]> {
  const known = table instanceof ArrowTable ? table : new ArrowTable(table);
  return Object.fromEntries(
    known.schema.fields.map((field, i) => [field.name, plainCells(known.getChildAt(i) as never)]),
  );
}
