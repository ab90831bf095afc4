/**
 * How much worse does a model predict when one feature says nothing any more? Its values are dealt out anew
 * among the rows, the rows are predicted again and measured.
 *
 * Driver: gathers a column at a time, has the permutations made (one a repeat, the same for all features) and
 * evaluates a table in which that part is another. Executor: as for any transform and evaluation. Cost: one
 * prediction and evaluation of the table for each feature and repeat.
 */

import { Vector } from 'apache-arrow';
import { throwIfAborted } from '../../base/abort.ts';
import { checkObject } from '../../base/check-options.ts';
import type { OnProgress } from '../../base/progress.ts';
import { deriveSeed, purposes } from '../../base/rng.ts';
import { defineParams } from '../../params/define-params.ts';
import { column, columns, int } from '../../params/kinds.ts';
import { object } from '../../params/object-kinds.ts';
import { resolveParams } from '../../params/resolve-params.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { Model } from '../../pipeline/model.ts';
import { columnsBehind } from '../../pipeline/row-scorer.ts';
import type { Transformer } from '../../pipeline/transformer.ts';
import { checkTable } from '../../table/check-table.ts';
import { columnOf } from '../../table/columns/column-values.ts';
import {
  batchOfColumns,
  fixedSizeListColumn,
  float64Column,
  utf8Column,
} from '../../table/columns/make-column.ts';
import { sharedArray } from '../../table/columns/shared-buffer.ts';
import { concatData } from '../../table/concat-rows.ts';
import { tableFromColumns } from '../../table/create-table.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { mapInOrder } from '../../table/plan/map-in-order.ts';
import { batchToShared, type SharedBatch } from '../../table/plan/shared-batch.ts';
import { columnsNamed, Evaluator, gatherParts } from '../evaluators/evaluator.ts';
import { withPart } from '../parts/replace-part.ts';
import { partNamed, partsOfInput, type TablePart } from '../parts/table-parts.ts';
import type { ShuffleTask } from './shuffled-order.ts';

const owner = 'permutationImportance';

const specs = defineParams(owner, {
  evaluator: object({
    required: true,
    rule: 'an evaluator',
    accepts: (value) => (value instanceof Evaluator ? value : undefined),
  }),
  columns: columns({}),
  numRepeats: int({ default: 5, min: 1, max: 1000 }),
  seed: int({ default: 0 }),
  idCol: column({}),
});

