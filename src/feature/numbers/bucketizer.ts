/** Puts numbers into buckets between given edges. */
import { Field, Float64, type Schema } from 'apache-arrow';
import { defineParams, type Options, type Resolved } from '../../params/define-params.ts';
import { numberLists, numbers } from '../../params/kinds.ts';
import type { ModuleOp } from '../../pipeline/module/module-code.ts';
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
import { handleInvalidParams } from '../handle-invalid.ts';
import { addMappedCells } from '../module-columns.ts';
import { bucketizeOp } from '../module-ops.ts';
import { requireNumber } from '../numeric-field.ts';
import { refuseSkipping } from '../onnx-columns.ts';
import { addBucketColumns } from '../onnx-numbers.ts';
import type { BucketizeSpec } from '../operators/map-numbers.ts';
import { addBucketFields } from '../pmml-columns.ts';
import { withStageOperator } from '../stage-operator.ts';

const specs = {
  ...columnPairParams,
  ...handleInvalidParams,
  /** The ascending edges of the buckets; ±Infinity at the ends takes every number. */
  splits: numbers({ minLength: 3, ascending: true, allowInfinite: true, since: '0.1.0' }),
  /** The edges for each of `inputCols`, in place of `splits`. */
  splitsArray: numberLists({ minLength: 3, ascending: true, allowInfinite: true, since: '0.1.0' }),
};

/** Parameters of {@link Bucketizer}. */
export const bucketizerParams = defineParams('Bucketizer', specs, checkSplits);

/** Options of {@link Bucketizer}. @interface */
export type BucketizerOptions = Options<typeof bucketizerParams.schema>;

/**
 * Replaces numbers by the number of their bucket.
 *
 * Input: columns of numbers. Output: float64, i where splits[i] ≤ value < splits[i + 1]; the last bucket
 * has its upper edge too. A missing value stays missing. A number outside the splits is an error by
 * default; `handleInvalid: 'skip'` leaves its row out, `'keep'` puts it into one more bucket.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`; where the table is read
 *   `DATA_INVALID`
 * @example
 * ```ts
 * import { Bucketizer, createTable } from 'coppice';
 * const table = await createTable({ age: [12, 44] });
 * const bucketizer = new Bucketizer({ inputCol: 'age', outputCol: 'group', splits: [0, 18, 65, Infinity] });
 * console.log((await bucketizer.transform(table)).columns.length); // 2
 * ```
 */
export class Bucketizer extends Transformer<typeof bucketizerParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = bucketizerParams;

  constructor(options: BucketizerOptions) {
    super(bucketizerParams, options);
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const pairs = columnPairs(this);
    const { handleInvalid, splits, splitsArray } = this.params;
    const edges = splitsArray ?? pairs.map(() => splits ?? []);
    const spec: BucketizeSpec = { owner: this.className, pairs, handleInvalid, splits: edges };
    return withStageOperator(table, schema, {
      kind: 'feature.bucketize',
      pairs,
      handleInvalid,
      spec,
    });
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    const { handleInvalid: mode, splits, splitsArray } = this.params;
    const made = (index: number): { code: ModuleOp; splits: readonly number[]; mode: string } => {
      return { code: bucketizeOp, splits: splitsArray?.[index] ?? splits ?? [], mode };
    };
    addMappedCells(writer, this, made, mode === 'skip');
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    const { handleInvalid, splits = [], splitsArray } = this.params;
    refuseSkipping(graph, this);
    const splitsOf = (index: number): readonly number[] => splitsArray?.[index] ?? splits;
    addBucketColumns(graph, this, splitsOf, handleInvalid === 'keep');
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    const { handleInvalid, splits = [], splitsArray } = this.params;
    refuseSkipping(writer, this);
    const splitsOf = (index: number): readonly number[] => splitsArray?.[index] ?? splits;
    await addBucketFields(writer, this, splitsOf, handleInvalid === 'keep');
  }

  override transformSchema(schema: Schema): Schema {
    return schemaWithPairs(this, schema, (input, pair) => {
      requireNumber(this.className, input);
      return new Field(pair.output, new Float64(), true);
    });
  }
}

function checkSplits(params: Resolved<typeof specs>): string | null {
  const { inputCols, splits, splitsArray } = params;
  if (splits === undefined && splitsArray === undefined)
    return 'splits must be given, or splitsArray';
  if (splits !== undefined && splitsArray !== undefined) {
    return 'splits must not be given together with splitsArray';
  }
  if (splitsArray !== undefined && splitsArray.length !== (inputCols?.length ?? 1)) {
    return 'splitsArray must be a list of as many lists as there are input columns';
  }
  return checkColumnPairs(params);
}

registerStage(Bucketizer);
