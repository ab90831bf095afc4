/**
 * Tables as plain cells, so that tests can permute, drop, repeat and rename; and real tables made of them,
 * cut into partitions wherever a test likes. Every partition of a dictionary column has a dictionary of
 * its own, in the order in which its values first appear.
 */
import { Int64, type RecordBatch, type Vector } from 'apache-arrow';
import type { TaskRunner } from '../../src/cluster/task-runner.ts';
import {
  batchOfColumns,
  boolColumn,
  dictionaryColumn,
  fixedWidthColumn,
  float32Column,
  float64Column,
  int32Column,
  utf8Column,
} from '../../src/table/columns/make-column.ts';
import { memoryPartition } from '../../src/table/files/sources.ts';
import { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { sourceNode } from '../../src/table/plan/plan-node.ts';

/** A value; null is missing, and so is NaN. */
export type Cell = number | string | boolean | null;

/** Types that a column of cells can become. */
export type CellType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool' | 'text' | 'dictionary';

/** One column. */
export interface SampleColumn {
  readonly name: string;
  readonly type: CellType;
  readonly cells: readonly Cell[];
}

/** Columns of one length. */
export type SampleData = readonly SampleColumn[];

/** How many rows there are. */
export function numRowsOf(data: SampleData): number {
  return data[0]?.cells.length ?? 0;
}

/** The rows at these positions, in this order; a position may come twice. */
export function pickRows(data: SampleData, rows: readonly number[]): SampleData {
  return data.map((column) => ({
    ...column,
    cells: rows.map((row) => column.cells[row] as Cell),
  }));
}

/** One column by name. */
export function columnNamed(data: SampleData, name: string): SampleColumn {
  const found = data.find((column) => column.name === name);
  if (found === undefined) throw new Error(`the sample has no column ${name}`);
  return found;
}

/** The data with one column replaced, or added at the end. */
export function withSampleColumn(data: SampleData, column: SampleColumn): SampleData {
  return data.some(({ name }) => name === column.name)
    ? data.map((old) => (old.name === column.name ? column : old))
    : [...data, column];
}

/** A table cut before these rows: [0, 5, 5] has partitions of 0, 5, 0 and the remaining rows. */
export function cutTable(
  runner: TaskRunner,
  data: SampleData,
  cuts: readonly number[] = [],
): PartitionedTable {
  const bounds = [0, ...cuts, numRowsOf(data)];
  const batches = bounds
    .slice(1)
    .map((end, i) => batchOfRows(data, bounds[i] as number, Math.max(end, bounds[i] as number)));
  const schema = (batches[0] as RecordBatch).schema;
  const partitions = batches.map((batch, index) => ({ ...memoryPartition(batch), index }));
  return new PartitionedTable(runner, sourceNode(schema, partitions));
}

/** Cuts into partitions of about equal size. */
export function evenCuts(numRows: number, numPartitions: number): number[] {
  return Array.from({ length: numPartitions - 1 }, (_, i) =>
    Math.floor((numRows * (i + 1)) / numPartitions),
  );
}

function batchOfRows(data: SampleData, start: number, end: number): RecordBatch {
  return batchOfColumns(
    data.map(({ name, type, cells }) => [name, vectorOf(type, cells.slice(start, end))] as const),
  );
}

function vectorOf(type: CellType, cells: readonly Cell[]): Vector {
  const valid = cells.includes(null)
    ? Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1))
    : undefined;
  const numbers = (): number[] => cells.map((cell) => Number(cell ?? 0));
  switch (type) {
    case 'float32':
      return float32Column(Float32Array.from(numbers()), valid);
    case 'float64':
      return float64Column(Float64Array.from(numbers()), valid);
    case 'int32':
      return int32Column(Int32Array.from(numbers()), valid);
    case 'int64':
      return fixedWidthColumn(new Int64(), BigInt64Array.from(numbers(), BigInt), valid);
    case 'bool':
      return boolColumn(
        Uint8Array.from(cells, (cell) => (cell === true ? 1 : 0)),
        valid,
      );
    case 'text':
      return utf8Column(cells as readonly (string | null)[]);
    case 'dictionary': {
      const values = [...new Set(cells)].filter((cell) => cell !== null) as string[];
      const codeOf = new Map<Cell, number>(values.map((value, code) => [value, code]));
      return dictionaryColumn(
        Int32Array.from(cells, (cell) => codeOf.get(cell) ?? -1),
        values,
      );
    }
  }
}
