/**
 * The table: an ordered list of partitions over Arrow columns, immutable and lazy. A verb returns a new
 * table that remembers what to do; work happens partition by partition, in the session's threads, when
 * rows are asked for (count, collect, show, write, fit). Rows keep their order in every verb but orderBy.
 */
import { Field, type RecordBatch, Schema } from 'apache-arrow';
import type { Awaitable } from '../base/awaitable.ts';
import { checkObject } from '../base/check-options.ts';
import { CoppiceError } from '../base/errors.ts';
import { purposes } from '../base/rng.ts';
import { guardUserFunction, isModuleFunction, type UserFunction } from '../base/user-function.ts';
import type { ColumnInput } from './columns/column-input.ts';
import { firstTwice, requireField } from './columns/find-column.ts';
import { TableNulls } from './columns/table-nulls.ts';
import { typeName } from './columns/type-name.ts';
import {
  type AnyColumns,
  type ColumnKinds,
  type ColumnName,
  checkKinds,
  type DroppedColumns,
  type RenamedColumns,
  type SelectedColumns,
  type WithColumn,
} from './columns/typed-columns.ts';
import { conditionNode, type Expression, lit } from './expressions/expression.ts';
import { columnsRead } from './expressions/expression-node.ts';
import { castTarget, inferType, valueKind, withParts } from './expressions/infer-type.ts';
import { memoryPartition } from './files/sources.ts';
import { TableWriter } from './files/table-writer.ts';
import { checkNumPartitions } from './plan/check-partitions.ts';
import type { OperatorSpec } from './plan/partition-spec.ts';
import { operatorNode, type PlanNode, projectNode, sourceNode } from './plan/plan-node.ts';
import { type SortKey, sortKey } from './plan/sort-key.ts';
import { fieldToRecord } from './schema-record.ts';
import { TableCore } from './table-core.ts';
import type { TableOptions } from './table-options.ts';
import { filterRows } from './take-rows.ts';
import { type CacheNode, cacheNode } from './verbs/cache-node.ts';
import { casted, columnExists, computed, renamed, withField } from './verbs/change-columns.ts';
import { closureNode } from './verbs/closure-node.ts';
import { functionOfColumn, withUserColumn } from './verbs/column-operators.ts';
import { canDescribe, describeColumns } from './verbs/describe-node.ts';
import { distinctNode } from './verbs/distinct-node.ts';
import { formatRows, formatSchema } from './verbs/format-rows.ts';
import { plainRows } from './verbs/plain-rows.ts';
import { checkFraction, checkSeed, splitBounds } from './verbs/sample-bounds.ts';
import {
  checkLimit,
  limitNode,
  nodeToUnite,
  repartitionNode,
  unionNode,
} from './verbs/slice-node.ts';
import { sortNode } from './verbs/sort-node.ts';
import { valuesOfMask } from './verbs/values-of-mask.ts';

export type { AnyColumns } from './columns/typed-columns.ts';
export type { TableOptions } from './table-options.ts';

/** Makes a column of a batch's rows: one value a row. */
export type ColumnFunction = (batch: RecordBatch) => Awaitable<ColumnInput>;

/** Says which rows of a batch to keep: one boolean a row. */
export type RowFunction = (batch: RecordBatch) => Awaitable<ArrayLike<boolean | number | null>>;

/** Options of a column that a function makes. */
export interface ColumnFunctionOptions {
  /** The column's type, as in cast: `double`, `int`, `string`, `boolean`, `category`, `timestamp`, … */
  readonly type: string;
}

/** An ordered list of partitions with the same columns. */
export class PartitionedTable<S = AnyColumns> extends TableCore {
  /** Column types, at compile time only. */
  declare readonly columnTypes: S;

  /** @internal The table after one more operator. */
  withOperator<T = AnyColumns>(spec: OperatorSpec, schema: Schema): PartitionedTable<T> {
    return this.#after<T>(operatorNode(this.node, spec, schema));
  }

