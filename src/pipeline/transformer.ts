/** A stage that adds or changes columns of a table, lazily and partition by partition. */
import type { Schema } from 'apache-arrow';
import type { OnProgress } from '../base/progress.ts';
import type { ParamSpecs } from '../params/param-spec.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { LogicalSchema } from './logical-schema.ts';
import type { ModuleWriter } from './module/module-writer.ts';
import type { OnnxGraph } from './onnx/onnx-graph.ts';
import { PipelineStage } from './pipeline-stage.ts';
import type { PmmlWriter } from './pmml/pmml-writer.ts';

/** Options of transform. */
export interface TransformOptions {
  /** Aborts what transform itself does; the lazy rest is aborted where it is read. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of what is read and done. */
  readonly onProgress?: OnProgress | undefined;
}

/** A stage that transforms tables. */
export abstract class Transformer<S extends ParamSpecs = ParamSpecs> extends PipelineStage<S> {
  /** The table with this stage's columns; the given table stays as it is. */
  abstract transform(
    table: PartitionedTable,
    options?: TransformOptions,
  ): Promise<PartitionedTable>;

  /**
   * The schema after {@link transform}; no data is read.
   *
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `SCHEMA_MISMATCH`
   */
  abstract transformSchema(schema: Schema): Schema;

  /**
   * @internal {@link transform} in a pipeline: a stage that learns nothing may have to read a column as the table that the
   * pipeline was fitted on had it.
   */
  async transformAsFitted(
    table: PartitionedTable,
    _fitted: LogicalSchema,
    options: TransformOptions,
  ): Promise<PartitionedTable> {
    return await this.transform(table, options);
  }

  /** @internal Adds what {@link transform} does to a graph of ONNX; a stage that has no operations there refuses. */
  addToOnnx(graph: OnnxGraph): void {
    throw graph.refusal(
      'fitted models, and the stages before them that the guide of serving names',
      `a ${this.className}`,
      'save it, and score it with coppice',
    );
  }

  /** @internal Adds what {@link transform} does to a JavaScript module; a stage that cannot refuses. */
  addToModule(writer: ModuleWriter): void {
    throw writer.refusal(
      'fitted models, and the stages before them that the guide of serving names',
      `a ${this.className}`,
    );
  }

  /** @internal Adds what {@link transform} does to a document of PMML; a stage that cannot refuses. */
  async addToPmml(writer: PmmlWriter): Promise<void> {
    throw writer.refusal(
      'models of trees and linear ones, and the stages before them that the guide of serving names',
      `a ${this.className}`,
    );
  }
}
