/** Makes one features column of many columns, without copying them. */
import { Field, Schema, Struct } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { column, columns, oneOf } from '../../params/kinds.ts';
import { refuseExistingColumn, requireColumn } from '../../pipeline/check-schema.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { Transformer } from '../../pipeline/transformer.ts';
import { type FeatureColumn, featureColumns } from '../../table/columns/column-values.ts';
import { findField } from '../../table/columns/find-column.ts';
import { plannedAs } from '../../table/columns/planned-field.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { addAssembledCells } from '../module-columns.ts';
import { addAssembledColumn, refuseSkipping } from '../onnx-columns.ts';
import type { AssembleSpec } from '../operators/assemble.ts';
import { addAssembledFields } from '../pmml-columns.ts';
import '../worker-operators.ts';

/** Parameters of {@link VectorAssembler}. */
export const vectorAssemblerParams = defineParams('VectorAssembler', {
  /** The columns to put together, in order; a struct or vector among them gives its parts. */
  inputCols: columns({ required: true, since: '0.1.0' }),
  /** The struct column to add. */
  outputCol: column({ default: 'features', since: '0.1.0' }),
  /** What to do with a row that has a missing value: keep it so, refuse it, or leave it out. */
  handleInvalid: oneOf(['keep', 'error', 'skip'], { default: 'keep', since: '0.1.0' }),
});

/** Options of {@link VectorAssembler}. @interface */
export type VectorAssemblerOptions = Options<typeof vectorAssemblerParams.schema>;

/**
 * Puts columns together into one struct column, the features of an estimator.
 *
 * Input: columns of numbers, booleans, dates, timestamps, text or dictionaries, and structs or vectors of
 * them. Output: a struct whose children are the inputs, with their names and types; nothing is copied, and
 * an estimator that needs only some of the children reads no others.
 *
 * Missing values (null or NaN) are kept by default, since trees learn what to do with them. Spark's default
 * is `'error'`, which is at hand here too, as is `'skip'`.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`; where the table is read, with
 *   `handleInvalid: 'error'`, `DATA_INVALID`
 * @example
 * ```ts
 * import { createTable, VectorAssembler } from 'coppice';
 * const table = await createTable({ distance: [1.5, null], hour: [7, 9] });
 * const assembler = new VectorAssembler({ inputCols: ['distance', 'hour'], outputCol: 'features' });
 * const assembled = await assembler.transform(table);
 * console.log(assembled.columns.length); // 3
 * ```
 */
export class VectorAssembler extends Transformer<typeof vectorAssemblerParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = vectorAssemblerParams;

  constructor(options: VectorAssemblerOptions) {
    super(vectorAssemblerParams, options);
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const { inputCols, outputCol, handleInvalid } = this.params;
    const features = this.#features(table.schema);
    const parts = features.map(({ name, path }) => ({ name, path }));
    const spec: AssembleSpec = { owner: this.className, output: outputCol, parts, handleInvalid };
    const sources = features.map(({ name, path }) => [name, [String(path[0])]] as const);
    const operator = {
      kind: 'feature.assemble',
      reads: inputCols,
      writes: [outputCol],
      changesRows: handleInvalid === 'skip',
      spec,
    };
    // With missing values kept, each child can be made alone.
    const pruned = { ...operator, parts: { [outputCol]: Object.fromEntries(sources) } };
    return table.withOperator(handleInvalid === 'keep' ? pruned : operator, schema);
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    const { inputCols, outputCol, handleInvalid } = this.params;
    addAssembledCells(writer, inputCols, outputCol, handleInvalid);
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    await addAssembledFields(writer, this, this.params.inputCols, this.params.outputCol);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    refuseSkipping(graph, this);
    addAssembledColumn(graph, this.params.inputCols, this.params.outputCol);
  }

  override transformSchema(schema: Schema): Schema {
    refuseExistingColumn(this.className, 'outputCol', this.params.outputCol, schema);
    const children = this.#features(schema).map(({ name, type }) => new Field(name, type, true));
    const output = new Field(this.params.outputCol, new Struct(children), false);
    const inputs = this.params.inputCols.map((name) => findField(schema, name));
    return new Schema([...schema.fields, plannedAs(inputs, output)], schema.metadata);
  }

  #features(schema: Schema): FeatureColumn[] {
    const { inputCols } = this.params;
    for (const name of inputCols) requireColumn(this.className, 'inputCols', name, schema);
    const features = featureColumns(schema, { featuresCols: inputCols });
    const seen = new Set<string>();
    for (const { name } of features) {
      if (seen.has(name)) {
        const message = `inputCols of ${this.className} must give parts of different names; got "${name}" twice`;
        throw new CoppiceError('COLUMN_EXISTS', message, { context: { column: name } });
      }
      seen.add(name);
    }
    return features;
  }
}

registerStage(VectorAssembler);
