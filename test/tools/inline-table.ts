/** Small tables that are read in the test's own thread, and their content as plain values. */
import type { Vector } from 'apache-arrow';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { type ColumnInput, tableFromColumns } from '../../src/table/create-table.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
// A runner without threads carries the training programs out in this thread.
import '../../src/training/worker-programs.ts';

/** A table of columns, in a number of partitions. */
export function inlineTable(
  columns: Readonly<Record<string, ColumnInput>>,
  numPartitions = 1,
): PartitionedTable {
  return tableFromColumns(new InlineRunner(), columns, { numPartitions });
}

/** One column of a table as plain values. */
export async function valuesOf(table: PartitionedTable, name: string): Promise<unknown[]> {
  const vector = (await table.collect()).getChild(name);
  if (vector === null) throw new Error(`no column ${name}`);
  return plain(vector);
}

/** Every column of a table as plain values. */
export async function contentOf(table: PartitionedTable): Promise<Record<string, unknown[]>> {
  const collected = await table.collect();
  return Object.fromEntries(
    collected.schema.fields.map((field) => [
      field.name,
      plain(collected.getChild(field.name) as Vector),
    ]),
  );
}

function plain(vector: Vector): unknown[] {
  return Array.from({ length: vector.length }, (_, row) => plainValue(vector.get(row)));
}

function plainValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const convertible = value as { toJSON?: () => unknown };
  return typeof convertible.toJSON === 'function' ? convertible.toJSON() : value;
}
