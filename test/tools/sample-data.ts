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
  utf8ColumnOfCodes,
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

/** A table of partitions of about equal size. */
export function cutEvenly(
  runner: TaskRunner,
  data: SampleData,
  numPartitions: number,
): PartitionedTable {
  return cutTable(runner, data, evenCuts(numRowsOf(data), numPartitions));
}

function batchOfRows(data: SampleData, start: number, end: number): RecordBatch {
  return batchOfColumns(
    data.map(({ name, type, cells }) => [name, vectorOf(type, cells.slice(start, end))] as const),
  );
}

// most fits of the tests take less time than their tables would take if these were not plain loops
function vectorOf(type: CellType, cells: readonly Cell[]): Vector {
  const numRows = cells.length;
  const valid = cells.includes(null) ? new Uint8Array(numRows) : undefined;
  for (let i = 0; valid !== undefined && i < numRows; i++) valid[i] = cells[i] === null ? 0 : 1;
  switch (type) {
    case 'float32':
      return float32Column(numbersInto(new Float32Array(numRows), cells), valid);
    case 'float64':
      return float64Column(numbersInto(new Float64Array(numRows), cells), valid);
    case 'int32':
      return int32Column(numbersInto(new Int32Array(numRows), cells), valid);
    case 'int64': {
      const values = new BigInt64Array(numRows);
      for (let i = 0; i < numRows; i++) values[i] = BigInt(Number(cells[i] ?? 0));
      return fixedWidthColumn(new Int64(), values, valid);
    }
    case 'bool': {
      const values = new Uint8Array(numRows);
      for (let i = 0; i < numRows; i++) values[i] = cells[i] === true ? 1 : 0;
      return boolColumn(values, valid);
    }
    case 'text': {
      const { codes, values } = encoded(cells);
      return utf8ColumnOfCodes(codes, values);
    }
    case 'dictionary': {
      const { codes, values } = encoded(cells);
      return dictionaryColumn(codes, values);
    }
  }
}

function numbersInto<T extends Float32Array | Float64Array | Int32Array>(
  values: T,
  cells: readonly Cell[],
): T {
  for (let i = 0; i < values.length; i++) values[i] = Number(cells[i] ?? 0);
  return values;
}

/** Texts as their places among the distinct ones, in the order in which these first appear; -1 for none. */
function encoded(cells: readonly Cell[]): { codes: Int32Array; values: string[] } {
  const codes = new Int32Array(cells.length);
  const codeOf = new Map<Cell, number>([[null, -1]]);
  const values: string[] = [];
  for (let i = 0; i < codes.length; i++) {
    const cell = cells[i] as Cell;
    let code = codeOf.get(cell);
    if (code === undefined) {
      code = values.push(cell as string) - 1;
      codeOf.set(cell, code);
    }
    codes[i] = code;
  }
  return { codes, values };
}
