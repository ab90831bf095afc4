/** A fitted SparseProjector: which columns each sum is of, and by which weights. */
import type { Schema } from 'apache-arrow';
import { defineParams, type Options } from '../../params/define-params.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { Model, notFitted, savedInputSchema } from '../../pipeline/model.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { addProjectedCells } from '../module-columns.ts';
import { addProjectedColumns } from '../onnx-numbers.ts';
import type { ProjectSpec } from '../operators/project.ts';
import { addProjectedFields } from '../pmml-columns.ts';
import '../worker-operators.ts';
import {
  projectedSchema,
  projectionName,
  projectorInputs,
  type SparseProjection,
  sparseProjectorSpecs,
} from './projected-features.ts';

/** Parameters of {@link SparseProjectorModel}. */
export const sparseProjectorModelParams = defineParams(
  'SparseProjectorModel',
  sparseProjectorSpecs,
);

/** Options of {@link SparseProjectorModel}. @interface */
export type SparseProjectorModelOptions = Options<typeof sparseProjectorModelParams.schema>;

/** What a {@link SparseProjectorModel} has learned. */
export interface SparseProjectorState {
  readonly projections: readonly SparseProjection[];
  readonly inputSchema: LogicalSchema;
}

/**
 * The result of `SparseProjector.fit`.
 *
 * Input: the fitted columns. Output: a struct of the inputs, unless `keepInputs` is false, and a float64 child for each
 * projection, NaN where one of its columns is missing.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`; where the table is read `MEMORY_LIMIT`
 */
export class SparseProjectorModel extends Model<typeof sparseProjectorModelParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = sparseProjectorModelParams;
  /** The sums, in the order of their names. */
  readonly projections: readonly SparseProjection[];
  readonly inputSchema: LogicalSchema;

  constructor(options: SparseProjectorModelOptions, state: SparseProjectorState) {
    super(sparseProjectorModelParams, options);
    if (state === undefined) throw notFitted('SparseProjectorModel', 'SparseProjector');
    this.projections = Object.freeze(
      state.projections.map(({ features, weights }) =>
        Object.freeze({
          features: Object.freeze([...features]),
          weights: Object.freeze([...weights]),
        }),
      ),
    );
    this.inputSchema = state.inputSchema;
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const { inputCols, outputCol, keepInputs } = this.params;
    const inputs = projectorInputs(this, table.schema);
    const paths = new Map(inputs.map(({ name, path }) => [name, path]));
    const pathOf = (name: string): readonly string[] => paths.get(name) as readonly string[];
    const spec: ProjectSpec = {
      output: outputCol,
      kept: keepInputs ? inputs.map(({ name, path }) => ({ name, path })) : [],
      projected: this.projections.map(({ features, weights }, index) => {
        return { name: projectionName(index), paths: features.map(pathOf), weights };
      }),
    };
    const sources = [
      ...spec.kept.map(({ name, path }) => [name, [path[0] as string]] as const),
      ...spec.projected.map(
        ({ name, paths }) => [name, [...new Set(paths.map((path) => path[0] as string))]] as const,
      ),
    ];
    const operator = {
      kind: 'feature.project',
      reads: inputCols,
      writes: [outputCol],
      parts: { [outputCol]: Object.fromEntries(sources) },
      spec,
    };
    return table.withOperator(operator, schema);
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    addProjectedCells(writer, this);
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    await addProjectedFields(writer, this);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    addProjectedColumns(graph, this);
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    return projectedSchema(this, schema, projectorInputs(this, schema), this.projections.length);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    const names = featureNames(this.inputSchema);
    const places = new Map(names.map((name, place) => [name, place]));
    let end = 0;
    const ends = this.projections.map(({ features }) => {
      end += features.length;
      return end;
    });
    const features = this.projections.flatMap((projection) => projection.features);
    await writer.tensors('projections', {
      ends: Uint32Array.from(ends),
      features: Uint32Array.from(features, (name) => places.get(name) as number),
      weights: Float64Array.from(this.projections.flatMap(({ weights }) => weights)),
    });
  }

  static override fromSaved(reader: StageReader): SparseProjectorModel {
    const inputSchema = savedInputSchema(reader);
    const projections = savedProjections(reader, featureNames(inputSchema));
    return new SparseProjectorModel(reader.options as never, { projections, inputSchema });
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ projections: this.projections, inputSchema: this.inputSchema }];
  }
}

/** What {@link SparseProjectorModel.saveData} wrote. */
function savedProjections(reader: StageReader, names: readonly string[]): SparseProjection[] {
  const stored = reader.tensors('projections');
  const ends = stored.get('ends', Uint32Array);
  const features = stored.get('features', Uint32Array, ends.at(-1) ?? 0);
  const weights = stored.get('weights', Float64Array, features.length);
  const isSound =
    ends.length > 0 &&
    ends.every((end, index) => end > (ends[index - 1] ?? 0)) &&
    features.every((place) => place < names.length) &&
    weights.every(Number.isFinite);
  if (!isSound) throw reader.malformed('has projections of columns that it was not fitted on');
  return Array.from(ends, (end, index) => {
    const from = ends[index - 1] ?? 0;
    return {
      features: Array.from(features.subarray(from, end), (place) => names[place] as string),
      weights: [...weights.subarray(from, end)],
    };
  });
}

/** The names of all parts of the columns, as a learner that is given the columns names them. */
function featureNames(schema: LogicalSchema): string[] {
  return schema.flatMap(({ name, type, children = [] }) => {
    const width = /^vector\[(\d+)\]$/.exec(type)?.[1];
    if (width !== undefined) return Array.from({ length: Number(width) }, (_, i) => `${name}_${i}`);
    return type === 'struct' ? children.map((child) => `${name}.${child.name}`) : [name];
  });
}

registerStage(SparseProjectorModel);
