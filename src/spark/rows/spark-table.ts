/**
 * A table on Spark: rows that Spark looks after, and steps of ours that it does not know, which the members take
 * beside the data when rows are read. Steps of ours never drop or move rows; a verb that does is Spark's, where it
 * means the same there, or is carried out by members whose rows go back to Spark.
 */
import { type Field, Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { columnNames } from '../../table/columns/find-column.ts';
import { sameType } from '../../table/columns/type-name.ts';
import { columnsRead, type ExpressionNode } from '../../table/expressions/expression-node.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import type {
  LazyPartition,
  PlanNode,
  RemoteTable,
  TableStep,
} from '../../table/plan/plan-node.ts';
import type { SortKey } from '../../table/plan/sort-key.ts';
import { fieldToRecord, schemaToRecord } from '../../table/schema-record.ts';
import type { TableOptions } from '../../table/table-options.ts';
import type { SparkHost } from '../spark-host.ts';
import { type PendingTable, placedOperators } from './pending-table.ts';
import { pushExpression } from './push-expression.ts';
import {
  distinct,
  filtered,
  limited,
  projected,
  type SparkRows,
  sorted,
  unioned,
} from './spark-rows.ts';
import type { SparkSource } from './spark-source.ts';
import { checkHeldBySpark } from './spark-types.ts';
import { quoteName } from './sql-text.ts';

/** A plan node over rows of Spark's. */
export function sparkNode(
  host: SparkHost,
  rows: SparkRows,
  steps: { readonly operators: readonly OperatorSpec[]; readonly schema: Schema } = {
    operators: [],
    schema: new Schema([...rows.fields]),
  },
  numPartitions = host.numMembers,
): PlanNode {
  const table: PendingTable = { rows, ...steps };
  return {
    schema: steps.schema,
    numPartitions,
    remote: new SparkTable(host, table, numPartitions),
    lower: async ({ signal }): Promise<readonly LazyPartition[]> => {
      const numRows = await host.count(rows, signal);
      const source: SparkSource = {
        kind: 'spark',
        numRows,
        rows: { ...rows, fields: rows.fields.map(fieldToRecord) },
      };
      const operators = placedOperators(table);
      return [{ index: 0, source, operators, schema: schemaToRecord(steps.schema) }];
    },
  };
}

/** See the header. */
export class SparkTable implements RemoteTable {
  readonly host: SparkHost;
  readonly table: PendingTable;
  readonly identity: SparkRows['identity'];
  readonly #numPartitions: number;

  constructor(host: SparkHost, table: PendingTable, numPartitions: number) {
    this.host = host;
    this.table = table;
    this.identity = table.rows.identity;
    this.#numPartitions = numPartitions;
  }

  after(step: TableStep): PlanNode {
    const { rows, operators } = this.table;
    switch (step.verb) {
      case 'operator':
        return this.#operator(step.spec, step.schema);
      case 'project':
        return operators.length === 0
          ? this.#with(projected(rows, step.schema.fields))
          : this.#with(rows, { operators, schema: step.schema });
      case 'limit':
        this.#refusePositions('limit');
        return this.#keeping(limited(rows, step.numRows));
      case 'repartition':
        return sparkNode(this.host, rows, this.table, step.numPartitions);
      case 'union':
        return this.#union(step.other, step.schema);
      case 'sort':
        return this.#sort(step.keys);
      case 'distinct':
        this.#refuseSteps('distinct');
        return this.#with(distinct(rows, step.columns));
      case 'cache':
        return this.host.kept(this.#keeping(this.host.persisted(rows)), rows);
      case 'closure':
        throw unsupported(
          'a function of the calling program',
          'is not run on Spark: use an expression, or fromModule in a local session',
        );
    }
  }

  async *runPartitions<T>(
    task: string,
    payload: Readonly<Record<string, unknown>>,
    options: TableOptions,
  ): AsyncGenerator<T, void, undefined> {
    yield* this.host.runTask<T>(this.table, { task, payload }, options);
  }

  #operator(spec: OperatorSpec, schema: Schema): PlanNode {
    const { rows, operators } = this.table;
    const isModule = spec.kind === 'table.moduleFilter' || spec.kind === 'table.moduleColumn';
    if (isModule)
      throw unsupported('a function of a module', 'is not run on Spark: use an expression');
    const expression = spec['expression'] as ExpressionNode | undefined;
    if (spec.kind === 'table.filter' && expression !== undefined && this.#isOfRows(expression)) {
      const condition = pushExpression(expression, new Schema([...rows.fields]));
      if (condition !== null) {
        this.#refusePositions('filter');
        return this.#keeping(filtered(rows, condition));
      }
    }
    if (spec.changesRows === true) return this.#rewritten(spec, schema);
    if (operators.length === 0) {
      const pushed = pushedColumns(spec, schema, rows);
      if (pushed !== null) return this.#with(pushed);
    }
    return this.#with(rows, { operators: [...operators, spec], schema });
  }

