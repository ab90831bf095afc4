/** A fitted StandardScaler: mean and deviation of every part of its columns. */
import { DataType, Field, FixedSizeList, Float64, type Schema, Struct } from 'apache-arrow';
import { defineParams, type Options } from '../params/define-params.ts';
import { bool } from '../params/kinds.ts';
import { columnTypeError } from '../pipeline/check-schema.ts';
import type { LogicalSchema } from '../pipeline/logical-schema.ts';
import { Model, notFitted, savedInputSchema } from '../pipeline/model.ts';
import type { StageReader } from '../pipeline/stage-reader.ts';
import { registerStage } from '../pipeline/stage-registry.ts';
import type { StageWriter } from '../pipeline/stage-writer.ts';
import { numericKind } from '../table/column-values.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import {
  type ColumnPair,
  checkColumnPairs,
  columnPairParams,
  columnPairs,
  schemaWithPairs,
} from './column-pairs.ts';
import { requireNumber } from './numeric-field.ts';
import { isScaled, type ScaleSpec } from './operators/scale.ts';
import { withStageOperator } from './stage-operator.ts';

/** Parameters of {@link StandardScalerModel} and its estimator. */
export const standardScalerSpecs = {
  ...columnPairParams,
  /** Subtract the mean. */
  withMean: bool({ default: false, since: '0.1.0' }),
  /** Divide by the corrected sample deviation. */
  withStd: bool({ default: true, since: '0.1.0' }),
};

/** Parameters of {@link StandardScalerModel}. */
export const standardScalerModelParams = defineParams(
  'StandardScalerModel',
  standardScalerSpecs,
  checkColumnPairs,
);

/** Options of {@link StandardScalerModel}. @interface */
export type StandardScalerModelOptions = Options<typeof standardScalerModelParams.schema>;

/** What a {@link StandardScalerModel} has learned. */
export interface StandardScalerState {
  /** For each input column the means of its parts. */
  readonly means: readonly Float64Array[];
  /** For each input column the deviations of its parts. */
  readonly deviations: readonly Float64Array[];
  readonly inputSchema: LogicalSchema;
}

/**
 * The result of `StandardScaler.fit`.
 *
 * Input: the fitted columns. Output: the same shape in float64; missing values stay missing (NaN).
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class StandardScalerModel extends Model<typeof standardScalerModelParams.schema> {
  static readonly paramSchema = standardScalerModelParams;
  /** For each input column the means of its parts. */
  readonly means: readonly Float64Array[];
  /** For each input column the deviations of its parts. */
  readonly deviations: readonly Float64Array[];
  readonly inputSchema: LogicalSchema;

  constructor(options: StandardScalerModelOptions, state: StandardScalerState) {
    super(standardScalerModelParams, options);
    if (state === undefined) throw notFitted('StandardScalerModel', 'StandardScaler');
    this.means = state.means;
    this.deviations = state.deviations;
    this.inputSchema = state.inputSchema;
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const pairs = columnPairs(this);
    const { withMean, withStd } = this.params;
    // A constant column becomes 0, as in Spark.
    const factorOf = (deviation: number): number => (deviation === 0 ? 0 : 1 / deviation);
    const spec: ScaleSpec = {
      owner: this.className,
      pairs,
      handleInvalid: 'error',
      means: this.means.map((means) => (withMean ? means : new Float64Array(means.length))),
      factors: this.deviations.map((deviations) =>
        withStd ? deviations.map(factorOf) : deviations.map(() => 1),
      ),
    };
    return withStageOperator(table, schema, { kind: 'feature.scale', pairs, spec });
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    return schemaWithPairs(this, schema, (input, pair) => scaledField(this.className, input, pair));
  }

  override async saveData(writer: StageWriter): Promise<void> {
    const arrays = this.means.flatMap((means, index) => [
      [`c${index}.means`, means] as const,
      [`c${index}.deviations`, this.deviations[index] as Float64Array] as const,
    ]);
    await writer.tensors('moments', Object.fromEntries(arrays));
  }

  static override fromSaved(reader: StageReader): StandardScalerModel {
    const stored = reader.tensors('moments');
    const indices = Array.from({ length: stored.names.length / 2 }, (_, index) => index);
    const means = indices.map((index) => stored.get(`c${index}.means`, Float64Array));
    const deviations = indices.map((index) =>
      stored.get(`c${index}.deviations`, Float64Array, means[index]?.length),
    );
    const model = new StandardScalerModel(reader.options, {
      means,
      deviations,
      inputSchema: savedInputSchema(reader),
    });
    if (columnPairs(model).length !== means.length) throw reader.malformed('has too few means');
    return model;
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ means: this.means, deviations: this.deviations, inputSchema: this.inputSchema }];
  }
}

/** The field of a scaled column. */
export function scaledField(owner: string, input: Field, pair: ColumnPair): Field {
  const type = input.type as DataType;
  const output = (made: DataType): Field => new Field(pair.output, made, true);
  if (DataType.isFixedSizeList(type)) {
    if (numericKind(type.valueType as DataType) === null) {
      throw columnTypeError(owner, 'an input', input, 'a vector of numbers');
    }
    return output(new FixedSizeList(type.listSize, new Field('item', new Float64(), false)));
  }
  if (DataType.isStruct(type)) {
    const children = type.children.map((child) =>
      isScaled(child.type as DataType) ? new Field(child.name, new Float64(), true) : child,
    );
    return output(new Struct(children));
  }
  requireNumber(owner, input);
  return output(new Float64());
}

registerStage(StandardScalerModel);
