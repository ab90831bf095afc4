/** Takes some parts of a vector column, by position or by name. */
import { type Schema, DataType as Type } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';
import { defineParams, type Options, type Resolved } from '../../params/define-params.ts';
import { column, numbers, strings } from '../../params/kinds.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { Transformer } from '../../pipeline/transformer.ts';
import { findField } from '../../table/columns/find-column.ts';
import { isPlanned } from '../../table/columns/planned-field.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { addSlicedCells } from '../module-columns.ts';
import { addSlicedColumn } from '../onnx-columns.ts';
import { addSlicedFields } from '../pmml-columns.ts';
import { type SlicedColumn, slicedSchema, slicedTable, vectorParts } from './vector-parts.ts';

const specs = {
  /** The struct or vector column to take from. */
  inputCol: column({ default: 'features', since: '0.1.0' }),
  /** The column to add. */
  outputCol: column({ required: true, since: '0.1.0' }),
  /** Positions of parts, from 0; they come first, in this order. */
  indices: numbers({ whole: true, min: 0, since: '0.1.0' }),
  /** Names of a struct's children; they come after the positions. */
  names: strings({ since: '0.1.0' }),
};

/** Parameters of {@link VectorSlicer}. */
export const vectorSlicerParams = defineParams('VectorSlicer', specs, checkParts);

/** Options of {@link VectorSlicer}. @interface */
export type VectorSlicerOptions = Options<typeof vectorSlicerParams.schema>;

/**
 * Makes a smaller vector of some parts of a vector.
 *
 * Input: a struct, or a list of fixed size of numbers. Output: the same with the parts that `indices` and `names`
 * say, in that order. A struct's children are passed on without a copy, and only those that somebody reads.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`
 * @example
 * ```ts
 * import { createTable, VectorAssembler, VectorSlicer } from 'coppice';
 * const table = await createTable({ distance: [1, 2], hour: [7, 9], day: [1, 5] });
 * const assembled = await new VectorAssembler({ inputCols: ['distance', 'hour', 'day'] }).transform(table);
 * const slicer = new VectorSlicer({ outputCol: 'when', names: ['day', 'hour'] });
 * const [row] = await (await slicer.transform(assembled)).select('when').take(1);
 * console.log(JSON.stringify(row)); // {"when":{"day":1,"hour":7}}
 * ```
 */
export class VectorSlicer extends Transformer<typeof vectorSlicerParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = vectorSlicerParams;

  constructor(options: VectorSlicerOptions) {
    super(vectorSlicerParams, options);
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    return slicedTable(this.#column(), table, this.#selected(table.schema));
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    addSlicedCells(writer, this.#column(), (names) => this.#placesAmong(names));
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    await addSlicedFields(writer, this.#column(), (names) => this.#placesAmong(names));
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    addSlicedColumn(graph, this.#column(), (names) => this.#placesAmong(names));
  }

  override transformSchema(schema: Schema): Schema {
    return slicedSchema(this.#column(), schema, this.#selected(schema));
  }

  #column(): SlicedColumn {
    const { inputCol: input, outputCol: output } = this.params;
    return { owner: this.className, param: 'inputCol', input, output };
  }

  /** The positions of the parts that are taken. */
  #selected(schema: Schema): number[] {
    const { inputCol, indices = [], names = [] } = this.params;
    if (isPlanned(findField(schema, inputCol))) return [];
    const parts = vectorParts(this.#column(), schema);
    const far = indices.find((index) => index >= parts.length);
    if (far !== undefined) {
      const rule = `positions below ${parts.length}, the number of parts of column ${inputCol}`;
      throw paramInvalid(this.className, 'indices', rule, far);
    }
    const isStruct = Type.isStruct(
      requireColumn(this.className, 'inputCol', inputCol, schema).type,
    );
    if (names.length > 0 && !isStruct) {
      const rule = `left out for column ${inputCol}, whose parts have no names: use indices`;
      throw paramInvalid(this.className, 'names', rule, names);
    }
    const known = parts.map((part) => part.name);
    const selected = this.#placesAmong(known);
    const twice = selected.find((index, at) => selected.indexOf(index) !== at);
    if (twice === undefined) return selected;
    throw paramInvalid(this.className, 'names', 'different from the indices', known[twice]);
  }

  #placesAmong(known: readonly string[]): number[] {
    const { indices = [], names = [] } = this.params;
    return [...indices, ...names.map((name) => this.#placeOf(name, known))];
  }

  #placeOf(name: string, known: readonly string[]): number {
    const place = known.indexOf(name);
    if (place >= 0) return place;
    const owner = this.className;
    const message = `names of ${owner} must be parts of column ${this.params.inputCol}; got "${name}"; ${nameSuggestion(name, known)}`;
    throw new CoppiceError('COLUMN_NOT_FOUND', message, { context: { owner, column: name } });
  }
}

function checkParts(params: Resolved<typeof specs>): string | null {
  const { indices = [], names = [] } = params;
  if (indices.length + names.length === 0) return 'indices must have a position, or names a name';
  const isUnique = (list: readonly unknown[]): boolean => new Set(list).size === list.length;
  if (!isUnique(indices)) return 'indices must be different positions';
  return isUnique(names) ? null : 'names must be different names';
}

registerStage(VectorSlicer);
