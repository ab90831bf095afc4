/**
 * What does a model say of each of some rows as a feature changes? Partial dependence before it is averaged: rows are
 * repeated for each value of a grid, predicted, and their answers kept apart.
 */
import { checkObject } from '../../base/check-options.ts';
import { defineParams } from '../../params/define-params.ts';
import { bool, int } from '../../params/kinds.ts';
import { resolveParams } from '../../params/resolve-params.ts';
import type { Transformer } from '../../pipeline/transformer.ts';
import { checkTable } from '../../table/check-table.ts';
import type { ColumnInput } from '../../table/columns/column-input.ts';
import { batchOfColumns } from '../../table/columns/make-column.ts';
import { tableFromColumns } from '../../table/create-table.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { batchToShared } from '../../table/plan/shared-batch.ts';
import { partNamed } from '../parts/table-parts.ts';
import {
  boundsFault,
  checkGrid,
  elementNames,
  freeName,
  type GridOptions,
  gridColumn,
  gridSpecs,
  gridsOf,
  responseColumn,
} from './grid-points.ts';
import { answersOf, sampleRows } from './sampled-rows.ts';

const owner = 'individualExpectations';

const specs = defineParams(
  owner,
  {
    ...gridSpecs,
    numRows: int({ default: 50, min: 1, max: 100_000 }),
    seed: int({ default: 0, min: 0, max: 0xffffffff }),
    centered: bool({ default: false }),
  },
  ({ columns: named, bounds }) => {
    if (named.length !== 1) return 'columns must be one feature';
    return boundsFault(bounds);
  },
);

/** Options of {@link individualExpectations}. */
export interface IndividualExpectationsOptions extends GridOptions {
  /** One feature: a column, or a part of one (`features.age` of a struct column, `features.3` of a vector column). */
  readonly columns: readonly string[];
  /** How many rows are drawn (50); all where there are no more. */
  readonly numRows?: number | undefined;
  /** Seed of the draw (0). */
  readonly seed?: number | undefined;
  /** Takes each row's response at the first value of the grid off, so that curves begin at 0 (false). */
  readonly centered?: boolean | undefined;
}

/**
 * Individual conditional expectation: for each of some rows, what the model says where one feature has other values.
 *
 * Input: a table with the model's columns. Output: a table with one row for each drawn row and value (and class): `row`,
 * its position in the table, the feature's value under its name, `class` where the response is a vector (a class, label or
 * quantile), `response`; with `_` behind them where the feature has that name.
 * The mean over the rows is their partial dependence; curves that are not parallel show that other features change what
 * this one does.
 *
 * Determinism: the grid comes from exact counts and quantiles, rows are drawn by their position; the same for any
 * partitioning and number of threads. Cost: one prediction of `numRows` rows for each value, all in one table in memory.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `DATA_EMPTY`, `ABORTED`
 * @example
 * ```ts
 * import { createTable, GBTRegressor, individualExpectations } from 'coppice';
 * const x = Array.from({ length: 200 }, (_, row) => row % 10);
 * const table = createTable({ x, label: x.map((value) => 2 * value) });
 * const model = await new GBTRegressor({ featuresCols: ['x'] }).fit(table);
 * const options = { columns: ['x'], grid: [[1, 8]], numRows: 3, centered: true };
 * const curves = await individualExpectations(model, table, options);
 * console.log((await curves.take(2)).map((row) => Math.round(Number(row.response)))); // [ 0, 14 ]
 * ```
 * @see docs/guides/explain.md; A. Goldstein, A. Kapelner, J. Bleich and E. Pitkin, "Peeking inside the black box", 2015
 */
export async function individualExpectations(
  model: Transformer,
  table: PartitionedTable,
  options: IndividualExpectationsOptions,
): Promise<PartitionedTable> {
  checkTable(`given to ${owner}`, table);
  checkObject(`options of ${owner}`, options, owner);
  const { signal, onProgress, grid: given, ...rest } = options;
  const params = resolveParams(specs, rest);
  const parts = params.columns.map((name) => partNamed(owner, table.schema, name));
  const responseCol = responseColumn(owner, model, table, params.responseCol);
  const grids = given ?? (await gridsOf(owner, table, parts, { ...params, signal }));
  checkGrid(owner, grids, parts);
  const [part] = parts as [(typeof parts)[0]];
  const [grid] = grids as [(typeof grids)[0]];
  const { positions, batch } = await sampleRows(table, { owner, signal, ...params });
  const numAnswers = positions.length * grid.length;
  const vector = gridColumn(part, grid);
  const question = {
    order: Uint32Array.from({ length: numAnswers }, (_, i) => Math.floor(i / grid.length)),
    replaced: [
      {
        part,
        values: batchToShared(batchOfColumns([['values', vector]])),
        order: Uint32Array.from({ length: numAnswers }, (_, i) => i % grid.length),
      },
    ],
    ...{ owner, rows: batch, responseCol, signal },
  };
  const answers = await answersOf(model, table, question);
  await onProgress?.({ phase: 'predict', done: 1, total: 1, message: 'points' });
  const { values, width } = answers;
  if (params.centered) center(values, grid.length, width);
  const classes = elementNames(answers.table.schema, responseCol);
  const names = Array.from(values, (_, i) => String(classes?.[i % width] ?? i % width));
  const each = <T>(of: (answer: number) => T): T[] =>
    Array.from(values, (_, i) => of(Math.floor(i / width)));
  const feature = { [part.name]: each((i) => grid[i % grid.length]) as ColumnInput };
  return tableFromColumns(table.runner, {
    [freeName('row', feature)]: Float64Array.from(
      each((i) => positions[Math.floor(i / grid.length)] as number),
    ),
    ...feature,
    ...(width > 1 ? { [freeName('class', feature)]: names } : {}),
    [freeName('response', feature)]: values,
  });
}

/** Takes each curve's first value off. */
function center(values: Float64Array, numPoints: number, width: number): void {
  const stretch = numPoints * width;
  for (let start = 0; start < values.length; start += stretch) {
    const first = values.slice(start, start + width);
    for (let i = 0; i < stretch; i++) {
      values[start + i] = (values[start + i] as number) - (first[i % width] as number);
    }
  }
}
