/** A fitted OneHotEncoder: the categories of each column. */
import { Field, type Schema, Struct, Uint8 } from 'apache-arrow';
import { defineParams, type Options, type Resolved } from '../../params/define-params.ts';
import { bool, oneOf } from '../../params/kinds.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { Model, notFitted, savedInputSchema } from '../../pipeline/model.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import { packStrings, unpackStrings } from '../../pipeline/packed-strings.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import {
  checkColumnPairs,
  columnPairParams,
  columnPairs,
  schemaWithPairs,
} from '../column-pairs.ts';
import { unknownCategory } from '../handle-invalid.ts';
import { addEncodedCells } from '../module-columns.ts';
import { addEncodedColumns } from '../onnx-categories.ts';
import type { EncodeOneHotSpec } from '../operators/encode-one-hot.ts';
import { addEncodedFields } from '../pmml-columns.ts';
import { withStageOperator } from '../stage-operator.ts';
import { shareStrings } from './shared-strings.ts';

/** Parameters of {@link OneHotEncoderModel} and its estimator. */
export const oneHotEncoderSpecs = {
  ...columnPairParams,
  /** Make no column for the last category; it is where all others are 0. */
  dropLast: bool({ default: true, since: '0.1.0' }),
  /** What to do with a category not seen at fit: refuse it, or make it the last category. */
  handleInvalid: oneOf(['error', 'keep'], { default: 'error', since: '0.1.0' }),
  /** Missing values are of the category that `handleInvalid: 'keep'` makes; by default they stay missing. */
  missingAsUnknown: bool({ since: '0.1.0' }),
};

/** Parameters of {@link OneHotEncoderModel}. */
export const oneHotEncoderModelParams = defineParams(
  'OneHotEncoderModel',
  oneHotEncoderSpecs,
  checkOneHot,
);

/** What the parameters must keep to together. */
export function checkOneHot(params: Resolved<typeof oneHotEncoderSpecs>): string | null {
  if (params.missingAsUnknown === true && params.handleInvalid !== 'keep')
    return "missingAsUnknown must be left out where handleInvalid is not 'keep'";
  return checkColumnPairs(params);
}

/** Options of {@link OneHotEncoderModel}. @interface */
export type OneHotEncoderModelOptions = Options<typeof oneHotEncoderModelParams.schema>;

/** What a {@link OneHotEncoderModel} has learned. */
export interface OneHotEncoderState {
  /** The categories of each input column, in order. */
  readonly categories: readonly (readonly string[])[];
  readonly inputSchema: LogicalSchema;
}

/**
 * The result of `OneHotEncoder.fit`.
 *
 * Input: the fitted columns. Output: for each a struct with a uint8 child for each category, named like
 * it; all null where the input is null, unless `missingAsUnknown`.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`; where the table is read
 *   `CATEGORY_UNSEEN`
 */
export class OneHotEncoderModel extends Model<typeof oneHotEncoderModelParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = oneHotEncoderModelParams;
  /** The categories of each input column, in order. */
  readonly categories: readonly (readonly string[])[];
  readonly inputSchema: LogicalSchema;

  constructor(options: OneHotEncoderModelOptions, state: OneHotEncoderState) {
    super(oneHotEncoderModelParams, options);
    if (state === undefined) throw notFitted('OneHotEncoderModel', 'OneHotEncoder');
    this.categories = Object.freeze(state.categories.map((values) => Object.freeze([...values])));
    this.inputSchema = state.inputSchema;
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const pairs = columnPairs(this);
    const { handleInvalid, missingAsUnknown, dropLast } = this.params;
    const categories = this.categories.map((values) => shareStrings(this.#withUnknown(values)));
    const owner = this.className;
    const invalid = { handleInvalid, missingIsUnknown: missingAsUnknown === true };
    const spec: EncodeOneHotSpec = { owner, pairs, ...invalid, categories, dropLast };
    return withStageOperator(table, schema, { kind: 'feature.encodeOneHot', pairs, spec });
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    const { handleInvalid, missingAsUnknown, dropLast } = this.params;
    const categories = this.categories.map((values) => this.#withUnknown(values));
    const missingIsUnknown = missingAsUnknown === true;
    addEncodedCells(writer, this, categories, { handleInvalid, missingIsUnknown, dropLast });
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    const { handleInvalid, missingAsUnknown, dropLast } = this.params;
    const categories = this.categories.map((values) => this.#withUnknown(values));
    await addEncodedFields(writer, this, categories, {
      keepsUnknown: handleInvalid === 'keep',
      missingIsUnknown: missingAsUnknown === true,
      dropLast,
    });
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    const { handleInvalid, missingAsUnknown, dropLast } = this.params;
    const categories = this.categories.map((values) => this.#withUnknown(values));
    addEncodedColumns(graph, this, categories, {
      keepsUnknown: handleInvalid === 'keep',
      missingIsUnknown: missingAsUnknown === true,
      dropLast,
    });
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    return schemaWithPairs(this, schema, (_, pair, index) => {
      const values = this.#withUnknown(this.categories[index] ?? []);
      const shown = values.slice(0, this.params.dropLast ? -1 : undefined);
      const children = shown.map((name) => new Field(name, new Uint8(), true));
      return new Field(pair.output, new Struct(children), true);
    });
  }

  override async saveData(writer: StageWriter): Promise<void> {
    const packed = this.categories.flatMap((values, index) => {
      const { bytes, ends } = packStrings(values);
      return [[`c${index}.bytes`, bytes] as const, [`c${index}.ends`, ends] as const];
    });
    await writer.tensors('categories', Object.fromEntries(packed));
  }

  static override fromSaved(reader: StageReader): OneHotEncoderModel {
    const stored = reader.tensors('categories');
    const categories = Array.from({ length: stored.names.length / 2 }, (_, index) =>
      unpackStrings({
        bytes: stored.get(`c${index}.bytes`, Uint8Array),
        ends: stored.get(`c${index}.ends`, Uint32Array),
      }),
    );
    const model = new OneHotEncoderModel(reader.options, {
      categories,
      inputSchema: savedInputSchema(reader),
    });
    if (columnPairs(model).length !== categories.length)
      throw reader.malformed('has too few lists');
    return model;
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ categories: this.categories, inputSchema: this.inputSchema }];
  }

  #withUnknown(values: readonly string[]): readonly string[] {
    return this.params.handleInvalid === 'keep' ? [...values, unknownCategory(values)] : values;
  }
}

registerStage(OneHotEncoderModel);
