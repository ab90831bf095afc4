/**
 * What does a model say on average when a feature (or two) has a given value in every row? For each value of a
 * grid the part of the table is replaced, the rows are predicted, and the predictions averaged.
 *
 * Driver: makes the grid and asks for one exact mean a point. Executor: `evaluation.means` adds up one partition.
 * Cost: one prediction of the table for each point.
 */

import { throwIfAborted } from '../../base/abort.ts';
import { checkObject } from '../../base/check-options.ts';
import { defineParams } from '../../params/define-params.ts';
import { column } from '../../params/kinds.ts';
import { resolveParams } from '../../params/resolve-params.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import type { Transformer } from '../../pipeline/transformer.ts';
import { checkTable } from '../../table/check-table.ts';
import type { ColumnInput } from '../../table/columns/column-input.ts';
import { batchOfColumns } from '../../table/columns/make-column.ts';
import { tableFromColumns } from '../../table/create-table.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { mapInOrder } from '../../table/plan/map-in-order.ts';
import { batchToShared } from '../../table/plan/shared-batch.ts';
import { gatherParts, noRows } from '../evaluators/evaluator.ts';
import { type MeansPart, type MeansRequest, mergeMeans } from '../parts/means-part.ts';
import { withPart } from '../parts/replace-part.ts';
import { partNamed, type TablePart } from '../parts/table-parts.ts';
import type { GridValue } from './feature-grid.ts';
import {
  boundsFault,
  checkGrid,
  elementNames,
  freeName,
  type GridOptions,
  gridColumn,
  gridSpecs,
  gridsOf,
  pointsOf,
  responseColumn,
} from './grid-points.ts';

const owner = 'partialDependence';

const specs = defineParams(
  owner,
  {
    ...gridSpecs,
    weightCol: column({}),
  },
  ({ columns: named, bounds }) => {
    if (named.length > 2) return 'columns must be one or two';
    return boundsFault(bounds);
  },
);

/** Options of {@link partialDependence}. */
export interface PartialDependenceOptions extends GridOptions {
  /**
   * One feature or two: columns, or parts of them (`features.age` of a struct column, `features.3` of a vector
   * column).
   */
  readonly columns: readonly string[];
  /** Weights of rows. */
  readonly weightCol?: string | undefined;
}

/**
 * Partial dependence: the mean prediction where one feature or two have the same value in every row.
 *
 * Input: a table with the model's columns. Output: a table with one row a point (and class): the features'
 * values under their names, `class` where the response is a vector (a class, label or quantile), `response`, the mean;
 * with `_` behind them where a feature has that name.
 *
 * Determinism: the grid comes from exact counts and quantiles, means are exact sums rounded once; the same for
 * any partitioning and number of threads. Cost: one prediction of the table a point; `table.cache()` keeps a
 * table from being read as often, `table.sample(0.1)` asks fewer rows.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `DATA_EMPTY`, `ABORTED`
 * @example
 * ```ts
 * import { createTable, GBTRegressor, partialDependence } from 'coppice';
 * const x = Array.from({ length: 200 }, (_, row) => row % 10);
 * const table = createTable({ x, label: x.map((value) => 2 * value) });
 * const model = await new GBTRegressor({ featuresCols: ['x'] }).fit(table);
 * const curve = await partialDependence(model, table, { columns: ['x'], grid: [[1, 8]] });
 * console.log((await curve.take(2)).map((row) => Math.round(Number(row.response)))); // [ 2, 16 ]
 * ```
 * @see docs/guides/explain.md; J. H. Friedman, "Greedy function approximation", 2001
 */
export async function partialDependence(
  model: Transformer,
  table: PartitionedTable,
  options: PartialDependenceOptions,
): Promise<PartitionedTable> {
  checkTable(`given to ${owner}`, table);
  checkObject(`options of ${owner}`, options, owner);
  const { signal, onProgress, grid: given, ...rest } = options;
  const params = resolveParams(specs, rest);
  const parts = params.columns.map((name) => partNamed(owner, table.schema, name));
  const { weightCol } = params;
  if (weightCol !== undefined) requireColumn(owner, 'weightCol', weightCol, table.schema);
  const responseCol = responseColumn(owner, model, table, params.responseCol);
  const request: MeansRequest = { responseCol, weightCol: weightCol ?? null };
  const grids = given ?? (await gridsOf(owner, table, parts, { ...params, signal }));
  checkGrid(owner, grids, parts);
  const points = pointsOf(grids);
  const mean = async (point: readonly GridValue[]): Promise<number[]> => {
    throwIfAborted(signal, owner);
    const scored = await model.transform(tableAt(table, parts, point), { signal });
    const found = await gatherParts<MeansPart>(scored, 'evaluation.means', request, { signal });
    const means = mergeMeans(found);
    if (means === null) throw noRows(owner);
    return means;
  };
  const limit = Math.max(1, Math.ceil(table.runner.numThreads / table.numPartitions));
  const means: number[][] = [];
  for await (const found of mapInOrder(points, limit, mean)) {
    means.push(found);
    await onProgress?.({
      phase: 'predict',
      done: means.length,
      total: points.length,
      message: 'points',
    });
  }
  const scored = await model.transform(tableAt(table, parts, points[0] as GridValue[]), { signal });
  return curveTable(table, { parts, points, means }, elementNames(scored.schema, responseCol));
}

function tableAt(
  table: PartitionedTable,
  parts: readonly TablePart[],
  point: readonly GridValue[],
): PartitionedTable {
  return parts.reduce((replaced, part, i) => {
    const vector = gridColumn(part, [point[i] as GridValue]);
    return withPart(replaced, part, batchToShared(batchOfColumns([['values', vector]])), null);
  }, table);
}

function curveTable(
  table: PartitionedTable,
  curve: {
    readonly parts: readonly TablePart[];
    readonly points: readonly (readonly GridValue[])[];
    readonly means: readonly (readonly number[])[];
  },
  classes: readonly unknown[] | null,
): PartitionedTable {
  const { parts, points, means } = curve;
  const width = means[0]?.length ?? 1;
  const repeated = points.flatMap((point) => Array.from({ length: width }, () => point));
  const columnsOut: Record<string, ColumnInput> = Object.fromEntries(
    parts.map(({ name }, i) => [name, repeated.map((point) => point[i]) as ColumnInput]),
  );
  if (width > 1) {
    const names = Array.from({ length: width }, (_, k) => String(classes?.[k] ?? k));
    columnsOut[freeName('class', columnsOut)] = points.flatMap(() => names);
  }
  columnsOut[freeName('response', columnsOut)] = Float64Array.from(means.flat());
  return tableFromColumns(table.runner, columnsOut);
}
