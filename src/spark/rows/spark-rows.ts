/**
 * Rows on Spark, and the order they stand in. Spark's data frames have no order, ours do: so every relation here
 * carries hidden columns whose values say which row comes first, and each verb keeps them.
 *
 *   relation: | visible columns | __coppice_0 … |      order: keys over the hidden columns, most important first
 *
 * A row's id is its position in that order. Files give it by path and row number; where a source has neither,
 * it is made of the row's content.
 */
import { DataType, Field } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import type { SortKey } from '../../table/plan/sort-key.ts';
import type { Relation, SortOrder, SparkExpression } from '../connect/messages.ts';
import { checkHeldBySpark, sparkTypeOf, typeOfSparkName } from './spark-types.ts';
import { quoteName } from './sql-text.ts';

/** One hidden column and its direction. */
export interface OrderKey {
  readonly column: string;
  /** Spark's name of the column's type. */
  readonly type: string;
  readonly descending: boolean;
  readonly nullsLast: boolean;
}

/** A relation with its visible columns and its order. */
export interface SparkRows {
  readonly relation: Relation;
  readonly fields: readonly Field[];
  readonly order: readonly OrderKey[];
  /** What rows are told apart by. */
  readonly identity: 'position' | 'content';
  /** Spark's partitions hold the rows in their order already. */
  readonly isInOrder?: boolean;
  /** Where the rows come out of files. */
  readonly origin?: RowOrigin | undefined;
}

/** The hidden columns that hold the file of a row and its number there. */
export interface RowOrigin {
  readonly path: string;
  readonly row: string;
}

/** What hidden columns are called. */
export const hiddenPrefix = '__coppice_';

/** The hidden column that says which table of a union a row is of. */
export const tableColumn = `${hiddenPrefix}0`;

/** An expression in SQL. */
export function sql(expression: string): SparkExpression {
  return { expression_string: { expression } };
}

/** A key in ascending order. */
export function ascending(column: string, type: string): OrderKey {
  return { column, type, descending: false, nullsLast: false };
}

/** The hidden columns as fields. */
export function hiddenFields(order: readonly OrderKey[]): Field[] {
  return order.map(({ column, type }) => new Field(column, typeOfSparkName(type), true));
}

/** @throws CoppiceError `UNSUPPORTED` for a column whose name is taken by ours. */
export function checkVisible(fields: readonly Field[]): void {
  const odd = fields.find(({ name }) => name.startsWith(hiddenPrefix));
  if (odd === undefined) return;
  throw new CoppiceError(
    'UNSUPPORTED',
    `columns of a table on Spark must not begin with ${hiddenPrefix}; got ${odd.name}`,
    { context: { column: odd.name } },
  );
}

/** The rows with other visible columns. @param values the SQL of each column that is not simply kept */
export function projected(
  rows: SparkRows,
  fields: readonly Field[],
  values: ReadonlyMap<string, string> = new Map(),
): SparkRows {
  const expressions = [
    ...fields.map(({ name }) => {
      const value = values.get(name);
      return sql(value === undefined ? quoteName(name) : `${value} AS ${quoteName(name)}`);
    }),
    ...rows.order.map(({ column }) => sql(quoteName(column))),
  ];
  return { ...rows, fields, relation: { project: { input: rows.relation, expressions } } };
}

/** The rows that a condition holds for. */
export function filtered(rows: SparkRows, condition: string): SparkRows {
  return { ...rows, relation: { filter: { input: rows.relation, condition: sql(condition) } } };
}

/** The first rows. */
export function limited(rows: SparkRows, numRows: number): SparkRows {
  return { ...rows, relation: { limit: { input: inOrder(rows), limit: numRows } } };
}

/** The rows in the order of columns; equal ones as before. */
export function sorted(rows: SparkRows, keys: readonly SortKey[]): SparkRows {
  const taken = numHidden(rows);
  const order = keys.map(
    ({ column, descending = false, nulls }, i): OrderKey => ({
      column: `${hiddenPrefix}${taken + i}`,
      type: sortableType(rows, column),
      descending,
      nullsLast: (nulls ?? (descending ? 'last' : 'first')) === 'last',
    }),
  );
  const copies = keys.map(({ column }, i) =>
    sql(`${quoteName(column)} AS ${quoteName((order[i] as OrderKey).column)}`),
  );
  const input = rows.relation;
  const expressions = [sql('*'), ...copies];
  const relation: Relation = { project: { input, expressions } };
  return { ...rows, relation, order: [...order, ...rows.order], isInOrder: false };
}

function sortableType(rows: SparkRows, column: string): string {
  const field = rows.fields.find(({ name }) => name === column) as Field;
  checkHeldBySpark([field], 'orderBy of a table on Spark');
  return sparkTypeOf(field.type) as string;
}

/**
 * The rows of tables one behind another; the first hidden column says which table a row is of.
 *
 * @param fields the columns of all; where a table lacks one, it is null
 */
