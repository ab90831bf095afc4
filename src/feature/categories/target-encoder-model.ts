/** A fitted TargetEncoder: a number, or one a class, for every category. */
import { type DataType, Field, Float64, type Schema, Struct } from 'apache-arrow';
import { defineParams, type Options, type Resolved } from '../../params/define-params.ts';
import { column, either, float, oneOf } from '../../params/kinds.ts';

import { checkCategoryTypes } from '../../pipeline/check-schema.ts';
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
import { foldComplaint, foldParams } from '../folds/fold-params.ts';
import { addTargetCells } from '../module-columns.ts';
import { addTargetColumns } from '../onnx-categories.ts';
import type { EncodeTargetSpec } from '../operators/encode-target.ts';
import { addTargetFields } from '../pmml-columns.ts';
import { withStageOperator } from '../stage-operator.ts';
import { shareStrings } from './shared-strings.ts';
import { indexedField } from './string-indexer-model.ts';
import type { ColumnEncodings } from './target-encodings.ts';

/** Parameters of {@link TargetEncoderModel} and its estimator. */
export const targetEncoderSpecs = {
  ...columnPairParams,
  /** The column of labels. */
  labelCol: column({ default: 'label', since: '0.1.0' }),
  /**
   * What the labels are: two classes (a category becomes the share of the second), numbers (their mean), several
   * classes (the share of each). By default numbers where labels are numbers, else classes.
   */
  targetType: oneOf(['auto', 'binary', 'continuous', 'multiclass'], {
    default: 'auto',
    since: '0.1.0',
  }),
  /** How many rows of all labels' mean are added to each category; `auto` takes it from how labels spread. */
  smoothing: either(float({ min: 0 }), oneOf(['auto'], {}), { default: 'auto', since: '0.1.0' }),
  /** What to do with a category not seen at fit: refuse it, or give it the mean of all labels. */
  handleInvalid: oneOf(['error', 'keep'], { default: 'error', since: '0.1.0' }),
  ...foldParams,
};

/** The cross-field check of the encoder and its model. */
export function checkTargetEncoder(params: Resolved<typeof targetEncoderSpecs>): string | null {
  return foldComplaint(params) ?? checkColumnPairs(params);
}

/** Parameters of {@link TargetEncoderModel}. */
export const targetEncoderModelParams = defineParams(
  'TargetEncoderModel',
  targetEncoderSpecs,
  checkTargetEncoder,
);

/** Options of {@link TargetEncoderModel}. @interface */
export type TargetEncoderModelOptions = Options<typeof targetEncoderModelParams.schema>;

/** What a {@link TargetEncoderModel} has learned. */
export interface TargetEncoderState {
  /** Of each input column, from all rows. */
  readonly encodings: readonly ColumnEncodings[];
  /** The classes that the children of an encoded column stand for; null for one number. */
  readonly classes: readonly string[] | null;
  readonly inputSchema: LogicalSchema;
}

/**
 * The result of `TargetEncoder.fit`.
 *
 * Input: the fitted columns. Output: a float64 column for each, or a struct of one child a class. A missing value is
 * a category of its own; where the fit saw none it gets the mean of all labels.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`; where the table is read
 *   `CATEGORY_UNSEEN`
 */
export class TargetEncoderModel extends Model<typeof targetEncoderModelParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = targetEncoderModelParams;
  /** Of each input column the categories, and what each becomes. */
  readonly encodings: readonly ColumnEncodings[];
  /** The classes that the children of an encoded column stand for; null for one number. */
  readonly classes: readonly string[] | null;
  readonly inputSchema: LogicalSchema;

  constructor(options: TargetEncoderModelOptions, state: TargetEncoderState) {
    super(targetEncoderModelParams, options);
    if (state === undefined) throw notFitted('TargetEncoderModel', 'TargetEncoder');
    this.encodings = Object.freeze([...state.encodings]);
    this.classes = state.classes;
    this.inputSchema = state.inputSchema;
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const pairs = columnPairs(this);
    const spec: EncodeTargetSpec = {
      owner: this.className,
      pairs,
      handleInvalid: this.params.handleInvalid,
      categories: this.encodings.map(({ categories }) => shareStrings(categories)),
      encodings: this.encodings.map(({ values }) => [values]),
      classes: this.classes,
      foldCol: null,
    };
    return withStageOperator(table, schema, { kind: 'feature.encodeTarget', pairs, spec });
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    const { handleInvalid } = this.params;
    addTargetCells(writer, this, this.encodings, { handleInvalid, classes: this.classes });
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    const keepsUnknown = this.params.handleInvalid === 'keep';
    addTargetColumns(graph, this, this.encodings, { keepsUnknown, classes: this.classes });
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    const keepsUnknown = this.params.handleInvalid === 'keep';
    await addTargetFields(writer, this, this.encodings, { keepsUnknown, classes: this.classes });
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    checkCategoryTypes(this.className, this.inputSchema, schema);
    return encodedSchema(this, schema, this.classes);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    writer.extra({ classes: this.classes });
    const packed = this.encodings.flatMap(({ categories, values }, index) => {
      const { bytes, ends } = packStrings(categories);
      return [
        [`c${index}.bytes`, bytes] as const,
        [`c${index}.ends`, ends] as const,
        [`c${index}.values`, values] as const,
      ];
    });
    await writer.tensors('encodings', Object.fromEntries(packed));
  }

  static override fromSaved(reader: StageReader): TargetEncoderModel {
    const { classes } = reader.extraObject();
    const isText = (value: unknown): value is string => typeof value === 'string';
    const named = Array.isArray(classes) && classes.length >= 2 && classes.every(isText);
    if (classes !== null && !named) throw reader.malformed('has no list of classes');
    const children = named ? (classes as string[]) : null;
    const stored = reader.tensors('encodings');
    const encodings = Array.from({ length: stored.names.length / 3 }, (_, index) => {
      const categories = unpackStrings({
        bytes: stored.get(`c${index}.bytes`, Uint8Array),
        ends: stored.get(`c${index}.ends`, Uint32Array),
      });
      const numValues = (categories.length + 2) * (children?.length ?? 1);
      return { categories, values: stored.get(`c${index}.values`, Float64Array, numValues) };
    });
    const inputSchema = savedInputSchema(reader);
    const model = new TargetEncoderModel(reader.options, {
      encodings,
      classes: children,
      inputSchema,
    });
    if (columnPairs(model).length !== encodings.length)
      throw reader.malformed('has too few lists of encodings');
    return model;
  }

  protected override constructorArguments(): readonly unknown[] {
    const { encodings, classes, inputSchema } = this;
    return [{ encodings, classes, inputSchema }];
  }
}

/** The schema with the encoded columns. */
export function encodedSchema(
  stage: Parameters<typeof schemaWithPairs>[0],
  schema: Schema,
  classes: readonly string[] | null,
): Schema {
  return schemaWithPairs(stage, schema, (input, pair) => {
    indexedField(stage.className, input, pair);
    const type: DataType =
      classes === null
        ? new Float64()
        : new Struct(classes.map((name) => new Field(name, new Float64(), true)));
    return new Field(pair.output, type, true);
  });
}

registerStage(TargetEncoderModel);
