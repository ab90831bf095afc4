/** A step of a pipeline that runs a function of the user. */
import { Field, Schema } from 'apache-arrow';
import { isModuleFunction } from '../base/user-function.ts';
import { defineParams, type Options } from '../params/define-params.ts';
import { column, columns, str } from '../params/kinds.ts';
import { func } from '../params/object-kinds.ts';
import { refuseExistingColumn, requireColumn } from '../pipeline/check-schema.ts';
import type { ModuleWriter } from '../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../pipeline/onnx/onnx-graph.ts';
import { registerStage } from '../pipeline/stage-registry.ts';
import { Transformer } from '../pipeline/transformer.ts';
import { castTarget } from '../table/expressions/infer-type.ts';
import type { ColumnFunction, PartitionedTable } from '../table/partitioned-table.ts';
import { fieldToRecord } from '../table/schema-record.ts';

const codeRule = 'stages that are data, not code';
const codeRemedy = 'make the column before, fit without the stage, and give it with each row';

/** Parameters of {@link FunctionTransformer}. */
export const functionTransformerParams = defineParams('FunctionTransformer', {
  /** Makes the column: a function of a batch that returns one value a row. */
  func: func<ColumnFunction>({
    required: true,
    rule: 'a function of a batch, or fromModule(url, name)',
    since: '0.1.0',
  }),
  /** The columns that the function reads; they are looked for before any data is read. */
  inputCols: columns({ since: '0.1.0' }),
  /** The column to add. */
  outputCol: column({ required: true, since: '0.1.0' }),
  /** The type of the added column, as in `cast`: `double`, `int`, `string`, `category`, … */
  outputType: str({ default: 'double', since: '0.1.0' }),
});

/** Options of {@link FunctionTransformer}. @interface */
export type FunctionTransformerOptions = Options<typeof functionTransformerParams.schema>;

/**
 * Adds a column that a function of yours makes, batch by batch.
 *
 * Input: the columns the function reads. Output: one column of the given type. A closure runs on the
 * calling thread; a function of a module, named by `fromModule(url, name)`, runs in the worker threads.
 * A saved stage holds the function's name and no code: `load(path, { functions: { name } })` supplies it.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_EXISTS`, `PARAM_INVALID`; where the table is read
 *   `DATA_INVALID`, `FUNCTION_FAILED`; at load `FUNCTION_MISSING`
 * @example
 * ```ts
 * import { createTable, FunctionTransformer } from 'coppice';
 * const table = await createTable({ meters: [1000, 2500] });
 * const kilometers = new FunctionTransformer({
 *   inputCols: ['meters'],
 *   outputCol: 'kilometers',
 *   func: (batch) => Float64Array.from(batch.getChild('meters') ?? [], (value) => value / 1000),
 * });
 * const collected = await (await kilometers.transform(table)).collect();
 * console.log(collected.getChild('kilometers')?.get(1)); // 2.5
 * ```
 */
export class FunctionTransformer extends Transformer<typeof functionTransformerParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = functionTransformerParams;

  constructor(options: FunctionTransformerOptions) {
    super(functionTransformerParams, options);
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const { func: run, inputCols, outputCol, outputType } = this.params;
    if (!isModuleFunction(run)) return table.withColumn(outputCol, run, { type: outputType });
    const operator = {
      kind: 'table.moduleColumn',
      reads: inputCols ?? 'all',
      writes: [outputCol],
      module: { ...run },
      field: fieldToRecord(this.#output()),
    } as const;
    return table.withOperator(operator, schema);
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    throw writer.refusal(codeRule, this.#got, codeRemedy);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    throw graph.refusal(codeRule, this.#got, codeRemedy);
  }

  get #got(): string {
    return `a ${this.className} that makes ${this.params.outputCol}`;
  }

  override transformSchema(schema: Schema): Schema {
    const { inputCols = [], outputCol } = this.params;
    for (const name of inputCols) requireColumn(this.className, 'inputCols', name, schema);
    refuseExistingColumn(this.className, 'outputCol', outputCol, schema);
    return new Schema([...schema.fields, this.#output()], schema.metadata);
  }

  #output(): Field {
    return new Field(this.params.outputCol, castTarget(this.params.outputType), true);
  }
}

registerStage(FunctionTransformer);