export function unioned(tables: readonly SparkRows[], fields: readonly Field[]): SparkRows {
  const keys = tables.flatMap(({ order }) => order);
  const names = keys.map((_, i) => `${hiddenPrefix}${i + 1}`);
  const order = keys.map((key, i) => ({ ...key, column: names[i] as string }));
  let at = 0;
  const sides = tables.map((table, index): Relation => {
    const own = new Map(table.order.map(({ column }, i) => [at + i, column]));
    at += table.order.length;
    const hidden = keys.map(({ type }, i) => {
      const column = own.get(i);
      const value = column === undefined ? `CAST(NULL AS ${type})` : quoteName(column);
      return sql(`${value} AS ${names[i]}`);
    });
    const known = new Set(table.fields.map(({ name }) => name));
    const visible = fields.map(({ name }) =>
      sql(known.has(name) ? quoteName(name) : `NULL AS ${quoteName(name)}`),
    );
    const branch = sql(`CAST(${index} AS long) AS ${tableColumn}`);
    return { project: { input: table.relation, expressions: [...visible, branch, ...hidden] } };
  });
  const relation = sides.reduce(
    (left, right): Relation => ({
      set_op: {
        left_input: left,
        right_input: right,
        set_op_type: 'SET_OP_TYPE_UNION',
        is_all: true,
        by_name: false,
      },
    }),
  );
  const isPosition = tables.every(({ identity }) => identity === 'position');
  const identity = isPosition ? 'position' : 'content';
  return { relation, fields, order: [ascending(tableColumn, 'long'), ...order], identity };
}

/** Where the files of each table's rows stand in the union of the tables; of one table, in itself. */
export function originsOf(tables: readonly SparkRows[]): (RowOrigin | null)[] {
  let before = 1;
  return tables.map(({ origin, order }) => {
    const first = before;
    before += order.length;
    if (origin === undefined || tables.length === 1) return origin ?? null;
    const renamed = (name: string): string =>
      `${hiddenPrefix}${first + order.findIndex(({ column }) => column === name)}`;
    return { path: renamed(origin.path), row: renamed(origin.row) };
  });
}

/** The first of the rows that are equal in some columns. */
export function distinct(rows: SparkRows, columns: readonly string[]): SparkRows {
  if (rows.order.some(({ descending, nullsLast }) => descending || nullsLast)) {
    throw new CoppiceError(
      'UNSUPPORTED',
      'the table of distinct on Spark must not have been sorted downwards before; sort after distinct',
    );
  }
  const hidden = rows.order.map(({ column }) => quoteName(column));
  const kept = rows.fields.map(({ name }) => quoteName(name));
  // missing is missing, be it null or NaN
  const groupOf = (name: string): string => {
    const type = rows.fields.find((field) => field.name === name)?.type;
    return DataType.isFloat(type) ? `nanvl(${quoteName(name)}, NULL)` : quoteName(name);
  };
  const least = `min(struct(${[...hidden, ...kept].join(', ')})) AS ${hiddenPrefix}row`;
  const input: Relation = {
    aggregate: {
      input: rows.relation,
      group_type: 'GROUP_TYPE_GROUPBY',
      grouping_expressions: columns.map((name) => sql(groupOf(name))),
      aggregate_expressions: [sql(least)],
    },
  };
  const expressions = [...kept, ...hidden].map((name) =>
    sql(`${hiddenPrefix}row.${name} AS ${name}`),
  );
  return { ...rows, relation: { project: { input, expressions } }, isInOrder: false };
}

/** The rows in one order over all partitions of Spark's. */
export function inOrder(rows: SparkRows): Relation {
  if (rows.isInOrder === true) return rows.relation;
  return { sort: { input: rows.relation, order: sortOrders(rows), is_global: true } };
}

/** The rows in so many partitions of neighbours, each in order. */
export function dealtOut(rows: SparkRows, numPartitions: number): Relation {
  const order = sortOrders(rows);
  const dealt: Relation = {
    repartition_by_expression: {
      input: rows.relation,
      partition_exprs: order.map((key) => ({ sort_order: key })),
      num_partitions: numPartitions,
    },
  };
  return { sort: { input: dealt, order, is_global: false } };
}

function sortOrders(rows: SparkRows): SortOrder[] {
  return rows.order.map(({ column, descending, nullsLast }) => ({
    child: sql(quoteName(column)),
    direction: descending ? 'SORT_DIRECTION_DESCENDING' : 'SORT_DIRECTION_ASCENDING',
    null_ordering: nullsLast ? 'SORT_NULLS_LAST' : 'SORT_NULLS_FIRST',
  }));
}

/** A number that no hidden column has yet. */
export function numHidden(rows: SparkRows): number {
  return (
    1 + Math.max(-1, ...rows.order.map(({ column }) => Number(column.slice(hiddenPrefix.length))))
  );
}
