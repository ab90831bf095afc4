/** A fitted pipeline: transformers and models that are applied one after another. */
import type { Schema } from 'apache-arrow';
import { defineParams, type Options } from '../params/define-params.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import {
  fittedSchema,
  givenSchema,
  type OtherWidths,
  otherWidths,
  withFittedWidths,
  withGivenWidths,
} from './fitted-widths.ts';
import type { LogicalSchema } from './logical-schema.ts';
import { Model, notFitted, savedInputSchema } from './model.ts';
import type { ModuleWriter } from './module/module-writer.ts';
import type { OnnxGraph } from './onnx/onnx-graph.ts';
import type { PmmlWriter } from './pmml/pmml-writer.ts';
import type { PredictionColumns } from './prediction-columns.ts';
import type { Prediction, Score, Scorer } from './row-reader.ts';
import { rowScorer } from './row-scorer.ts';
import type { StageReader } from './stage-reader.ts';
import { registerStage } from './stage-registry.ts';
import type { SavableStage, StageWriter } from './stage-writer.ts';
import { Transformer, type TransformOptions } from './transformer.ts';

/** Parameters of {@link PipelineModel}. */
export const pipelineModelParams = defineParams('PipelineModel', {});

/** Options of {@link PipelineModel}. @interface */
export type PipelineModelOptions = Options<typeof pipelineModelParams.schema>;

/** What a {@link PipelineModel} is made of. */
export interface PipelineModelState {
  /** The fitted stages, in order. */
  readonly stages: readonly Transformer[];
  /** The columns of the table that the pipeline was fitted on. */
  readonly inputSchema: LogicalSchema;
}

/**
 * The result of `Pipeline.fit`.
 *
 * Input: the columns that its stages read. Output: the table with every stage's columns.
 */
export class PipelineModel extends Model<typeof pipelineModelParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = pipelineModelParams;
  /** The fitted stages, in order. */
  readonly stages: readonly Transformer[];
  readonly inputSchema: LogicalSchema;

  constructor(options: PipelineModelOptions, state: PipelineModelState) {
    super(pipelineModelParams, options);
    if (state === undefined) throw notFitted('PipelineModel', 'Pipeline');
    this.stages = Object.freeze([...state.stages]);
    this.inputSchema = state.inputSchema;
  }

  override async transform(
    table: PartitionedTable,
    options: TransformOptions = {},
  ): Promise<PartitionedTable> {
    const widths = this.#otherWidths(table.schema);
    this.#schemaBehind(table.schema, widths);
    let current = widths === null ? table : withFittedWidths(table, widths);
    for (const stage of this.stages)
      current = await stage.transformAsFitted(current, this.inputSchema, options);
    return widths === null ? current : withGivenWidths(current, widths);
  }

  override transformSchema(schema: Schema): Schema {
    return this.#schemaBehind(schema, this.#otherWidths(schema));
  }

  #schemaBehind(schema: Schema, widths: OtherWidths | null): Schema {
    const first = widths === null ? schema : fittedSchema(schema, widths);
    const last = this.stages.reduce((current, stage) => stage.transformSchema(current), first);
    return widths === null ? last : givenSchema(last, widths);
  }

  /** Models that predict see to it themselves, as they do alone. */
  #otherWidths(schema: Schema): OtherWidths | null {
    const areModels = this.stages.every(
      (stage) => stage instanceof Model && (stage as Model).predictionColumns !== null,
    );
    return areModels ? null : otherWidths(this.inputSchema, schema);
  }

  /** Those of the last stage that predicts. */
  override get predictionColumns(): PredictionColumns | null {
    const names = this.stages.map((stage) =>
      stage instanceof Model ? (stage as Model).predictionColumns : null,
    );
    return names.findLast((name) => name !== null) ?? null;
  }

  /** Margins that rows bring with them; not those that a stage makes for a later one. */
  override get offsetColumns(): LogicalSchema {
    const made = new Set<unknown>();
    return this.stages.flatMap((stage) => {
      const own = stage instanceof Model ? (stage as Model).offsetColumns : [];
      const given = own.filter(({ name }) => !made.has(name));
      const { outputCol, outputCols = [] } = stage.params as Readonly<Record<string, unknown>>;
      const predicted = stage instanceof Model ? (stage as Model).predictionColumns : null;
      for (const name of [outputCol, outputCols, Object.values(predicted ?? {})].flat())
        made.add(name);
      return given;
    });
  }

  /**
   * A synchronous function of one row's values, by column name; the same bits as transform. Dates are given as `Date`
   * or milliseconds, vectors as arrays, structs as objects.
   *
   * @typeParam P what is predicted, for the compiler alone: `scorer<number>()` of a regressor
   * @throws CoppiceError `UNSUPPORTED` for a pipeline that predicts nothing or runs a closure
   */
  async scorer<P extends Prediction = Prediction>(): Promise<Scorer<Score<P>>> {
    return await rowScorer<P>(this);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    graph.know(this.inputSchema);
    for (const stage of this.stages) stage.addToOnnx(graph);
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    this.addRowToModule(writer);
    for (const stage of this.stages) stage.addToModule(writer);
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    writer.know(this.inputSchema);
    for (const stage of this.stages) await stage.addToPmml(writer);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    writer.extra({ numStages: this.stages.length });
    await writer.stages(this.stages);
  }

  static override async fromSaved(reader: StageReader): Promise<PipelineModel> {
    const stages = await reader.stages();
    const transformers = stages.map((stage) => {
      if (stage instanceof Transformer) return stage as Transformer;
      throw reader.malformed(`has a stage of class ${stage.className}, which is no transformer`);
    });
    return new PipelineModel(reader.options, {
      stages: transformers,
      inputSchema: savedInputSchema(reader),
    });
  }

  protected override nestedStages(): readonly (readonly [number, SavableStage])[] {
    return this.stages.map((stage, index) => [index, stage] as const);
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ stages: this.stages, inputSchema: this.inputSchema }];
  }
}

registerStage(PipelineModel);
