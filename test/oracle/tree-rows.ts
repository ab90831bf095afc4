/** The rows that fixtures/make-trees.py drew, on which several fixtures' trees were grown. */
import { readFileSync } from 'node:fs';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { inlineTable } from '../tools/inline-table.ts';

interface TreeRows {
  readonly columns: readonly (readonly number[])[];
  readonly labels: Readonly<Record<string, readonly number[]>>;
  readonly weight: readonly number[];
}

/** What a fixture holds. */
export function readFixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8'));
}

/** Columns, labels by name, and weights. */
export const treeRows = readFixture('trees.json') as TreeRows;

/** Names of the columns in {@link treeTable}. */
export const featuresCols: readonly string[] = treeRows.columns.map((_, f) => `x${f}`);

/** The rows with one of their labels, in three partitions. */
export function treeTable(label: string): PartitionedTable {
  const { columns, labels, weight } = treeRows;
  const named = Object.fromEntries(columns.map((cells, f) => [`x${f}`, [...cells]]));
  return inlineTable({ ...named, label: [...(labels[label] ?? [])], weight: [...weight] }, 3);
}
