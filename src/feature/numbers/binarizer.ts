/** Makes 0 and 1 of numbers, by a threshold. */
import { Field, Float64, type Schema } from 'apache-arrow';
import { defineParams, type Options, type Resolved } from '../../params/define-params.ts';
import { float, numbers } from '../../params/kinds.ts';
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
import { addMappedCells } from '../module-columns.ts';
import { binarizeOp } from '../module-ops.ts';
import { requireNumber } from '../numeric-field.ts';
import { addBinarizedColumns } from '../onnx-numbers.ts';
import type { BinarizeSpec } from '../operators/map-numbers.ts';
import { addBinarizedFields } from '../pmml-columns.ts';
import { withStageOperator } from '../stage-operator.ts';

const specs = {
  ...columnPairParams,
  /** Numbers above it become 1, the others 0. */
  threshold: float({ default: 0, since: '0.1.0' }),
  /** A threshold for each of `inputCols`, in place of `threshold`. */
  thresholds: numbers({ minLength: 1, since: '0.1.0' }),
};

/** Parameters of {@link Binarizer}. */
export const binarizerParams = defineParams('Binarizer', specs, checkThresholds);

/** Options of {@link Binarizer}. @interface */
export type BinarizerOptions = Options<typeof binarizerParams.schema>;

/**
 * Compares numbers with a threshold.
 *
 * Input: columns of numbers. Output: float64, 1 above the threshold, else 0; a missing value stays
 * missing.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`
 * @example
 * ```ts
 * import { Binarizer, createTable } from 'coppice';
 * const table = await createTable({ delay: [3, 20, null] });
 * const binarizer = new Binarizer({ inputCol: 'delay', outputCol: 'late', threshold: 15 });
 * console.log((await binarizer.transform(table)).columns.length); // 2
 * ```
 */
export class Binarizer extends Transformer<typeof binarizerParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = binarizerParams;

  constructor(options: BinarizerOptions) {
    super(binarizerParams, options);
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const pairs = columnPairs(this);
    const { threshold } = this.params;
    const thresholds = this.params.thresholds ?? pairs.map(() => threshold);
    const spec: BinarizeSpec = { owner: this.className, pairs, handleInvalid: 'error', thresholds };
    return withStageOperator(table, schema, { kind: 'feature.binarize', pairs, spec });
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    const { threshold, thresholds } = this.params;
    addMappedCells(writer, this, (index) => {
      return { code: binarizeOp, threshold: thresholds?.[index] ?? threshold };
    });
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    const { threshold, thresholds } = this.params;
    await addBinarizedFields(writer, this, (index) => thresholds?.[index] ?? threshold);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    const { threshold, thresholds } = this.params;
    addBinarizedColumns(graph, this, (index) => thresholds?.[index] ?? threshold);
  }

  override transformSchema(schema: Schema): Schema {
    return schemaWithPairs(this, schema, (input, pair) => {
      requireNumber(this.className, input);
      return new Field(pair.output, new Float64(), true);
    });
  }
}

function checkThresholds(params: Resolved<typeof specs>): string | null {
  const { inputCols, thresholds } = params;
  if (thresholds !== undefined && thresholds.length !== (inputCols?.length ?? 1)) {
    return 'thresholds must be a list of as many numbers as there are input columns';
  }
  return checkColumnPairs(params);
}

registerStage(Binarizer);
