/** A fitted Imputer: for each column the number that replaces missing values. */
import { DataType, Field, Float32, Float64, Precision, type Schema } from 'apache-arrow';
import { defineParams, type Options } from '../../params/define-params.ts';
import { float, oneOf } from '../../params/kinds.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { Model, notFitted, savedInputSchema } from '../../pipeline/model.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import {
  type ColumnPair,
  checkColumnPairs,
  columnPairParams,
  columnPairs,
  schemaWithPairs,
} from '../column-pairs.ts';
import { addMappedCells } from '../module-columns.ts';
import { imputeOp } from '../module-ops.ts';
import { requireNumber } from '../numeric-field.ts';
import { addImputedColumns } from '../onnx-columns.ts';
import type { ImputeSpec } from '../operators/map-numbers.ts';
import { addImputedFields } from '../pmml-columns.ts';
import { withStageOperator } from '../stage-operator.ts';

/** Parameters of {@link ImputerModel} and its estimator. */
export const imputerSpecs = {
  ...columnPairParams,
  /** What replaces a missing value: the mean, the lower median, or the most frequent value. */
  strategy: oneOf(['mean', 'median', 'mode'], { default: 'mean', since: '0.1.0' }),
  /** A number that counts as missing; null and NaN always do. */
  missingValue: float({
    default: Number.NaN,
    allowNaN: true,
    allowInfinite: true,
    since: '0.1.0',
  }),
};

/** Parameters of {@link ImputerModel}. */
export const imputerModelParams = defineParams('ImputerModel', imputerSpecs, checkColumnPairs);

/** Options of {@link ImputerModel}. @interface */
export type ImputerModelOptions = Options<typeof imputerModelParams.schema>;

/** What an {@link ImputerModel} has learned. */
export interface ImputerState {
  /** What replaces a missing value of each input column. */
  readonly surrogates: readonly number[];
  readonly inputSchema: LogicalSchema;
}

/**
 * The result of `Imputer.fit`.
 *
 * Input: the fitted columns. Output: float32 for float32 inputs, else float64, without missing values.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class ImputerModel extends Model<typeof imputerModelParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = imputerModelParams;
  /** What replaces a missing value of each input column. */
  readonly surrogates: readonly number[];
  readonly inputSchema: LogicalSchema;

  constructor(options: ImputerModelOptions, state: ImputerState) {
    super(imputerModelParams, options);
    if (state === undefined) throw notFitted('ImputerModel', 'Imputer');
    this.surrogates = Object.freeze([...state.surrogates]);
    this.inputSchema = state.inputSchema;
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const pairs = columnPairs(this);
    const { missingValue } = this.params;
    const { surrogates, className: owner } = this;
    const spec: ImputeSpec = { owner, pairs, handleInvalid: 'error', surrogates, missingValue };
    return withStageOperator(table, schema, { kind: 'feature.impute', pairs, spec });
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    const { missingValue: missing } = this.params;
    addMappedCells(writer, this, (index, { isSingle }) => {
      const surrogate = this.surrogates[index] as number;
      return { code: imputeOp, surrogate, missing, single: isSingle, isSingle };
    });
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    await addImputedFields(writer, this, this.surrogates, this.params.missingValue);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    addImputedColumns(graph, this, this.surrogates, this.params.missingValue);
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    return schemaWithPairs(this, schema, (input, pair) =>
      imputedField(this.className, input, pair),
    );
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await writer.tensors('surrogates', { values: Float64Array.from(this.surrogates) });
  }

  static override fromSaved(reader: StageReader): ImputerModel {
    const surrogates = [...reader.tensors('surrogates').get('values', Float64Array)];
    const model = new ImputerModel(reader.options, {
      surrogates,
      inputSchema: savedInputSchema(reader),
    });
    if (columnPairs(model).length !== surrogates.length)
      throw reader.malformed('has too few surrogates');
    return model;
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ surrogates: this.surrogates, inputSchema: this.inputSchema }];
  }
}

/** The field of an imputed column. */
export function imputedField(owner: string, input: Field, pair: ColumnPair): Field {
  requireNumber(owner, input);
  const type = input.type as DataType;
  const isSingle = DataType.isFloat(type) && type.precision !== Precision.DOUBLE;
  return new Field(pair.output, isSingle ? new Float32() : new Float64(), true);
}

registerStage(ImputerModel);