  /**
   * The same table with columns that are known at compile time: a misspelt one in `select`, `drop`, `filter` or a
   * {@link pipelineOver} it is then an error of the compiler. Columns that are not named stay, unknown.
   *
   * @param kinds what each column holds: `number`, `string`, `boolean`, `date`, `timestamp`, or `any`
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`
   * @example
   * ```ts
   * import { col, createTable } from 'coppice';
   * const table = createTable({ carrier: ['UA', 'AA'], distance: [500, 90] });
   * const flights = table.typed({ carrier: 'string', distance: 'number' });
   * const far = flights.filter(col('distance').gt(100)).select('carrier'); // col('distanse') does not compile
   * console.log(await far.count()); // 1
   * ```
   */
  typed<const K extends ColumnKinds>(kinds: K): PartitionedTable<K> {
    checkObject('kinds of typed', kinds, 'typed');
    checkKinds(this.schema, kinds);
    return this.#after<K>(this.node);
  }

  /** Verbs about missing values: `drop` and `fill`. */
  get na(): TableNulls<S> {
    return new TableNulls<S>(this);
  }

  /** Writes the table into files. */
  get write(): TableWriter {
    return new TableWriter(this as PartitionedTable);
  }

  /** Only these columns, in this order. @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_EXISTS` */
  select<const N extends ColumnName<S>>(
    ...columns: readonly N[]
  ): PartitionedTable<SelectedColumns<S, N>> {
    const fields = columns.map((name) => requireField(this.schema, name, 'select'));
    const twice = firstTwice(columns);
    if (twice !== undefined) throw columnExists(twice, 'select');
    return this.#after<SelectedColumns<S, N>>(
      projectNode(this.node, new Schema(fields, this.schema.metadata)),
    );
  }

  /** Without these columns. @throws CoppiceError `COLUMN_NOT_FOUND` */
  drop<const N extends ColumnName<S>>(
    ...columns: readonly N[]
  ): PartitionedTable<DroppedColumns<S, N>> {
    for (const name of columns) requireField(this.schema, name, 'drop');
    const dropped = new Set<string>(columns);
    const kept = this.schema.fields.filter(({ name }) => !dropped.has(name));
    return this.#after(projectNode(this.node, new Schema(kept, this.schema.metadata)));
  }

  /** With columns under other names: `rename({ old: 'new' })`. @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_EXISTS` */
  rename<const R extends { readonly [N in ColumnName<S>]?: string }>(
    given: R,
  ): PartitionedTable<RenamedColumns<S, R>> {
    const { spec, schema } = renamed(this.schema, given);
    return this.withOperator(spec, schema);
  }

  /**
   * Only the rows that a condition holds for: an expression (run in the pool), a function of a module (run
   * in the pool), or a closure (run on the calling thread, batch by batch).
   *
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `PARAM_INVALID`; later `FUNCTION_FAILED`
   */
  filter(condition: Expression<ColumnName<S>> | UserFunction<RowFunction>): PartitionedTable<S> {
    const common = { writes: [], changesRows: true } as const;
    if (isModuleFunction(condition)) {
      const spec = {
        kind: 'table.moduleFilter',
        reads: 'all',
        module: { ...condition },
        ...common,
      } as const;
      return this.withOperator(spec, this.schema);
    }
    if (typeof condition === 'function') {
      const guarded = guardUserFunction('the function of filter', condition);
      return this.#after(
        closureNode(this.node, this.schema, async (batch) =>
          filterRows(batch, valuesOfMask(await guarded(batch), batch.numRows)),
        ),
      );
    }
    const expression = withParts(conditionNode(condition, 'filter'), this.schema);
    const type = inferType(expression, this.schema);
    if (valueKind(type) !== 'bool') {
      const message = `condition of filter must be boolean; got ${typeName(type)}`;
      throw new CoppiceError('COLUMN_TYPE', message);
    }
    const spec = { kind: 'table.filter', reads: columnsRead(expression), expression, ...common };
    return this.withOperator(spec, this.schema);
  }

  /**
   * With one more column, or another in its place: an expression or constant (run in the pool), or a
   * function with its type (a module's in the pool, a closure on the calling thread, batch by batch).
   *
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `PARAM_INVALID`; later `FUNCTION_FAILED`
   */
  withColumn<const N extends string>(
    name: N,
    value:
      | Expression<ColumnName<S>>
      | number
      | string
      | boolean
      | null
      | UserFunction<ColumnFunction>,
    options?: ColumnFunctionOptions,
  ): PartitionedTable<WithColumn<S, N>> {
    if (typeof value === 'function' || isModuleFunction(value)) {
      if (options?.type === undefined) {
        const message = `type of withColumn must be given for a function (column ${name}); got none`;
        throw new CoppiceError('PARAM_INVALID', message);
      }
      const field = new Field(name, castTarget(options.type), true);
      const schema = withField(this.schema, field);
      if (typeof value === 'function') {
        const guarded = guardUserFunction(functionOfColumn(name), value);
        const apply = async (batch: RecordBatch) =>
          withUserColumn(batch, field, await guarded(batch));
        return this.#after(closureNode(this.node, schema, apply));
      }
      const record = fieldToRecord(field);
      const spec = {
        kind: 'table.moduleColumn',
        reads: 'all',
        writes: [name],
        module: { ...value },
        field: record,
      } as const;
      return this.withOperator(spec, schema);
    }
    const isExpression = typeof value === 'object' && value !== null && 'node' in value;
    const { node } = isExpression ? value : lit(value);
    const { spec, schema } = computed(this.schema, name, node);
    return this.withOperator(spec, schema);
  }

  /**
   * With columns in other types: `cast({ age: 'double', zip: 'category' })`. A value that the type cannot
   * hold is an error when the rows are read; `withColumn(name, col(name).tryCast(type))` makes it null.
   *
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `PARAM_INVALID`; later `DATA_INVALID`, `COLUMN_TYPE`
   */
  cast(given: { readonly [N in ColumnName<S>]?: string }): PartitionedTable<S> {
    const { spec, schema } = casted(this.schema, given);
    return this.withOperator(spec, schema);
  }

  /** Without rows that repeat an earlier row, in all columns or in some. @throws CoppiceError `COLUMN_NOT_FOUND` */
  distinct(...columns: readonly ColumnName<S>[]): PartitionedTable<S> {
    for (const name of columns) requireField(this.schema, name, 'distinct');
    return this.#after(distinctNode(this.node, columns.length === 0 ? this.columns : columns));
  }

  /** About a fraction of the rows, drawn by the position of each: the same for any partitioning. @throws CoppiceError `PARAM_INVALID`, `PARAM_UNKNOWN` */
  sample(fraction: number, options: { readonly seed?: number } = {}): PartitionedTable<S> {
    const range = { from: 0, to: checkFraction(fraction, 'sample') };
    return this.#sampled({
      ...range,
      seed: checkSeed(options, 'sample'),
      purpose: purposes.rowSample,
    });
  }

  /**
   * The rows dealt out at random in proportion to weights: `randomSplit([0.8, 0.2], { seed: 7 })`. Each row
   * is drawn by its position, so that the parts are the same for any partitioning and have no row in common. There are as
   * many tables as weights, which TypeScript knows too where they are written out.
   *
   * @throws CoppiceError `PARAM_INVALID`, `PARAM_UNKNOWN`
   */
  randomSplit<const W extends readonly number[]>(
    weights: W,
    options: { readonly seed?: number } = {},
  ): { -readonly [I in keyof W]: PartitionedTable<S> } {
    const seed = checkSeed(options, 'randomSplit');
    const parts = splitBounds(weights).map((range) =>
      this.#sampled({ ...range, seed, purpose: purposes.split }),
    );
    return parts as { -readonly [I in keyof W]: PartitionedTable<S> };
  }

  /** These rows, then those of another table; columns are matched by name. @throws CoppiceError `SCHEMA_MISMATCH`, `PARAM_INVALID` */
  union(other: PartitionedTable): PartitionedTable<S> {
    return this.#after(unionNode(this.node, nodeToUnite(other)));
  }

  /** The same rows in order, in so many partitions of nearly equal size. @throws CoppiceError `PARAM_INVALID` */
  repartition(numPartitions: number): PartitionedTable<S> {
    return this.#after(
      repartitionNode(this.node, checkNumPartitions(numPartitions, 'repartition')),
    );
  }

  /**
   * In the order of columns; rows that are equal in these keep their order. Nulls come first (last in a
   * descending key), NaN after all numbers. The whole table is held in memory.
   *
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `PARAM_INVALID`
   */
  orderBy(
    ...keys: readonly (ColumnName<S> | (SortKey & { readonly column: ColumnName<S> }))[]
  ): PartitionedTable<S> {
    return this.#after(sortNode(this.node, keys.map(sortKey)));
  }

  /** The first rows. @throws CoppiceError `PARAM_INVALID` */
  limit(numRows: number): PartitionedTable<S> {
    return this.#after(limitNode(this.node, checkLimit(numRows, 'limit')));
  }

  /** The table, kept in memory from the first time it is read; {@link PartitionedTable.unpersist} lets it go. */
  cache(): PartitionedTable<S> {
    return this.#after(cacheNode(this.node));
  }

  /** Lets go what {@link PartitionedTable.cache} keeps. */
  unpersist(): this {
    if ('release' in this.node) (this.node as CacheNode).release();
    return this;
  }

  /**
   * Count, missing values, mean, standard deviation, minimum and maximum of columns, one row each; exact, so
   * the same for any partitioning.
   *
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`
   */
  async describe(
    columns?: readonly string[],
    options: TableOptions = {},
  ): Promise<PartitionedTable> {
    const known = this.schema.fields.filter((field) => canDescribe(field.type));
    const fields = columns?.map((name) => requireField(this.schema, name, 'describe')) ?? known;
    const odd = fields.find((field) => !canDescribe(field.type));
    if (odd !== undefined) {
      const message = `column ${odd.name} of describe must be numeric, boolean or text; got ${typeName(odd.type)}`;
      throw new CoppiceError('COLUMN_TYPE', message, { context: { column: odd.name } });
    }
    const batch = await describeColumns(new Schema(fields), (task, payload) =>
      this.runPartitions(task, payload, options),
    );
    return this.#after(sourceNode(batch.schema, [memoryPartition(batch)]));
  }

  /**
   * The first rows as objects of plain values, which a scorer takes too: vectors and lists are arrays, decimals numbers
   * (`table.cast({ price: 'string' })` keeps all their digits), dates and timestamps milliseconds since 1970. Integers of
   * 64 bits are `bigint`, of which JSON knows nothing:
   * `JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? Number(value) : value))`.
   */
  async take(numRows: number, options: TableOptions = {}): Promise<Record<string, unknown>[]> {
    return plainRows(await this.limit(numRows).collect(options));
  }

  /** The first rows as text, a grid. */
  async preview(
    numRows = 20,
    options: TableOptions & { readonly truncate?: number } = {},
  ): Promise<string> {
    const [batch] = (await this.limit(numRows).collect(options)).batches;
    return formatRows(batch as RecordBatch, { truncate: options.truncate ?? 24 });
  }

  /** Prints the first rows. */
  async show(
    numRows = 20,
    options: TableOptions & { readonly truncate?: number } = {},
  ): Promise<void> {
    console.log(await this.preview(numRows, options));
  }

  /** The columns as text, a tree. */
  schemaText(): string {
    return formatSchema(this.schema);
  }

  /** Prints the columns. */
  printSchema(): void {
    console.log(this.schemaText());
  }

  #after<T = S>(node: PlanNode): PartitionedTable<T> {
    return new PartitionedTable<T>(this.runner, node);
  }

  #sampled(draw: { seed: number; purpose: number; from: number; to: number }): PartitionedTable<S> {
    const spec = {
      kind: 'table.sample',
      reads: [],
      writes: [],
      changesRows: true,
      usesPosition: true,
      ...draw,
    };
    return this.withOperator(spec, this.schema);
  }
}
