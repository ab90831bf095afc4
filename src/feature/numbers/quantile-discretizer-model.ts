/** A fitted QuantileDiscretizer: the edges of the buckets of each column. */
import { Field, Float64, type Schema } from 'apache-arrow';
import { defineParams, type Options } from '../../params/define-params.ts';
import { int } from '../../params/kinds.ts';
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
  checkColumnPairs,
  columnPairParams,
  columnPairs,
  schemaWithPairs,
} from '../column-pairs.ts';
import { addMappedCells } from '../module-columns.ts';
import { bucketizeOp } from '../module-ops.ts';
import { requireNumber } from '../numeric-field.ts';
import { addBucketColumns } from '../onnx-numbers.ts';
import type { BucketizeSpec } from '../operators/map-numbers.ts';
import { addBucketFields } from '../pmml-columns.ts';
import { withStageOperator } from '../stage-operator.ts';

/** Parameters of {@link QuantileDiscretizerModel} and its estimator. */
export const quantileDiscretizerSpecs = {
  ...columnPairParams,
  /** Buckets of each column; fewer where values repeat so often that edges fall together. */
  numBuckets: int({ default: 2, min: 2, max: 10_000, since: '0.1.0' }),
};

/** Parameters of {@link QuantileDiscretizerModel}. */
export const quantileDiscretizerModelParams = defineParams(
  'QuantileDiscretizerModel',
  quantileDiscretizerSpecs,
  checkColumnPairs,
);

/** Options of {@link QuantileDiscretizerModel}. @interface */
export type QuantileDiscretizerModelOptions = Options<typeof quantileDiscretizerModelParams.schema>;

/** What a {@link QuantileDiscretizerModel} has learned. */
export interface QuantileDiscretizerState {
  /** The edges between the buckets of each input column, ascending, from −Infinity to Infinity. */
  readonly splits: readonly (readonly number[])[];
  readonly inputSchema: LogicalSchema;
}

/**
 * The result of `QuantileDiscretizer.fit`.
 *
 * Input: the fitted columns. Output: float64, the number of the bucket; a missing value stays missing.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class QuantileDiscretizerModel extends Model<typeof quantileDiscretizerModelParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = quantileDiscretizerModelParams;
  /** The edges between the buckets of each input column, from −Infinity to Infinity. */
  readonly splits: readonly (readonly number[])[];
  readonly inputSchema: LogicalSchema;

  constructor(options: QuantileDiscretizerModelOptions, state: QuantileDiscretizerState) {
    super(quantileDiscretizerModelParams, options);
    if (state === undefined) throw notFitted('QuantileDiscretizerModel', 'QuantileDiscretizer');
    this.splits = Object.freeze(state.splits.map((edges) => Object.freeze([...edges])));
    this.inputSchema = state.inputSchema;
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const pairs = columnPairs(this);
    const { splits, className: owner } = this;
    const spec: BucketizeSpec = { owner, pairs, handleInvalid: 'error', splits };
    return withStageOperator(table, schema, { kind: 'feature.bucketize', pairs, spec });
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    addMappedCells(writer, this, (index) => {
      return { code: bucketizeOp, splits: this.splits[index] ?? [], mode: 'error' };
    });
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    addBucketColumns(graph, this, (index) => this.splits[index] ?? [], false);
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    await addBucketFields(writer, this, (index) => this.splits[index] ?? [], false);
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    return schemaWithPairs(this, schema, (input, pair) => {
      requireNumber(this.className, input);
      return new Field(pair.output, new Float64(), true);
    });
  }

  override async saveData(writer: StageWriter): Promise<void> {
    const edges = this.splits.map((list, index) => [`c${index}`, Float64Array.from(list)] as const);
    await writer.tensors('splits', Object.fromEntries(edges));
  }

  static override fromSaved(reader: StageReader): QuantileDiscretizerModel {
    const stored = reader.tensors('splits');
    const splits = stored.names.map((_, index) => [...stored.get(`c${index}`, Float64Array)]);
    const isAscending = splits.every((edges) => {
      const ends = [edges[0], edges.at(-1)];
      const isOpen = ends[0] === Number.NEGATIVE_INFINITY && ends[1] === Number.POSITIVE_INFINITY;
      return isOpen && edges.every((edge, i) => i === 0 || edge > (edges[i - 1] as number));
    });
    if (!isAscending) throw reader.malformed('has splits that do not ascend');
    const inputSchema = savedInputSchema(reader);
    const model = new QuantileDiscretizerModel(reader.options, { splits, inputSchema });
    if (columnPairs(model).length !== splits.length) throw reader.malformed('has too few splits');
    return model;
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ splits: this.splits, inputSchema: this.inputSchema }];
  }
}

registerStage(QuantileDiscretizerModel);
