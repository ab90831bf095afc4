/**
 * Numbers the rows of a table from 0, in its order, without bringing them together: Spark sorts them and keeps the
 * result; its partitions are counted; a row's number is its partition's first one plus its place in there.
 */
import { tableFromIPC } from 'apache-arrow';
import type { Relation } from '../connect/messages.ts';
import type { SparkConnect } from '../connect/spark-connect.ts';
import { resolveRelation } from './resolve-relation.ts';
import { ascending, hiddenPrefix, inOrder, numHidden, type SparkRows, sql } from './spark-rows.ts';
import { quoteName } from './sql-text.ts';

/** The low bits of monotonically_increasing_id() are the place in the partition. */
const placeBits = 33;

/** Rows with their positions in a hidden column. */
export interface NumberedRows {
  readonly rows: SparkRows;
  /** The column's name. */
  readonly column: string;
}

/** The rows with their positions, which are found when the plan is carried out. */
export function numbered(client: SparkConnect, rows: SparkRows): NumberedRows {
  const column = `${hiddenPrefix}${numHidden(rows)}`;
  let made: Promise<Relation> | null = null;
  const make = (input: Relation): Promise<Relation> => {
    made ??= number(client, input, { rows, column });
    return made;
  };
  const relation: Relation = { late: { input: inOrder(rows), make } };
  return {
    column,
    rows: {
      ...rows,
      ...{ relation, order: [ascending(column, 'long')], isInOrder: true, origin: undefined },
    },
  };
}

async function number(
  client: SparkConnect,
  input: Relation,
  { rows, column }: NumberedRows,
): Promise<Relation> {
  const ready = await resolveRelation(input);
  await client.persist(ready);
  const counts = await countPartitions(client, ready);
  const firstRows: number[] = [0];
  for (const count of counts) firstRows.push((firstRows.at(-1) as number) + count);
  const offsets = `array(${firstRows.map((row) => `${row}L`).join(',')})`;
  const place = `(monotonically_increasing_id() & ${2 ** placeBits - 1}L)`;
  const expressions = [
    ...rows.fields.map(({ name }) => sql(quoteName(name))),
    sql(`${offsets}[spark_partition_id()] + ${place} AS ${column}`),
  ];
  return { project: { input: ready, expressions } };
}

async function countPartitions(client: SparkConnect, relation: Relation): Promise<number[]> {
  const aggregate: Relation = {
    aggregate: {
      input: relation,
      group_type: 'GROUP_TYPE_GROUPBY',
      grouping_expressions: [sql('spark_partition_id() AS p')],
      aggregate_expressions: [sql('count(1) AS n')],
    },
  };
  const counts: number[] = [];
  for await (const stream of client.execute(aggregate, { what: 'the number of rows' })) {
    for (const row of tableFromIPC(stream).toArray()) counts[Number(row.p)] = Number(row.n);
  }
  return Array.from(counts, (count) => count ?? 0);
}
