/** A fitted StringIndexer: for each column the list of values that were seen. */
import { Dictionary, Field, Int32, type Schema, Utf8 } from 'apache-arrow';
import { defineParams, type Options, type Resolved } from '../../params/define-params.ts';
import { bool, oneOf } from '../../params/kinds.ts';
import { castRemedy, checkCategoryTypes, columnTypeError } from '../../pipeline/check-schema.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { Model, notFitted, savedInputSchema } from '../../pipeline/model.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import { packStrings, unpackStrings } from '../../pipeline/packed-strings.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import { isTimeType } from '../../table/columns/numeric-kind.ts';
import { typeName } from '../../table/columns/type-name.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import {
  type ColumnPair,
  checkColumnPairs,
  columnPairParams,
  columnPairs,
  schemaWithPairs,
} from '../column-pairs.ts';
import { handleInvalidParams, unknownCategory } from '../handle-invalid.ts';
import { addIndexedCells } from '../module-columns.ts';
import { addIndexedColumns } from '../onnx-categories.ts';
import { refuseSkipping } from '../onnx-columns.ts';
import type { IndexStringsSpec } from '../operators/index-strings.ts';
import { addIndexedFields } from '../pmml-columns.ts';
import { withStageOperator } from '../stage-operator.ts';
import { shareStrings } from './shared-strings.ts';

/** Parameters of {@link StringIndexerModel} and its estimator. */
export const stringIndexerSpecs = {
  ...columnPairParams,
  ...handleInvalidParams,
  /** Which value gets number 0: by frequency (ties by the alphabet) or by the alphabet (UTF-8 bytes). */
  stringOrderType: oneOf(['frequencyDesc', 'frequencyAsc', 'alphabetDesc', 'alphabetAsc'], {
    default: 'frequencyDesc',
    since: '0.1.0',
  }),
  /** Missing values are of the category that `handleInvalid: 'keep'` makes; by default they stay missing. */
  missingAsUnknown: bool({ since: '0.1.0' }),
};

/** What the parameters must keep to together. */
export function checkStringIndexer(params: Resolved<typeof stringIndexerSpecs>): string | null {
  if (params.missingAsUnknown === true && params.handleInvalid !== 'keep')
    return "missingAsUnknown must be left out where handleInvalid is not 'keep'";
  return checkColumnPairs(params);
}

/** Parameters of {@link StringIndexerModel}. */
export const stringIndexerModelParams = defineParams(
  'StringIndexerModel',
  stringIndexerSpecs,
  checkStringIndexer,
);

/** Options of {@link StringIndexerModel}. @interface */
export type StringIndexerModelOptions = Options<typeof stringIndexerModelParams.schema>;

/** What a {@link StringIndexerModel} has learned. */
export interface StringIndexerState {
  /** The fitted values of each input column, in order. */
  readonly labels: readonly (readonly string[])[];
  readonly inputSchema: LogicalSchema;
}

/**
 * The result of `StringIndexer.fit`.
 *
 * Input: the fitted columns. Output: a dictionary column for each, with the fitted values as dictionary.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`; where the table is read
 *   `CATEGORY_UNSEEN`
 */
export class StringIndexerModel extends Model<typeof stringIndexerModelParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = stringIndexerModelParams;
  /** The fitted values of each input column, in the order of their numbers. */
  readonly labels: readonly (readonly string[])[];
  readonly inputSchema: LogicalSchema;

  constructor(options: StringIndexerModelOptions, state: StringIndexerState) {
    super(stringIndexerModelParams, options);
    if (state === undefined) throw notFitted('StringIndexerModel', 'StringIndexer');
    this.labels = Object.freeze(state.labels.map((values) => Object.freeze([...values])));
    this.inputSchema = state.inputSchema;
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const { handleInvalid, missingAsUnknown } = this.params;
    const values = this.labels.map((labels) =>
      shareStrings(handleInvalid === 'keep' ? [...labels, unknownCategory(labels)] : labels),
    );
    const pairs = columnPairs(this);
    const missingIsUnknown = missingAsUnknown === true;
    const invalid = { handleInvalid, missingIsUnknown };
    const spec: IndexStringsSpec = { owner: this.className, pairs, ...invalid, values };
    return withStageOperator(table, schema, {
      kind: 'feature.indexStrings',
      pairs,
      handleInvalid,
      spec,
    });
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    const { handleInvalid, missingAsUnknown } = this.params;
    const missingIsUnknown = missingAsUnknown === true;
    addIndexedCells(writer, this, this.labels, { handleInvalid, missingIsUnknown });
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    await addIndexedFields(writer, this, this.labels, this.params.missingAsUnknown === true);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    const { handleInvalid, missingAsUnknown } = this.params;
    refuseSkipping(graph, this);
    addIndexedColumns(graph, this, this.labels, {
      keepsUnknown: handleInvalid === 'keep',
      missingIsUnknown: missingAsUnknown === true,
    });
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    checkCategoryTypes(this.className, this.inputSchema, schema);
    return schemaWithPairs(this, schema, (input, pair) =>
      indexedField(this.className, input, pair),
    );
  }

  override async saveData(writer: StageWriter): Promise<void> {
    const packed = this.labels.flatMap((values, index) => {
      const { bytes, ends } = packStrings(values);
      return [[`c${index}.bytes`, bytes] as const, [`c${index}.ends`, ends] as const];
    });
    await writer.tensors('labels', Object.fromEntries(packed));
  }

  static override fromSaved(reader: StageReader): StringIndexerModel {
    const stored = reader.tensors('labels');
    const labels = Array.from({ length: stored.names.length / 2 }, (_, index) =>
      unpackStrings({
        bytes: stored.get(`c${index}.bytes`, Uint8Array),
        ends: stored.get(`c${index}.ends`, Uint32Array),
      }),
    );
    const model = new StringIndexerModel(reader.options, {
      labels,
      inputSchema: savedInputSchema(reader),
    });
    if (columnPairs(model).length !== labels.length)
      throw reader.malformed('has too few lists of values');
    return model;
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ labels: this.labels, inputSchema: this.inputSchema }];
  }
}

/** The field of an indexed column. */
export function indexedField(owner: string, input: Field, pair: ColumnPair): Field {
  const name = typeName(input.type).replace(/^dictionary<(.*)>$/, '$1');
  if (
    /^(string|boolean|u?(tinyint|smallint|int|bigint)|half|float|double|decimal\(.*\)|null)$/.test(
      name,
    )
  ) {
    return new Field(pair.output, new Dictionary(new Utf8(), new Int32()), true);
  }
  const hint = isTimeType(input.type)
    ? ` (a date as a category: ${castRemedy(input.name, 'string')})`
    : '';
  const rule = `text, a dictionary, a boolean or a number${hint}`;
  throw columnTypeError(owner, 'an input', input, rule);
}

registerStage(StringIndexerModel);
