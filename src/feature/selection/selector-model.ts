/** What fitted selectors share: the positions of the features that they chose, and the column of these. */
import type { Schema } from 'apache-arrow';
import type { Options, ParamSchema } from '../../params/define-params.ts';
import { column } from '../../params/kinds.ts';
import type { ParamSpecs } from '../../params/param-spec.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { Model, notFitted } from '../../pipeline/model.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { defaultOutput } from '../column-pairs.ts';
import { addSlicedCells } from '../module-columns.ts';
import { addSlicedColumn } from '../onnx-columns.ts';
import { addSlicedFields } from '../pmml-columns.ts';
import {
  type SlicedColumn,
  slicedSchema,
  slicedTable,
  vectorParts,
} from '../vectors/vector-parts.ts';

/** Parameters of every selector. */
export const selectorColumns = {
  /** The struct or vector column to choose from. */
  featuresCol: column({ default: 'features', since: '0.1.0' }),
  /** The column of the chosen features; by default the stage's uid followed by `__output`. */
  outputCol: column({ since: '0.1.0' }),
};

/** What a selector has learned. */
export interface SelectorState {
  /** Positions of the chosen features, ascending. */
  readonly selectedFeatures: readonly number[];
  /** The column that it was fitted on. */
  readonly inputSchema: LogicalSchema;
}

interface SelectorStage {
  readonly className: string;
  readonly uid: string;
  readonly params: object;
}

/** The input and output of a selector or its model. */
export function selectorColumn(stage: SelectorStage): SlicedColumn {
  const { featuresCol, outputCol } = stage.params as {
    readonly featuresCol: string;
    readonly outputCol: string | undefined;
  };
  const output = outputCol ?? defaultOutput(stage);
  return { owner: stage.className, param: 'featuresCol', input: featuresCol, output };
}

/** A model that passes on some of its features. */
export abstract class SelectorModel<S extends ParamSpecs = ParamSpecs> extends Model<S> {
  /** Positions of the chosen features, ascending. */
  readonly selectedFeatures: readonly number[];
  readonly inputSchema: LogicalSchema;

  constructor(schema: ParamSchema<S>, options: Options<S>, state: SelectorState | undefined) {
    super(schema, options);
    if (state === undefined) throw notFitted(this.className, this.className.replace(/Model$/, ''));
    this.selectedFeatures = Object.freeze([...state.selectedFeatures]);
    this.inputSchema = state.inputSchema;
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    this.checkInput(table.schema);
    return slicedTable(selectorColumn(this), table, this.#selected(table.schema));
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    return slicedSchema(selectorColumn(this), schema, this.#selected(schema));
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    addSlicedCells(writer, selectorColumn(this), (names) => this.#placesAmong(names));
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    await addSlicedFields(writer, selectorColumn(this), (names) => this.#placesAmong(names));
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    addSlicedColumn(graph, selectorColumn(this), (names) => this.#placesAmong(names));
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await writer.tensors('selected', { features: Uint32Array.from(this.selectedFeatures) });
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ selectedFeatures: this.selectedFeatures, inputSchema: this.inputSchema }];
  }

  #selected(schema: Schema): number[] {
    const names = (): string[] =>
      vectorParts(selectorColumn(this), schema).map((part) => part.name);
    return this.#isStruct ? this.#placesAmong(names()) : [...this.selectedFeatures];
  }

  get #isStruct(): boolean {
    const [fitted] = this.inputSchema;
    return fitted?.children !== undefined && fitted.type.startsWith('struct');
  }

  /** The chosen features' positions among the parts of a column, a struct of which may have its children in another order. */
  #placesAmong(names: readonly string[]): number[] {
    if (!this.#isStruct) return [...this.selectedFeatures];
    const children = this.inputSchema[0]?.children;
    return this.selectedFeatures.map((index) => names.indexOf(String(children?.[index]?.name)));
  }
}

/** The positions that {@link SelectorModel.saveData} wrote. */
export function savedSelection(reader: StageReader, inputSchema: LogicalSchema): number[] {
  const selected = [...reader.tensors('selected').get('features', Uint32Array)];
  const numParts = partsOf(inputSchema);
  const isSound = selected.every(
    (index, at) => index < numParts && (at === 0 || index > (selected[at - 1] as number)),
  );
  if (inputSchema.length === 1 && isSound && selected.length > 0) return selected;
  throw reader.malformed('has chosen features that its input does not have');
}

function partsOf(schema: LogicalSchema): number {
  const [field] = schema;
  const length = /^vector\[(\d+)\]$/.exec(field?.type ?? '')?.[1];
  return length === undefined ? (field?.children ?? []).length : Number(length);
}
