/** What fitted scalers share: every value becomes (value − shift) · factor + offset, by what the model has learned. */
import type { Schema } from 'apache-arrow';
import type { ParamSpecs } from '../../params/param-spec.ts';
import { Model } from '../../pipeline/model.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { type ColumnPairValues, columnPairs, schemaWithPairs } from '../column-pairs.ts';
import { addScaledCells } from '../module-columns.ts';
import { addScaledColumns } from '../onnx-columns.ts';
import { addScaledFields } from '../pmml-columns.ts';
import { withStageOperator } from '../stage-operator.ts';
import { type ScalerStage, type Scales, scaledField } from './scaled-columns.ts';

/** A model that shifts and scales the numbers of its columns. */
export abstract class ScalerModel<S extends ParamSpecs = ParamSpecs> extends Model<S> {
  /** @internal What the numbers that were learned do to a value. */
  protected abstract get scales(): Scales;

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const pairs = columnPairs(this.#stage);
    const spec = { owner: this.className, pairs, handleInvalid: 'error', ...this.scales } as const;
    return withStageOperator(table, schema, { kind: 'feature.scale', pairs, spec });
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    return schemaWithPairs(this.#stage, schema, (input, pair) =>
      scaledField(this.className, input, pair),
    );
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    addScaledCells(writer, this.#stage, this.scales);
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    await addScaledFields(writer, this.#stage, this.scales);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    addScaledColumns(graph, this.#stage, this.scales);
  }

  get #stage(): ScalerStage {
    const { className, uid } = this;
    return { className, uid, params: this.params as object as ColumnPairValues };
  }
}
