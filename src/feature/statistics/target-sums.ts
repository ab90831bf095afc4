/**
 * How do labels spread within each category of a column, fold by fold? Executor: `feature.targetSums` adds one
 * partition up. Driver: adds the partitions up. All sums are whole numbers (counts of classes, or labels in units of
 * 2^−1074), so any group of folds has exact sums that know nothing of the other folds.
 */
import { CoppiceError } from '../../base/errors.ts';
import { exactUnits } from '../../base/exact-ratio.ts';
import { ExactSum } from '../../base/exact-sum.ts';
import {
  type GatherOptions,
  gatherPartitions,
  type PartitionTask,
} from '../../pipeline/gather-partitions.ts';
import { type LabelValue, labelKey, readLabels } from '../../pipeline/label-values.ts';
import {
  columnOf,
  encodeCategories,
  numericValues,
  roundedValues,
} from '../../table/columns/column-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { readPartition } from '../../table/plan/read-partition.ts';
import { largestSquared } from './column-moments.ts';
import { addCells, type CategoryCells, emptyCell, type TargetCell } from './target-cells.ts';

/** What is added up. */
export interface TargetRequest {
  readonly columns: readonly string[];
  readonly labelCol: string;
  /** The classes whose shares are the targets; null where the label itself is the target. */
  readonly classes: readonly LabelValue[] | null;
  /** A column of fold numbers from −1 on. */
  readonly foldCol: string;
  readonly numFolds: number;
}

interface SparseCell extends TargetCell {
  readonly category: string | null;
  readonly fold: number;
}

/**
 * The cells of each column.
 *
 * @throws CoppiceError `LABEL_INVALID` for a missing or infinite label
 */
export async function targetSums(
  table: PartitionedTable,
  request: TargetRequest,
  options: GatherOptions = {},
): Promise<CategoryCells[]> {
  const totals = request.columns.map((): CategoryCells => new Map());
  const empty = emptyCell(request.classes?.length ?? 1);
  const parts = gatherPartitions<SparseCell[][]>(table, 'feature.targetSums', request, options);
  for await (const part of parts) {
    for (const [index, cells] of part.entries()) {
      const total = totals[index] as CategoryCells;
      for (const { category, fold, ...cell } of cells) {
        const known = total.get(category) ?? Array(request.numFolds + 1).fill(empty);
        known[fold + 1] = addCells(known[fold + 1] as TargetCell, cell);
        total.set(category, known);
      }
    }
  }
  return totals;
}

/** Adds one partition up. */
export async function addUpTargets(task: PartitionTask<TargetRequest>): Promise<SparseCell[][]> {
  const { columns, labelCol, classes, foldCol, numFolds } = task.request;
  const needed = [...new Set([...columns, labelCol, foldCol])];
  const batch = await readPartition(task.partition, { columns: needed });
  const labels = columnOf(batch, [labelCol]);
  const folds = numericValues(columnOf(batch, [foldCol]));
  const adder =
    classes === null
      ? new NumberCells(finiteLabels(roundedValues(labels, labelCol), labelCol))
      : new ClassCells(classes, readLabels(labels, 'label', labelCol));
  return columns.map((name) => {
    const codes = new Int32Array(batch.numRows);
    const values = encodeCategories(columnOf(batch, [name]), codes, 0);
    adder.begin((values.length + 1) * (numFolds + 1));
    const stride = numFolds + 1;
    for (let row = 0; row < codes.length; row++)
      adder.add(row, ((codes[row] as number) + 1) * stride + (folds[row] as number) + 1);
    return adder.cells((cell) => ({
      category: values[Math.floor(cell / stride) - 1] ?? null,
      fold: (cell % stride) - 1,
    }));
  });
}

type Placed = (cell: number) => Pick<SparseCell, 'category' | 'fold'>;

/** Counts of classes. */
class ClassCells {
  readonly #numClasses: number;
  readonly #places: Int32Array;
  #counts = new Float64Array(0);

  constructor(
    classes: readonly LabelValue[],
    { codes, values }: { readonly codes: Int32Array; readonly values: readonly LabelValue[] },
  ) {
    const keys = classes.map(labelKey);
    const places = values.map((value) => keys.indexOf(labelKey(value)));
    this.#numClasses = classes.length;
    this.#places = codes.map((code) => places[code] as number);
  }

  begin(numCells: number): void {
    this.#counts = new Float64Array(numCells * this.#numClasses);
  }

  add(row: number, cell: number): void {
    const at = cell * this.#numClasses + (this.#places[row] as number);
    this.#counts[at] = (this.#counts[at] as number) + 1;
  }

  cells(placed: Placed): SparseCell[] {
    const width = this.#numClasses;
    const found: SparseCell[] = [];
    for (let cell = 0; cell * width < this.#counts.length; cell++) {
      const own = this.#counts.subarray(cell * width, (cell + 1) * width);
      const count = own.reduce((sum, one) => sum + one, 0);
      if (count === 0) continue;
      const sums = Array.from(own, (one) => BigInt(one));
      found.push({ ...placed(cell), count, sums, squares: sums });
    }
    return found;
  }
}

/** Exact sums of numbers. */
class NumberCells {
  readonly #labels: Float64Array;
  readonly #cells = new Map<number, { count: number; sum: ExactSum; square: ExactSum }>();

  constructor(labels: Float64Array) {
    this.#labels = labels;
  }

  begin(): void {
    this.#cells.clear();
  }

  add(row: number, at: number): void {
    const label = this.#labels[row] as number;
    let cell = this.#cells.get(at);
    if (cell === undefined) {
      cell = { count: 0, sum: new ExactSum(), square: new ExactSum() };
      this.#cells.set(at, cell);
    }
    cell.count++;
    cell.sum.add(label);
    cell.square.addProduct(label, label);
  }

  cells(placed: Placed): SparseCell[] {
    return [...this.#cells].map(([at, { count, sum, square }]) => ({
      ...placed(at),
      count,
      sums: [exactUnits(sum)],
      squares: [exactUnits(square)],
    }));
  }
}

function finiteLabels(labels: Float64Array, column: string): Float64Array {
  const row = labels.findIndex((label) => !(Math.abs(label) <= largestSquared));
  if (row < 0) return labels;
  const isLarge = Number.isFinite(labels[row]);
  const wanted = isLarge ? 'of magnitude up to 2^500' : 'a finite number';
  const remedy = isLarge ? 'divide the column first' : 'drop such rows with na.drop';
  throw new CoppiceError(
    'LABEL_INVALID',
    `label in column "${column}" must be ${wanted} in every row; got ${labels[row]} in row ${row} of a partition: ${remedy}`,
    { context: { column, row } },
  );
}
