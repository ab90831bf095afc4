/**
 * How much of what features do, do they do together? Friedman's H: what is left of the partial dependence of two
 * features, or of the whole model, when what each side does alone is taken off, as a share.
 *
 * Driver: draws rows and has all of them predicted with each one's values of a feature, one table for each feature or
 * pair; sums lie in the order of the rows. Cost: numRows² predictions for each feature, and for each pair.
 */

import { throwIfAborted } from '../../base/abort.ts';
import { checkObject } from '../../base/check-options.ts';
import { CoppiceError } from '../../base/errors.ts';
import type { OnProgress } from '../../base/progress.ts';
import { defineParams } from '../../params/define-params.ts';
import { column, columns, int, oneOf } from '../../params/kinds.ts';
import { resolveParams } from '../../params/resolve-params.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { Model } from '../../pipeline/model.ts';
import type { Transformer } from '../../pipeline/transformer.ts';
import { checkTable } from '../../table/check-table.ts';
import { columnOf } from '../../table/columns/column-values.ts';
import { batchOfColumns } from '../../table/columns/make-column.ts';
import { tableFromColumns } from '../../table/create-table.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { batchToShared } from '../../table/plan/shared-batch.ts';
import { noRows } from '../evaluators/evaluator.ts';
import { partNamed, partsOfInput, type TablePart } from '../parts/table-parts.ts';
import { readWeights } from '../read-columns.ts';
import {
  centredDependence,
  type SharedEffect,
  sharedByPair,
  sharedWithRest,
} from './friedman-h.ts';
import { elementNames, responseColumn } from './grid-points.ts';
import { type Answers, answersOf, sampleRows } from './sampled-rows.ts';

const owner = 'interactionStatistics';

const specs = defineParams(owner, {
  columns: columns({}),
  kind: oneOf(['rest', 'pairs'], { default: 'rest' }),
  responseCol: column({}),
  weightCol: column({}),
  numRows: int({ default: 50, min: 2, max: 2000 }),
  seed: int({ default: 0, min: 0, max: 0xffffffff }),
});

