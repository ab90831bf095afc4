/** A step of a pipeline that computes columns by expressions. */
import { Field, type Schema } from 'apache-arrow';
import { defineParams, type Options } from '../params/define-params.ts';
import { refuseExistingColumn } from '../pipeline/check-schema.ts';
import type { ModuleWriter } from '../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../pipeline/onnx/onnx-graph.ts';
import { registerStage } from '../pipeline/stage-registry.ts';
import { Transformer } from '../pipeline/transformer.ts';
import { findField } from '../table/columns/find-column.ts';
import { isPlanned, plannedField } from '../table/columns/planned-field.ts';
import type { Expression } from '../table/expressions/expression.ts';
import { columnsRead } from '../table/expressions/expression-node.ts';
import { expressionsByName } from '../table/expressions/expressions-kind.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { computed, withField } from '../table/verbs/change-columns.ts';
import { addComputedCell } from './module-expressions.ts';
import { addComputedColumn } from './onnx-expressions.ts';

/** Parameters of {@link ExpressionTransformer}. */
export const expressionTransformerParams = defineParams('ExpressionTransformer', {
  /**
   * The columns to add by name, each an expression or its text as {@link expr} reads it; one may read those before it.
   */
  columns: expressionsByName({ required: true, since: '0.1.0' }),
});

/** Options of {@link ExpressionTransformer}. @interface */
export type ExpressionTransformerOptions = Options<typeof expressionTransformerParams.schema>;

/**
 * Adds columns that expressions compute, as Spark's SQLTransformer with `SELECT *, …` does.
 *
 * Input: the columns that the expressions read. Output: a column for each name, of the type of its expression, null where
 * that is null. A saved stage holds the expressions as data, so whoever loads the pipeline computes the same columns, with
 * a scorer, in a JavaScript module and in ONNX too.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`; where the table is read
 *   `DATA_INVALID`
 * @example
 * ```ts
 * import { col, createTable, ExpressionTransformer } from 'coppice';
 * const table = createTable({ miles: [300, 90], hours: [2, 0.5] });
 * const speeds = new ExpressionTransformer({
 *   columns: { speed: col('miles').div(col('hours')), isFast: 'speed > 160' },
 * });
 * const [row] = await (await speeds.transform(table)).take(1);
 * console.log(JSON.stringify(row)); // {"miles":300,"hours":2,"speed":150,"isFast":false}
 * ```
 */
export class ExpressionTransformer extends Transformer<typeof expressionTransformerParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = expressionTransformerParams;

  constructor(options: ExpressionTransformerOptions) {
    super(expressionTransformerParams, options);
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    this.transformSchema(table.schema);
    let made = table;
    for (const [name, expression] of this.#columns) {
      const { spec, schema } = computed(made.schema, name, expression.node);
      made = made.withOperator(spec, schema);
    }
    return made;
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    for (const [name, { node }] of this.#columns) addComputedCell(writer, name, node);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    for (const [name, { node }] of this.#columns) addComputedColumn(graph, name, node);
  }

  override transformSchema(schema: Schema): Schema {
    return this.#columns.reduce((known, column) => this.#withColumn(known, column), schema);
  }

  #withColumn(schema: Schema, [name, { node }]: readonly [string, Expression]): Schema {
    refuseExistingColumn(this.className, 'columns', name, schema);
    const read = columnsRead(node).flatMap((column) => [column, column.replace(/\.[^.]*$/, '')]);
    const planned = read.map((column) => findField(schema, column)).find(isPlanned);
    // its parts, and so the type of what is made of them, are known after the fit
    if (planned !== undefined)
      return withField(schema, plannedField(new Field(name, planned.type)));
    return computed(schema, name, node).schema;
  }

  get #columns(): readonly (readonly [string, Expression])[] {
    return Object.entries(this.params.columns as Readonly<Record<string, Expression>>);
  }
}

registerStage(ExpressionTransformer);