  /** Members carry the steps out, and what they keep goes back to Spark as columns. */
  #rewritten(spec: OperatorSpec, schema: Schema): PlanNode {
    const remedy = '; leave rows out before such a column is made, with na.drop or filter';
    checkHeldBySpark(schema.fields, `${verbOf(spec.kind)} of a table on Spark`, remedy);
    const { rows, operators } = this.table;
    const rewritten = this.host.rewritten({ rows, operators: [...operators, spec], schema });
    return this.#conformed(rewritten, schema);
  }

  /** Rows that Spark holds as plain columns, under the types that they had here. */
  #conformed(rows: SparkRows, schema: Schema): PlanNode {
    const differs = rows.fields.some(
      (field, i) => !sameType(field.type, (schema.fields[i] as Field).type),
    );
    if (!differs) return this.#with(rows);
    const names = columnNames(schema);
    const conform = {
      kind: 'table.conform',
      reads: names,
      writes: names,
      schema: schemaToRecord(schema),
    };
    return this.#with(rows, { operators: [conform], schema });
  }

  #union(other: PlanNode, schema: Schema): PlanNode {
    const right = other.remote;
    if (!(right instanceof SparkTable) || right.host !== this.host) {
      throw unsupported('union with a table of another session', 'is not offered on Spark');
    }
    const sides = [this.table, right.table].map((table) => {
      if (table.operators.length === 0) return table.rows;
      checkHeldBySpark(table.schema.fields, 'union of tables on Spark');
      return this.host.rewritten(table);
    }) as [SparkRows, SparkRows];
    for (const side of sides) {
      for (const field of side.fields) {
        const first = sides[0].fields.find(({ name }) => name === field.name);
        if (first !== undefined && sameType(first.type, field.type)) continue;
        throw unsupported(
          `union of tables whose columns ${field.name} differ in type`,
          'is not offered on Spark: cast one of them in session.sql',
        );
      }
    }
    return this.#conformed(unioned(sides, sides[0].fields), schema);
  }

  #sort(keys: readonly SortKey[]): PlanNode {
    const { rows, operators } = this.table;
    this.#refusePositions('orderBy');
    const written = new Set(operators.flatMap(({ writes }) => writes));
    const names = new Set(rows.fields.map(({ name }) => name));
    const odd = keys.find(({ column }) => written.has(column) || !names.has(column));
    if (odd === undefined) return this.#keeping(sorted(rows, keys));
    checkHeldBySpark(this.table.schema.fields, 'orderBy of a table on Spark');
    const { schema } = this.table;
    return this.#conformed(sorted(this.host.rewritten(this.table), keys), schema);
  }

  /** True where an expression reads only columns that no pending step makes. */
  #isOfRows(expression: ExpressionNode): boolean {
    const written = new Set(this.table.operators.flatMap(({ writes }) => writes));
    const names = new Set(this.table.rows.fields.map(({ name }) => name));
    return columnsRead(expression).every((name) => names.has(name) && !written.has(name));
  }

  #refusePositions(verb: string): void {
    if (!this.table.operators.some(({ usesPosition }) => usesPosition === true)) return;
    throw unsupported(
      `${verb} after a step that counts rows`,
      'is not offered on Spark: call it before',
    );
  }

  #refuseSteps(verb: string): void {
    const [first] = this.table.operators;
    if (first === undefined) return;
    throw unsupported(
      `${verb} after ${verbOf(first.kind)}`,
      'is not offered on Spark: call it before',
    );
  }

  #keeping(rows: SparkRows): PlanNode {
    const { operators, schema } = this.table;
    return this.#with(rows, operators.length === 0 ? undefined : { operators, schema });
  }

  #with(
    rows: SparkRows,
    steps?: { readonly operators: readonly OperatorSpec[]; readonly schema: Schema },
  ): PlanNode {
    return sparkNode(this.host, rows, steps, this.#numPartitions);
  }
}

/** Steps that Spark takes itself: names, and columns whose expression it computes alike. */
function pushedColumns(spec: OperatorSpec, schema: Schema, rows: SparkRows): SparkRows | null {
  if (spec.kind === 'table.rename') {
    const { from, to } = spec as unknown as { from: readonly string[]; to: readonly string[] };
    const values = new Map(to.map((name, i) => [name, quoteName(from[i] as string)]));
    return projected(rows, schema.fields, values);
  }
  if (spec.kind !== 'table.withColumn') return null;
  const value = pushExpression(spec['expression'] as ExpressionNode, new Schema([...rows.fields]));
  return value === null
    ? null
    : projected(rows, schema.fields, new Map([[spec.writes[0] as string, value]]));
}

/** How a user knows a step. */
function verbOf(kind: string): string {
  return (
    {
      'table.dropNulls': 'na.drop',
      'table.moduleFilter': 'filter',
      'feature.assemble': "handleInvalid 'skip' of VectorAssembler",
    }[kind] ?? kind.replace(/^table\./, '')
  );
}

function unsupported(what: string, why: string): CoppiceError {
  return new CoppiceError('UNSUPPORTED', `${what} ${why}`);
}