/** Options of {@link interactionStatistics}. */
export interface InteractionStatisticsOptions {
  /** The features, at least two for pairs; columns or parts of them (`features.age`, `features.3`). By default all that the model was fitted on. */
  readonly columns?: readonly string[] | undefined;
  /** `rest`: each feature against all others together (the default); `pairs`: each pair of the features. */
  readonly kind?: 'rest' | 'pairs' | undefined;
  /** The column that is looked at; by default `probability` where the model adds it, else `prediction`. */
  readonly responseCol?: string | undefined;
  /** Weights of rows. */
  readonly weightCol?: string | undefined;
  /** How many rows are drawn (50); all where there are no more. The cost grows with its square. */
  readonly numRows?: number | undefined;
  /** Seed of the draw (0). */
  readonly seed?: number | undefined;
  /** Ends the work, which then rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Hears how many features and pairs are done. */
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Friedman's H statistic: the share of what features do that they do together.
 *
 * Input: a table with the model's columns. Output: a table with one row a feature or pair (and class): `feature`,
 * `other` (of pairs), `class` where the response is a vector, `statistic`, H, and `strength`, the root of the mean square
 * of what they do together, in units of the response. H is 0 where the features do not change each other's effect and 1
 * where each alone does nothing; beyond 1 it says that the features do hardly anything. Look at `strength` beside it.
 *
 * Determinism: rows are drawn by their position and added up in their order; the same for any partitioning and number of
 * threads. Cost: numRows² predictions for each feature, and for each pair of features.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `DATA_EMPTY`, `ABORTED`
 * @example
 * ```ts
 * import { createTable, GBTRegressor, interactionStatistics } from 'coppice';
 * const rows = Array.from({ length: 400 }, (_, row) => row);
 * const [x, z] = [rows.map((row) => row % 2), rows.map((row) => (row >> 1) % 2)];
 * const table = createTable({ x, z, label: rows.map((row) => Number(x[row] === z[row])) });
 * const model = await new GBTRegressor({ featuresCols: ['x', 'z'] }).fit(table);
 * const [pair] = await (await interactionStatistics(model, table, { kind: 'pairs' })).take(1);
 * console.log(pair?.feature, pair?.other, Number(pair?.statistic) > 0.9); // x z true
 * ```
 * @see docs/guides/explain.md; J. H. Friedman and B. E. Popescu, "Predictive learning via rule ensembles", 2008, section 8.1
 */
export async function interactionStatistics(
  model: Transformer,
  table: PartitionedTable,
  options: InteractionStatisticsOptions = {},
): Promise<PartitionedTable> {
  checkTable(`given to ${owner}`, table);
  checkObject(`options of ${owner}`, options, owner);
  const { signal, onProgress, ...rest } = options;
  const params = resolveParams(specs, rest);
  const { weightCol } = params;
  if (weightCol !== undefined) requireColumn(owner, 'weightCol', weightCol, table.schema);
  const parts = partsOf(model, table, params);
  const responseCol = responseColumn(owner, model, table, params.responseCol);
  const { batch } = await sampleRows(table, { owner, signal, ...params });
  const numRows = batch.numRows;
  const weights = readWeights(batch, weightCol ?? null) ?? new Float64Array(numRows).fill(1);
  if (weights.every((weight) => weight === 0)) throw noRows(owner);
  // every row with the values of every row: of pair (a, b) the values are those of a
  const order = Uint32Array.from({ length: numRows * numRows }, (_, i) => i % numRows);
  const values = Uint32Array.from({ length: numRows * numRows }, (_, i) => Math.floor(i / numRows));
  const ask = async (asked: readonly TablePart[]): Promise<Answers> => {
    throwIfAborted(signal, owner);
    const replaced = asked.map((part) => {
      const column = columnOf(batch, part.path);
      const own = batchToShared(batchOfColumns([['values', column]]));
      return { part, values: own, order: values };
    });
    const question = { owner, rows: batch, order, replaced, responseCol, signal };
    return await answersOf(model, table, question);
  };
  const isOfPairs = params.kind === 'pairs';
  const pairs = isOfPairs
    ? parts.flatMap((part, i) => parts.slice(i + 1).map((other) => [part, other] as const))
    : [];
  const found: Found[] = [];
  const total = parts.length + pairs.length;
  let [done, classes] = [0, [] as string[]];
  const alone = new Map<TablePart, Float64Array[]>();
  for (const part of parts) {
    const answers = await ask([part]);
    classes = classNames(answers, responseCol);
    const byClass = matricesOf(answers);
    if (isOfPairs) {
      alone.set(
        part,
        byClass.map((matrix) => centredDependence(matrix, weights)),
      );
    } else found.push({ part, effects: byClass.map((matrix) => sharedWithRest(matrix, weights)) });
    await onProgress?.({ phase: 'predict', done: ++done, total, message: 'features' });
  }
  for (const [part, other] of pairs) {
    const together = matricesOf(await ask([part, other]));
    const effects = together.map((matrix, k) => {
      const [one, two] = [part, other].map((side) => alone.get(side)?.[k] as Float64Array);
      return sharedByPair(matrix, [one as Float64Array, two as Float64Array], weights);
    });
    found.push({ part, other, effects });
    await onProgress?.({ phase: 'predict', done: ++done, total, message: 'features' });
  }
  return statisticsTable(table, found, classes);
}

/** A feature or a pair, with an effect for each class. */
interface Found {
  readonly part: TablePart;
  readonly other?: TablePart;
  readonly effects: readonly SharedEffect[];
}

function partsOf(
  model: Transformer,
  table: PartitionedTable,
  {
    columns: names,
    kind,
    weightCol,
  }: {
    readonly columns?: readonly string[] | undefined;
    readonly kind: string;
    readonly weightCol?: string | undefined;
  },
): TablePart[] {
  const { schema } = table;
  const known =
    model instanceof Model
      ? partsOfInput(schema, model.inputSchema)
      : table.columns.map((name) => partNamed(owner, schema, name));
  const parts =
    names?.map((name) => partNamed(owner, schema, name)) ??
    known.filter(({ name }) => name !== weightCol);
  if (parts.length >= 2 || kind === 'rest') return parts;
  const message = `columns of ${owner} must be at least two features for pairs; got ${parts.length}`;
  throw new CoppiceError('PARAM_INVALID', message, { context: { owner, param: 'columns' } });
}

/** One matrix a class. */
function matricesOf({ values, width }: Answers): Float64Array[] {
  return Array.from({ length: width }, (_, k) =>
    Float64Array.from({ length: values.length / width }, (_, i) => values[i * width + k] as number),
  );
}

function classNames({ table, width }: Answers, responseCol: string): string[] {
  const classes = elementNames(table.schema, responseCol);
  return Array.from({ length: width }, (_, k) => String(classes?.[k] ?? k));
}

function statisticsTable(
  table: PartitionedTable,
  found: readonly Found[],
  classes: readonly string[],
): PartitionedTable {
  const rows = found.flatMap(({ part, other, effects }) =>
    effects.map((effect, k) => ({ part, other, class: classes[k] as string, ...effect })),
  );
  const isOfPairs = found.some(({ other }) => other !== undefined);
  return tableFromColumns(table.runner, {
    feature: rows.map(({ part }) => part.name),
    ...(isOfPairs ? { other: rows.map(({ other }) => other?.name ?? '') } : {}),
    ...(classes.length > 1 ? { class: rows.map((row) => row.class) } : {}),
    statistic: Float64Array.from(rows, ({ statistic }) => statistic),
    strength: Float64Array.from(rows, ({ strength }) => strength),
  });
}