/** Options of {@link permutationImportance}. */
export interface PermutationOptions {
  /** Measures the predictions. */
  readonly evaluator: Evaluator;
  /**
   * The columns to be looked at; a child of a struct column or an element of a vector column is named
   * `features.age`, `features.3`. By default every part of every column from which the model makes what is measured.
   */
  readonly columns?: readonly string[] | undefined;
  /** How often each column is dealt out anew (5). */
  readonly numRepeats?: number | undefined;
  /** Seed of the permutations (0). */
  readonly seed?: number | undefined;
  /** An id of each row that the permutations hang on; by default the row's position. */
  readonly idCol?: string | undefined;
  /** Ends the work, which then rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Hears how many evaluations are done. */
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Permutation importance: what the metric loses when a feature's values are dealt out anew among the rows.
 *
 * Input: a table with the model's columns and the label. Output: a table with one row a feature: `feature`,
 * `importance` (the mean loss over the repeats; positive where the model needs the feature, whichever way the
 * metric is better), `deviation` (of the repeats, as scikit-learn gives it), `repeats` (a vector of all).
 *
 * Determinism: a permutation hangs on the seed and the rows' ids alone, so the values are the same for any
 * partitioning and number of threads. Cost: features · repeats predictions of the table; `table.cache()` keeps
 * a table from being read as often. The gathered column, 4 bytes a row and repeat besides.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `ABORTED`, and what the model and evaluator throw
 * @example
 * ```ts
 * import { createTable, GBTRegressor, permutationImportance, RegressionEvaluator } from 'coppice';
 * const rows = Array.from({ length: 200 }, (_, row) => row);
 * const table = createTable({ x: rows.map((row) => row % 10), z: rows.map((row) => row % 7), label: rows.map((row) => row % 10) });
 * const model = await new GBTRegressor({ featuresCols: ['x', 'z'] }).fit(table);
 * const found = await permutationImportance(model, table, { evaluator: new RegressionEvaluator() });
 * const [x, z] = await found.take(2);
 * console.log(x?.feature, Number(x?.importance) > 1, z?.importance); // x true 0
 * ```
 * @see docs/guides/explain.md; L. Breiman, "Random forests", 2001
 */
export async function permutationImportance(
  model: Transformer,
  table: PartitionedTable,
  options: PermutationOptions,
): Promise<PartitionedTable> {
  checkTable(`given to ${owner}`, table);
  checkObject(`options of ${owner}`, options, owner);
  const { signal, onProgress, ...rest } = options;
  const { evaluator, numRepeats, seed, idCol, ...params } = resolveParams(specs, rest);
  if (idCol !== undefined) requireColumn(owner, 'idCol', idCol, table.schema);
  const parts = await partsOf(model, table, evaluator, params.columns);
  const measure = async (one: PartitionedTable): Promise<number> =>
    await evaluator.evaluate(await model.transform(one, { signal }), { signal });
  const baseline = await measure(table);
  const orders = await shuffledOrders(table, { numRepeats, seed, idCol, signal });
  const sign = evaluator.isLargerBetter() ? 1 : -1;
  const losses = new Float64Array(parts.length * numRepeats);
  const evaluate = async ({ part, values, order }: Work): Promise<number> => {
    throwIfAborted(signal, owner);
    return sign * (baseline - (await measure(withPart(table, part, await values(), order))));
  };
  const limit = Math.max(1, Math.ceil(table.runner.numThreads / table.numPartitions));
  let done = 0;
  for await (const loss of mapInOrder(workOf(table, parts, orders), limit, evaluate)) {
    losses[done++] = loss;
    await onProgress?.({ phase: 'predict', done, total: losses.length, message: 'evaluations' });
  }
  return summary(table, parts, losses, numRepeats);
}

interface Work {
  readonly part: TablePart;
  /** Gathered when the first repeat asks for it. */
  values(): Promise<SharedBatch>;
  readonly order: Uint32Array;
}

function* workOf(
  table: PartitionedTable,
  parts: readonly TablePart[],
  orders: readonly Uint32Array[],
): Generator<Work> {
  for (const part of parts) {
    let gathered: Promise<SharedBatch> | null = null;
    const values = (): Promise<SharedBatch> => {
      gathered ??= gatherPart(table, part);
      return gathered;
    };
    for (const order of orders) yield { part, values, order };
  }
}

async function partsOf(
  model: Transformer,
  table: PartitionedTable,
  evaluator: Evaluator,
  names: readonly string[] | undefined,
): Promise<TablePart[]> {
  if (names !== undefined) return names.map((name) => partNamed(owner, table.schema, name));
  if (model instanceof Model) {
    const { labelCol, weightCol } = evaluator.params as Readonly<Record<string, unknown>>;
    const measured = new Set(columnsNamed(evaluator));
    // a pipeline knows every column of its fit, and reads some of them
    const read = await columnsBehind(model, (name) => measured.has(name));
    const known = partsOfInput(table.schema, model.inputSchema);
    return known.filter(
      ({ path: [name = ''] }) =>
        name !== labelCol && name !== weightCol && (read?.has(name) ?? true),
    );
  }
  // a transformer that was not fitted does not say what it reads
  return table.columns.map((name) => partNamed(owner, table.schema, name));
}

/** All values of a part, in shared memory. */
async function gatherPart(table: PartitionedTable, part: TablePart): Promise<SharedBatch> {
  const chunks = [];
  for await (const batch of table.batches({ columns: [part.path] })) {
    chunks.push(...columnOf(batch, part.path).data);
  }
  const whole = concatData(chunks[0]?.type ?? part.type, chunks);
  return batchToShared(batchOfColumns([['values', new Vector([whole])]]));
}

async function shuffledOrders(
  table: PartitionedTable,
  options: {
    readonly numRepeats: number;
    readonly seed: number;
    readonly idCol: string | undefined;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Uint32Array[]> {
  const { numRepeats, seed, idCol, signal } = options;
  const ids = idCol === undefined ? null : await gatherIds(table, idCol, signal);
  const numRows = ids?.length ?? (await table.count({ signal }));
  const orders: Uint32Array[] = [];
  for (let repeat = 0; repeat < numRepeats; repeat++) {
    const task: ShuffleTask = { numRows, ids, seed: deriveSeed(seed, purposes.shuffle, repeat) };
    orders.push(await table.runner.run<Uint32Array>('evaluation.shuffle', task, { signal }));
  }
  return orders;
}

async function gatherIds(
  table: PartitionedTable,
  idCol: string,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const parts = await gatherParts<Float64Array>(table, 'evaluation.rowIds', { idCol }, { signal });
  const ids = sharedArray(
    Float64Array,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
  }
  return ids;
}

function summary(
  table: PartitionedTable,
  parts: readonly TablePart[],
  losses: Float64Array,
  numRepeats: number,
): PartitionedTable {
  const repeatsOf = (_: TablePart, i: number): Float64Array =>
    losses.subarray(i * numRepeats, (i + 1) * numRepeats);
  const repeats = parts.map(repeatsOf);
  const means = repeats.map(meanOf);
  const deviations = repeats.map((own, i) =>
    Math.sqrt(meanOf(own.map((loss) => squareOf(loss - (means[i] as number))))),
  );
  return tableFromColumns(table.runner, {
    feature: utf8Column(parts.map(({ name }) => name)),
    importance: float64Column(Float64Array.from(means)),
    deviation: float64Column(Float64Array.from(deviations)),
    repeats: fixedSizeListColumn(losses, numRepeats),
  });
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function squareOf(value: number): number {
  return value * value;
}
