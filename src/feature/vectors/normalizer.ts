/** Brings every row's vector to length 1. */
import { type Schema, DataType as Type } from 'apache-arrow';
import { defineParams, type Options } from '../../params/define-params.ts';
import { float } from '../../params/kinds.ts';
import { columnTypeError } from '../../pipeline/check-schema.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { Transformer } from '../../pipeline/transformer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import {
  checkColumnPairs,
  columnPairParams,
  columnPairs,
  schemaWithPairs,
} from '../column-pairs.ts';
import { addNormalizedCells } from '../module-columns.ts';
import { scaledField } from '../numbers/scaled-columns.ts';
import { addNormalizedColumns } from '../onnx-numbers.ts';
import type { NormalizeSpec } from '../operators/normalize.ts';
import { addNormalizedFields } from '../pmml-columns.ts';
import { withStageOperator } from '../stage-operator.ts';

/** Parameters of {@link Normalizer}. */
export const normalizerParams = defineParams(
  'Normalizer',
  {
    ...columnPairParams,
    /** The norm that becomes 1: (Σ|x|^p)^(1/p); Infinity takes the largest |x|. */
    p: float({ default: 2, min: 1, allowInfinite: true, since: '0.1.0' }),
  },
  checkColumnPairs,
);

/** Options of {@link Normalizer}. @interface */
export type NormalizerOptions = Options<typeof normalizerParams.schema>;

/**
 * Divides each row's vector by its norm.
 *
 * Input: a vector column, or a struct (text and dictionaries pass). Output: the same shape in float64. A missing
 * part takes no part in the norm and stays missing; a row of zeros stays as it is.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`
 * @example
 * ```ts
 * import { createTable, Normalizer, VectorAssembler } from 'coppice';
 * const table = await createTable({ x: [3, 0], y: [4, 0] });
 * const features = await new VectorAssembler({ inputCols: ['x', 'y'] }).transform(table);
 * const unit = await new Normalizer({ inputCol: 'features', outputCol: 'unit' }).transform(features);
 * const [row] = await unit.select('unit').take(1);
 * console.log(JSON.stringify(row)); // {"unit":{"x":0.6,"y":0.8}}
 * ```
 */
export class Normalizer extends Transformer<typeof normalizerParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = normalizerParams;

  constructor(options: NormalizerOptions) {
    super(normalizerParams, options);
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const pairs = columnPairs(this);
    const { p } = this.params;
    const spec: NormalizeSpec = { owner: this.className, pairs, handleInvalid: 'error', p };
    return withStageOperator(table, schema, { kind: 'feature.normalize', pairs, spec });
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    addNormalizedCells(writer, this, this.params.p);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    addNormalizedColumns(graph, this, this.params.p);
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    await addNormalizedFields(writer, this, this.params.p);
  }

  override transformSchema(schema: Schema): Schema {
    return schemaWithPairs(this, schema, (input, pair) => {
      if (!Type.isStruct(input.type) && !Type.isFixedSizeList(input.type))
        throw columnTypeError(this.className, 'an input', input, 'a struct or a vector of numbers');
      return scaledField(this.className, input, pair);
    });
  }
}

registerStage(Normalizer);
