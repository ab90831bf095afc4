/** The way back from numbers to text. */
import { DataType, Field, type Schema, Utf8 } from 'apache-arrow';
import { defineParams, type Options } from '../../params/define-params.ts';
import { strings } from '../../params/kinds.ts';
import { columnTypeError } from '../../pipeline/check-schema.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { Transformer } from '../../pipeline/transformer.ts';
import { numericKind } from '../../table/columns/column-values.ts';
import { logicalTypeName } from '../../table/columns/type-name.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import {
  checkColumnPairs,
  columnPairParams,
  columnPairs,
  schemaWithPairs,
} from '../column-pairs.ts';
import { addDecodedCells } from '../module-columns.ts';
import { addDecodedColumns } from '../onnx-categories.ts';
import type { DecodeIndicesSpec } from '../operators/decode-indices.ts';
import { withStageOperator } from '../stage-operator.ts';
import { shareStrings } from './shared-strings.ts';

/** Parameters of {@link IndexToString}. */
export const indexToStringParams = defineParams(
  'IndexToString',
  {
    ...columnPairParams,
    /** The text of each number; not needed for dictionary columns, which have their own. */
    labels: strings({ minLength: 1, since: '0.1.0' }),
  },
  checkColumnPairs,
);

/** Options of {@link IndexToString}. @interface */
export type IndexToStringOptions = Options<typeof indexToStringParams.schema>;

/**
 * Turns dictionary columns, or numbers with given labels, into text.
 *
 * Input: a dictionary column, or whole numbers below the number of labels. Output: a text column; a null
 * stays null.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`; where the table is read
 *   `DATA_INVALID`
 * @example
 * ```ts
 * import { createTable, IndexToString } from 'coppice';
 * const table = await createTable({ code: [1, 0] });
 * const decoder = new IndexToString({ inputCol: 'code', outputCol: 'name', labels: ['no', 'yes'] });
 * const decoded = await (await decoder.transform(table)).collect();
 * console.log(decoded.getChild('name')?.get(0)); // yes
 * ```
 */
export class IndexToString extends Transformer<typeof indexToStringParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = indexToStringParams;

  constructor(options: IndexToStringOptions) {
    super(indexToStringParams, options);
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const pairs = columnPairs(this);
    const labels = this.params.labels === undefined ? null : shareStrings(this.params.labels);
    const spec: DecodeIndicesSpec = {
      owner: this.className,
      pairs,
      handleInvalid: 'error',
      labels,
    };
    return withStageOperator(table, schema, { kind: 'feature.decodeIndices', pairs, spec });
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    addDecodedCells(writer, this, this.params.labels);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    addDecodedColumns(graph, this, this.params.labels);
  }

  override transformSchema(schema: Schema): Schema {
    return schemaWithPairs(this, schema, (input, pair) => {
      const isText = DataType.isDictionary(input.type) && logicalTypeName(input.type) === 'string';
      const isNumber = this.params.labels !== undefined && numericKind(input.type) !== null;
      if (isText || isNumber) return new Field(pair.output, new Utf8(), true);
      const rule = 'a dictionary of text, or a number where labels are given';
      throw columnTypeError(this.className, 'an input', input, rule);
    });
  }
}

registerStage(IndexToString);
